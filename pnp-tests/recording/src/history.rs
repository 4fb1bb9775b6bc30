//! Events that were recorded before anybody listened: a History event becomes again what it was.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::decode::{Event, Opcode};
use super::value::{Field, Value};

/// Name of the event that carries a record, and of those that come with it.
const HISTORY: &str = "History";
const RUNDOWN: &str = "Rundown";

/// Fields of a record that say when and what it was; the others are the event's own.
const ENVELOPE: [&str; 8] = [
    "Sequence",
    "Counter",
    "InterruptTime100ns",
    "UnbiasedTime100ns",
    "Opcode",
    "Of",
    "Value",
    "Status",
];

fn number(event: &Event, name: &str) -> Option<u64> {
    event.field(name)?.number()
}

fn text(event: &Event, name: &str) -> Option<Rc<str>> {
    event.field(name)?.text().map(Into::into)
}

/// Events of the past become what they were, at the time when they happened, and stand there: in time
/// order. `to_100ns` converts the performance counter.
pub fn restore(events: Vec<Event>, to_100ns: impl Fn(u64) -> u64) -> Vec<Event> {
    if !events.iter().any(|event| &*event.name == HISTORY) {
        return events;
    }
    let mut events: Vec<Event> = as_told(events, to_100ns).into_iter().flatten().collect();
    events.sort_by_key(|event| event.time_100ns);
    events
}

/// The events in the order in which they were told, `None` for one that is there already. The adapter's
/// name is the one that a Rundown gives.
pub fn as_told(events: Vec<Event>, to_100ns: impl Fn(u64) -> u64) -> Vec<Option<Event>> {
    let live: BTreeSet<_> = events.iter().filter_map(identity).collect();
    let names: BTreeMap<u64, Value> = events
        .iter()
        .filter(|event| &*event.name == RUNDOWN)
        .filter_map(|event| Some((number(event, "MiniportLuid")?, event.field("Adapter")?.clone())))
        .collect();
    let mut told = BTreeSet::new();
    let mut one = |event: Event| {
        if &*event.name != HISTORY {
            return Some(event);
        }
        let event = original(event, &names, &to_100ns)?;
        let id = identity(&event);
        id.is_none_or(|id| !live.contains(&id) && told.insert(id)).then_some(event)
    };
    events.into_iter().map(&mut one).collect()
}

/// Whether an event tells of the past, or helps to.
pub(super) fn is_of_history(event: &Event) -> bool {
    matches!(&*event.name, HISTORY | RUNDOWN)
}

/// What tells the ends of spans and the points of the driver apart.
fn identity(event: &Event) -> Option<(u64, u8)> {
    let opcode = match event.opcode {
        Opcode::Info => 0,
        Opcode::Start => 1,
        Opcode::Stop => 2,
        Opcode::Other(_) => return None,
    };
    (&*event.name != HISTORY).then_some(())?;
    Some((number(event, "SpanId")?, opcode))
}

/// What a record was; None when it lacks what every record has.
fn original(
    event: Event,
    names: &BTreeMap<u64, Value>,
    to_100ns: &impl Fn(u64) -> u64,
) -> Option<Event> {
    let name = text(&event, "Of")?;
    let opcode = Opcode::of(u8::try_from(number(&event, "Opcode")?).ok()?);
    let time_100ns = to_100ns(number(&event, "Counter")?);
    let adapter = number(&event, "MiniportLuid").and_then(|luid| names.get(&luid));
    let mut fields: Vec<Field> = adapter
        .map(|name| Field { name: "Adapter".into(), value: name.clone() })
        .into_iter()
        .collect();
    fields.extend(payload(&event, &name, opcode));
    let is_stop = opcode == Opcode::Stop;
    let own = event.fields.into_iter().filter(|field| {
        let name = &*field.name;
        (!ENVELOPE.contains(&name) || (name == "Status" && is_stop))
            && (name != "Code" || field.value.number() != Some(0))
            && (is_stop || !matches!(name, "NewState" | "NewPower"))
            && (!is_stop || !matches!(name, "State" | "Power"))
    });
    fields.extend(own);
    Some(Event { time_100ns, name, opcode, fields, history: true, ..event })
}

/// The field that the record's number stands for, where it has a name of its own.
fn payload(event: &Event, name: &str, opcode: Opcode) -> Option<Field> {
    if opcode == Opcode::Stop {
        return None;
    }
    let value = number(event, "Value")?;
    let of = text(event, "Event").unwrap_or_default();
    let hex = |name: &str| Some(Field { name: name.into(), value: Value::Hex(value) });
    match (name, &*of) {
        ("NetPnPEvent", "SetPower" | "QueryPower") => {
            let state = match value {
                1..=4 => format!("D{}", value - 1),
                _ => "Unspecified".to_owned(),
            };
            Some(Field { name: "NewPower".into(), value: Value::Text(state) })
        }
        ("NetPnPEvent", "PnPCapabilities") => hex("WakeUp"),
        ("NetPnPEvent" | "Pause", "Pause" | "") => hex("PauseReason"),
        ("Status", _) => hex("RawValue"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    fn record(span: u32, opcode: u8, counter: u32) -> Sample {
        Sample::event(HISTORY)
            .u32("MiniportLuid", 5)
            .u32("SpanId", span)
            .u32("Counter", counter)
            .typed("Opcode", (4, 0))
            .data(&[opcode])
            .u32("Value", 4)
            .text("Of", "NetPnPEvent")
            .text("Event", "SetPower")
            .text("NewState", "Paused")
    }

    fn restored(events: &[Event]) -> Vec<String> {
        let events = restore(events.to_vec(), |counter| counter * 10);
        let line = |event: &Event| {
            let fields: Vec<_> =
                event.fields.iter().map(|f| format!("{}={}", f.name, f.value)).collect();
            format!("{} {} {:?} {}", event.time_100ns, event.name, event.opcode, fields.join(" "))
        };
        events.iter().map(line).collect()
    }

    #[test]
    fn a_record_becomes_the_event_it_was_where_it_was() {
        let rundown = Sample::event(RUNDOWN).u32("MiniportLuid", 5).text("Adapter", "Contoso");
        let events = [rundown.at(900), record(3, 1, 70).at(900), record(3, 2, 80).at(900)];
        assert_eq!(
            restored(&events),
            [
                "700 NetPnPEvent Start Adapter=Contoso NewPower=D3 MiniportLuid=5 SpanId=3 \
                 Event=SetPower",
                "800 NetPnPEvent Stop Adapter=Contoso MiniportLuid=5 SpanId=3 Event=SetPower \
                 NewState=Paused",
                "900 Rundown Info MiniportLuid=5 Adapter=Contoso",
            ]
        );
    }

    #[test]
    fn a_record_told_twice_or_traced_as_it_happened_is_there_once() {
        let live = Sample::event("NetPnPEvent").start(1).u32("SpanId", 3).at(700);
        let events =
            [live, record(3, 1, 70).at(900), record(4, 1, 71).at(900), record(4, 1, 71).at(901)];
        assert_eq!(restored(&events).len(), 2);
    }
}
