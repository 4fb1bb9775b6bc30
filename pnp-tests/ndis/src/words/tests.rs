//! What claims to have every event has every event.

use super::ast::{Adapter, Given};
use super::play::SetUp;
use super::{FLOW_WORDS, FLOWS, SCENARIOS, VERBS};
use crate::Ndis;
use crate::door::structure;
use crate::names::{DEVICE_EVENT_NAMES, EVENT_NAMES};
use crate::sample::machine;
use lang::words_of;

/// Events without a payload that NDIS sends in the course of something that has flows of its own, or
/// never to a filter.
const APART: [&str; 7] = [
    "QueryRemoveDevice",
    "CancelRemoveDevice",
    "FilterPreDetach",
    "AllowBindsAbove",
    "InhibitBindsAbove",
    "AllowStart",
    "RequirePause",
];

/// The lines of a bundled file, with single spaces.
fn lines(folder: &include_dir::Dir<'_>, file: &str) -> Vec<String> {
    let text = folder.get_file(file).and_then(|file| file.contents_utf8()).expect(file);
    text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// Whether a `when` line is about this event: `when eth0 sends SetPower`.
fn has(lines: &[String], verb: &str, event: &str) -> bool {
    let is_it = |line: &String| {
        let mut words = line.split(' ');
        words.next() == Some("when") && words.nth(1) == Some(verb) && words.next() == Some(event)
    };
    lines.iter().any(is_it)
}

#[test]
fn the_scenarios_of_every_event_have_each_of_them() {
    for file in ["all_events.pnp", "tour.pnp"] {
        let text = lines(&SCENARIOS, file);
        for event in EVENT_NAMES {
            assert!(has(&text, "sends", event), "{file} has no {event}");
        }
    }
    let summary = lines(&SCENARIOS, "all_events.pnp").remove(0);
    assert!(summary.contains(&format!("each of the {} network events", EVENT_NAMES.len())));
}

#[test]
fn the_flow_of_every_event_has_each_but_those_of_other_flows() {
    let lines = lines(&FLOWS, "every_event.pnp");
    for event in EVENT_NAMES {
        assert_ne!(has(&lines, "sends", event), APART.contains(&event), "{event}");
    }
    for event in DEVICE_EVENT_NAMES {
        let is_there = match event {
            "PowerProfileChanged" => has(&lines, "power-profile", "battery"),
            // Nothing works after it: it has flows of its own.
            "SurpriseRemoved" => continue,
            _ => has(&lines, "device-event", event),
        };
        assert!(is_there, "every_event.pnp has no {event}");
    }
}

#[test]
fn every_event_is_sent_with_buffers_that_break_its_promise() {
    let flow = lines(&FLOWS, "malformed_events.pnp");
    for code in 0..EVENT_NAMES.len() {
        assert!(has(&flow, "event", &code.to_string()), "malformed_events.pnp has no {code}");
    }
    for code in 0..DEVICE_EVENT_NAMES.len() {
        assert!(has(&flow, "device-event", &code.to_string()), "no device event {code}");
    }
    let scenario = lines(&SCENARIOS, "malformed_buffers.pnp");
    for event in EVENT_NAMES {
        assert_ne!(has(&scenario, "event", event), APART.contains(&event), "{event}");
    }
}

/// Whether a `when` line of the text has an adapter do this.
fn does(text: &str, verb: &str) -> bool {
    text.lines().any(|line| {
        let mut words = line.split_whitespace();
        words.next() == Some("when") && words.nth(1) == Some(verb)
    })
}

#[test]
fn everything_that_an_adapter_does_is_done_in_a_bundled_file() {
    let files = FLOWS.files().chain(SCENARIOS.files());
    let texts: Vec<_> = files.filter_map(|file| file.contents_utf8()).collect();
    for verb in words_of(VERBS).chain(FLOW_WORDS.iter().map(|flow| flow.word)) {
        let is_done = texts.iter().any(|text| does(text, verb));
        assert!(is_done, "no flow and no scenario has `when ... {verb}`");
    }
}

/// The structure of an event without an arm of its own is a panic.
#[test]
fn every_event_has_a_payload_or_is_known_to_have_none() {
    let (_, _) = machine(0, |world| {
        let mut set_up = SetUp::new(None, []);
        set_up.given(&Given::Adapter(Adapter {
            name: "eth0".to_owned(),
            instance_name: None,
            no_pause_on_suspend: false,
            halt_on_suspend: false,
            absent: false,
        }));
        *world.of::<Ndis>().borrow_mut() = set_up.finish().0;
        for (code, event) in (0..).zip(EVENT_NAMES) {
            let raw = structure::net_pnp_event(world, 0, code);
            assert_ne!(raw.address(), 0, "{event}");
        }
    });
}
