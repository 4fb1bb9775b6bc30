//! `netpnp verify`: right filters pass clean, wrong ones are told with rule, place and command.

use std::fs;

use serde_json::Value;

use crate::netpnp::{Ran, image, netpnp};

fn verify(stem: &str, more: &[&str]) -> Ran {
    let driver = image(stem);
    let driver = driver.to_str().expect("UTF-8 path");
    netpnp(["verify", driver].iter().chain(more))
}

/// A short verification: one flow, nothing injected.
const BRIEF: [&str; 9] = [
    "--flow",
    "disable_netadapter",
    "--no-readings",
    "--fail-allocation",
    "none",
    "--fail-call",
    "none",
    "--schedules",
    "0",
];

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stderr))
}

fn rules(document: &Value) -> Vec<&str> {
    let findings = document["findings"].as_array().expect("a list");
    let also = findings.iter().filter_map(|finding| finding["also"].as_array()).flatten();
    findings.iter().chain(also).filter_map(|told| told["rule"].as_str()).collect()
}

#[test]
fn the_driver_keeps_every_rule_with_queries_of_its_own_too() {
    let ran = verify(
        "netpnplwf",
        &[
            "--monitor",
            "--parameter",
            "QueryWakeSettings=1",
            "--fault-limit",
            "20",
            "--schedules",
            "8",
        ],
    );
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("positions of faults passed over"), "{}", ran.stdout);
}

#[test]
fn the_driver_keeps_every_rule_in_every_flow_reading_fault_position_and_schedule() {
    let ran = verify("netpnplwf", &["--monitor"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("no violations"), "{}", ran.stdout);
}

#[test]
fn the_same_seed_gives_the_same_output_to_the_byte() {
    let run = || {
        let ran = verify("leaks", &["--flow", "live_install", "--seed", "5", "--json"]);
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        ran.stdout
    };
    assert_eq!(run(), run());
}

#[test]
fn a_finding_names_rule_callback_call_site_step_and_a_command_that_shows_it_again() {
    let ran = verify("leaks", &[&BRIEF[..], &["--json"]].concat());
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let document = json(&ran);
    let leak = &document["findings"].as_array().expect("a list").last().expect("one")["found"];
    let findings = document["findings"].as_array().expect("a list");
    let finding = findings.iter().find(|f| f["rule"] == "NV-43").unwrap_or(leak);
    assert_eq!(finding["callback"], "FilterAttach", "{document:#}");
    assert_eq!(finding["severity"], "contract");
    let symbol = finding["site"]["symbol"].as_str().expect("a symbol");
    assert!(symbol.contains("attach") && symbol.contains("lib.rs:"), "{symbol}");
    assert!(finding["module"].as_str().is_some_and(|module| module.starts_with("eth0")));
    let command = finding["reproduce"].as_str().expect("a command");
    let again = netpnp(command.split_whitespace().skip(1));
    assert_eq!(again.code, Some(1), "{command}\n{}", again.stderr);
    assert!(again.stdout.contains("NV-43"), "{command}\n{}", again.stdout);
}

#[test]
fn reports_for_ci_systems_and_code_scanners_tell_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let (junit, sarif) = (folder.path().join("j.xml"), folder.path().join("s.sarif"));
    let (junit_name, sarif_name) = (junit.display().to_string(), sarif.display().to_string());
    let files = ["--junit", &junit_name, "--sarif", &sarif_name];
    let ran = verify("swallows", &[&BRIEF[..], &files].concat());
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let junit = fs::read_to_string(junit).expect("it was written");
    assert!(junit.contains("<testsuite name=\"flows\"") && junit.contains("<failure"), "{junit}");
    assert!(junit.contains("NV-19") && junit.contains("classname=\"netpnp.flows\""), "{junit}");
    let root = junit.lines().find(|line| line.contains("<testsuites")).expect("a root");
    assert!(!root.contains("skipped") && root.contains(" time=\""), "{root}");
    let cases = junit.lines().filter(|line| line.contains("<testcase"));
    assert!(cases.clone().count() > 20 && cases.into_iter().all(|case| case.contains(" time=\"")));
    let sarif: Value =
        serde_json::from_str(&fs::read_to_string(sarif).expect("it was written")).expect("JSON");
    assert_eq!(sarif["version"], "2.1.0");
    let results = sarif["runs"][0]["results"].as_array().expect("a list");
    assert!(results.iter().any(|result| result["ruleId"] == "NV-19"), "{sarif:#}");
    let stable = |result: &Value| {
        let print = result["partialFingerprints"]["netpnpFinding/v1"].as_str();
        print.is_some_and(|print| print.len() == 18)
    };
    assert!(results.iter().all(stable), "{sarif:#}");
    let known = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().expect("a list").len();
    assert!(known > 20, "{known} rules");
}

#[test]
fn a_finding_with_a_site_is_told_at_its_line_below_the_root_of_the_sources() {
    let folder = tempfile::tempdir().expect("a folder");
    let sarif = folder.path().join("s.sarif").display().to_string();
    let ran = verify("leaks", &[&BRIEF[..], &["--sarif", &sarif]].concat());
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stdout.starts_with("BROKEN  "), "{}", ran.stdout);
    let text = fs::read_to_string(sarif).expect("it was written");
    let sarif: Value = serde_json::from_str(&text).expect("JSON");
    let results = sarif["runs"][0]["results"].as_array().expect("a list");
    let leak = results.iter().find(|result| result["ruleId"] == "NV-43").expect("the leak");
    let place = &leak["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "filters/src/lib.rs", "{leak:#}");
    assert_eq!(place["artifactLocation"]["uriBaseId"], "SRCROOT");
    assert!(place["region"]["startLine"].as_u64().is_some_and(|line| line > 0), "{leak:#}");
    let bases = sarif["runs"][0]["originalUriBaseIds"].as_object().expect("an object");
    assert!(bases.contains_key("SRCROOT"));
}

#[test]
fn what_cannot_run_is_a_document_for_programs_and_exit_code_2() {
    for command in [
        ["verify", "no-such-file.sys", "--json"].as_slice(),
        &["imports", "no-such-file.sys", "--json"],
        &["run", "--driver", "no-such-file.sys", "--json"],
    ] {
        let ran = netpnp(command);
        assert_eq!(ran.code, Some(2), "{command:?}: {}", ran.stdout);
        let document = json(&ran);
        assert_eq!(document["error"]["kind"], "cannot-run", "{document:#}");
        assert_eq!(document["driver"], "no-such-file.sys");
        assert!(ran.stderr.contains("no-such-file.sys"), "{}", ran.stderr);
    }
}

#[test]
fn a_driver_that_does_not_load_was_not_tested() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let file = folder.path().join(name);
        fs::write(&file, text).expect("it can be written");
        file.display().to_string()
    };
    let old =
        file("old.pnp", "# Too old.\ngiven runtime 6.10\ngiven adapter eth0\nwhen driver loads\n");
    let (junit, sarif) = (file("j.xml", ""), file("s.sarif", ""));
    let ran = verify("netpnplwf", &["--flow", &old, "--junit", &junit, "--sarif", &sarif]);
    assert_eq!(ran.code, Some(2), "{}{}", ran.stdout, ran.stderr);
    let first = ran.stdout.lines().next().expect("a verdict");
    for part in ["NOT TESTED  ", "DriverEntry returned STATUS_", "(0x", "nothing was tested"] {
        assert!(first.contains(part), "{part} is missing in {first}");
    }
    assert!(fs::read_to_string(junit).expect("a file").contains("<error message=\"DriverEntry"));
    let sarif: Value =
        serde_json::from_str(&fs::read_to_string(sarif).expect("a file")).expect("JSON");
    assert_eq!(sarif["runs"][0]["invocations"][0]["executionSuccessful"], false);
    let document = json(&verify("netpnplwf", &["--flow", &old, "--json"]));
    assert_eq!(document["error"]["kind"], "refused-to-load", "{document:#}");
    assert_eq!((&document["tested"], &document["clean"]), (&false.into(), &false.into()));
    let driver = image("netpnplwf").display().to_string();
    let ran = netpnp(["run", "--driver", &driver, "--scenario", &old]);
    assert_eq!(ran.code, Some(2), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("NOT TESTED  old: DriverEntry returned"), "{}", ran.stdout);
}

#[test]
fn a_crash_is_one_finding_at_its_line_and_the_first_one() {
    let ran = verify("crashes", &BRIEF);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let mut lines = ran.stdout.lines();
    let verdict = lines.next().expect("a verdict");
    assert!(verdict.starts_with("BROKEN  ") && verdict.contains("stops the machine"), "{verdict}");
    assert!(ran.stdout.contains("0x50 (PAGE_FAULT_IN_NONPAGED_AREA)"), "{}", ran.stdout);
    assert_eq!(ran.stdout.matches("NV-60  crash").count(), 1, "{}", ran.stdout);
    let text = ran.stdout.replace(['\n', ' '], "");
    assert!(text.contains("atcrashes+0x") && text.contains("lib.rs:"), "{}", ran.stdout);
}

#[test]
fn a_bugcheck_leads_to_the_rules_about_it() {
    for (stop, rule) in [("7C,27", "NV-13"), ("0xC4/0x92012", "NV-13"), ("0x7C,21", "NV-01")] {
        let ran = netpnp(["rules", "--bugcheck", stop]);
        assert_eq!(ran.code, Some(0), "{stop}: {}", ran.stderr);
        assert!(ran.stdout.contains(rule) && ran.stdout.contains("source"), "{}", ran.stdout);
    }
    let ran = netpnp(["rules", "--bugcheck", "7C,99"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stdout);
    assert!(netpnp(["rules", "NV-13"]).stdout.contains("7C,27"));
}

#[test]
fn policy_is_asked_of_monitors_only() {
    let brief = [&BRIEF[..], &["--json"]].concat();
    let without = json(&verify("bare", &brief));
    assert!(rules(&without).is_empty(), "{without:#}");
    let all = netpnp(["rules", "--json"]);
    assert!(all.stdout.contains("\"policy\""));
}

#[test]
fn a_driver_that_loops_through_the_kernel_is_stopped_and_named() {
    let ran = verify("loops", &[&BRIEF[..], &["--json"]].concat());
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(rules(&json(&ran)).contains(&"NV-61"), "{}", ran.stdout);
    assert!(ran.stdout.contains("KeGetCurrentIrql"), "{}", ran.stdout);
}

#[test]
fn a_driver_that_takes_all_memory_gets_no_more_and_is_told_what_it_kept() {
    let ran = verify("exhausts", &[&BRIEF[..], &["--json"]].concat());
    // It attaches to nothing.
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    let document = json(&ran);
    assert_eq!(document["error"]["kind"], "attached-nowhere", "{document:#}");
    assert!(rules(&document).contains(&"NV-08"), "{}", ran.stdout);
}

#[test]
fn instructions_of_the_kernel_are_emulated_or_named() {
    let ran = verify("cr8", &BRIEF);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    let ran = verify("rdmsr", &BRIEF);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stdout.contains("rdmsr"), "{}", ran.stdout);
    let ran = verify("fast-fail", &BRIEF);
    assert!(ran.stdout.contains("0x139"), "{}", ran.stdout);
    assert!(ran.stdout.contains("fail fast (__fastfail), code 0x"), "{}", ran.stdout);
}

#[test]
fn what_cannot_be_verified_is_exit_code_2_and_one_message() {
    for arguments in [
        vec!["verify", "no-such-file.sys"],
        vec!["verify", "x.sys", "--fail-allocation", "some"],
        vec!["verify", "x.sys", "--fail-call", "NdisFSetAttributes"],
        vec!["imports", "Cargo.toml"],
        vec!["rules", "NV-99"],
    ] {
        let ran = netpnp(&arguments);
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.stdout);
        assert!(!ran.stderr.is_empty() && !ran.stderr.contains("panicked"), "{}", ran.stderr);
    }
}

#[test]
fn imports_are_listed_per_module() {
    let driver = image("netpnplwf");
    let ran = netpnp([std::ffi::OsStr::new("imports"), driver.as_os_str()]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("ndis.sys:") && ran.stdout.contains("0 missing"), "{}", ran.stdout);
}

#[test]
fn the_table_of_imports_shows_their_rows() {
    let driver = image("netpnplwf");
    let driver = driver.to_str().expect("UTF-8 path");
    let ran = netpnp(["imports", driver, "--table"]);
    let line = ran.stdout.lines().find(|line| line.contains(" NdisFNetPnPEvent "));
    let words: Vec<_> = line.expect("it forwards events").split_whitespace().collect();
    let page = "ddi:ndis/nf-ndis-ndisfnetpnpevent";
    let expected =
        ["NdisFNetPnPEvent", "PASSIVE_LEVEL", "calls", "back", "6000", page, "NDIS_STATUS_FAILURE"];
    assert_eq!(words, expected);
    let ran = netpnp(["imports", driver, "--table", "--json"]);
    assert!(ran.stdout.contains("\"functions\"") && ran.stdout.contains(page), "{}", ran.stdout);
}
