//! Whether a finished journal holds what a scenario expects: its `then` and `never` lines, and the
//! unwritten one: no violations, nothing left behind, no bugcheck.

use serde::Serialize;

use super::alike::Alike;
use super::ast::{Line, Never, Scenario, Step, Then};
use super::play::EPILOGUE;
use super::verdict::{Verdict, bugcheck};
use journal::names::table;
use journal::{Fact, Journal, KernelFact};
use kernel::rules::{self, Severity};
use kernel::words;

/// An expectation that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Line of the scenario; none for the unwritten one.
    pub line: Option<u32>,
    /// The line, or what the unwritten line demands.
    pub expected: String,
    /// The observation in its place.
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
            Step::Then(then) => check_then(journal, when, then),
            Step::Never(never) => check_never(journal, never),
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
    matches!(then, Then::Verdict(_))
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

fn check_then(journal: &Journal, when: u32, then: &Then) -> Checked {
    match then {
        Then::Kernel(then) => words::expect::then(journal, when, then),
        Then::Ndis(then) => ndis::words::expect::then(journal, when, then),
        Then::Verdict(verdict) => verdict.check(journal),
    }
}

fn check_never(journal: &Journal, never: &Never) -> Checked {
    let until = journal
        .entries()
        .iter()
        .position(|entry| matches!(&entry.fact, Fact::Kernel(KernelFact::Step { text, .. }) if text == EPILOGUE));
    let entries = &journal.entries()[..until.unwrap_or(journal.entries().len())];
    let found = match never {
        Never::Kernel(never) => words::expect::happened(entries, never),
        Never::Ndis(never) => ndis::words::expect::happened(entries, never),
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
    let asked = |test: &dyn Fn(&Verdict) -> bool| {
        let is_it = |line: &Line<Step>| matches!(&line.what, Step::Then(Then::Verdict(verdict)) if test(verdict));
        scenario.steps.iter().any(is_it)
    };
    let mut failures = Vec::new();
    let mut told = Alike::default();
    let mut notes = String::new();
    // The end of the machine has lines of its own below.
    let ends = [rules::KEEPS_RUNNING.id, rules::COMES_TO_AN_END.id];
    for violation in crate::rules::check(journal) {
        let counts = all_rules || violation.severity == Severity::Contract;
        if ends.contains(&violation.rule) {
            notes = violation.notes.iter().map(|note| told_note(note, place)).collect();
        }
        if ends.contains(&violation.rule) || !counts {
            continue;
        }
        if !asked(
            &|verdict| matches!(verdict, Verdict::Violation { rule } if rule == violation.rule),
        ) {
            told.add(&violation);
        }
    }
    failures.extend(told.list.iter().map(|group| {
        let violation = &group.first;
        let expected = format!("{}: {}", violation.rule, violation.says);
        let more = match group.more {
            0 => String::new(),
            more => format!(", and {more} more like it"),
        };
        let found = format!("{}{more}", occasion(violation, place));
        Failure { line: None, expected, found }
    }));
    if let Some((code, what)) = bugcheck(journal)
        && !asked(&|verdict| matches!(verdict, Verdict::Bugcheck { .. }))
    {
        let expected = "the machine keeps running".to_owned();
        failures.push(Failure {
            line: None,
            expected,
            found: format!("bugcheck {}: {what}{notes}", table::bugcheck(code)),
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
        if let Fact::Kernel(KernelFact::OutOfStacks) = &entry.fact {
            failures.push(Failure {
                line: None,
                expected: "no more threads at a time than this host has stacks for".to_owned(),
                found: "another one began".to_owned(),
            });
        }
        if let Fact::Kernel(KernelFact::Deadlock { waiting }) = &entry.fact {
            failures.push(Failure {
                line: None,
                expected: "every operation comes to an end".to_owned(),
                found: format!("nothing can move; waiting: {}{notes}", waiting.join(", ")),
            });
        }
    }
    failures
}

/// Another place that a breach is about, behind what was found.
fn told_note(note: &rules::Note, place: &dyn Fn(u32) -> String) -> String {
    let inside = note.callback.as_ref().map(|callback| format!(" in {callback}"));
    let site = note.site.map(|rva| format!(", called from {}", place(rva)));
    format!("; {}{}{}", note.says, inside.unwrap_or_default(), site.unwrap_or_default())
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
