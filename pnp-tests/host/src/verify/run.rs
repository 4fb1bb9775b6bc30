//! Running one case, and what is kept of it.

use std::rc::Rc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::rules;
use crate::scenario::ast::Scenario;
use crate::scenario::play;
use journal::{Fact, Journal, KernelFact};
use kernel::nt::driver::DriverFile;
use kernel::rules::{Note, Severity, Violation};

use super::case::Case;
use super::start::Start;

/// The result of one case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Steps begun.
    pub steps: u64,
    /// Calls into the driver, and calls of the driver into the kernel.
    pub calls: u64,
    /// Calls of the kernel by the driver.
    pub crossings: u64,
    /// Positions at which something can be made to fail.
    pub allocations: u32,
    /// The imports whose calls can fail, with the number of calls.
    pub fallible: Vec<(String, u32)>,
    /// Calls of FilterAttach that succeeded.
    #[serde(default)]
    pub attached: u64,
    /// Calls of FilterAttach and FilterRestart that failed.
    #[serde(default)]
    pub refused: u64,
    /// The breaches of rules.
    pub breaches: Vec<Breach>,
    /// The blocks, by RVA, that no case of the same worker before it had reached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reached: Vec<u32>,
    /// Instructions, by RVA, and the passes at which another thread could have moved, of a case that
    /// notes them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contended: Vec<(u32, u32)>,
    /// The reason why nothing can be said of this case: its process died, or took too long.
    #[serde(default)]
    pub inconclusive: Option<String>,
    /// How far the driver came.
    #[serde(default)]
    pub start: Start,
    /// The host time that the run took, where it was waited for.
    #[serde(skip)]
    pub taken: Duration,
}

impl Outcome {
    /// Whether the machine stopped.
    pub fn stopped(&self) -> bool {
        self.breaches.iter().any(|breach| breach.crash.is_some())
    }
}

/// A violation in words that travel between processes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breach {
    /// The rule's id.
    pub rule: String,
    /// The weight of the breach.
    pub severity: Severity,
    /// The event that breaks the rule, in a sentence.
    pub found: String,
    /// Virtual time since boot.
    pub time_100ns: u64,
    /// The owner of the callback: `eth0.1`.
    pub module: Option<String>,
    /// The callback in which it happened.
    pub callback: Option<String>,
    /// RVA of the driver's call.
    pub site: Option<u32>,
    /// Line and text of the flow's step.
    pub step: Option<(u32, String)>,
    /// The other rules that the same event breaks.
    #[serde(default)]
    pub also: Vec<String>,
    /// Index of the journal's entry that shows it; 0 when none does.
    #[serde(default)]
    pub entry: usize,
    /// The bugcheck that the entry is.
    #[serde(default)]
    pub crash: Option<u32>,
    /// The notes about other places.
    #[serde(default)]
    pub notes: Vec<Note>,
}

impl From<Violation> for Breach {
    fn from(violation: Violation) -> Self {
        Self {
            rule: violation.rule.to_owned(),
            severity: violation.severity,
            found: violation.found,
            time_100ns: violation.time_100ns,
            module: violation.module,
            callback: violation.callback.map(str::to_owned),
            site: violation.site,
            step: violation.step,
            also: Vec::new(),
            entry: violation.entry,
            crash: violation.crash,
            notes: violation.notes,
        }
    }
}

fn count_of(journal: &Journal, wanted: impl Fn(&Fact) -> bool) -> u64 {
    journal.entries().iter().filter(|entry| wanted(&entry.fact)).count() as u64
}

/// Plays a flow as a case says.
///
/// # Errors
///
/// A case that asks for something that does not exist.
pub fn run(program: &Rc<DriverFile>, flow: &Scenario, case: &Case) -> Result<Outcome, String> {
    let played = play::play(program, flow, &case.options()?);
    let count = |wanted: fn(&Fact) -> bool| count_of(&played.journal, wanted);
    let ended = |callbacks: &[&str], well: bool| {
        count_of(&played.journal, |fact| match fact {
            Fact::Kernel(KernelFact::Leave { callback, status: Some(status), .. }) => {
                callbacks.contains(callback) && (*status >= 0) == well
            }
            _ => false,
        })
    };
    Ok(Outcome {
        steps: count(|fact| matches!(fact, Fact::Kernel(KernelFact::Step { .. }))),
        calls: count(|fact| matches!(fact, Fact::Kernel(KernelFact::Enter { .. }))),
        crossings: count(|fact| matches!(fact, Fact::Kernel(KernelFact::Import { .. }))),
        allocations: played.allocations,
        fallible: played.calls,
        attached: ended(&["FilterAttach"], true),
        refused: ended(&["FilterAttach", "FilterRestart"], false),
        breaches: rules::suspicions(&played.journal).into_iter().map(Breach::from).collect(),
        inconclusive: None,
        reached: played.reached,
        contended: played.contended,
        start: Start::of(&played.journal),
        taken: Duration::ZERO,
    })
}
