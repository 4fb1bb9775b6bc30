//! Who may know whom, as `cargo metadata` has it: the arrows of `docs/architecture.md`.
#![allow(missing_docs, reason = "tests: the names are the documentation")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// The packages of the host, each knowing only those above it: what knows nobody comes first.
const FLOORS: &[&[&str]] = &[
    &["driver-abi", "image-builder", "lang"],
    &["image", "journal"],
    &["inf", "inspect", "recording"],
    &["kernel"],
    // Files, FsRtl and Cc would stand here: the one floor that subsystems share.
    SUBSYSTEMS,
    &["host"],
    &["netpnp", "pnp-fuzz"],
];

/// The kinds of port drivers and libraries. None of them knows another.
const SUBSYSTEMS: &[&str] = &["ndis", "wsk"];

/// The packages of the driver side, likewise.
const DRIVER_FLOORS: &[&[&str]] = &[
    &["driver-abi"],
    &["driver-kit"],
    &["ndis-filter"],
    &["netpnplwf", "packet-counter", "ndis-filter-fuzz"],
];

/// Drivers that the host is tested with: of ours they know the structures of Windows only.
const FILTERS: &[&str] = &["bare-filter", "plain-filter", "wsk-registrar"];

/// Programs that know no package of ours.
const TOOLS: &[&str] = &["xtask", "netpnplwf-package"];

/// Every package of the workspace, and those of the workspace that it is built with. What only its
/// tests use is left out.
fn arrows() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .output()
        .expect("cargo starts");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let name = |value: &serde_json::Value| value["name"].as_str().expect("a name").to_owned();
    let ours: BTreeSet<String> = packages.iter().map(name).collect();
    let known = |package: &serde_json::Value| -> BTreeSet<String> {
        let dependencies = package["dependencies"].as_array().expect("dependencies");
        let built = dependencies.iter().filter(|dependency| dependency["kind"] != "dev");
        built.map(name).filter(|name| ours.contains(name)).collect()
    };
    packages.iter().map(|package| (name(package), known(package))).collect()
}

/// What a package may know: everything on the floors above its own.
fn allowed(floors: &[&'static [&'static str]], package: &str) -> Option<BTreeSet<&'static str>> {
    let floor = floors.iter().position(|floor| floor.contains(&package))?;
    Some(floors[..floor].concat().into_iter().collect())
}

fn forbidden(arrows: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut found = Vec::new();
    for (package, known) in arrows {
        let allowed = allowed(FLOORS, package)
            .or_else(|| allowed(DRIVER_FLOORS, package))
            .or_else(|| FILTERS.contains(&&**package).then(|| BTreeSet::from(["driver-abi"])))
            .or_else(|| TOOLS.contains(&&**package).then(BTreeSet::new));
        match allowed {
            None => found.push(format!("{package} has no place in tests/arrows.rs")),
            Some(allowed) => found.extend(
                known
                    .iter()
                    .filter(|known| !allowed.contains(&***known))
                    .map(|known| format!("{package} knows {known}")),
            ),
        }
    }
    found
}

#[test]
fn arrows_go_down_only() {
    assert_eq!(forbidden(&arrows()), [""; 0]);
}

#[test]
fn a_forbidden_arrow_is_found() {
    let mut arrows = arrows();
    let mut add = |from: &str, to: &str| {
        arrows.entry(from.to_owned()).or_default().insert(to.to_owned());
    };
    add("kernel", "ndis");
    add("journal", "kernel");
    add("host", "ndis-filter");
    add("stranger", "kernel");
    let expected = [
        "host knows ndis-filter",
        "journal knows kernel",
        "kernel knows ndis",
        "stranger has no place in tests/arrows.rs",
    ];
    assert_eq!(forbidden(&arrows), expected);
}

/// Nobody below the host says the name of a kind of driver, but its own crate, its file in the journal,
/// and `recording` and `inf`, which read what our own driver traces and what INFs of network drivers say.
#[test]
fn a_kind_of_driver_is_named_in_its_own_crate_only() {
    // `ndis::` and `Ndis`, of each kind.
    let names = SUBSYSTEMS.iter().flat_map(|kind| {
        let (first, rest) = kind.split_at(1);
        [format!("{kind}::"), first.to_uppercase() + rest]
    });
    let names: Vec<String> = names.collect();
    let floors = ["image", "inspect", "lang", "kernel"];
    let mut found = Vec::new();
    for folder in floors {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join("src");
        look(&sources, &mut |path, text| {
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            let says = |line: &&str| names.iter().any(|name| line.contains(name));
            found.extend(code.filter(says).map(|line| format!("{}: {line}", path.display())));
        });
    }
    // Images of tests import what filters import.
    found.retain(|line| !line.contains("/image/src/tests/"));
    assert_eq!(found, [""; 0]);
}

fn look(folder: &Path, at: &mut impl FnMut(&Path, &str)) {
    for entry in std::fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            look(&path, at);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            at(&path, &text);
        }
    }
}
