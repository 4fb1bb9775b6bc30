//! A Python of our own, with the foreign readers of event trace logs in it, or whatever another test
//! lists.

#![allow(dead_code, reason = "each test program uses some of it")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

/// The interpreter of `target/python`, with the foreign readers.
pub fn interpreter() -> PathBuf {
    interpreter_with("etl")
}

/// The interpreter of `target/python`, with what `tests/<whose>/requirements.txt` lists; the first use
/// installs it, from the package index.
pub fn interpreter_with(whose: &str) -> PathBuf {
    /// Tests of one program share the folder.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock();
    let member = Path::new(env!("CARGO_MANIFEST_DIR"));
    let requirements = member.join(format!("tests/{whose}/requirements.txt"));
    let wanted = fs::read_to_string(&requirements).expect("the list of requirements");
    let folder = member.parent().expect("a member's folder").join("target/python");
    let python = folder.join("bin/python");
    let installed = folder.join(format!("{whose}-requirements.txt"));
    if fs::read_to_string(&installed).is_ok_and(|text| text == wanted) {
        return python;
    }
    run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "-r"]).arg(requirements));
    fs::write(&installed, wanted).expect("a file in target/python");
    python
}

pub fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?} failed: {}\n{out}{err}", output.status);
}

/// Runs it with that on its standard input; gives its standard output.
pub fn ask(command: &mut Command, question: &str) -> String {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut input = child.stdin.take().expect("its standard input");
    input.write_all(question.as_bytes()).expect("it reads");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{command:?} failed: {}", output.status);
    String::from_utf8_lossy(&output.stdout).into_owned()
}
