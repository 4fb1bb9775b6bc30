//! `.github/workflows/ci.yml`, which runs on machines that are not here: what it names exists, what it
//! pins is pinned, and linters that are not ours find nothing in it.
#![cfg(host)]
#![allow(missing_docs, reason = "tests: the names are the documentation")]

#[path = "workflow/linters.rs"]
mod linters;
mod pwsh;
#[path = "etl/python.rs"]
mod python;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use yaml_rust2::{Yaml, YamlLoader};

use pwsh::{mistakes, parse};

const WORKFLOW: &str = ".github/workflows/ci.yml";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a member's folder").into()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn workflow() -> Yaml {
    let mut documents = YamlLoader::load_from_str(&read(WORKFLOW)).expect("it is YAML");
    assert_eq!(documents.len(), 1);
    documents.remove(0)
}

/// A step that runs something: its job, the shell that runs it, its text.
struct Run {
    job: String,
    shell: String,
    text: String,
}

fn jobs(workflow: &Yaml) -> Vec<(&str, &Yaml)> {
    let jobs = workflow["jobs"].as_hash().expect("jobs");
    jobs.iter().map(|(name, job)| (name.as_str().expect("a name"), job)).collect()
}

fn runs(workflow: &Yaml) -> Vec<Run> {
    let mut found = Vec::new();
    for (name, job) in jobs(workflow) {
        for step in job["steps"].as_vec().expect("steps") {
            let Some(text) = step["run"].as_str() else { continue };
            let shell = step["shell"].as_str().or(job["defaults"]["run"]["shell"].as_str());
            let shell = shell.unwrap_or_else(|| panic!("{name}: no shell is named for {text:?}"));
            found.push(Run { job: name.into(), shell: shell.into(), text: text.into() });
        }
    }
    found
}

/// The words after `command` wherever it is called, up to the end of its line or a pipe.
fn calls<'a>(text: &'a str, command: &str) -> Vec<Vec<&'a str>> {
    let lines = text.lines().filter_map(|line| line.split_once(command));
    lines
        .map(|(_, rest)| rest.split(['|', '#']).next().unwrap_or(rest).split_whitespace().collect())
        .collect()
}

/// The versions that stand behind `what` in a text: digits and dots.
fn versions<'a>(text: &'a str, what: &str) -> Vec<&'a str> {
    let after = text.split(what).skip(1);
    let version = after.map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        rest[..end].trim_end_matches('.')
    });
    version.filter(|version| version.contains('.')).collect()
}

#[test]
fn every_action_is_pinned_by_a_commit_with_its_version() {
    let text = read(WORKFLOW);
    let mut pins = BTreeMap::new();
    let mut lines = 0;
    for line in text.lines() {
        let Some((_, pin)) = line.split_once("uses:") else { continue };
        lines += 1;
        let (action, rest) = pin.trim().split_once('@').expect("uses: action@commit");
        let (commit, version) = rest
            .split_once(" # v")
            .unwrap_or_else(|| panic!("{line:?}: expected `@<commit> # v<version>`"));
        let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        assert!(commit.len() == 40 && commit.chars().all(hex), "{line:?}: {commit} is no commit");
        let parts: Vec<_> = version.split('.').collect();
        let whole = parts.len() == 3 && parts.iter().all(|part| part.parse::<u16>().is_ok());
        assert!(whole, "{line:?}: {version} is no whole version");
        let before = pins.insert(action, (commit, version));
        assert!(before.is_none_or(|before| before == (commit, version)), "{action}: two pins");
    }
    let workflow = workflow();
    let jobs = jobs(&workflow);
    let steps = jobs.iter().flat_map(|(_, job)| job["steps"].as_vec().expect("steps"));
    assert_eq!(steps.filter(|step| step["uses"].as_str().is_some()).count(), lines);
    assert!(lines > 0);
}

#[test]
fn it_may_read_and_nothing_else_and_every_job_ends() {
    let text = read(WORKFLOW);
    let workflow = workflow();
    let allowed = workflow["permissions"].as_hash().expect("permissions");
    assert_eq!(allowed.len(), 1);
    assert_eq!(workflow["permissions"]["contents"].as_str(), Some("read"));
    assert!(workflow["concurrency"]["group"].as_str().is_some());
    assert!(!text.contains("secrets."), "no step needs a secret");
    for (name, job) in jobs(&workflow) {
        assert!(job["timeout-minutes"].as_i64().is_some_and(|minutes| minutes <= 120), "{name}");
        assert!(job["permissions"].is_badvalue(), "{name}: permissions of its own");
        for step in job["steps"].as_vec().expect("steps") {
            let checkout =
                step["uses"].as_str().is_some_and(|uses| uses.starts_with("actions/checkout@"));
            let kept = step["with"]["persist-credentials"].as_bool();
            assert!(!checkout || kept == Some(false), "{name}: the checkout keeps its token");
        }
    }
}

#[test]
fn linux_runs_the_two_commands_of_the_readme() {
    let readme = read("README.md");
    let section = readme.split_once("\n## Two commands\n").expect("the section").1;
    let block = section.split("```").nth(1).expect("its commands");
    let commands: Vec<_> = calls(block, "cargo xtask ").concat();
    assert_eq!(commands, ["demo", "test"]);

    let script = read(".ci/run");
    assert_eq!(script.lines().last(), Some("cargo xtask test"), ".ci/run ends with it");
    let workflow = workflow();
    let runs = runs(&workflow);
    let linux: Vec<_> = runs.iter().filter(|run| run.job == "linux").collect();
    assert!(linux.iter().any(|run| run.text == ".ci/run"));
    assert!(linux.iter().any(|run| run.text.starts_with("cargo xtask demo")));
}

#[test]
fn every_task_and_command_it_runs_exists() {
    let workflow = workflow();
    let texts = runs(&workflow).into_iter().map(|run| run.text);
    let text = texts.chain([read(".ci/run")]).collect::<Vec<_>>().join("\n");

    let tasks = calls(&text, "cargo xtask ");
    assert!(tasks.len() >= 2);
    for task in tasks {
        let cargo = std::env::var_os("CARGO").expect("cargo runs this");
        let mut help = Command::new(cargo);
        help.current_dir(root()).args(["run", "--quiet", "--package", "xtask", "--", "help"]);
        python::run(help.args(task.first()));
    }
    let commands = calls(&text, "-p netpnp -- ");
    assert!(!commands.is_empty());
    for command in commands {
        let (name, rest) = command.split_first().expect("a command");
        let help = Command::new(env!("CARGO_BIN_EXE_netpnp")).args([name, "--help"]).output();
        let help = help.expect("netpnp runs");
        let help = String::from_utf8_lossy(&help.stdout).into_owned();
        assert!(help.contains("Usage: netpnp"), "netpnp {name}");
        for option in rest.iter().filter(|word| word.starts_with("--")) {
            assert!(help.contains(option), "netpnp {name} has no {option}");
        }
    }
}

#[test]
fn scripts_and_files_that_it_names_are_here() {
    for run in runs(&workflow()) {
        for word in run.text.split_whitespace() {
            let here = ["./", ".ci/", "lab/", "inf/"].iter().any(|start| word.starts_with(start));
            assert!(!here || root().join(word).is_file(), "{}: there is no {word}", run.job);
        }
    }
}

#[test]
fn its_shell_texts_parse() {
    for Run { job, shell, text } in runs(&workflow()) {
        match shell.as_str() {
            "bash" => python::run(Command::new("bash").args(["-n", "-c", &text])),
            "pwsh" | "powershell" => {
                assert_eq!(mistakes(&parse(&text)), [0; 0], "{job}: no PowerShell: {text}");
            }
            other => panic!("{job}: the shell {other} is not checked"),
        }
    }
}

#[test]
fn the_workflow_and_the_documents_name_the_same_versions() {
    let workflow = workflow();
    let windows = &workflow["jobs"]["windows"];
    let value = |name: &str| windows["env"][name].as_str().unwrap_or_else(|| panic!("{name}"));
    let (package, kit, llvm) = (value("WDK_PACKAGE"), value("Version_Number"), value("LLVM"));
    let build = package.rsplit_once('.').expect("four numbers").0;
    assert_eq!(kit, format!("{build}.0"), "Version_Number is the folder of WDK_PACKAGE");
    let text = read(WORKFLOW);
    let install = versions(&text, "cargo-wdk --version ");
    assert_eq!(install.len(), 1, "cargo-wdk is installed once, at one version");

    // What the documents say of each: testing.md all of it, the others what they like.
    let same = [
        ("cargo-wdk --version ", install[0]),
        ("WDK_PACKAGE ", package),
        ("Version_Number=", kit),
        ("Version_Number = '", kit),
        ("LLVM ", llvm),
    ];
    let mut documents =
        vec!["README.md".to_owned(), "CONTRIBUTING.md".into(), "SECURITY.md".into()];
    for entry in fs::read_dir(root().join("docs")).expect("docs") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|ending| ending == "md") {
            let name = path.file_name().expect("a name").to_string_lossy();
            documents.push(format!("docs/{name}"));
        }
    }
    for document in &documents {
        let text = read(document);
        for (what, ours) in same {
            for version in versions(&text, what) {
                assert_eq!(version, ours, "{document} says {what}{version}");
            }
        }
    }
    let testing = read("docs/testing.md");
    for (what, version) in [same[0], same[1], same[2], same[4]] {
        assert!(testing.contains(&format!("{what}{version}")), "docs/testing.md: {what}{version}");
    }
}

#[test]
fn rust_is_what_the_toolchain_file_says() {
    let field = |text: &str, name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \""));
        line.and_then(|rest| Some(rest.split_once('"')?.0.to_owned())).expect("a field")
    };
    let channel = field(&read("rust-toolchain.toml"), "channel");
    let wanted = field(&read("Cargo.toml"), "rust-version");
    assert_eq!(channel.rsplit_once('.').map(|(version, _)| version), Some(wanted.as_str()));
    for run in runs(&workflow()) {
        assert!(!run.text.contains("cargo +"), "{}: a toolchain of its own", run.job);
        for rest in calls(&run.text, "rustup toolchain install") {
            assert!(rest.is_empty(), "{}: a toolchain of its own: {rest:?}", run.job);
        }
    }
    for what in ["toolchain ", "Rust "] {
        for version in versions(&read("CONTRIBUTING.md"), what) {
            assert!(channel.starts_with(version), "CONTRIBUTING.md: {what}{version}");
        }
    }
}
