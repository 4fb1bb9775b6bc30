//! `given ...`

use super::error::Fault;
use super::quantity::{duration, version};
use super::scope::Scope;
use super::words::{Word, Words};
use crate::ndis::switches::{SWITCHES, readings};
use crate::scenario::ast::{Adapter, EventName, Given, StatusName};

const WORDS: [&str; 7] = ["runtime", "adapter", "filter", "protocol", "parameter", "fail", "trace"];

pub(super) fn given(words: &mut Words, scope: &mut Scope) -> Result<Given, Fault> {
    let choices = choices(scope);
    let first = words.need("what is given", &choices)?;
    match first.text.as_str() {
        "runtime" => {
            let (major, minor) = version(&words.need("an NDIS version", &["6.89"])?)?;
            Ok(Given::Runtime { major, minor })
        }
        "adapter" => adapter(words, scope).map(Given::Adapter),
        "filter" => {
            let filter = words.need("the name of a filter", &["a new name"])?;
            let adapter = scope.add_filter_on(&filter, words)?;
            Ok(Given::Filter { filter: filter.text, adapter })
        }
        "protocol" => {
            let protocol = words.need("the name of a protocol", &["a new name"])?;
            let adapter = scope.add_protocol_on(&protocol, words)?;
            Ok(Given::Protocol { protocol: protocol.text, adapter })
        }
        "parameter" => {
            let name = words.identifier("the name of a parameter", "QueryWakeSettings")?;
            let value = words.need("a number", &["1"])?.number()?;
            Ok(Given::Parameter { name, value })
        }
        "fail" => fail(words),
        "trace" => words.keyword("trace setting", &[("off", Given::TraceOff)]),
        name => match readings(name) {
            Some(readings) => words.keyword("reading", readings).map(Given::Switch),
            None if words.next_is("on") => habit(first, words, scope),
            None => Err(first.unknown("word", &choices)),
        },
    }
}

/// What may stand after `given`.
fn choices(scope: &Scope) -> Vec<String> {
    let switches = SWITCHES.iter().map(|(name, _)| *name);
    let choices = WORDS.into_iter().chain(switches).chain(scope.component_names());
    choices.map(str::to_owned).collect()
}

/// `eth0 "Contoso 2.5GbE" no-pause-on-suspend halt-on-suspend absent`
fn adapter(words: &mut Words, scope: &mut Scope) -> Result<Adapter, Fault> {
    let name = words.need("the name of an adapter", &["a new name"])?;
    // Named before its options are read: a mistake there must not make every later line wrong.
    let name = scope.add_adapter(&name)?;
    let instance_name = match words.quoted() {
        Some(quoted) => Some(scope.name_instance(&quoted)?),
        None => None,
    };
    let mut adapter = Adapter {
        name,
        instance_name,
        no_pause_on_suspend: false,
        halt_on_suspend: false,
        absent: false,
    };
    while let Some(option) = words.take() {
        match option.text.as_str() {
            "no-pause-on-suspend" => adapter.no_pause_on_suspend = true,
            "halt-on-suspend" => adapter.halt_on_suspend = true,
            "absent" => adapter.absent = true,
            _ => {
                let options = ["no-pause-on-suspend", "halt-on-suspend", "absent"];
                return Err(option.unknown("adapter option", &options));
            }
        }
    }
    Ok(adapter)
}

/// `allocation 2`, `call NdisFSetAttributes 1 RESOURCES`
fn fail(words: &mut Words) -> Result<Given, Fault> {
    if words.keyword("kind of failure", &[("allocation", true), ("call", false)])? {
        return Ok(Given::FailAllocation { nth: words.ordinal()? });
    }
    let import = words.identifier("the name of an import", "NdisFSetAttributes")?;
    let nth = words.ordinal()?;
    Ok(Given::FailCall { import, nth, status: StatusName(words.status()?) })
}

/// What a component does with an event, before the event is read.
#[derive(Clone, Copy)]
enum Habit {
    Holds,
    Vetoes,
    Swallows,
    Repeats,
}

const HABITS: [(&str, Habit); 4] = [
    ("holds", Habit::Holds),
    ("vetoes", Habit::Vetoes),
    ("swallows", Habit::Swallows),
    ("repeats", Habit::Repeats),
];

/// `tcpip on eth0 holds SetPower for 40ms`, `tcpip on eth0 vetoes QueryPower`,
/// `qos on eth0 swallows SetPower`, `qos on eth0 repeats SetPower`
fn habit(component: Word, words: &mut Words, scope: &mut Scope) -> Result<Given, Fault> {
    let adapter = scope.component_on(&component, words)?;
    let habit = words.keyword("habit", &HABITS)?;
    if matches!(habit, Habit::Swallows | Habit::Repeats) {
        // Nobody is above a protocol.
        scope.check_filter(&component, &adapter)?;
    }
    let component = component.text;
    let event = EventName(words.event()?);
    Ok(match habit {
        Habit::Vetoes => Given::Vetoes { component, adapter, event },
        Habit::Swallows => Given::Swallows { filter: component, adapter, event },
        Habit::Repeats => Given::Repeats { filter: component, adapter, event },
        Habit::Holds => {
            words.joint("for")?;
            let for_100ns = duration(&words.need("a duration", &["40ms"])?)?;
            Given::Holds { component, adapter, event, for_100ns }
        }
    })
}
