//! The bill of materials: its structure, and whether it tells the truth.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::ARCHES;
use crate::checkout::{Checkout, both, root, text};

fn bill(checkout: &Checkout, arch: &str) -> Value {
    serde_json::from_slice(&checkout.files(arch)["netpnplwf.cdx.json"]).expect("JSON")
}

fn string<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} is no text in {value:#}"))
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("{key} is no list in {value:#}"))
}

#[test]
fn it_has_the_structure_of_cyclonedx_1_6() {
    for arch in ARCHES {
        let bill = bill(&both()[0], arch);
        assert_eq!(
            (string(&bill, "bomFormat"), string(&bill, "specVersion")),
            ("CycloneDX", "1.6")
        );
        assert_eq!(bill["version"], 1);
        let serial = string(&bill, "serialNumber").strip_prefix("urn:uuid:").expect("a UUID");
        let lengths: Vec<_> = serial.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert!(serial.chars().all(|c| c == '-' || "0123456789abcdef".contains(c)), "{serial}");
        assert_eq!(string(&bill["metadata"], "timestamp"), "2033-05-18T03:33:19Z");
        let driver = &bill["metadata"]["component"];
        assert_eq!(
            (string(driver, "type"), string(driver, "version")),
            ("device-driver", "0.1.0.1")
        );
        let mut references = BTreeSet::new();
        for component in list(&bill, "components").iter().chain([driver]) {
            let purl = string(component, "purl");
            assert!(
                purl.starts_with(&format!("pkg:cargo/{}@", string(component, "name"))),
                "{purl}"
            );
            assert!(references.insert(string(component, "bom-ref")), "{component:#}");
            for licence in list(component, "licenses") {
                let id = licence["expression"].as_str().or(licence["license"]["id"].as_str());
                assert!(id.is_some_and(|id| id.contains("MIT")), "{licence}");
            }
        }
        let edges = list(&bill, "dependencies");
        let from: BTreeSet<_> = edges.iter().map(|edge| string(edge, "ref")).collect();
        assert_eq!(from, references, "each component has its dependencies once");
        assert_eq!(edges.len(), from.len());
        for edge in edges {
            for to in list(edge, "dependsOn") {
                assert!(references.contains(to.as_str().expect("text")), "{edge:#}");
            }
        }
    }
}

#[test]
fn its_crates_are_those_that_were_compiled_for_the_image() {
    let checkout = &both()[0];
    for (arch, target) in [("x64", "x86_64-pc-windows-msvc"), ("arm64", "aarch64-pc-windows-msvc")]
    {
        // Rust libraries that cargo left: what the linker could take from.
        let built =
            fs::read_dir(checkout.target.join(target).join("release/deps")).expect("a build");
        let names = built.map(|entry| entry.expect("an entry").file_name().into_string());
        let compiled: BTreeSet<String> = names
            .filter_map(|name| {
                let name = name.expect("UTF-8");
                let (name, _) =
                    name.strip_prefix("lib")?.strip_suffix(".rlib")?.rsplit_once('-')?;
                Some(name.to_owned())
            })
            .collect();
        assert!(compiled.contains("spin"), "{compiled:?}");
        let bill = bill(checkout, arch);
        let listed =
            list(&bill, "components").iter().map(|one| string(one, "name").replace('-', "_"));
        assert_eq!(listed.collect::<BTreeSet<_>>(), compiled, "{arch}");
    }
}

#[test]
fn its_crates_are_those_of_cargo_tree() {
    let mut cargo = std::process::Command::new(env!("CARGO"));
    cargo.args(["tree", "--package", "netpnplwf", "--no-default-features", "--edges", "normal"]);
    cargo.args(["--target", "x86_64-pc-windows-msvc", "--prefix", "none", "--format", "{p}"]);
    let tree = text(cargo.current_dir(root()));
    let first_words = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let tree: BTreeSet<_> = tree.lines().map(first_words).collect();
    let bill = bill(&both()[0], "x64");
    let of = |one: &Value| format!("{} v{}", string(one, "name"), string(one, "version"));
    let mut listed: BTreeSet<_> = list(&bill, "components").iter().map(of).collect();
    listed.insert("netpnplwf v0.1.0".to_owned());
    assert_eq!(listed, tree);
}

#[test]
fn its_sums_are_those_of_the_image_and_of_cargo_lock() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).expect("the lock file");
    for arch in ARCHES {
        let files = both()[0].files(arch);
        let bill = bill(&both()[0], arch);
        let sum = Sha256::digest(&files["netpnplwf.sys"]);
        let image = sum.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
        assert_eq!(string(&bill["metadata"]["component"]["hashes"][0], "content"), image);
        for component in list(&bill, "components") {
            let (name, version) = (string(component, "name"), string(component, "version"));
            let package = format!("name = \"{name}\"\nversion = \"{version}\"\n");
            let entry = lock.split_once(&package).expect("it is locked").1;
            let entry = entry.split("\n\n").next().expect("its end");
            // A crate that comes from nowhere else is one of this repository.
            let ours = !entry.contains("source = ");
            assert_eq!(string(component, "purl").contains("?vcs_url="), ours, "{component:#}");
            if !ours {
                let hash = &component["hashes"][0];
                assert!(entry.contains(string(hash, "content")), "{component:#}");
                assert_eq!(string(hash, "alg"), "SHA-256");
            }
        }
    }
}
