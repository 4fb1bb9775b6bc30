//! `netpnp` over what is packaged: a package with a mistake that it knows is not made.

use std::path::Path;
use std::process::Stdio;

use crate::layout::{IMAGE, INF};
use crate::tool::{self, Failed};

pub fn package(root: &Path, folder: &Path) -> Result<(), Failed> {
    let (inf, image) = (folder.join(INF), folder.join(IMAGE));
    let globals = root.join("driver/globals.txt");
    // By itself first, so that what the compiler says and what netpnp says are not one message.
    let mut command = tool::cargo(root);
    command.args(["build", "--package", "pnp-tests", "--bin", "netpnp"]).stderr(Stdio::inherit());
    tool::text(&mut command)?;
    let rules = ["--strict", "--globals"].map(Path::new);
    netpnp(root, "inf", &[&inf, Path::new("--sys"), &image])?;
    netpnp(root, "inspect", &[rules[0], rules[1], &globals, &image])
}

fn netpnp(root: &Path, task: &str, arguments: &[&Path]) -> Result<(), Failed> {
    let mut command = tool::cargo(root);
    command.args(["run", "--quiet", "--package", "pnp-tests", "--bin", "netpnp", "--", task]);
    let output = tool::run(command.args(arguments))?;
    if output.status.success() {
        return Ok(());
    }
    Err(Failed(format!("netpnp {task} refuses it:\n\n{}", tool::said(&output))))
}
