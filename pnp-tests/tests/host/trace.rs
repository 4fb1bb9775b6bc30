//! Recorded sessions: a run's `.etl`, and what `netpnp trace` reads out of it, and nothing else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::netpnp::{Ran, netpnp, play};

/// Each a story of a healthy stack or of a sick one.
const STORIES: [&str; 12] = [
    "d0_never_comes",
    "disable_enable[predetach=before-pause]",
    "event_never_returns",
    "late_listener",
    "pause_never_ends",
    "power_storm",
    "removal_vetoed",
    "sleep_resume_no_pause[query-power=present]",
    "sleep_resume_with_pause",
    "slow_filter",
    "tour",
    "vf_comes_and_goes",
];

/// Plays a story and records it.
fn record(folder: &Path, story: &str, more: &[&str]) -> (PathBuf, Ran) {
    let path = folder.join("recorded.etl");
    let mut arguments = vec!["--etl", path.to_str().expect("UTF-8 path")];
    arguments.extend(more);
    let ran = play("netpnplwf", story, &arguments);
    assert_eq!(ran.code, Some(0), "{story}\n{}{}", ran.stdout, ran.stderr);
    (path, ran)
}

fn trace(command: &str, path: &Path, more: &[&str]) -> Ran {
    let path = path.to_str().expect("UTF-8 path");
    netpnp(["trace", command, path].iter().chain(more))
}

#[test]
fn every_story_is_told_out_of_its_recording_as_it_was_before() {
    let folder = tempfile::tempdir().expect("a folder");
    for story in STORIES {
        let (path, _) = record(folder.path(), story, &[]);
        let attribution = trace("attribute", &path, &["--top", "6"]);
        assert_eq!(attribution.code, Some(0), "{story}: {}", attribution.stderr);
        let checked = trace("check", &path, &[]);
        let breach = checked.stdout.contains("BREACH");
        assert_eq!(checked.code, Some(i32::from(breach)), "{story}: {}", checked.stderr);
        assert_eq!(attribution.stderr.lines().filter(|line| !line.contains("system")).count(), 0);
        let name = format!("story-{}", story.replace(['[', ']', '='], "-"));
        insta::assert_snapshot!(name, format!("{}\n{}", attribution.stdout, checked.stdout));
    }
}

#[test]
fn the_first_line_names_the_culprit_with_its_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, _) = record(folder.path(), "slow-filter", &[]);
    let told = trace("attribute", &path, &[]).stdout;
    let first = told.lines().next().expect("a line");
    assert!(first.starts_with("filter between L1 and L2"), "{first}");
    assert!(first.contains("took 4.00s of the 4.00s of SetPower D3"), "{first}");
}

#[test]
fn what_is_read_out_of_the_log_is_what_the_run_traced() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, ran) = record(folder.path(), "tour", &["--json"]);
    let run: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let shown: Value =
        serde_json::from_str(&trace("show", &path, &["--json"]).stdout).expect("JSON");
    let events = |document: &Value| -> Vec<Value> {
        let list = document["events"].as_array().expect("events");
        list.iter().filter(|event| event["opcode"] != Value::Null).cloned().collect()
    };
    let traced = events(&run["runs"][0]["trace"]);
    assert!(traced.len() > 200, "{}", traced.len());
    assert_eq!(events(&shown), traced);
}

#[test]
fn two_foreign_readers_read_every_event_of_the_tour_and_every_field() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, ran) = record(folder.path(), "tour", &["--json"]);
    let json = folder.path().join("run.json");
    fs::write(&json, ran.stdout).expect("it can be written");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/etl/check_run.py");
    let python = crate::python::interpreter();
    crate::python::run(Command::new(python).arg(script).args([path, json]));
}

#[test]
fn a_session_that_begins_late_gets_the_history_once_however_often_it_asks() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, _) = record(folder.path(), "late_listener", &[]);
    let shown = trace("show", &path, &[]).stdout;
    let told = shown.lines().filter(|line| line.contains(" SetPower ")).count();
    assert_eq!(told, 4, "two events, two layers\n{shown}");
    assert_eq!(shown.matches("RundownEnd").count(), 2, "{shown}");
}

#[test]
fn a_storm_leaves_the_last_records_and_exact_counts() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, _) = record(folder.path(), "power_storm", &[]);
    let shown: Value =
        serde_json::from_str(&trace("show", &path, &["--json"]).stdout).expect("JSON");
    let events = shown["events"].as_array().expect("events");
    let end = events.iter().find(|event| event["name"] == "RundownEnd").expect("an end");
    // 10,000 times QueryPower, SetPower D3 and SetPower D0, two ends each, and a power profile; and
    // what the attach and the start took.
    assert_eq!(end["fields"]["Records"], 4096);
    let overwritten = end["fields"]["Overwritten"].as_u64().expect("a number");
    assert!(overwritten > 10_000 * 6 - 4096, "{overwritten}");
    let past = events.iter().filter(|event| event["history"] == true).count();
    assert_eq!(past, 4096);
    assert!(fs::metadata(&path).expect("the file").len() < 4 << 20);
}

#[test]
fn what_cannot_be_read_is_exit_code_2_and_one_message() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("it can be written");
        path
    };
    let cases = [
        (file("empty.etl", b""), "empty"),
        (file("text.etl", &b"hello ".repeat(100)), "not an event trace log"),
        (file("short.etl", &[0; 50]), "not an event trace log"),
        (folder.path().join("missing.etl"), "there is no such file"),
        (folder.path().to_owned(), "folder"),
    ];
    for (path, word) in cases {
        for command in ["show", "attribute", "check"] {
            let ran = trace(command, &path, &[]);
            assert_eq!(ran.code, Some(2), "{command} {}", path.display());
            assert!(ran.stderr.contains(word), "{}", ran.stderr);
            let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
            assert!(ran.stderr.contains(name) && ran.stderr.lines().count() == 1, "{}", ran.stderr);
        }
    }
}

#[test]
fn a_truncated_recording_is_read_up_to_the_damage_with_a_warning() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, _) = record(folder.path(), "tour", &[]);
    let whole = fs::read(&path).expect("the file");
    fs::write(&path, &whole[..whole.len() / 2]).expect("it can be written");
    let ran = trace("show", &path, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("ends inside buffer"), "{}", ran.stderr);
    assert!(ran.stdout.lines().count() > 50);
}
