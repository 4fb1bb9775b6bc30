//! What a person or a program reads about a run: the timeline of what the driver traced, then what
//! was expected and what was found.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::scenario::ast::Scenario;
use crate::scenario::expect::{self, Failure};
use journal::names::table;
use journal::{Fact, Journal, KernelFact};
use kernel::nt::driver::DriverFile;
use recording::Item;
use recording::WIDTH;

/// What a session was told of the past reads as it would have read then, with the times of then.
fn with_history(items: Vec<Item>) -> Vec<Item> {
    let events: Vec<_> = items.iter().filter_map(Item::event).cloned().collect();
    // The performance counter is the clock.
    let mut told = recording::history::as_told(events, |counter| counter).into_iter();
    let one = |item: Item| match item {
        Item::Event(_) => told.next().flatten().map(Item::Event),
        Item::Heading { .. } | Item::Note { .. } => Some(item),
    };
    items.into_iter().filter_map(one).collect()
}

/// A finished run.
pub struct Report<'a> {
    scenario: &'a Scenario,
    journal: &'a Journal,
    /// Expectations that hold.
    held: u32,
    failures: Vec<Failure>,
}

impl<'a> Report<'a> {
    /// `all_rules`: those about risky things and for monitors count, too.
    pub fn new(
        scenario: &'a Scenario,
        journal: &'a Journal,
        program: &DriverFile,
        all_rules: bool,
    ) -> Self {
        let place = |rva| program.place(rva);
        let (held, failures) = expect::check(journal, scenario, all_rules, &place);
        Self { scenario, journal, held, failures }
    }

    /// Whether every expectation holds and no rule is broken.
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }

    /// Steps, traced events and the end of the machine, in order.
    fn items(&self) -> Vec<Item> {
        let item = |entry: &journal::Entry| {
            let time_100ns = entry.time_100ns;
            match &entry.fact {
                Fact::Kernel(KernelFact::Step { text, .. }) => {
                    Some(Item::Heading { time_100ns, text: text.clone() })
                }
                Fact::Kernel(KernelFact::Etw(write)) => {
                    Some(Item::Event(recording::decode(write, time_100ns, entry.thread)))
                }
                Fact::Kernel(KernelFact::Bugcheck { code, what, at, .. }) => {
                    let text = format!("BUGCHECK {}: {what}; {at}", table::bugcheck(*code));
                    Some(Item::Note { time_100ns, text })
                }
                _ => None,
            }
        };
        with_history(self.journal.entries().iter().filter_map(item).collect())
    }

    /// The scenario's summary, broken into lines.
    pub fn summary(&self) -> String {
        let mut text = String::new();
        let mut column = 0;
        for word in self.scenario.summary.split_whitespace() {
            let length = word.chars().count();
            let fits = column > 0 && column + 1 + length <= WIDTH;
            if column > 0 {
                text.push(if fits { ' ' } else { '\n' });
            }
            column = if fits { column + 1 + length } else { length };
            text.push_str(word);
        }
        text
    }

    /// The run as a timeline of steps and traced events, one line each.
    pub fn timeline(&self) -> String {
        recording::render(&self.items(), WIDTH)
    }

    /// One line, and one more for each failure.
    pub fn verdict(&self) -> String {
        let events = self
            .journal
            .entries()
            .iter()
            .filter(|e| matches!(e.fact, Fact::Kernel(KernelFact::Etw(_))))
            .count();
        let name = &self.scenario.name;
        let held = self.held;
        if self.passed() {
            let counts = format!("{events} events, {held} expectations hold, no violations");
            let gap = if name.len() + counts.len() + 8 <= WIDTH { " " } else { "\n      " };
            return format!("ok    {name}:{gap}{counts}");
        }
        let mut text = format!("FAIL  {name}: {events} events, {held} expectations hold");
        for failure in &self.failures {
            let place = failure.line.map_or_else(
                || self.scenario.file.clone(),
                |line| format!("{}:{line}", self.scenario.file),
            );
            let Failure { expected, found, .. } = failure;
            let _ = write!(text, "\n  {place}: {expected}\n    found: {found}");
        }
        text
    }

    /// The result as JSON; `seed` is the run's.
    pub fn json(&self, seed: u64) -> Value {
        json!({
            "scenario": self.scenario.name,
            "file": self.scenario.file,
            "seed": seed,
            "ok": self.passed(),
            "expectations_held": self.held,
            "failures": self.failures,
            "trace": recording::events_json(&self.items()),
        })
    }
}
