//! `then ...` and `never ...`

use super::error::{Fault, clip};
use super::scope::Scope;
use super::words::{Word, Words};
use crate::scenario::ast::{
    DriverState, EventName, ModuleState, Never, Opcode, StatusName, Then, TracePattern,
};

const STATES: [(&str, ModuleState); 4] = [
    ("running", ModuleState::Running),
    ("paused", ModuleState::Paused),
    ("detached", ModuleState::Detached),
    ("absent", ModuleState::Absent),
];
/// The callbacks that NDIS makes on a module. `FilterSetOptions` is made on the driver.
const CALLBACKS: [&str; 18] = [
    "FilterAttach",
    "FilterDetach",
    "FilterRestart",
    "FilterPause",
    "FilterSetModuleOptions",
    "FilterNetPnPEvent",
    "FilterDevicePnPEventNotify",
    "FilterStatus",
    "FilterOidRequest",
    "FilterOidRequestComplete",
    "FilterCancelOidRequest",
    "FilterDirectOidRequest",
    "FilterDirectOidRequestComplete",
    "FilterCancelDirectOidRequest",
    "FilterSendNetBufferLists",
    "FilterSendNetBufferListsComplete",
    "FilterReceiveNetBufferLists",
    "FilterReturnNetBufferLists",
];

pub(super) fn then(words: &mut Words, scope: &mut Scope) -> Result<Then, Fault> {
    let mut choices = vec!["trace", "driver", "result", "modules", "violation", "bugcheck"];
    choices.extend(scope.adapter_choices());
    choices.extend(scope.component_names());
    let choices: Vec<String> = choices.into_iter().map(str::to_owned).collect();
    let first = words.need("what must hold", &choices)?;
    Ok(match first.text.as_str() {
        "trace" => Then::Trace(trace(words, scope)?),
        "driver" => Then::Driver(driver(words)?),
        "result" => Then::Result { status: StatusName(words.status()?) },
        "modules" => {
            let adapter = scope.adapter(words)?;
            Then::Modules { adapter, count: words.number("the number of modules")? }
        }
        "violation" => Then::Violation { rule: rule(words)? },
        "bugcheck" => Then::Bugcheck { code: words.number("a bugcheck code")? },
        _ if words.next_is("on") => saw(first, words, scope)?,
        name if scope.has_adapter(name) => {
            let is = words.keyword("module state", &STATES)?;
            Then::Adapter { adapter: first.text, is }
        }
        _ => return Err(first.unknown("adapter or word", &choices)),
    })
}

pub(super) fn never(words: &mut Words, scope: &Scope) -> Result<Never, Fault> {
    let choices: Vec<&str> = ["trace", "call"].into_iter().chain(CALLBACKS).collect();
    let first = words.need("what must not happen", &choices)?;
    match first.text.as_str() {
        "trace" => trace(words, scope).map(Never::Trace),
        "call" => {
            let import = words.identifier("the name of an import", "KeBugCheckEx")?;
            Ok(Never::Call { import })
        }
        callback if CALLBACKS.contains(&callback) => {
            let adapter = scope.adapter(words)?;
            Ok(Never::Callback { callback: first.text, adapter })
        }
        _ => Err(first.unknown("word", &choices)),
    }
}

/// `tcpip on eth0 saw SetPower`
fn saw(component: Word, words: &mut Words, scope: &mut Scope) -> Result<Then, Fault> {
    let adapter = scope.component_on(&component, words)?;
    words.joint("saw")?;
    let event = EventName(words.event()?);
    Ok(Then::Saw { component: component.text, adapter, event })
}

/// `loaded`, `refused 0xC000009A`
fn driver(words: &mut Words) -> Result<DriverState, Fault> {
    let states = [
        ("loaded", Some(DriverState::Loaded)),
        ("not-loaded", Some(DriverState::NotLoaded)),
        ("refused", None),
    ];
    match words.keyword("driver state", &states)? {
        Some(state) => Ok(state),
        None => Ok(DriverState::Refused { status: words.status()? }),
    }
}

/// `NV-19`
fn rule(words: &mut Words) -> Result<String, Fault> {
    let word = words.need("the id of a rule", &["NV-19"])?;
    let number = word.text.strip_prefix("NV-").unwrap_or_default();
    if number.len() < 2 || !number.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(word.malformed("the id of a rule", &["NV-19"]));
    }
    Ok(word.text)
}

/// `NetPnPEvent stop on eth0 Event=SetPower Status=SUCCESS`; all but the first in any order.
fn trace(words: &mut Words, scope: &Scope) -> Result<TracePattern, Fault> {
    let event = words.identifier("the name of a traced event", "NetPnPEvent")?;
    let mut pattern = TracePattern { event, adapter: None, opcode: None, fields: Vec::new() };
    while let Some(word) = words.take() {
        match word.text.as_str() {
            "start" if pattern.opcode.is_none() => pattern.opcode = Some(Opcode::Start),
            "stop" if pattern.opcode.is_none() => pattern.opcode = Some(Opcode::Stop),
            "on" if pattern.adapter.is_none() => pattern.adapter = Some(scope.adapter(words)?),
            _ => pattern.fields.push(field(&word, &pattern.fields)?),
        }
    }
    Ok(pattern)
}

/// `Status=SUCCESS`, `Adapter="Contoso 2.5GbE"`
fn field(word: &Word, before: &[(String, String)]) -> Result<(String, String), Fault> {
    let choices = ["start", "stop", "on", "Field=Value"];
    let (name, value) =
        word.text.split_once('=').ok_or_else(|| word.unknown("part of a trace", &choices))?;
    if name.is_empty() {
        return Err(word.malformed("a field", &["Field=Value"]));
    }
    if before.iter().any(|(known, _)| known == name) {
        return Err(word.fault(format!("field `{}` has a value already", clip(name))));
    }
    Ok((name.to_owned(), value.to_owned()))
}
