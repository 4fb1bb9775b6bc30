//! Every rule is proven: a wrong filter, a real PE built from `filters/plain`, that it catches, and
//! right filters that it leaves alone. The table is printed rule by rule.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::{fs, io};

use serde_json::Value;

use host::rules::RULES;

use crate::netpnp::{image, netpnp};

/// What provokes most mistakes: an adapter comes and goes, the machine sleeps.
const USUAL: [&str; 2] = ["disable_netadapter", "sleep_s3_s4_no_pause"];

/// What else a mistake needs to show: flows, and arguments of `verify` beyond the usual ones.
fn provocation(mistake: &str) -> (&'static [&'static str], &'static [&'static str]) {
    match mistake.to_uppercase().as_str() {
        "NV-02" => (&USUAL, &["--fail-call", "NdisFRegisterFilterDriver:1"]),
        "NV-08" => (&USUAL, &["--fail-call", "NdisFSetAttributes:1"]),
        "NV-17" | "NV-23" => (&["unknown_codes"], &[]),
        "NV-21" => (&["query_power_cancelled"], &[]),
        "NV-22" => (&["malformed_events"], &[]),
        "NV-29" | "NV-68" => (&["sleep_s3_s4_with_pause"], &[]),
        "NV-26" => (&["power_source_change"], &[]),
        "NV-28" | "NV-47" => (&["every_event"], &[]),
        "NV-36" => (&["driver_load_n_adapters"], &["--schedules", "48"]),
        "NV-37" => (&["disable_netadapter", "selective_suspend_idle"], &["--schedules", "16"]),
        "NV-38" => (&["many_cycles"], &[]),
        "NV-45" => (&["disable_netadapter"], &["--readings"]),
        "NV-46" => (&["surprise_removal_win8_plus"], &["--readings"]),
        "NV-51" => (&["query_remove_then_cancel"], &[]),
        "NV-13-OWN" | "NV-25-WORK" => (&USUAL, &["--readings"]),
        _ => (&USUAL, &[]),
    }
}

/// The rules that a driver breaks.
fn broken(stem: &str, flows: &[&str], more: &[&str]) -> Result<BTreeSet<String>, String> {
    let driver = image(stem);
    let mut arguments: Vec<String> =
        ["verify", "--monitor", "--json", "--time-limit", "60"].map(str::to_owned).to_vec();
    arguments.push(driver.display().to_string());
    arguments.extend(["--flow".to_owned(), flows.join(",")]);
    arguments.extend(["--fail-allocation".to_owned(), "none".to_owned()]);
    let mut given = |name: &str, usual: &str| {
        if !more.contains(&name) {
            arguments.extend([name.to_owned(), usual.to_owned()]);
        }
    };
    given("--fail-call", "none");
    given("--schedules", "2");
    if !more.contains(&"--readings") {
        arguments.push("--no-readings".to_owned());
    }
    arguments.extend(more.iter().filter(|word| **word != "--readings").map(ToString::to_string));
    let ran = netpnp(&arguments);
    let document: Value = serde_json::from_str(&ran.stdout).map_err(|_| ran.stderr)?;
    let findings = document["findings"].as_array().cloned().unwrap_or_default();
    let also = findings.iter().filter_map(|finding| finding["also"].as_array()).flatten();
    let rules = findings.iter().chain(also).filter_map(|told| told["rule"].as_str());
    Ok(rules.map(str::to_owned).collect())
}

/// The features of `filters/plain` that are mistakes, and its sources.
fn mistakes() -> (BTreeSet<String>, String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("filters/plain");
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("the filter's manifest");
    let feature = |line: &str| Some(line.split_once(" = ")?.0.to_owned());
    let features = manifest.lines().filter(|line| line.starts_with("nv-")).filter_map(feature);
    let sources = fs::read_dir(folder.join("src")).expect("the filter's sources");
    let source = |entry: io::Result<fs::DirEntry>| fs::read_to_string(entry?.path());
    let sources: Result<String, _> = sources.map(source).collect();
    (features.collect(), sources.expect("each source is text"))
}

/// The rule that a mistake breaks: `nv-37-send` is one more way to break NV-37.
fn rule_of(mistake: &str) -> &str {
    let end = mistake.match_indices('-').nth(1).map_or(mistake.len(), |(at, _)| at);
    &mistake[..end]
}

#[test]
fn every_rule_has_a_wrong_filter_and_every_wrong_filter_a_rule() {
    let (features, sources) = mistakes();
    let ids: BTreeSet<String> = RULES.iter().map(|rule| rule.id.to_lowercase()).collect();
    let (firsts, others): (BTreeSet<String>, BTreeSet<String>) =
        features.iter().cloned().partition(|feature| rule_of(feature) == *feature);
    assert_eq!(ids, firsts, "rules, and features of filters/plain/Cargo.toml");
    let strange: Vec<&String> = others.iter().filter(|way| !ids.contains(rule_of(way))).collect();
    assert!(strange.is_empty(), "features that are named after no rule: {strange:?}");
    let unasked = |id: &&String| !sources.contains(&format!("feature = \"{id}\""));
    let unasked: Vec<&String> = features.iter().filter(unasked).collect();
    assert!(unasked.is_empty(), "features that no source of filters/plain asks for: {unasked:?}");
}

#[test]
fn every_rule_catches_its_wrong_filter_and_leaves_the_right_ones_alone() {
    let right: Vec<(&str, BTreeSet<String>)> = ["netpnplwf", "monitor"]
        .into_iter()
        .map(|stem| {
            let flows =
                ["disable_netadapter", "sleep_s3_s4_no_pause", "every_event", "many_cycles"];
            (stem, broken(stem, &flows, &["--readings"]).unwrap_or_else(|why| panic!("{why}")))
        })
        .collect();
    let (mut table, mut wrong) = (String::new(), Vec::new());
    for mistake in mistakes().0 {
        let (flows, more) = provocation(&mistake);
        let rule = rule_of(&mistake).to_uppercase();
        let found = broken(&mistake, flows, more);
        let caught = found.as_ref().is_ok_and(|found| found.contains(&rule));
        let clean = right.iter().all(|(_, found)| !found.contains(&rule));
        let verdict = |right| if right { "yes" } else { "NO" };
        let _ = writeln!(table, "{mistake:17}  {:6}  {}", verdict(caught), verdict(clean));
        if !caught || !clean {
            wrong.push(format!("{mistake}: {found:?}"));
        }
    }
    println!("mistake            caught  clean\n{table}");
    assert!(wrong.is_empty(), "{table}\n{wrong:#?}");
}

#[test]
fn right_filters_in_the_plainest_style_run_clean_in_rust_and_in_c() {
    for stem in ["plain", "plain-c"] {
        if stem == "plain-c" && !image(stem).is_file() {
            println!("plain-c.sys was not built: there is no clang here");
            continue;
        }
        let driver = image(stem).display().to_string();
        let flows = "disable_netadapter,sleep_s3_s4_with_pause,surprise_removal_win8_plus";
        let ran = netpnp(["verify", &driver, "--flow", flows, "--schedules", "4"]);
        assert_eq!(ran.code, Some(0), "{stem}\n{}{}", ran.stdout, ran.stderr);
    }
}
