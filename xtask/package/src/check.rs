//! `netpnp` over what is packaged: a package with a mistake that it knows is not made.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::layout::{IMAGE, INF};
use crate::tool::{self, Failed};

pub fn package(root: &Path, netpnp: Option<&Path>, folder: &Path) -> Result<(), Failed> {
    if netpnp.is_none() {
        // By itself first, so that what the compiler says and what netpnp says are not one message.
        let mut build = tool::cargo(root);
        build.args(["build", "--package", "netpnp"]).stderr(Stdio::inherit());
        tool::text(&mut build)?;
    }
    let (inf, image) = (folder.join(INF), folder.join(IMAGE));
    let mut command = start(root, netpnp);
    accepts("inf", command.arg("inf").arg(inf).arg("--sys").arg(&image))?;
    let mut command = start(root, netpnp);
    command.args(["inspect", "--strict", "--globals"]).arg(root.join("driver/globals.txt"));
    accepts("inspect --strict", command.arg(image))
}

fn start(root: &Path, netpnp: Option<&Path>) -> Command {
    if let Some(netpnp) = netpnp {
        return Command::new(netpnp);
    }
    let mut command = tool::cargo(root);
    command.args(["run", "--quiet", "--package", "netpnp", "--"]);
    command
}

fn accepts(task: &str, command: &mut Command) -> Result<(), Failed> {
    let output = tool::run(command)?;
    if output.status.success() {
        return Ok(());
    }
    let said = tool::said(&output);
    Err(Failed(format!("`netpnp {task}` refuses what would be packaged:\n\n{said}")))
}
