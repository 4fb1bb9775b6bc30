//! What the layer rules out does not compile: every file of `compile_fail/` is refused where it says,
//! and compiles without its mistake. How a case is written: `compile_fail/README.md`.
//!
//! The kernel side exists for Windows targets only, so the cases are checked, not run: as examples
//! of a package that this test writes into the target folder.
#![cfg(not(miri))]
#![allow(missing_docs, reason = "tests: the names are the documentation")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The filter in the crate's documentation, which has nothing wrong with it.
const SMALLEST: &str = "smallest_filter";

/// Line and either an error's code or, where it has none, its message.
type Report = (u64, String);

/// A file of `compile_fail/`.
struct Case {
    name: String,
    wrong: String,
    right: String,
    expected: Vec<Report>,
}

impl Case {
    fn read(path: &Path) -> Self {
        let name = path.file_stem().expect("it has a name").to_string_lossy().into_owned();
        let wrong = fs::read_to_string(path).expect("it can be read");
        let mut expected = Vec::new();
        let mut right = Vec::new();
        for (number, line) in (1_u64..).zip(wrong.lines()) {
            let marked = line.split_once(" //~- ").or_else(|| line.split_once(" //~ "));
            if let Some((_, report)) = marked {
                expected.push((number, report.to_owned()));
            }
            let leaves = line.contains(" //~- ") || line.ends_with(" //-");
            let comes = line.trim_start().strip_prefix("//=");
            right.push(if leaves { "" } else { comes.unwrap_or(line) });
        }
        assert!(!expected.is_empty(), "{name} says nowhere what is wrong with it");
        Self { name, right: right.join("\n"), wrong, expected }
    }

    fn right_name(&self) -> String {
        format!("{}_right", self.name)
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compile_fail")
}

fn cases() -> Vec<Case> {
    let mut paths: Vec<_> = fs::read_dir(folder())
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .filter(|path| !path.ends_with("support.rs"))
        .collect();
    paths.sort();
    paths.iter().map(|path| Case::read(path)).collect()
}

/// Writes the package; gives its folder.
fn package(cases: &[Case]) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    let package = target.join("compile_fail");
    let examples = package.join("examples");
    let _ = fs::remove_dir_all(&examples);
    fs::create_dir_all(examples.join("support")).expect("the folder can be made");
    let write = |name: &str, text: &str| {
        fs::write(package.join(name), text).expect("the package can be written");
    };
    let layer = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (abi, kit) = (layer.with_file_name("abi"), layer.with_file_name("kit"));
    let smallest = layer.join("docs/smallest_filter.rs");
    let mut manifest = format!(
        "[package]\nname = \"compile-fail\"\nedition = \"2024\"\nautoexamples = false\n\
         [lib]\npath = \"lib.rs\"\n[workspace]\n[dependencies]\n\
         ndis-filter = {{ path = '{}', default-features = false }}\n\
         driver-abi = {{ path = '{}' }}\n\
         driver-kit = {{ path = '{}' }}\n\
         spin = {{ version = \"0.12\", default-features = false, features = [\"spin_mutex\"] }}\n",
        layer.display(),
        abi.display(),
        kit.display()
    );
    let mut example = |name: &str, path: &str| {
        manifest.push_str(&["[[example]]\nname = '", name, "'\npath = '", path].concat());
        manifest.push_str("'\ncrate-type = ['lib']\n");
    };
    example(SMALLEST, &smallest.display().to_string());
    for case in cases {
        for (name, text) in [(&case.name, &case.wrong), (&case.right_name(), &case.right)] {
            let path = format!("examples/{name}.rs");
            example(name, &path);
            write(&path, text);
        }
    }
    write("Cargo.toml", &manifest);
    write("lib.rs", "#![no_std]\n");
    let support = fs::read_to_string(folder().join("support.rs")).expect("it can be read");
    write("examples/support/mod.rs", &support);
    // The versions that everything else is built with, and no look at the network for others.
    fs::copy(root.join("Cargo.lock"), package.join("Cargo.lock")).expect("it can be copied");
    package
}

/// What the compiler says of each example: errors only.
fn check(package: &Path) -> BTreeMap<String, Vec<Report>> {
    let output = Command::new(env!("CARGO"))
        .args(["check", "--examples", "--keep-going", "--offline", "--message-format=json"])
        .args(["--target", "x86_64-pc-windows-msvc"])
        .env("CARGO_TARGET_DIR", package.join("target"))
        .current_dir(package)
        .output()
        .expect("cargo starts");
    let mut said = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Ok(message) = serde_json::from_str::<Value>(line) else { continue };
        let target = &message["target"];
        if target["kind"][0] != "example" {
            continue;
        }
        let of_target: &mut Vec<Report> =
            said.entry(target["name"].as_str().unwrap_or_default().to_owned()).or_default();
        let message = &message["message"];
        let spans = message["spans"].as_array();
        // "aborting due to" has no span.
        let Some(span) = spans.into_iter().flatten().find(|span| span["is_primary"] == true) else {
            continue;
        };
        if message["level"] == "error" {
            let text = message["code"]["code"].as_str().or(message["message"].as_str());
            let line = span["line_start"].as_u64().unwrap_or_default();
            of_target.push((line, text.unwrap_or_default().to_owned()));
        }
    }
    let why = String::from_utf8_lossy(&output.stderr);
    assert!(!said.is_empty(), "cargo checked nothing:\n{why}");
    said
}

#[test]
fn every_mistake_is_refused_where_it_stands_and_its_absence_compiles() {
    let cases = cases();
    assert!(cases.len() >= 9, "only {} cases", cases.len());
    let mut said = check(&package(&cases));
    let mut wrong = Vec::new();
    for case in &cases {
        let mut found = said.remove(&case.name).unwrap_or_default();
        found.sort();
        if found != case.expected {
            wrong.push(format!("{}: expected {:?}, found {found:?}", case.name, case.expected));
        }
        match said.remove(&case.right_name()) {
            Some(found) if found.is_empty() => {}
            found => wrong.push(format!("{}: the right one: {found:?}", case.name)),
        }
    }
    match said.remove(SMALLEST) {
        Some(found) if found.is_empty() => {}
        found => wrong.push(format!("{SMALLEST}: {found:?}")),
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
