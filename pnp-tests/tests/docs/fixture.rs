//! The folder in which a page's commands run: the repository, the images, and the files that a reader
//! would bring.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::netpnp::image;
use crate::repository::root;

/// What a file of the reader's is here.
enum StandIn {
    /// The image of this name.
    Image(&'static str),
    /// Our INF, as stampinf leaves it.
    Inf,
    /// A recording of this scenario.
    Recording(&'static str),
}

/// Names that pages use for files of the reader's. A filter of theirs is not ours, and right.
const STAND_INS: [(&str, StandIn); 7] = [
    ("FILE.sys", StandIn::Image("plain")),
    ("build/filter.sys", StandIn::Image("plain")),
    ("leaks.sys", StandIn::Image("leaks")),
    ("netpnplwf.inf", StandIn::Inf),
    ("filter.inf", StandIn::Inf),
    ("FILE.etl", StandIn::Recording("sleep_resume_with_pause")),
    ("answers/netpnp.etl", StandIn::Recording("tour")),
];

/// A page's folder.
pub struct Fixture {
    folder: TempDir,
}

impl Fixture {
    /// A copy of every file that git tracks, and of the built images where `cargo xtask build` puts them.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for entry in fs::read_dir(root()).expect("the repository").map(|entry| entry.expect("one"))
        {
            let name = entry.file_name();
            if name != "target" && name != ".git" {
                symlink(entry.path(), folder.path().join(name)).expect("a link");
            }
        }
        let built = image("netpnplwf");
        let images = built.parent().and_then(Path::parent).expect("target/netpnplwf");
        fs::create_dir(folder.path().join("target")).expect("a folder");
        symlink(images, folder.path().join("target/netpnplwf")).expect("a link");
        Self { folder }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Puts what these words name where they name it, unless a command before has made it.
    pub fn provide(&self, words: &[String]) -> Vec<&'static str> {
        let named = |name: &str| words.iter().any(|word| word == name);
        let mut used = Vec::new();
        for (name, stand_in) in STAND_INS.iter().filter(|(name, _)| named(name)) {
            used.push(*name);
            let file = self.path().join(name);
            if file.exists() {
                continue;
            }
            fs::create_dir_all(file.parent().expect("a folder above")).expect("a folder");
            match stand_in {
                StandIn::Image(stem) => {
                    symlink(image(stem), &file).expect("a link");
                    let symbols = image(stem).with_extension("pdb");
                    symlink(symbols, file.with_extension("pdb")).expect("a link");
                }
                StandIn::Inf => fs::write(&file, stamped()).expect("it can be written"),
                StandIn::Recording(scenario) => self.record(scenario, name),
            }
        }
        used
    }

    fn record(&self, scenario: &str, name: &str) {
        let ran = Command::new(env!("CARGO_BIN_EXE_netpnp"))
            .args(["run", "--scenario", scenario, "--etl", name])
            .current_dir(self.path())
            .output()
            .expect("netpnp starts");
        assert!(ran.status.success(), "{scenario}: {}", String::from_utf8_lossy(&ran.stderr));
    }
}

/// Every name, for the test that none is left over.
pub fn names() -> impl Iterator<Item = &'static str> {
    STAND_INS.iter().map(|(name, _)| *name)
}

fn stamped() -> String {
    let template = fs::read_to_string(root().join("inf/netpnplwf.inx")).expect("the template");
    let text = template.replace("$ARCH$", "amd64");
    let text: Vec<&str> =
        text.lines()
            .map(|line| {
                if line.starts_with("DriverVer ") { "DriverVer = 02/29/2028,1.2.3.4" } else { line }
            })
            .collect();
    text.join("\n")
}
