//! `given ...` and `vary ...`

use super::ast::{Adapter, EventName, Given};
use super::scope::Scope;
use super::value::{event, version};
use crate::switches::{self, SWITCHES, readings};
use lang::quantity::duration;
use lang::{Fault, Read, ReadIn, Row, Topic, Word, Words, row, words_of};

/// Versions of NDIS that a driver meets: each decides about revisions and fallbacks.
pub const RUNTIMES: &[&str] = &["6.20", "6.30", "6.50", "6.80", "6.85", "6.89"];

/// `given ...`; a switch or a component may stand there, too.
pub const GIVENS: &[Row<ReadIn<Scope, Given>>] = &[
    ("runtime", |words, _| {
        let (major, minor) = version(&words.need("an NDIS version", &["6.89"])?)?;
        Ok(Given::Runtime { major, minor })
    }),
    ("adapter", |words, scope| adapter(words, scope).map(Given::Adapter)),
    ("filter", |words, scope| {
        let filter = words.need("the name of a filter", &["a new name"])?;
        let adapter = scope.add_filter_on(&filter, words)?;
        Ok(Given::Filter { filter: filter.text, adapter })
    }),
    ("protocol", |words, scope| {
        let protocol = words.need("the name of a protocol", &["a new name"])?;
        let adapter = scope.add_protocol_on(&protocol, words)?;
        Ok(Given::Protocol { protocol: protocol.text, adapter })
    }),
];

/// `vary ...`; a switch may stand there, too.
pub const TOPICS: &[Row<Read<(Word, Given)>>] = &[("runtime", |words| {
    let word = words.need("an NDIS version", &["6.30", "6.89"])?;
    let (major, minor) = version(&word)?;
    Ok((word, Given::Runtime { major, minor }))
})];

/// The words that may stand after `given` behind those of all drivers: switches, then names.
pub fn given_choices(scope: &Scope) -> Vec<&str> {
    let mut choices: Vec<&str> = words_of(SWITCHES).collect();
    choices.extend(scope.component_names());
    choices
}

/// The given that begins with `first`, if it is one of NDIS.
pub fn given(first: &Word, words: &mut Words, scope: &mut Scope) -> Result<Option<Given>, Fault> {
    let given = if let Some(read) = row(GIVENS, first) {
        read(words, scope)
    } else if let Some(readings) = readings(&first.text) {
        words.keyword("reading", readings).map(Given::Switch)
    } else if words.next_is("on") {
        habit(first, words, scope)
    } else {
        return Ok(None);
    };
    given.map(Some)
}

/// The next value of a topic, if it is one of NDIS.
pub fn value(topic: &Word, words: &mut Words) -> Result<Option<(Word, Given)>, Fault> {
    if let Some(read) = row(TOPICS, topic) {
        return read(words).map(Some);
    }
    let Some(readings) = readings(&topic.text) else { return Ok(None) };
    let choices: Vec<&str> = readings.iter().map(|(value, _)| *value).collect();
    let word = words.need("a reading", &choices)?;
    let reading = row(readings, &word).ok_or_else(|| word.unknown("reading", &choices))?;
    Ok(Some((word, Given::Switch(reading))))
}

/// The topic that a given settles, if the topic may also vary.
pub fn topic(given: &Given) -> Option<Topic> {
    match given {
        Given::Runtime { .. } => Some(Topic::once("runtime")),
        Given::Switch(switch) => Some(Topic::once(switches::name(*switch))),
        Given::Adapter(_)
        | Given::Filter { .. }
        | Given::Protocol { .. }
        | Given::Holds { .. }
        | Given::Vetoes { .. }
        | Given::Swallows { .. }
        | Given::Repeats { .. } => None,
    }
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
fn habit(component: &Word, words: &mut Words, scope: &mut Scope) -> Result<Given, Fault> {
    let adapter = scope.component_on(component, words)?;
    let habit = words.keyword("habit", &HABITS)?;
    if matches!(habit, Habit::Swallows | Habit::Repeats) {
        // Nobody is above a protocol.
        scope.check_filter(component, &adapter)?;
    }
    let component = component.text.clone();
    let event = EventName(event(words)?);
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
