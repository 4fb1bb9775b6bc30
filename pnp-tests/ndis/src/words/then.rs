//! `then ...` and `never ...`

use super::ast::{EventName, ModuleState, Never, Then};
use super::scope::Scope;
use super::value::event;
use kernel::words::parse::status;
use lang::{Fault, ReadIn, Row, Word, Words, row};

const STATES: [(&str, ModuleState); 4] = [
    ("running", ModuleState::Running),
    ("paused", ModuleState::Paused),
    ("detached", ModuleState::Detached),
    ("absent", ModuleState::Absent),
];
/// The callbacks that NDIS makes on a module. `FilterSetOptions` is made on the driver.
pub const CALLBACKS: &[&str] = &[
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

/// `then ...`; an adapter or a component may stand there, too.
pub const THENS: &[Row<ReadIn<Scope, Then>>] = &[
    ("result", |words, _| Ok(Then::Result { status: status(words)? })),
    ("modules", |words, scope| {
        let adapter = scope.adapter(words)?;
        Ok(Then::Modules { adapter, count: words.number("the number of modules")? })
    }),
];

/// The words that may stand after `then` behind those of all drivers: the names.
pub fn then_choices(scope: &Scope) -> Vec<&str> {
    let mut choices = scope.adapter_choices();
    choices.extend(scope.component_names());
    choices
}

/// The expectation of a line that begins with `first`, if `first` is a word of NDIS.
pub fn then(first: &Word, words: &mut Words, scope: &mut Scope) -> Result<Option<Then>, Fault> {
    let then = if let Some(read) = row(THENS, first) {
        read(words, scope)?
    } else if words.next_is("on") {
        saw(first, words, scope)?
    } else if scope.has_adapter(&first.text) {
        let is = words.keyword("module state", &STATES)?;
        Then::Adapter { adapter: first.text.clone(), is }
    } else {
        return Ok(None);
    };
    Ok(Some(then))
}

/// The ban of a line that begins with `first`, if `first` is a callback.
pub fn never(first: &Word, words: &mut Words, scope: &Scope) -> Result<Option<Never>, Fault> {
    if !CALLBACKS.contains(&first.text.as_str()) {
        return Ok(None);
    }
    let adapter = scope.adapter(words)?;
    Ok(Some(Never::Callback { callback: first.text.clone(), adapter }))
}

/// `tcpip on eth0 saw SetPower`
fn saw(component: &Word, words: &mut Words, scope: &mut Scope) -> Result<Then, Fault> {
    let adapter = scope.component_on(component, words)?;
    words.joint("saw")?;
    let event = EventName(event(words)?);
    Ok(Then::Saw { component: component.text.clone(), adapter, event })
}
