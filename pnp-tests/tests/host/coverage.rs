//! `--coverage`: what the flows reach of a real image, and that looking changes nothing.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::netpnp::{image, netpnp};

/// A verification of one flow with one schedule; its document, and the file that it wrote.
fn verify(stem: &str, more: &[&str], file: Option<&str>) -> (Value, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let written = file.map(|name| folder.path().join(name));
    let mut arguments = vec!["verify".to_owned(), image(stem).display().to_string()];
    let usual = "--json --no-readings --fail-allocation none --fail-call none --schedules 1";
    arguments.extend(usual.split(' ').chain(more.iter().copied()).map(str::to_owned));
    if let Some(path) = &written {
        arguments.extend(["--coverage".to_owned(), path.display().to_string()]);
    }
    let ran = netpnp(&arguments);
    let document = serde_json::from_str(&ran.stdout);
    let document = document.unwrap_or_else(|error| panic!("{error}: {}", ran.stderr));
    (document, written.map(|path| fs::read_to_string(path).expect("written")).unwrap_or_default())
}

/// Functions of a tracefile, and whether each was entered.
fn entered(tracefile: &str) -> BTreeMap<&str, bool> {
    let lines = tracefile.lines().filter_map(|line| line.strip_prefix("FNDA:")?.split_once(','));
    lines.map(|(count, name)| (name, count != "0")).collect()
}

const ONE: [&str; 2] = ["--flow", "disable_netadapter"];
const SLEEPS: [&str; 2] = ["--flow", "disable_netadapter,sleep_s3_s4_no_pause"];

#[test]
fn functions_that_a_flow_calls_are_entered_and_others_are_named() {
    let (document, tracefile) = verify("plain", &ONE, Some("cover.info"));
    let entered = entered(&tracefile);
    let is_entered = |name: &str| {
        let found = entered.iter().find(|(function, _)| function.ends_with(name));
        *found.unwrap_or_else(|| panic!("{name} in {entered:?}")).1
    };
    assert!(is_entered("module::attach") && is_entered("packet::receive"));
    let never = document["coverage"]["never_entered"].as_array().expect("a list");
    assert_eq!(never.len(), entered.values().filter(|entered| !**entered).count());
    assert!(tracefile.contains("module.rs"), "lines of the source, out of the PDB");
    assert!(tracefile.contains(",1\n") && tracefile.contains(",0\n"));
}

#[test]
fn more_flows_reach_more_and_processes_make_no_difference() {
    let (one, _) = verify("plain", &ONE, Some("cover.xml"));
    let (two, file) = verify("plain", &SLEEPS, Some("cover.xml"));
    let (_, alone) = verify("plain", &[&SLEEPS[..], &["--jobs", "1"]].concat(), Some("cover.xml"));
    assert_eq!(file, alone);
    assert!(file.starts_with("<?xml") && file.contains("<coverage "));
    let blocks = |document: &Value| document["coverage"]["blocks"]["reached"].as_u64();
    assert!(blocks(&one) < blocks(&two), "{one} {two}");
}

#[test]
fn looking_changes_nothing_that_is_found() {
    for stem in ["plain", "plain-c", "nv-43", "hangs"] {
        let (without, _) = verify(stem, &ONE, None);
        let (mut with, _) = verify(stem, &ONE, Some("cover.info"));
        with.as_object_mut().expect("an object").remove("coverage");
        assert_eq!(without, with, "{stem}");
    }
}
