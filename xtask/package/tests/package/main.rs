//! `cargo xtask package`, as a person runs it, in two copies of this work tree.
#![allow(missing_docs, reason = "tests: the names are the documentation")]
// Linux: rust-lld links, and nothing is signed.
#![cfg(target_os = "linux")]

mod bill;
mod checkout;
mod refused;

use std::fs;
use std::path::Path;
use std::process::Command;

use checkout::{base, both, netpnp, root, run, text, turn};

const ARCHES: [&str; 2] = ["x64", "arm64"];

#[test]
fn one_commit_gives_the_same_bytes_wherever_it_is_built() {
    let [one, other] = both();
    for arch in ARCHES {
        let (mine, theirs) = (one.files(arch), other.files(arch));
        assert_eq!(mine.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>());
        let differ = mine.iter().filter(|(name, bytes)| theirs[*name] != **bytes);
        let differ: Vec<_> = differ.map(|(name, _)| name).collect();
        assert!(differ.is_empty(), "{arch}: these differ: {differ:?}");
        let zips = [one, other].map(|made| fs::read(made.zip(arch).1).expect("the zip"));
        assert!(zips[0] == zips[1], "{arch}: the zips differ and their files do not");
    }
    let sums = [one, other].map(|made| fs::read(made.out().join("SHA256SUMS")).expect("sums"));
    assert!(sums[0] == sums[1]);
}

#[test]
fn image_and_symbols_do_not_know_where_they_were_built() {
    let base = base().display().to_string();
    let home = std::env::home_dir().expect("a home").display().to_string();
    for checkout in both() {
        for arch in ARCHES {
            let files = checkout.files(arch);
            for name in ["netpnplwf.sys", "netpnplwf.pdb"] {
                for path in [&base, &home, env!("CARGO_TARGET_TMPDIR")] {
                    let found =
                        files[name].windows(path.len()).any(|bytes| bytes == path.as_bytes());
                    assert!(!found, "{arch}: {name} names {path}");
                }
            }
            let symbols = &files["netpnplwf.pdb"];
            let source = br"driver\src\observe.rs";
            assert!(symbols.windows(source.len()).any(|bytes| bytes == source), "{arch}");
        }
    }
}

#[test]
fn what_is_in_it_is_what_readme_and_documentation_list() {
    let page = fs::read_to_string(root().join("docs/package.md")).expect("the page");
    let table = page.split_once("\n## What is in it\n").expect("the section").1;
    let table = table.split_once("\n## ").expect("its end").0;
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    let mut listed: Vec<_> =
        rows.map(|(names, _)| names).flat_map(|names| names.split("`, `")).collect();
    listed.sort_unstable();
    for arch in ARCHES {
        let files = both()[0].files(arch);
        let names: Vec<_> = files.keys().map(String::as_str).collect();
        // A catalog and its certificate are made on Windows only.
        let made_here = |name: &&str| !["netpnplwf.cat", "netpnplwf.cer"].contains(name);
        let expected: Vec<_> = listed.iter().copied().filter(made_here).collect();
        assert_eq!(names, expected, "docs/package.md");
        let readme = String::from_utf8(files["README.txt"].clone()).expect("UTF-8");
        assert!(readme.is_ascii());
        for line in readme.split("\r\n") {
            assert!(line.len() <= 100 && !line.contains('\n'), "{line}");
        }
        for place in ["LABEL", "ARCH", "COMMIT", "TIME", "REPOSITORY", "FILES", "SIGNING", "OS"] {
            assert!(!readme.contains(&format!("{{{place}}}")), "{place} is left in README.txt");
        }
        let list = readme.split_once("What is here\r\n\r\n").expect("a list").1;
        let list = list.split_once("\r\n\r\n").expect("its end").0;
        let told = list.lines().filter_map(|line| line.strip_prefix("  ")?.split_once(' '));
        let mut told: Vec<_> = told.map(|(name, _)| name).filter(|name| !name.is_empty()).collect();
        told.sort_unstable();
        assert_eq!(told, names, "README.txt");
        assert!(readme.contains(&both()[0].git(&["rev-parse", "HEAD"]).trim().to_owned()));
    }
}

#[test]
fn sums_hold_and_a_changed_byte_breaks_them() {
    let checkout = &both()[0];
    let check = |folder: &Path| {
        let mut sums = Command::new("sha256sum");
        run(sums.args(["--check", "--strict", "--quiet", "SHA256SUMS"]).current_dir(folder))
    };
    assert!(check(&checkout.out()).status.success());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("package/unpacked");
    for arch in ARCHES {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        let files = checkout.files(arch);
        for (name, bytes) in &files {
            fs::write(folder.join(name), bytes).expect("it can be written");
        }
        assert!(check(&folder).status.success());
        for name in files.keys().filter(|name| *name != "SHA256SUMS") {
            let mut bytes = files[name].clone();
            bytes[0] ^= 1;
            fs::write(folder.join(name), bytes).expect("it can be written");
            let said = check(&folder);
            let text = String::from_utf8_lossy(&said.stdout);
            assert!(!said.status.success() && text.contains(&format!("{name}: FAILED")), "{text}");
            fs::write(folder.join(name), &files[name]).expect("it can be written");
        }
    }
}

#[test]
fn the_packaged_inf_is_clean_and_stamped() {
    for (arch, models) in [("x64", "NTamd64"), ("arm64", "NTarm64")] {
        let (name, _) = both()[0].zip(arch);
        let folder = both()[0].out().join(name);
        let mut command = Command::new(netpnp());
        command.arg("inf").arg(folder.join("netpnplwf.inf"));
        let said = text(command.arg("--sys").arg(folder.join("netpnplwf.sys")));
        assert!(said.contains("0 errors, 0 warnings, 0 remarks"), "{said}");
        let inf = fs::read_to_string(folder.join("netpnplwf.inf")).expect("ASCII");
        // date -u -d @1999999999 +%m/%d/%Y; a repository of one commit.
        assert!(inf.contains("DriverVer   = 05/18/2033,0.1.0.1\r\n"), "{inf}");
        assert!(inf.contains(&format!("[Filter.{models}.10.0...25319]\r\n")), "{inf}");
    }
}

#[test]
fn what_is_printed_is_what_was_made() {
    let (checkout, _turn) = turn();
    let said = text(&mut checkout.command(&["--arch", "x64"]));
    let (name, zip) = checkout.zip("x64");
    let sum = fs::read_to_string(checkout.out().join("SHA256SUMS")).expect("the sums");
    let sum = sum.split_once("  ").expect("a sum").0;
    assert_eq!(sum.len(), 64);
    for part in [&name, sum, "commit ", "of 2033-05-18", "netpnplwf.pdb"] {
        assert!(said.contains(part), "{part} is missing in\n{said}");
    }
    assert!(said.lines().all(|line| line.len() <= 100), "{said}");
    // A relative folder is the user's, wherever in the checkout he is.
    let mut command = checkout.command(&["--arch", "x64", "--json", "--out", "../docs/new"]);
    let json = text(command.current_dir(checkout.folder.join("lab")));
    let out = checkout.folder.join("docs/new");
    let there = fs::read(out.join(format!("{name}.zip"))).expect("the zip");
    assert!(there == fs::read(&zip).expect("the zip"));
    fs::remove_dir_all(out).expect("it can be removed");
    let json: serde_json::Value = serde_json::from_str(&json).expect("one document");
    let package = &json["packages"][0];
    assert_eq!(package["zip"]["sha256"], sum);
    assert_eq!(package["zip"]["size"], fs::metadata(zip).expect("the zip").len());
    assert_eq!(package["files"].as_array().map(Vec::len), Some(checkout.files("x64").len()));
    assert_eq!((json["version"].as_str(), json["dirty"].as_bool()), (Some("0.1.0.1"), Some(false)));
    // Both again, as the other tests want them.
    text(&mut checkout.command(&[]));
}
