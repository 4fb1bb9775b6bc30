//! Whether a journal holds what the words of NDIS expect.

use super::ast::{ModuleState, Never, Then};
use journal::names;
use journal::{Entry, Fact, Journal, KernelFact, ModuleState as State, NdisFact};

/// Checks an expectation. The error is a sentence that says what was found instead.
pub fn then(journal: &Journal, when: u32, then: &Then) -> Result<(), String> {
    let step = journal.of_step(when);
    match then {
        Then::Adapter { adapter, is } => adapter_is(journal.until_after(when), adapter, *is),
        Then::Saw { component, adapter, event } => {
            let saw = |entry: &Entry| {
                matches!(&entry.fact, Fact::Ndis(NdisFact::Saw { component: c, adapter: a, code, .. })
                    if c == component && a == adapter && *code == event.0)
            };
            step.iter().any(saw).then_some(()).ok_or_else(|| "it did not".to_owned())
        }
        Then::Result { status } => {
            let results = step.iter().rev().find_map(|entry| match &entry.fact {
                Fact::Ndis(NdisFact::Result { status, .. }) => Some(*status),
                _ => None,
            });
            match results {
                Some(found) if found == *status => Ok(()),
                Some(found) => Err(format!("the result was {}", names::status_name(found))),
                None => Err("no event came back in this step".to_owned()),
            }
        }
        Then::Modules { adapter, count } => {
            let states = states(journal.until_after(when), adapter);
            let live = states.iter().filter(|(_, state)| *state != State::Detached).count();
            (live == *count as usize).then_some(()).ok_or_else(|| format!("there were {live}"))
        }
    }
}

/// Whether any of the entries is what must not happen.
pub fn happened(entries: &[Entry], never: &Never) -> bool {
    match never {
        Never::Callback { callback, adapter } => entries.iter().any(|entry| {
            matches!(&entry.fact, Fact::Kernel(KernelFact::Enter { callback: c, module: Some(m), .. })
                if c == callback && m.rsplit_once('.').is_some_and(|(a, _)| a == adapter))
        }),
    }
}

/// The state of every module that an adapter ever had, by name. One whose attach failed never was.
fn states(entries: &[Entry], adapter: &str) -> Vec<(String, State)> {
    let mut states: Vec<(String, State)> = Vec::new();
    for entry in entries {
        if let Fact::Ndis(NdisFact::Module { module, adapter: owner, state }) = &entry.fact
            && owner == adapter
        {
            let is_new = !states.iter().any(|(name, _)| name == module);
            if is_new && matches!(state, State::Attaching | State::Detached) {
                continue;
            }
            match states.iter_mut().find(|(name, _)| name == module) {
                Some((_, last)) => *last = *state,
                None => states.push((module.clone(), *state)),
            }
        }
    }
    states
}

fn adapter_is(entries: &[Entry], adapter: &str, is: ModuleState) -> Result<(), String> {
    let states = states(entries, adapter);
    let live: Vec<_> = states.iter().filter(|(_, state)| *state != State::Detached).collect();
    let all = |wanted: State| !live.is_empty() && live.iter().all(|(_, state)| *state == wanted);
    let holds = match is {
        ModuleState::Running => all(State::Running),
        ModuleState::Paused => all(State::Paused),
        ModuleState::Detached => !states.is_empty() && live.is_empty(),
        ModuleState::Absent => states.is_empty(),
    };
    let shown: Vec<String> =
        states.iter().map(|(name, state)| format!("{name} {state:?}")).collect();
    let found =
        if shown.is_empty() { "it never had a module".to_owned() } else { shown.join(", ") };
    holds.then_some(()).ok_or(found)
}
