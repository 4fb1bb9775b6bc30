//! Whether a journal holds what the words that hold for any driver expect.

use super::ast::{DriverState, Never, Opcode, Then, TracePattern};
use journal::names;
use journal::{DriverFate, Entry, Fact, Journal, KernelFact};
use recording::Event;

/// Checks an expectation. The error is a sentence that says what was found instead.
pub fn then(journal: &Journal, when: u32, then: &Then) -> Result<(), String> {
    match then {
        Then::Trace(pattern) => {
            let events: Vec<Event> = events(journal.of_step(when)).collect();
            if events.iter().any(|event| matches(event, pattern)) {
                return Ok(());
            }
            Err(nearest(&events, pattern))
        }
        Then::Driver(state) => driver_is(journal.until_after(when), *state),
    }
}

/// Whether any of the entries is what must not happen.
pub fn happened(entries: &[Entry], never: &Never) -> bool {
    match never {
        Never::Trace(pattern) => events(entries).any(|event| matches(&event, pattern)),
        Never::Call { import } => entries.iter().any(|entry| match &entry.fact {
            Fact::Kernel(KernelFact::Bugcheck { what, .. }) => what.starts_with(import.as_str()),
            fact => fact.called() == Some(import.as_str()),
        }),
    }
}

fn events(entries: &[Entry]) -> impl Iterator<Item = Event> {
    entries.iter().filter_map(|entry| match &entry.fact {
        Fact::Kernel(KernelFact::Etw(write)) => {
            Some(recording::decode(write, entry.time_100ns, entry.thread))
        }
        _ => None,
    })
}

fn matches(event: &Event, pattern: &TracePattern) -> bool {
    let has = |(name, wanted): &(String, String)| {
        event.field(name).map(ToString::to_string).as_deref() == Some(wanted)
    };
    let opcode = match pattern.opcode {
        None => true,
        Some(Opcode::Start) => event.opcode == recording::Opcode::Start,
        Some(Opcode::Stop) => event.opcode == recording::Opcode::Stop,
    };
    *event.name == *pattern.event
        && opcode
        && pattern.on.iter().all(has)
        && pattern.fields.iter().all(has)
}

/// What was traced instead: the event of that name that agrees with most of the pattern's fields.
fn nearest(events: &[Event], pattern: &TracePattern) -> String {
    let agreeing = |event: &Event| {
        let one = |field: &(String, String)| TracePattern {
            fields: vec![field.clone()],
            ..pattern.clone()
        };
        pattern.fields.iter().filter(|field| matches(event, &one(field))).count()
    };
    let named = events.iter().filter(|event| *event.name == *pattern.event);
    match named.max_by_key(|event| agreeing(event)) {
        None => format!("no event {} was traced in this step", pattern.event),
        Some(event) => {
            let fields: Vec<String> = event
                .fields
                .iter()
                .map(|field| format!("{}={}", field.name, field.value))
                .collect();
            format!("the nearest event was {:?} {}", event.opcode, fields.join(" "))
        }
    }
}

fn driver_is(entries: &[Entry], state: DriverState) -> Result<(), String> {
    let last = entries.iter().rev().find_map(|entry| match &entry.fact {
        Fact::Kernel(KernelFact::Driver { what }) => Some(*what),
        _ => None,
    });
    let holds = match (state, last) {
        (DriverState::Loaded, Some(DriverFate::Loaded | DriverFate::Stays)) => true,
        (DriverState::Refused { status }, Some(DriverFate::Refused { status: found })) => {
            status == found
        }
        (DriverState::NotLoaded, last) => {
            !matches!(last, Some(DriverFate::Loaded | DriverFate::Stays))
        }
        (DriverState::Loaded | DriverState::Refused { .. }, _) => false,
    };
    let found = match last {
        None => "it never loaded".to_owned(),
        Some(DriverFate::Loaded) => "it is loaded".to_owned(),
        Some(DriverFate::Refused { status }) => {
            format!("it refused with {}", names::status_name(status))
        }
        Some(DriverFate::Unloaded) => "it is unloaded".to_owned(),
        Some(DriverFate::Stays) => "it stays: it has no DriverUnload".to_owned(),
    };
    holds.then_some(()).ok_or(found)
}
