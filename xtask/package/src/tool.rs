//! Running other programs, with errors that say which and what it said.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Why there is no package.
#[derive(Debug)]
pub struct Failed(pub String);

/// `cargo cannot`, `git cannot`: what, which file, why.
pub fn failed(what: &str, path: &Path, error: &io::Error) -> Failed {
    Failed(format!("cannot {what} {}: {error}", path.display()))
}

/// The cargo that started this program, in the checkout.
pub fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

/// Runs it; `Ok` however it ends.
pub fn run(command: &mut Command) -> Result<Output, Failed> {
    let name = command.get_program().to_os_string();
    command.stdin(Stdio::null()).output().map_err(|error| cannot_start(&name, &error))
}

/// The program's standard output, if it ended well.
pub fn text(command: &mut Command) -> Result<String, Failed> {
    let output = run(command)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(Failed(format!("{} failed:\n{}", line(command), said(&output))))
}

/// The output's two streams, as one text.
pub fn said(output: &Output) -> String {
    let both = [&output.stdout, &output.stderr].map(|stream| String::from_utf8_lossy(stream));
    both.concat().trim_end().to_owned()
}

/// The command as a person would type it.
pub fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let program = |word: &str| Path::new(word).file_name().map(OsString::from);
    let mut words: Vec<String> = words.map(|word| word.to_string_lossy().into_owned()).collect();
    if let Some(name) = words.first().and_then(|word| program(word)) {
        words[0] = name.to_string_lossy().into_owned();
    }
    words.join(" ")
}

fn cannot_start(name: &std::ffi::OsStr, error: &io::Error) -> Failed {
    Failed(format!("cannot start {}: {error}", name.display()))
}
