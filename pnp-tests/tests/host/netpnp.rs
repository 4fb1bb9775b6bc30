//! Starting `netpnp` and looking at what it says.

#![allow(dead_code, reason = "each test program uses some of it")]

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// The result of a run of `netpnp`.
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// The tasks of `cargo xtask` that make every image.
pub const TASKS: [&[&str]; 3] = [&["build"], &["build", "--arch", "arm64"], &["filters"]];

/// An image out of target/netpnplwf/x64, built first: the tests never see a stale one.
pub fn image(stem: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let folder = BUILT.get_or_init(|| {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
        for task in TASKS {
            let status = Command::new(env!("CARGO"))
                .arg("xtask")
                .args(task)
                .current_dir(&root)
                .status()
                .expect("cargo starts");
            assert!(status.success(), "cargo xtask {task:?}");
        }
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
        target.join("netpnplwf/x64").canonicalize().expect("xtask made the folder")
    });
    folder.join(format!("{stem}.sys"))
}

/// Runs `netpnp` with these arguments.
pub fn netpnp<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Ran {
    let output =
        Command::new(env!("CARGO_BIN_EXE_netpnp")).args(arguments).output().expect("netpnp starts");
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// Plays one scenario against one image.
pub fn play(stem: &str, scenario: &str, more: &[&str]) -> Ran {
    let driver = image(stem);
    let driver = driver.to_str().expect("UTF-8 path");
    let mut arguments = vec!["run", "--driver", driver, "--scenario", scenario];
    arguments.extend(more);
    netpnp(arguments)
}

/// The result of `run` for a scenario that a test writes out.
pub fn play_text(stem: &str, name: &str, text: &str, more: &[&str]) -> Ran {
    let folder = tempfile::tempdir().expect("a folder for the scenario");
    let file = folder.path().join(format!("{name}.pnp"));
    std::fs::write(&file, text).expect("the scenario can be written");
    play(stem, file.to_str().expect("UTF-8 path"), more)
}
