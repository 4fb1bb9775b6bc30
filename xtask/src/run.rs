//! Running other programs, with errors that say which and how.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output};

/// Why a task stopped.
#[derive(Debug)]
pub struct Failed(pub String);

/// A command in the making.
pub struct Run(Command);

/// `cargo`, in the workspace's root.
pub fn cargo<const N: usize>(arguments: [&str; N]) -> Run {
    let mut run = program("cargo");
    run.0.args(arguments);
    run
}

/// Any program, in the workspace's root.
pub fn program(name: impl AsRef<OsStr>) -> Run {
    let mut command = Command::new(name);
    command.current_dir(root());
    Run(command)
}

/// The workspace's root. From the environment, which cargo sets for what it runs: two checkouts with one
/// target folder have one program.
pub fn root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let root = package.as_deref().and_then(Path::parent);
    root.map_or(PathBuf::from("."), Path::to_owned)
}

impl Run {
    pub fn args<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.0.args(arguments);
        self
    }

    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.0.arg(argument);
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    /// Panics unwind in tests whatever the profile says. Where they do in programs too, every crate is compiled
    /// once and not twice.
    pub fn unwinding(self) -> Self {
        self.env("CARGO_PROFILE_DEV_PANIC", "unwind")
    }

    pub fn env_remove(mut self, name: &str) -> Self {
        self.0.env_remove(name);
        self
    }

    /// In another folder than the workspace's root.
    pub fn at(mut self, folder: &Path) -> Self {
        self.0.current_dir(folder);
        self
    }

    /// In the folder that xtask was started in, to which the paths that it was given belong.
    pub fn where_the_user_is(mut self) -> Self {
        self.0.current_dir(".");
        self
    }

    /// Runs it to its end, however that is; its output is the user's.
    pub fn status(mut self) -> Result<ExitStatus, Failed> {
        let program = self.0.get_program().to_string_lossy().into_owned();
        self.0.status().map_err(|error| Failed(format!("cannot start `{program}`: {error}")))
    }

    /// Runs it to its end, however that is.
    pub fn outcome(mut self) -> Result<Output, Failed> {
        let program = self.0.get_program().to_string_lossy().into_owned();
        self.0.output().map_err(|error| Failed(format!("cannot start `{program}`: {error}")))
    }

    /// Runs it to its end and gives what it printed.
    pub fn output(mut self) -> Result<Vec<u8>, Failed> {
        let program = self.0.get_program().to_string_lossy().into_owned();
        let output = self
            .0
            .output()
            .map_err(|error| Failed(format!("cannot start `{program}`: {error}")))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(Failed(format!("`{program}` ended with {}: {said}", output.status)))
    }

    /// Runs it to its end; its output is the user's.
    pub fn run(mut self) -> Result<(), Failed> {
        let program = self.0.get_program().to_string_lossy().into_owned();
        let status = self
            .0
            .status()
            .map_err(|error| Failed(format!("cannot start `{program}`: {error}")))?;
        if status.success() {
            return Ok(());
        }
        let arguments: Vec<_> = self.0.get_args().map(OsStr::to_string_lossy).collect();
        Err(Failed(format!("`{program} {}` ended with {status}", arguments.join(" "))))
    }
}
