//! Whether a finished journal holds what a scenario expects: its `then` and `never` lines, and the
//! unwritten one: no violations, nothing left behind, no bugcheck.

use serde::Serialize;

use crate::host;
use crate::journal::{
    DriverFate, Entry, Fact, Journal, KernelFact, ModuleState as State, NdisFact,
};
use crate::rules::{self, Severity};
use crate::trace::{self, Event};

use super::ast::{
    DriverState, Line, ModuleState, Never, Opcode, Scenario, Step, Then, TracePattern,
};
use super::names;
use super::play::EPILOGUE;

/// An expectation that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Line of the scenario; none for the unwritten one.
    pub line: Option<u32>,
    /// The line, or what the unwritten line demands.
    pub expected: String,
    pub found: String,
}

/// Checks everything; the first line of a report is the count of what held.
/// `all_rules`: those about risky things and for monitors count, too. `place` names a place in the
/// image.
pub fn check(
    journal: &Journal,
    scenario: &Scenario,
    all_rules: bool,
    place: &dyn Fn(u32) -> String,
) -> (u32, Vec<Failure>) {
    let mut held = 0;
    let mut failures = Vec::new();
    let is_stopped = bugcheck(journal).is_some();
    // `then` speaks about the last `when`.
    let mut when = 0;
    for line in &scenario.steps {
        let result = match &line.what {
            Step::When(_) => {
                when = line.number;
                continue;
            }
            // After the machine has stopped nothing is expected of what never happened.
            Step::Then(then) if is_stopped && !is_of_the_run(then) && !journal.has_step(when) => {
                continue;
            }
            Step::Then(then) => check_then(journal, scenario, when, then),
            Step::Never(never) => check_never(journal, scenario, never),
        };
        match result {
            Ok(()) => held += 1,
            Err(found) => failures.push(failure(line, found)),
        }
    }
    failures.extend(unwritten(journal, scenario, all_rules, place));
    (held, failures)
}

/// Speaks about the whole run, not about the last step.
fn is_of_the_run(then: &Then) -> bool {
    matches!(then, Then::Bugcheck { .. } | Then::Violation { .. })
}

fn failure(line: &Line<Step>, found: String) -> Failure {
    let word = if matches!(line.what, Step::Never(_)) { "never" } else { "then" };
    let expected = if line.text.starts_with(word) {
        line.text.clone()
    } else {
        format!("{word} {}", line.text)
    };
    Failure { line: Some(line.number), expected, found }
}

type Checked = Result<(), String>;

fn check_then(journal: &Journal, scenario: &Scenario, when: u32, then: &Then) -> Checked {
    let step = journal.of_step(when);
    match then {
        Then::Trace(pattern) => {
            let events: Vec<Event> = events(step).collect();
            if events.iter().any(|event| matches(scenario, event, pattern)) {
                return Ok(());
            }
            Err(nearest(scenario, &events, pattern))
        }
        Then::Adapter { adapter, is } => adapter_is(journal.until_after(when), adapter, *is),
        Then::Driver(state) => driver_is(journal.until_after(when), *state),
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
                Some(found) if found == status.0 => Ok(()),
                Some(found) => Err(format!("the result was {}", names::status_name(found))),
                None => Err("no event came back in this step".to_owned()),
            }
        }
        Then::Modules { adapter, count } => {
            let states = states(journal.until_after(when), adapter);
            let live = states.iter().filter(|(_, state)| *state != State::Detached).count();
            (live == *count as usize).then_some(()).ok_or_else(|| format!("there were {live}"))
        }
        Then::Violation { rule } => {
            let broken = host::rules::check(journal);
            let hit = broken.iter().any(|violation| violation.rule == rule);
            hit.then_some(()).ok_or_else(|| "the rule was kept".to_owned())
        }
        Then::Bugcheck { code } => match bugcheck(journal) {
            Some((found, _)) if found == *code => Ok(()),
            Some((found, what)) => Err(format!("bugcheck {found:#x}: {what}")),
            None => Err("the machine did not stop".to_owned()),
        },
    }
}

fn check_never(journal: &Journal, scenario: &Scenario, never: &Never) -> Checked {
    let until = journal
        .entries()
        .iter()
        .position(|entry| matches!(&entry.fact, Fact::Kernel(KernelFact::Step { text, .. }) if text == EPILOGUE));
    let entries = &journal.entries()[..until.unwrap_or(journal.entries().len())];
    let found = match never {
        Never::Trace(pattern) => events(entries).any(|event| matches(scenario, &event, pattern)),
        Never::Callback { callback, adapter } => entries.iter().any(|entry| {
            matches!(&entry.fact, Fact::Kernel(KernelFact::Enter { callback: c, module: Some(m), .. })
                if c == callback && m.rsplit_once('.').is_some_and(|(a, _)| a == adapter))
        }),
        Never::Call { import } => entries.iter().any(|entry| match &entry.fact {
            Fact::Ndis(
                NdisFact::Call { import: called, .. } | NdisFact::Forward { import: called, .. },
            ) => {
                called == import
            }
            Fact::Kernel(KernelFact::Bugcheck { what, .. }) => what.starts_with(import.as_str()),
            _ => false,
        }),
    };
    if found { Err("it happened".to_owned()) } else { Ok(()) }
}

/// No rule broken, no bugcheck, no deadlock, except those a line asks for.
fn unwritten(
    journal: &Journal,
    scenario: &Scenario,
    all_rules: bool,
    place: &dyn Fn(u32) -> String,
) -> Vec<Failure> {
    let asked = |test: &dyn Fn(&Then) -> bool| {
        let is_it = |line: &Line<Step>| matches!(&line.what, Step::Then(then) if test(then));
        scenario.steps.iter().any(is_it)
    };
    let mut failures = Vec::new();
    // The end of the machine has lines of its own below.
    let ends = [rules::KEEPS_RUNNING.id, rules::COMES_TO_AN_END.id];
    for violation in host::rules::check(journal) {
        let counts = all_rules || violation.severity == Severity::Contract;
        if ends.contains(&violation.rule) || !counts {
            continue;
        }
        if !asked(&|then| matches!(then, Then::Violation { rule } if rule == violation.rule)) {
            let expected = format!("{}: {}", violation.rule, violation.says);
            failures.push(Failure { line: None, expected, found: occasion(&violation, place) });
        }
    }
    if let Some((code, what)) = bugcheck(journal)
        && !asked(&|then| matches!(then, Then::Bugcheck { .. }))
    {
        let expected = "the machine keeps running".to_owned();
        failures.push(Failure {
            line: None,
            expected,
            found: format!("bugcheck {code:#x}: {what}"),
        });
    }
    for entry in journal.entries() {
        if let Fact::Kernel(KernelFact::Endless { import }) = &entry.fact {
            failures.push(Failure {
                line: None,
                expected: "every operation comes to an end".to_owned(),
                found: format!("the driver called the kernel without end, last {import}"),
            });
        }
        if let Fact::Kernel(KernelFact::Deadlock { waiting }) = &entry.fact {
            failures.push(Failure {
                line: None,
                expected: "every operation comes to an end".to_owned(),
                found: format!("nothing can move; waiting: {}", waiting.join(", ")),
            });
        }
    }
    failures
}

/// What happened and where, in one line.
fn occasion(violation: &rules::Violation, place: &dyn Fn(u32) -> String) -> String {
    let (ms, rest) = (violation.time_100ns / 10_000, violation.time_100ns % 10_000);
    let inside = match (violation.callback, &violation.module) {
        (Some(callback), Some(module)) => format!("{callback} of {module}: "),
        (Some(callback), None) => format!("{callback}: "),
        _ => String::new(),
    };
    let site =
        violation.site.map(|rva| format!(", called from {}", place(rva))).unwrap_or_default();
    format!("{inside}{} at {ms}.{rest:04} ms{site}", violation.found)
}

fn bugcheck(journal: &Journal) -> Option<(u32, String)> {
    journal.entries().iter().find_map(|entry| match &entry.fact {
        Fact::Kernel(KernelFact::Bugcheck { code, what, at, .. }) => {
            Some((*code, format!("{what}, {at}")))
        }
        _ => None,
    })
}

fn events(entries: &[Entry]) -> impl Iterator<Item = Event> {
    entries.iter().filter_map(|entry| match &entry.fact {
        Fact::Kernel(KernelFact::Etw(write)) => {
            Some(trace::decode(write, entry.time_100ns, entry.thread))
        }
        _ => None,
    })
}

fn matches(scenario: &Scenario, event: &Event, pattern: &TracePattern) -> bool {
    let value = |name: &str| event.field(name).map(ToString::to_string);
    let opcode = match pattern.opcode {
        None => true,
        Some(Opcode::Start) => event.opcode == trace::Opcode::Start,
        Some(Opcode::Stop) => event.opcode == trace::Opcode::Stop,
    };
    let adapter = pattern
        .adapter
        .as_ref()
        .is_none_or(|name| value("Adapter").as_deref() == Some(instance_name(scenario, name)));
    *event.name == *pattern.event
        && opcode
        && adapter
        && pattern.fields.iter().all(|(name, wanted)| value(name).as_deref() == Some(wanted))
}

fn instance_name<'a>(scenario: &'a Scenario, adapter: &'a str) -> &'a str {
    scenario
        .givens
        .iter()
        .find_map(|line| match &line.what {
            super::ast::Given::Adapter(given) if given.name == adapter => {
                given.instance_name.as_deref()
            }
            _ => None,
        })
        .unwrap_or(adapter)
}

/// What was traced instead: the event of that name that agrees with most of the pattern's fields.
fn nearest(scenario: &Scenario, events: &[Event], pattern: &TracePattern) -> String {
    let agreeing = |event: &Event| {
        let one = |field: &(String, String)| TracePattern {
            fields: vec![field.clone()],
            ..pattern.clone()
        };
        pattern.fields.iter().filter(|field| matches(scenario, event, &one(field))).count()
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

fn adapter_is(entries: &[Entry], adapter: &str, is: ModuleState) -> Checked {
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

fn driver_is(entries: &[Entry], state: DriverState) -> Checked {
    let last = entries.iter().rev().find_map(|entry| match &entry.fact {
        Fact::Kernel(KernelFact::Driver { what }) => Some(*what),
        _ => None,
    });
    let holds = match (state, last) {
        (DriverState::Loaded, Some(DriverFate::Loaded)) => true,
        (DriverState::Refused { status }, Some(DriverFate::Refused { status: found })) => {
            status == found
        }
        (DriverState::NotLoaded, last) => last != Some(DriverFate::Loaded),
        (DriverState::Loaded | DriverState::Refused { .. }, _) => false,
    };
    let found = match last {
        None => "it never loaded".to_owned(),
        Some(DriverFate::Loaded) => "it is loaded".to_owned(),
        Some(DriverFate::Refused { status }) => {
            format!("it refused with {}", names::status_name(status))
        }
        Some(DriverFate::Unloaded) => "it is unloaded".to_owned(),
    };
    holds.then_some(()).ok_or(found)
}
