//! The absences of `docs/architecture.md`, as tests over the sources.
#![allow(missing_docs, reason = "tests: the names are the documentation")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The longest a source file may be, lines.
const LINES_MAX: usize = 620;

/// Where the simulated machine is.
const SIMULATED: [&str; 4] = [
    "pnp-tests/kernel/src/world/",
    "pnp-tests/kernel/src/nt/",
    "pnp-tests/ndis/src/",
    "pnp-tests/wsk/src/",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every file of the repository with this ending, and its text.
fn files(ending: &str) -> Vec<(String, String)> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git lists the files");
    let listed = String::from_utf8(listed.stdout).expect("UTF-8 names");
    listed
        .lines()
        .filter(|name| name.ends_with(ending))
        .filter_map(|name| Some((name.to_owned(), fs::read_to_string(root().join(name)).ok()?)))
        .collect()
}

fn check(ending: &str, wrong: impl Fn(&str, &str) -> bool, why: &str) {
    let files = files(ending);
    assert!(!files.is_empty(), "no {ending} files: run inside the git checkout");
    let found: Vec<_> =
        files.iter().filter(|(name, text)| wrong(name, text)).map(|(name, _)| name).collect();
    assert!(found.is_empty(), "{why}: {found:?}");
}

/// Lines of code that contain `needle`, comments left out.
fn says(text: &str, needle: &str) -> bool {
    text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(needle))
}

fn is_under(name: &str, folders: &[&str]) -> bool {
    folders.iter().any(|folder| name.starts_with(folder))
}

#[test]
fn unsafe_stands_in_the_doors_and_the_loader_only() {
    let doors = [
        "driver/kit/src/kernel/",
        "driver/kit/src/pool.rs",
        "driver/kit/src/sync/",
        "driver/ndis-filter/src/kernel/",
        // Cells that loom watches.
        "driver/kit/src/models/",
        "driver/ndis-filter/src/models/",
        "driver/src/entry.rs",
        // DriverEntry and DriverUnload.
        "driver/ndis-filter/docs/smallest_filter.rs",
        "driver/ndis-filter/examples/packet-counter/src/lib.rs",
        "pnp-tests/image/src/",
        "pnp-tests/kernel/src/machine/",
        // A driver of its own: all door.
        "pnp-tests/filters/",
        // This file spells the word.
        "pnp-tests/tests/tidy.rs",
    ];
    // Each subsystem has a door of its own.
    let is_door = |name: &str| {
        let inside = name.strip_prefix("pnp-tests/").and_then(|name| name.split_once('/'));
        inside.is_some_and(|(_, inside)| inside.starts_with("src/door/"))
    };
    check(
        ".rs",
        |name, text| {
            !is_under(name, &doors)
                && !is_door(name)
                && ["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern"]
                    .iter()
                    .any(|word| says(text, word) && !text.contains("pub type $name"))
        },
        "unsafe outside the doors",
    );
}

#[test]
fn structures_are_laid_out_in_driver_abi_only() {
    check(
        ".rs",
        |name, text| {
            !is_under(name, &["driver/abi/", "pnp-tests/tests/tidy.rs"]) && says(text, "#[repr(C)]")
        },
        "repr(C) outside driver-abi",
    );
}

#[test]
fn nothing_here_talks_to_a_network() {
    // `std::net` alone has addresses, too, which recordings carry.
    let foreign = ["TcpStream", "TcpListener", "UdpSocket", "UnixStream", "libc::socket"];
    check(
        ".rs",
        |name, text| {
            name != "pnp-tests/tests/tidy.rs" && foreign.iter().any(|module| says(text, module))
        },
        "a socket",
    );
}

#[test]
fn the_simulated_machine_has_no_clock_no_dice_and_no_hash_order_of_its_own() {
    let banned =
        ["std::time", "Instant::", "SystemTime::", "HashMap", "HashSet", "rand::", "sleep("];
    check(
        ".rs",
        |name, text| {
            is_under(name, &SIMULATED)
                && banned.iter().any(|word| {
                    // World::sleep is virtual time.
                    let sleeps = *word == "sleep(";
                    says(text, word) && (!sleeps || says(text, "thread::sleep"))
                })
        },
        "something that differs from run to run",
    );
}

#[test]
fn the_driver_chooses_its_world_in_one_file() {
    check(
        ".rs",
        |name, text| {
            is_under(name, &["driver/src/"])
                && name != "driver/src/lib.rs"
                && (says(text, "cfg(kernel") || says(text, "cfg(wdk") || says(text, "cfg(windows"))
        },
        "a cfg on the world outside driver/src/lib.rs",
    );
}

#[test]
fn no_file_is_longer_than_one_idea_and_none_is_left_open() {
    check(
        ".rs",
        |name, text| name != "pnp-tests/tests/tidy.rs" && text.lines().count() > LINES_MAX,
        "files past 620 lines",
    );
    for ending in [".rs", ".md"] {
        check(
            ending,
            |name, text| {
                name != "pnp-tests/tests/tidy.rs"
                    && ["TODO", "FIXME", "todo!(", "unimplemented!("]
                        .iter()
                        .any(|mark| text.contains(mark))
            },
            "left open",
        );
    }
}

/// Words that stand for a noun: with one of them as its first word, a doc does not say what its item is.
const PRONOUNS: [&str; 34] = [
    "Another",
    "Anybody",
    "Anything",
    "Both",
    "Everybody",
    "Everything",
    "He",
    "It",
    "Its",
    "Nobody",
    "Nothing",
    "Of",
    "Other",
    "Others",
    "Same",
    "She",
    "Somebody",
    "Something",
    "Such",
    "That",
    "Their",
    "Them",
    "There",
    "These",
    "They",
    "This",
    "Those",
    "What",
    "Whatever",
    "Which",
    "Who",
    "Whoever",
    "Whom",
    "Whose",
];

/// The docs of public items in `text` that begin with a pronoun: line number and first line.
fn nameless_docs(text: &str) -> Vec<(usize, &str)> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let is_doc = |line: &str| line.starts_with("///") && !line.starts_with("////");
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if !is_doc(line) || at.checked_sub(1).is_some_and(|before| is_doc(lines[before])) {
            continue;
        }
        // The item stands behind its docs and attributes.
        let behind = lines[at..].iter().find(|line| !is_doc(line) && !line.starts_with("#["));
        if !behind.is_some_and(|item| item.starts_with("pub ")) {
            continue;
        }
        let doc = line.trim_start_matches('/').trim();
        let first = doc.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        if PRONOUNS.contains(&first) || doc.starts_with("The same") {
            found.push((at + 1, *line));
        }
    }
    found
}

#[test]
fn docs_of_public_items_name_their_noun() {
    let texts = files(".rs");
    assert!(!texts.is_empty(), "no .rs files: run inside the git checkout");
    let found: Vec<String> = texts
        .iter()
        .filter(|(name, _)| name != "pnp-tests/tests/tidy.rs")
        .flat_map(|(name, text)| {
            nameless_docs(text).into_iter().map(move |(line, doc)| format!("{name}:{line}: {doc}"))
        })
        .collect();
    assert!(found.is_empty(), "docs without a noun:\n{}", found.join("\n"));
}

#[test]
fn a_doc_without_a_noun_is_found() {
    let text = "/// It is.\n/// More.\n#[must_use]\npub fn a() {}\n/// A noun. It is.\npub b: u8,\n\
                /// Nobody.\nfn c() {}\n    /// The same, later.\n    pub d: u8,\n";
    let lines: Vec<usize> = nameless_docs(text).into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines, [1, 9]);
}

#[test]
fn the_image_is_a_cdylib_and_nothing_else() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("the root manifest");
    assert!(manifest.contains("crate-type = [\"cdylib\"]"), "rlib beside cdylib drops LTO");
}
