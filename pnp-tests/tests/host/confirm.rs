//! `netpnp trace check --confirm`: what is answered out of a recording alone is the reading of the
//! switch that the host was given, and where a reading leaves no sign the answer says so.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::netpnp::{netpnp, play, play_text};

/// A life with an occasion for every question but those of single paths.
const LIFE: &str = "\
given runtime 6.89
given adapter eth0 \"Contoso 2.5GbE\"
given filter qos on eth0
SWITCHES
when  driver loads
when  eth0 rebinds tcpip
when  eth0 gains-filter acme at-top
when  eth0 activates-ports 1 2
when  eth0 sleeps D3
when  1h passes
when  eth0 resumes
when  eth0 disables
when  eth0 enables
when  driver upgrades
";

/// An adapter without power management, halted for a sleep.
const HALT: &str = "\
given runtime 6.89
given adapter eth0 \"Litware 10/100\" halt-on-suspend
SWITCHES
when  driver loads
when  eth0 sleeps D3
when  1h passes
when  eth0 resumes
";

/// An adapter that sleeps while the machine is awake.
const IDLE: &str = "\
given runtime 6.89
given adapter eth0 \"Contoso USB\" no-pause-on-suspend
given query-power absent
SWITCHES
when  driver loads
when  eth0 idles
when  1h passes
when  eth0 wakes-from-idle
";

/// The answers of a recording of this story.
fn answers(story: &str, switches: &str) -> Vec<Value> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("recorded.etl");
    let path = path.to_str().expect("UTF-8 path");
    let text = story.replace("SWITCHES", switches);
    let ran = play_text("netpnplwf", "story", &text, &["--etl", path]);
    assert_eq!(ran.code, Some(0), "{switches}\n{}{}", ran.stdout, ran.stderr);
    confirmed(path)
}

/// What a recording answers.
fn confirmed(path: &str) -> Vec<Value> {
    let told = netpnp(["trace", "check", "--confirm", "--json", path]);
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    let document: Value = serde_json::from_str(&told.stdout).expect("JSON");
    document["answers"].as_array().expect("answers").clone()
}

/// The readings that any answer speaks for, of one switch.
fn readings(answers: &[Value], switch: &str) -> Vec<String> {
    let prefix = format!("{switch}=");
    let all = answers.iter().flat_map(|answer| answer["readings"].as_array().expect("a list"));
    let texts = all.map(|reading| reading.as_str().expect("text"));
    let mut of: Vec<String> =
        texts.filter_map(|text| text.strip_prefix(&prefix)).map(str::to_owned).collect();
    of.sort();
    of.dedup();
    of
}

fn answer<'a>(answers: &'a [Value], question: &str) -> &'a str {
    let settled = answers.iter().find(|settled| settled["question"] == question);
    settled.expect("the question")["answer"].as_str().expect("text")
}

/// Switches all of whose readings show in `LIFE`.
const SEEN: [(&str, &[&str]); 7] = [
    ("predetach", &["before-pause", "after-pause", "twice", "absent"]),
    ("attach", &["during-register", "after-register"]),
    ("query-power", &["present", "absent"]),
    ("bind-events", &["delivered", "withheld"]),
    ("forwarding", &["chain", "broadcast"]),
    ("status-before-attach", &["absent", "present"]),
    ("stack-change", &["device-event", "none"]),
];

#[test]
fn every_reading_that_shows_is_the_answer_and_no_other_is() {
    for (switch, all) in SEEN {
        for reading in all {
            let answers = answers(LIFE, &format!("given {switch} {reading}"));
            assert_eq!(readings(&answers, switch), [*reading], "{switch}");
        }
    }
}

/// What the host reads where a case does not say.
const UNSAID: [(&str, &str); 9] = [
    ("attach", "during-register"),
    ("bind-events", "withheld"),
    ("forwarding", "chain"),
    ("halt-detach", "detached"),
    ("port-events", "delivered"),
    ("predetach", "after-pause"),
    ("query-power", "present"),
    ("stack-change", "device-event"),
    ("status-before-attach", "absent"),
];

/// The reading of a switch in a case: of its name, of its text, or unsaid.
fn reading_of(case: &str, text: &str, (switch, unsaid): (&str, &str)) -> String {
    let varied = case
        .split(['[', ',', ']'])
        .find_map(|part| part.strip_prefix(switch).and_then(|rest| rest.strip_prefix('=')));
    let given = || {
        text.lines().find_map(|line| {
            let mut words = line.split_whitespace();
            (words.next() == Some("given") && words.next() == Some(switch)).then(|| words.next())
        })
    };
    varied.or_else(|| given().flatten()).unwrap_or(unsaid).to_owned()
}

/// Events of the scenario's own making say nothing of what NDIS would send.
fn is_natural(text: &str) -> bool {
    let made = [" event ", " device-event ", " indicates "];
    let sent = text.lines().filter_map(|line| line.split_once(" sends ")).map(|(_, event)| event);
    let harmless = ["PnPCapabilities", "PortActivation"];
    !made.iter().any(|verb| text.contains(verb))
        && sent.into_iter().all(|event| harmless.contains(&event.trim()))
}

/// Every bundled case: whatever is answered, no answer contradicts what the host did.
#[test]
fn no_answer_contradicts_the_host() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("ndis");
    let listed = netpnp(["run", "--list"]).stdout;
    let cases = listed.split_whitespace().map(|case| {
        let stem = case.split('[').next().unwrap_or(case);
        (case.to_owned(), root.join(format!("scenarios/{stem}.pnp")))
    });
    let flows = fs::read_dir(root.join("flows")).expect("the flows").map(|entry| {
        let path = entry.expect("an entry").path();
        (path.to_string_lossy().into_owned(), path)
    });
    let folder = tempfile::tempdir().expect("a folder");
    let etl = folder.path().join("recorded.etl");
    let etl = etl.to_str().expect("UTF-8 path");
    let (mut played, mut agreed) = (0, 0);
    for (case, path) in cases.chain(flows) {
        let text = fs::read_to_string(&path).expect("the case");
        if !is_natural(&text) || play("netpnplwf", &case, &["--etl", etl]).code != Some(0) {
            continue;
        }
        let answers = confirmed(etl);
        for unsaid in UNSAID {
            let told = readings(&answers, unsaid.0);
            let reading = reading_of(&case, &text, unsaid);
            assert!(told.iter().all(|told| *told == reading), "{case}: {}: {told:?}", unsaid.0);
            agreed += told.len();
        }
        played += 1;
    }
    assert!(played > 90 && agreed > 400, "{played} cases, {agreed} answers");
}

#[test]
fn readings_do_not_disturb_one_another() {
    let given = "given predetach absent\ngiven forwarding broadcast\ngiven bind-events withheld\n\
                 given query-power absent\ngiven status-before-attach present\n\
                 given stack-change none\ngiven attach during-register";
    let answers = answers(LIFE, given);
    for (switch, reading) in [
        ("predetach", "absent"),
        ("forwarding", "broadcast"),
        ("bind-events", "withheld"),
        ("query-power", "absent"),
        ("status-before-attach", "present"),
        ("stack-change", "none"),
        ("attach", "during-register"),
    ] {
        assert_eq!(readings(&answers, switch), [reading], "{switch}");
    }
}

/// The host passes attributes where they may have changed, and at a resume they have not.
#[test]
fn restart_attributes_are_null_or_not() {
    for reading in ["general", "null", "revision1", "foreign-first", "foreign-last", "empty-data"] {
        let answers = answers(LIFE, &format!("given restart-attributes {reading}"));
        let expected = if reading == "null" { "NULL" } else { "NULL, attributes" };
        assert_eq!(answer(&answers, "restart-attributes-elsewhere"), expected, "{reading}");
        assert_eq!(answer(&answers, "restart-attributes-at-resume"), "NULL", "{reading}");
    }
}

#[test]
fn what_is_withheld_for_good_is_not_seen_and_not_denied() {
    let delivered = answers(LIFE, "given port-events delivered");
    assert_eq!(answer(&delivered, "port-events"), "yes");
    assert_eq!(readings(&delivered, "port-events"), ["delivered"]);
    let withheld = answers(LIFE, "given port-events withheld");
    assert_eq!(answer(&withheld, "port-events"), "not seen in this recording");

    let delivered = answers(IDLE, "given set-power-in-idle delivered");
    assert_eq!(readings(&delivered, "set-power-in-idle"), ["delivered"]);
    let withheld = answers(IDLE, "given set-power-in-idle withheld");
    assert_eq!(answer(&withheld, "set-power-in-idle"), "not seen in this recording");

    let detached = answers(HALT, "given halt-detach detached");
    assert_eq!(readings(&detached, "halt-detach"), ["detached"]);
    let kept = answers(HALT, "given halt-detach kept");
    assert_eq!(answer(&kept, "halt-detach"), "not seen in this recording");
}

#[test]
fn a_shutdown_without_the_kernels_word_for_it_is_not_taken_for_one() {
    let story =
        LIFE.replace("when  eth0 disables\nwhen  eth0 enables\n", "when  eth0 shuts-down\n");
    assert_eq!(answer(&answers(&story, ""), "shutdown"), "not seen in this recording");
}

#[test]
fn the_same_answers_are_told_as_text_within_the_width() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("recorded.etl");
    let path = path.to_str().expect("UTF-8 path");
    let ran = play_text("netpnplwf", "story", &LIFE.replace("SWITCHES", ""), &["--etl", path]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    let told = netpnp(["trace", "check", path, "--confirm"]);
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    for line in told.stdout.lines() {
        assert!(line.chars().count() <= 100, "wider than 100 columns: {line}");
    }
    insta::assert_snapshot!(told.stdout);
}

#[test]
fn a_file_that_is_no_recording_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("no.etl");
    fs::write(&path, "no recording").expect("it can be written");
    let told = netpnp(["trace", "check", "--confirm", path.to_str().expect("UTF-8 path")]);
    assert_eq!(told.code, Some(2), "{}", told.stderr);
    assert!(told.stderr.contains("no.etl"), "{}", told.stderr);
}
