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
        for line in attribution.stdout.lines().chain(checked.stdout.lines()) {
            assert!(line.chars().count() <= 100, "{story}: wider than 100 columns: {line}");
        }
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
    // 10,000 times QueryPower, SetPower D3, SetPower D0 and a power profile, each one record with both
    // its ends; and what the attach and the start took.
    assert_eq!(end["fields"]["Records"], 4096);
    let overwritten = end["fields"]["Overwritten"].as_u64().expect("a number");
    assert!(overwritten > 10_000 * 4 - 4096, "{overwritten}");
    let past = events.iter().filter(|event| event["history"] == true).count();
    assert_eq!(past, 2 * 4096);
    assert!(fs::metadata(&path).expect("the file").len() < 8 << 20);
}

/// Exports a recording; the file's path.
fn export(recorded: &Path, format: &str) -> PathBuf {
    let out = recorded.with_extension(format);
    let path = out.to_str().expect("UTF-8 path");
    let ran = trace("export", recorded, &["--format", format, "--out", path]);
    assert_eq!(ran.code, Some(0), "{format}: {}", ran.stderr);
    out
}

#[test]
fn duckdb_reads_the_parquet_of_several_machines_as_one_table() {
    let folder = tempfile::tempdir().expect("a folder");
    for story in ["slow_filter", "tour"] {
        let (path, _) = record(folder.path(), story, &[]);
        fs::rename(export(&path, "parquet"), folder.path().join(format!("{story}.parquet")))
            .expect("it can be renamed");
    }
    // The query of docs/trace.md, word for word.
    let page = include_str!("../../../docs/trace.md");
    let (_, rest) = page.split_once("```sql\n").expect("a query");
    let (query, _) = rest.split_once("```").expect("its end");
    let code = "import duckdb, sys; print(duckdb.sql(sys.stdin.read()).fetchall())";
    let python = crate::python::interpreter();
    let told = crate::python::ask(
        Command::new(python).args(["-c", code]).current_dir(folder.path()),
        query,
    );
    // The slow filter's two events stand first: 4 s each, whoever held them.
    assert!(
        told.starts_with("[('slow_filter.parquet', 'Contoso 2.5GbE', 'SetPower', 2, 4000.0"),
        "{told}"
    );
    assert!(told.contains("'tour.parquet'"), "{told}");
}

#[test]
fn the_page_opens_in_a_browser_without_an_error_and_without_a_network() {
    const BROWSER: &str = "/usr/bin/chromium";
    if !Path::new(BROWSER).is_file() {
        println!("skipped: there is no {BROWSER}; CI installs it");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (path, _) = record(folder.path(), "tour", &[]);
    let page = export(&path, "html");
    // An artefact for people to look at.
    let shots = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/html");
    fs::create_dir_all(&shots).expect("target/html");
    let shot = shots.join("tour.png");
    let browse = |row: &str, more: &[String]| {
        let profile = folder.path().join("profile");
        let output = Command::new(BROWSER)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"])
            .args(["--no-first-run", "--disable-background-networking", "--disable-sync"])
            .args(["--disable-component-update", "--window-size=1280,900"])
            .args(["--virtual-time-budget=5000", "--host-resolver-rules=MAP * ~NOTFOUND"])
            .arg(format!("--user-data-dir={}", profile.display()))
            .args(more)
            .arg(format!("file://{}{row}", page.display()))
            .output()
            .expect("the browser starts");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let pinned = browse("#row5", &["--dump-dom".to_owned()]);
    assert!(pinned.contains("data-pinned=\"5\""), "an address leads to its row");
    let document = browse("", &["--dump-dom".to_owned()]);
    let body = document.split_once("<body").and_then(|(_, rest)| rest.split_once('>'));
    let (body, _) = body.expect("a body");
    assert!(body.contains("data-ready=\"true\""), "{body}");
    assert!(!body.contains("data-error"), "{body}");
    for (name, least) in [("data-adapters", 3), ("data-lanes", 5), ("data-spans", 100)] {
        let value =
            body.split_once(&format!("{name}=\"")).and_then(|(_, rest)| rest.split_once('"'));
        let count: u32 = value.and_then(|(value, _)| value.parse().ok()).expect("a count");
        assert!(count >= least, "{name} {count}");
    }
    browse("", &[format!("--screenshot={}", shot.display())]);
    assert!(fs::metadata(&shot).expect("a picture").len() > 50_000);
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
