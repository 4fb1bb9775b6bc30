//! `when ...`

use super::error::Fault;
use super::quantity::{buffer, duration};
use super::scope::Scope;
use super::words::Words;
use crate::ndis::given::{DeviceState, Place, WakeReason};
use crate::scenario::ast::{AdapterVerb, DeviceEventCode, EventCode, EventName, Flow, When};
use crate::scenario::names;

/// Verbs that need no more words.
const FLOWS: [(&str, Flow); 22] = [
    ("require-pause", Flow::RequirePause),
    ("inhibits-binds", Flow::InhibitsBinds),
    ("allows-binds", Flow::AllowsBinds),
    ("stops", Flow::Stops),
    ("starts", Flow::Starts),
    ("surprise-removed-vista", Flow::SurpriseRemovedVista),
    ("idles", Flow::Idles),
    ("wakes-from-idle", Flow::WakesFromIdle),
    ("enters-standby", Flow::EntersStandby),
    ("leaves-standby", Flow::LeavesStandby),
    ("disconnects", Flow::Disconnects),
    ("reconnects", Flow::Reconnects),
    ("shuts-down", Flow::ShutsDown),
    ("saved-and-restored", Flow::SavedAndRestored),
    ("mandatory-rebind", Flow::MandatoryRebind),
    ("own-binding-off", Flow::OwnBindingOff),
    ("own-binding-on", Flow::OwnBindingOn),
    ("default-port-on", Flow::DefaultPortOn),
    ("default-port-off", Flow::DefaultPortOff),
    ("vf-added", Flow::VfAdded),
    ("live-migrates", Flow::LiveMigrates),
    ("restarts-stack", Flow::RestartsStack),
];
const VERBS: [&str; 21] = [
    "appears",
    "disables",
    "enables",
    "sleeps",
    "resumes",
    "sleeps-and-resumes",
    "sleep-refused",
    "removal-refused",
    "surprise-removed",
    "rebinds",
    "activates-ports",
    "deactivates-ports",
    "gains-filter",
    "loses-filter",
    "link",
    "wakes",
    "power-profile",
    "event",
    "device-event",
    "indicates",
    "sends",
];
const STATES: [(&str, DeviceState); 3] =
    [("D1", DeviceState::D1), ("D2", DeviceState::D2), ("D3", DeviceState::D3)];
const WAKE_REASONS: [(&str, WakeReason); 4] = [
    ("packet", WakeReason::Packet),
    ("media-connect", WakeReason::MediaConnect),
    ("media-disconnect", WakeReason::MediaDisconnect),
    ("unspecified", WakeReason::Unspecified),
];

pub(super) fn when(words: &mut Words, scope: &mut Scope) -> Result<When, Fault> {
    let mut choices = vec!["driver", "trace", "a duration"];
    choices.extend(scope.adapter_choices());
    let first = words.need("what happens", &choices)?;
    match first.text.as_str() {
        "driver" => words.keyword(
            "verb",
            &[
                ("loads", When::DriverLoads),
                ("unloads", When::DriverUnloads),
                ("upgrades", When::DriverUpgrades),
            ],
        ),
        "trace" => {
            let what = words.keyword(
                "verb",
                &[
                    ("starts", When::TraceStarts),
                    ("stops", When::TraceStops),
                    ("captures", When::TraceCaptures),
                ],
            )?;
            if what != When::TraceStarts && words.next_is("in") {
                words.joint("in")?;
                let for_100ns = duration(&words.need("a duration", &["30s"])?)?;
                return Ok(match what {
                    When::TraceStops => When::TraceStopsIn { for_100ns },
                    _ => When::TraceCapturesIn { for_100ns },
                });
            }
            if what == When::TraceStarts && words.next_is("at") {
                words.joint("at")?;
                let level = words.number("the level")?;
                let level = u8::try_from(level).unwrap_or(u8::MAX);
                let keywords = words.number("the keywords")?.into();
                return Ok(When::TraceStartsAt { level, keywords });
            }
            Ok(what)
        }
        text if text.starts_with(|character: char| character.is_ascii_digit()) => {
            let for_100ns = duration(&first)?;
            words.keyword("verb", &[("passes", ()), ("pass", ())])?;
            Ok(When::Passes { for_100ns })
        }
        name if scope.has_adapter(name) => {
            let does = verb(words, scope, name)?;
            Ok(When::Adapter { adapter: first.text, does })
        }
        _ => Err(first.unknown("adapter or word", &choices)),
    }
}

fn verb(words: &mut Words, scope: &mut Scope, adapter: &str) -> Result<AdapterVerb, Fault> {
    let choices: Vec<&str> = VERBS.into_iter().chain(FLOWS.iter().map(|(name, _)| *name)).collect();
    let verb = words.need("what the adapter does", &choices)?;
    if let Some((_, flow)) = FLOWS.iter().find(|(name, _)| *name == verb.text) {
        return Ok(AdapterVerb::Goes(*flow));
    }
    Ok(match verb.text.as_str() {
        "appears" => AdapterVerb::Appears,
        "disables" => AdapterVerb::Disables,
        "enables" => AdapterVerb::Enables,
        "sleeps" => AdapterVerb::Sleeps { state: words.keyword("device state", &STATES)? },
        "resumes" => AdapterVerb::Resumes,
        "sleeps-and-resumes" => AdapterVerb::CyclesPower { times: words.ordinal()? },
        "sleep-refused" => {
            AdapterVerb::SleepRefused { state: words.keyword("device state", &STATES)? }
        }
        "removal-refused" => AdapterVerb::RemovalRefused,
        "surprise-removed" => AdapterVerb::SurpriseRemoved,
        "rebinds" => AdapterVerb::Rebinds { protocol: scope.protocol(words, adapter)? },
        "activates-ports" => AdapterVerb::ActivatesPorts { ports: ports(words)? },
        "deactivates-ports" => AdapterVerb::DeactivatesPorts { ports: ports(words)? },
        "gains-filter" => gains_filter(words, scope, adapter)?,
        "loses-filter" => {
            let filter = scope.filter(words, adapter)?;
            scope.remove_filter(&filter, adapter);
            AdapterVerb::LosesFilter { filter }
        }
        "link" => {
            AdapterVerb::Link { up: words.keyword("link state", &[("up", true), ("down", false)])? }
        }
        "wakes" => AdapterVerb::Wakes { reason: words.keyword("wake reason", &WAKE_REASONS)? },
        "power-profile" => AdapterVerb::PowerProfile {
            ac: words.keyword("power source", &[("ac", true), ("battery", false)])?,
        },
        "event" => {
            let event = code(words, &names::EVENT_NAMES, names::event_code)?;
            AdapterVerb::Event { event: EventCode(event), buffer: buffer(words)? }
        }
        "device-event" => {
            let event = code(words, &names::DEVICE_EVENT_NAMES, names::device_event_code)?;
            AdapterVerb::DeviceEvent { event: DeviceEventCode(event), buffer: buffer(words)? }
        }
        "indicates" => {
            AdapterVerb::Indicates { code: words.number("an NDIS_STATUS")?, buffer: buffer(words)? }
        }
        "sends" => AdapterVerb::Sends { event: EventName(words.event()?) },
        _ => return Err(verb.unknown("verb", &choices)),
    })
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
        "above" => scope.filter(words, adapter).map(Place::Above),
        "below" => scope.filter(words, adapter).map(Place::Below),
        "at-bottom" => Ok(Place::Bottom),
        "at-top" => Ok(Place::Top),
        _ => Err(place.unknown("place", &neighbours)),
    });
    let filter = scope.add_filter(&filter, adapter)?;
    Ok(AdapterVerb::GainsFilter { filter, place: place? })
}

/// An event by name or by any number.
fn code<const N: usize>(
    words: &mut Words,
    names: &[&str; N],
    code: fn(&str) -> Option<u32>,
) -> Result<u32, Fault> {
    let mut choices = names.to_vec();
    choices.push("a number");
    let word = words.need("an event", &choices)?;
    if word.text.starts_with(|character: char| character.is_ascii_digit()) {
        return word.number();
    }
    code(&word.text).ok_or_else(|| word.unknown("event", &choices))
}
