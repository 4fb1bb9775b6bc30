//! Turns taken away between two instructions: what no call of the kernel lies in the middle of is found
//! that way only, and right filters stand it.

use serde_json::Value;

use crate::netpnp::{image, netpnp};

/// Flows in which packets come while modules pause.
const FLOWS: &str = "disable_netadapter,many_cycles,sleep_s3_s4_with_pause";

fn verify(stem: &str, more: &[&str]) -> Value {
    let driver = image(stem).display().to_string();
    let usual = "--json --no-readings --fail-allocation none --fail-call none --flow";
    let mut arguments = vec!["verify", &driver];
    arguments.extend(usual.split(' ').chain([FLOWS]).chain(more.iter().copied()));
    let ran = netpnp(&arguments);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stderr))
}

fn findings(document: &Value) -> &Vec<Value> {
    document["findings"].as_array().expect("a list")
}

const WRONG: [&str; 3] = ["race-count", "race-use", "race-list"];

#[test]
fn a_count_a_pointer_and_a_list_without_a_lock_are_found_and_the_command_shows_them_again() {
    for stem in WRONG {
        let document = verify(stem, &["--schedules", "0", "--races", "256"]);
        let raced = |finding: &&Value| {
            finding["severity"] == "contract"
                && finding["reproduce"].as_str().is_some_and(|text| text.contains("--preempt 0x"))
        };
        let finding = findings(&document).iter().find(raced);
        let finding = finding.unwrap_or_else(|| panic!("{stem}: {document:#}"));
        let command = finding["reproduce"].as_str().expect("a command");
        let run = || netpnp(command.split_whitespace().skip(1));
        let (first, second) = (run(), run());
        assert_eq!(first.code, Some(1), "{command}\n{}{}", first.stdout, first.stderr);
        assert_eq!(first.stdout, second.stdout, "{command}");
    }
}

#[test]
fn the_same_filters_pass_where_turns_are_taken_away_at_calls_of_the_kernel_only() {
    for stem in WRONG {
        let document = verify(stem, &["--schedules", "16", "--races", "0"]);
        assert_eq!(document["clean"], true, "{stem}: {document:#}");
    }
}

#[test]
fn right_filters_stand_turns_taken_away_anywhere() {
    for stem in ["races-guarded", "plain", "plain-c", "netpnplwf", "packet-counter"] {
        let document = verify(stem, &["--schedules", "0", "--races", "64"]);
        assert_eq!(document["clean"], true, "{stem}: {document:#}");
        let races = document["counts"]["races"].as_u64();
        assert!(stem == "netpnplwf" || races > Some(20), "{stem}: {races:?}");
    }
}
