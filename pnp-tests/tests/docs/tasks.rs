//! The tasks of `cargo xtask` that pages name, and who runs each of them.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Output};

use crate::netpnp;
use crate::repository::root;

/// Who runs a task, so that its being documented is no empty promise.
enum Runner {
    /// The file, or the function of `xtask/src/main.rs`, that holds this text.
    Ci(&'static str),
    XtaskTest(&'static str),
    /// This test program, before it looks at an image.
    Here,
    /// This command of `netpnp` is all it does once the images are there, and is run in its place.
    Instead(&'static [&'static str]),
    /// Nobody but a person, for this reason.
    Person(&'static str),
}

const RUNNERS: [(&str, Runner); 14] = [
    ("demo", Runner::Instead(&["run", "--scenario", "tour"])),
    ("test", Runner::Ci("cargo xtask test")),
    ("build", Runner::Here),
    ("filters", Runner::Here),
    // What `lab` writes, the driver's tests compare.
    ("lab", Runner::XtaskTest("cargo([\"test\", \"--workspace\"])")),
    ("package", Runner::XtaskTest("cargo([\"test\", \"--workspace\"])")),
    ("docs", Runner::XtaskTest("docs::bounded)")),
    ("loom", Runner::XtaskTest("loom::run)")),
    ("inspect", Runner::XtaskTest("inspect)")),
    ("miri", Runner::XtaskTest("miri::bounded)")),
    ("fuzz", Runner::XtaskTest("fuzz::bounded)")),
    ("performance", Runner::XtaskTest("callbacks(\"--check\")")),
    (
        "picture",
        Runner::Person("it replaces a file of the repository, which differs with the browser"),
    ),
    ("bench", Runner::Person("it measures this machine for minutes")),
];

/// The words that `netpnp` is given in place of this task, if that is how it is run.
pub fn instead(words: &[String]) -> Option<&'static [&'static str]> {
    let task = words.first()?;
    RUNNERS.iter().find_map(|(name, runner)| match runner {
        Runner::Instead(arguments) if *name == task => Some(*arguments),
        Runner::Instead(_)
        | Runner::Ci(_)
        | Runner::XtaskTest(_)
        | Runner::Here
        | Runner::Person(_) => None,
    })
}

fn xtask<S: AsRef<str>>(arguments: &[S]) -> Output {
    let mut command = Command::new(env!("CARGO"));
    command.arg("xtask").args(arguments.iter().map(AsRef::as_ref)).current_dir(root());
    command.output().expect("cargo starts")
}

/// The fault of a documented task, if it has one: its words are understood, and somebody runs it.
pub fn fault(words: &[String]) -> Option<String> {
    let task = words.first().map(String::as_str).unwrap_or_default();
    if !RUNNERS.iter().any(|(name, _)| *name == task) {
        return Some(format!("tasks.rs does not say who runs `cargo xtask {task}`"));
    }
    let asked = xtask(&[words, &["--help".to_owned()]].concat());
    (!asked.status.success()).then(|| String::from_utf8_lossy(&asked.stderr).into_owned())
}

/// What lies between `fn test()` and its end.
fn body_of_xtask_test() -> String {
    let main = fs::read_to_string(root().join("xtask/src/main.rs")).expect("xtask's source");
    let (_, body) = main.split_once("\nfn test()").expect("the task `test`");
    body.split_once("\n}\n").expect("its end").0.to_owned()
}

#[test]
fn every_task_is_run_by_somebody() {
    let help = String::from_utf8(xtask(&["--help"]).stdout).expect("UTF-8");
    let (_, commands) = help.split_once("Commands:\n").expect("a list of tasks");
    let tasks: BTreeSet<&str> = commands
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|task| !task.is_empty() && *task != "help")
        .collect();
    let known = RUNNERS.iter().map(|(name, _)| *name).collect();
    assert_eq!(tasks, known, "left: what `cargo xtask --help` lists; right: tasks.rs");
    let ci = fs::read_to_string(root().join(".ci/run")).expect("what CI runs");
    let test = body_of_xtask_test();
    for (name, runner) in &RUNNERS {
        let is_run = match runner {
            Runner::Ci(line) => ci.lines().any(|found| found == *line),
            Runner::XtaskTest(call) => test.contains(call),
            Runner::Here => netpnp::TASKS.iter().any(|task| task[0] == *name),
            Runner::Instead(arguments) => !arguments.is_empty(),
            Runner::Person(why) => !why.is_empty(),
        };
        assert!(is_run, "nobody runs `cargo xtask {name}` any more as tasks.rs says");
    }
}
