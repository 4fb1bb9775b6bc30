//! `when eth0 ...`

use super::ast::{AdapterVerb, DeviceEventCode, EventCode, EventName, When};
use super::flows::FLOWS;
use super::scope::Scope;
use super::value::{buffer, device_event_or_number, event, event_or_number};
use crate::given::{ChainPosition, DeviceState, WakeReason};
use lang::{Fault, Row, Word, Words, row, words_of};

/// What reads the rest of a line about the adapter of this name.
type ReadVerb = fn(&mut Words, &mut Scope, &str) -> Result<AdapterVerb, Fault>;

/// The verbs of an adapter that take more words or have a meaning of their own. A verb that only plays
/// one flow of NDIS is a row of [`FLOWS`].
pub const VERBS: &[Row<ReadVerb>] = &[
    ("appears", |_, _, _| Ok(AdapterVerb::Appears)),
    ("disables", |_, _, _| Ok(AdapterVerb::Disables)),
    ("enables", |_, _, _| Ok(AdapterVerb::Enables)),
    ("sleeps", |words, _, _| Ok(AdapterVerb::Sleeps { state: device_state(words)? })),
    ("resumes", |_, _, _| Ok(AdapterVerb::Resumes)),
    ("sleeps-and-resumes", |words, _, _| Ok(AdapterVerb::CyclesPower { times: words.ordinal()? })),
    ("sleep-refused", |words, _, _| Ok(AdapterVerb::SleepRefused { state: device_state(words)? })),
    ("removal-refused", |_, _, _| Ok(AdapterVerb::RemovalRefused)),
    ("surprise-removed", |_, _, _| Ok(AdapterVerb::SurpriseRemoved)),
    ("rebinds", |words, scope, adapter| {
        Ok(AdapterVerb::Rebinds { protocol: scope.protocol(words, adapter)? })
    }),
    ("activates-ports", |words, _, _| Ok(AdapterVerb::ActivatesPorts { ports: ports(words)? })),
    ("deactivates-ports", |words, _, _| Ok(AdapterVerb::DeactivatesPorts { ports: ports(words)? })),
    ("gains-filter", gains_filter),
    ("loses-filter", |words, scope, adapter| {
        let filter = scope.filter(words, adapter)?;
        scope.remove_filter(&filter, adapter);
        Ok(AdapterVerb::LosesFilter { filter })
    }),
    ("link", |words, _, _| {
        let up = words.keyword("link state", &[("up", true), ("down", false)])?;
        Ok(AdapterVerb::Link { up })
    }),
    ("wakes", |words, _, _| {
        Ok(AdapterVerb::Wakes { reason: words.keyword("wake reason", &WAKE_REASONS)? })
    }),
    ("power-profile", |words, _, _| {
        let ac = words.keyword("power source", &[("ac", true), ("battery", false)])?;
        Ok(AdapterVerb::PowerProfile { ac })
    }),
    ("event", |words, _, _| {
        let event = EventCode(event_or_number(words)?);
        Ok(AdapterVerb::Event { event, buffer: buffer(words)? })
    }),
    ("device-event", |words, _, _| {
        let event = DeviceEventCode(device_event_or_number(words)?);
        Ok(AdapterVerb::DeviceEvent { event, buffer: buffer(words)? })
    }),
    ("indicates", |words, _, _| {
        let code = words.number("an NDIS_STATUS")?;
        Ok(AdapterVerb::Indicates { code, buffer: buffer(words)? })
    }),
    ("sends", |words, _, _| Ok(AdapterVerb::Sends { event: EventName(event(words)?) })),
];

const STATES: [(&str, DeviceState); 3] =
    [("D1", DeviceState::D1), ("D2", DeviceState::D2), ("D3", DeviceState::D3)];
const WAKE_REASONS: [(&str, WakeReason); 4] = [
    ("packet", WakeReason::Packet),
    ("media-connect", WakeReason::MediaConnect),
    ("media-disconnect", WakeReason::MediaDisconnect),
    ("unspecified", WakeReason::Unspecified),
];

/// The event of a line that begins with `first`, if `first` names an adapter.
pub fn when(first: &Word, words: &mut Words, scope: &mut Scope) -> Result<Option<When>, Fault> {
    let adapter = first.text.as_str();
    if !scope.has_adapter(adapter) {
        return Ok(None);
    }
    let does = verb(words, scope, adapter)?;
    Ok(Some(When::Adapter { adapter: adapter.to_owned(), does }))
}

fn verb(words: &mut Words, scope: &mut Scope, adapter: &str) -> Result<AdapterVerb, Fault> {
    let choices: Vec<&str> = words_of(VERBS).chain(FLOWS.iter().map(|flow| flow.word)).collect();
    let verb = words.need("what the adapter does", &choices)?;
    if let Some(flow) = FLOWS.iter().find(|flow| flow.word == verb.text) {
        return Ok(AdapterVerb::Goes(flow));
    }
    let read = row(VERBS, &verb).ok_or_else(|| verb.unknown("verb", &choices))?;
    read(words, scope, adapter)
}

/// `D3`
fn device_state(words: &mut Words) -> Result<DeviceState, Fault> {
    words.keyword("device state", &STATES)
}

/// `1 2 3`
fn ports(words: &mut Words) -> Result<Vec<u32>, Fault> {
    let mut ports = vec![words.number("a port number")?];
    while let Some(word) = words.take() {
        ports.push(word.number()?);
    }
    Ok(ports)
}

/// `qos above acme`, `qos at-top`
fn gains_filter(words: &mut Words, scope: &mut Scope, adapter: &str) -> Result<AdapterVerb, Fault> {
    let filter = words.need("the name of a filter", &["a new name"])?;
    let neighbours = ["above", "below", "at-bottom", "at-top"];
    let place = words.need("a place", &neighbours);
    // A mistake in the place must not make every later line about the filter wrong. Its neighbour
    // is looked up first, so that no filter is its own.
    let place = place.and_then(|place| match place.text.as_str() {
        "above" => scope.filter(words, adapter).map(ChainPosition::Above),
        "below" => scope.filter(words, adapter).map(ChainPosition::Below),
        "at-bottom" => Ok(ChainPosition::Bottom),
        "at-top" => Ok(ChainPosition::Top),
        _ => Err(place.unknown("place", &neighbours)),
    });
    let filter = scope.add_filter(&filter, adapter)?;
    Ok(AdapterVerb::GainsFilter { filter, place: place? })
}
