//! What git knows of this repository.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::page::Page;

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the workspace")
}

fn listed(which: &[&str]) -> BTreeSet<String> {
    let listed = Command::new("git").arg("ls-files").args(which).current_dir(root()).output();
    let listed = String::from_utf8(listed.expect("git lists the files").stdout).expect("UTF-8");
    assert!(!listed.is_empty(), "git lists nothing: run inside the git checkout");
    listed.lines().map(str::to_owned).collect()
}

/// The files of a clone.
pub fn tracked() -> BTreeSet<String> {
    listed(&["--cached"])
}

/// Files with this ending, those included that nobody has added yet, and their texts.
pub fn files(ending: &str) -> Vec<(String, String)> {
    listed(&["--cached", "--others", "--exclude-standard"])
        .into_iter()
        .filter(|name| name.ends_with(ending))
        .filter_map(|name| match fs::read_to_string(root().join(&name)) {
            Ok(text) => Some((name, text)),
            // One that is deleted and not yet committed is listed, too.
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => panic!("{name}: {error}"),
        })
        .collect()
}

/// The doc comments of the sources, each file as a page.
pub fn doc_comments() -> Vec<Page> {
    let comment = |line: &str| {
        let line = line.trim_start();
        let text = line.strip_prefix("//!").or_else(|| line.strip_prefix("///"))?;
        Some(text.strip_prefix(' ').unwrap_or(text).to_owned())
    };
    let page = |(name, text): (String, String)| {
        // Code is an empty line, so that lines keep their numbers.
        let lines: Vec<_> = text.lines().map(|line| comment(line).unwrap_or_default()).collect();
        Page::read(name, &lines.join("\n"))
    };
    files(".rs").into_iter().map(page).collect()
}

/// Every page.
pub fn pages() -> Vec<Page> {
    files(".md").into_iter().map(|(name, text)| Page::read(name, &text)).collect()
}
