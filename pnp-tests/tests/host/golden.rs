//! Golden traces: every bundled case on the shipped driver, its timeline word for word.
//! `INSTA_UPDATE=always cargo test -p netpnp --test host golden` writes them anew.

use crate::netpnp::{netpnp, play};

fn cases() -> Vec<String> {
    let list = netpnp(["run", "--list"]);
    assert_eq!(list.code, Some(0), "{}", list.stderr);
    list.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn every_bundled_case_holds_and_traces_what_it_traced_before() {
    let cases = cases();
    assert!(cases.len() > 60, "{} cases", cases.len());
    for case in cases {
        let ran = play("netpnplwf", &case, &[]);
        assert_eq!(ran.code, Some(0), "{case}\n{}{}", ran.stdout, ran.stderr);
        let timeline = ran.stdout.split("\ndriver  ").next().unwrap_or_default();
        for line in timeline.lines() {
            assert!(line.chars().count() <= 100, "{case}: wider than 100 columns: {line}");
        }
        let name = case.replace(['[', ']', '=', ',', '.'], "-");
        insta::assert_snapshot!(name, timeline);
    }
}

#[test]
fn the_tour_shows_every_network_event_by_name_on_three_adapters_and_two_layers() {
    let ran = play("netpnplwf", "tour", &["--json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).expect("one document");
    let events = document["runs"][0]["trace"]["events"].as_array().expect("events");
    let seen = |field: &str, value: &str| {
        events.iter().any(|e| e["name"] == "NetPnPEvent" && e["fields"][field] == value)
    };
    for code in 0..23 {
        let name = host::scenario::names::event_name(code).expect("23 names");
        assert!(seen("Event", name), "{name} is missing");
    }
    for adapter in ["Contoso", "Fabrikam", "vEthernet"] {
        assert!(seen("Adapter", adapter), "{adapter} is missing");
    }
    let mut modules: Vec<_> = events
        .iter()
        .filter(|e| e["name"] == "Attach" && e["fields"]["Adapter"] == "Contoso")
        .map(|e| e["fields"]["IfIndex"].as_u64())
        .collect();
    modules.sort_unstable();
    modules.dedup();
    assert_eq!(modules.len(), 2, "two layers on the first adapter");
}

#[test]
fn two_runs_of_the_same_case_and_seed_give_the_same_journal_to_the_byte() {
    for (case, seed) in [("tour", "0"), ("tour", "7"), ("driver_load_n_adapters", "42")] {
        let run = || play("netpnplwf", case, &["--journal", "--seed", seed]).stdout;
        let first = run();
        assert!(first.lines().count() > 50, "{first}");
        assert_eq!(first, run(), "{case} seed {seed}");
    }
}

#[test]
fn every_bundled_case_holds_whatever_the_scheduler_chooses() {
    for seed in ["1", "2", "3"] {
        let ran = play("netpnplwf", "all", &["--seed", seed]);
        assert_eq!(ran.code, Some(0), "seed {seed}\n{}", ran.stdout);
    }
}
