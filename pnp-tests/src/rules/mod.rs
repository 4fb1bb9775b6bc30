//! NDIS's contract, rule by rule. A rule is one constant; it sees a finished journal and nothing
//! else. The ids are those of the contract's section i.

mod attach;
mod completion;
mod device;
mod forward;
mod input;
mod lifetime;
mod lives;
mod lock;
pub mod machine;
mod monitor;
mod oid;
mod origin;
mod packet;
mod register;
#[cfg(test)]
mod sample;
mod surprise;
mod wait;

use serde::{Deserialize, Serialize};

use crate::journal::Journal;
use crate::journal::history::History;

/// How bad a breach is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Breaks the documented contract.
    Contract,
    /// Works by luck, or is something the sources disagree about.
    Risky,
    /// A demand on filters that only watch; asked for with `--monitor`.
    Policy,
}

/// One demand.
pub struct Rule {
    /// `NV-19`
    pub id: &'static str,
    pub severity: Severity,
    /// The demand, in one sentence.
    pub says: &'static str,
    /// Where it is written.
    pub source: &'static str,
    /// What brings a breach to light.
    pub provoked_by: &'static str,
    check: fn(&History<'_>, &mut Report),
}

/// What one rule found.
#[derive(Default)]
pub struct Report {
    found: Vec<(usize, Option<Severity>, String)>,
}

impl Report {
    /// The rule was broken; `at` is the index of the journal entry that shows it.
    fn breach(&mut self, at: usize, found: String) {
        self.found.push((at, None, found));
    }

    /// The same, graded otherwise than the rule.
    fn graded(&mut self, severity: Severity, at: usize, found: String) {
        self.found.push((at, Some(severity), found));
    }
}

/// A breach of one rule, and where in the run it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    pub rule: &'static str,
    pub severity: Severity,
    pub says: &'static str,
    pub source: &'static str,
    /// What happened.
    pub found: String,
    /// Virtual time since boot.
    pub time_100ns: u64,
    /// Filter module, `eth0.1`: adapter and layer.
    pub module: Option<String>,
    /// The callback it happened in.
    pub callback: Option<&'static str>,
    /// Where the driver called from, an RVA.
    pub site: Option<u32>,
    /// Line and text of the scenario's step.
    pub step: Option<(u32, String)>,
}

/// Every rule.
pub const RULES: [&Rule; 62] = [
    &register::HEADER,
    &register::VERSION,
    &register::READY,
    &register::HANDLERS,
    &register::NAMES,
    &attach::STATUS,
    &attach::SET_ATTRIBUTES,
    &attach::FAILED_ATTACH_LEAKS,
    &wait::QUICK_START,
    &origin::WHILE_ATTACHING,
    &completion::STATUS,
    &completion::ONCE,
    &packet::ACCOUNT,
    &wait::WATCHED,
    &packet::WHILE_PAUSED,
    &packet::QUIET_WHILE_PAUSED,
    &forward::STATUS,
    &wait::POWER_EVENTS,
    &forward::ONCE,
    &oid::QUIET_IN_LOW_POWER,
    &forward::RELAYED,
    &input::MALFORMED,
    &input::UNKNOWN,
    &oid::AFTER_PREDETACH,
    &origin::WHILE_DETACHING,
    &forward::DEVICE_ONCE,
    &origin::OPTIONAL_HANDLERS,
    &wait::RESTART_REQUEST,
    &input::ATTRIBUTES,
    &machine::IRQL,
    &input::RESTART_UNTOUCHED,
    &input::ATTACH_UNTOUCHED,
    &oid::ASKS_LITTLE,
    &forward::INDICATION_ONCE,
    &monitor::NO_LOG,
    &lifetime::AT_THE_SAME_TIME,
    &lifetime::AFTER_FREE,
    &lives::ADDS_UP,
    &oid::CLONED,
    &oid::OWN_OR_FOREIGN,
    &oid::CANCELLED,
    &oid::POWER_UNTOUCHED,
    &machine::LEFT_BEHIND,
    &device::DEREGISTERED,
    &input::NEWER,
    &surprise::TEARDOWN,
    &monitor::EVERY_STEP,
    &monitor::BOUNDED,
    &device::USERS_DO_NOT_HOLD,
    &machine::HANDLES,
    &monitor::REMOVALS_CLOSED,
    &monitor::LAYERS_DIFFER,
    &lock::SPIN_LOCKS,
    &lock::PAGED,
    &lock::EXECUTABLE,
    &device::REQUESTS,
    &packet::ONCE,
    &packet::FLAGS,
    &machine::STACK,
    &machine::KEEPS_RUNNING,
    &machine::COMES_TO_AN_END,
    &machine::GARBAGE,
];

/// Checks a journal against every rule.
pub fn check(journal: &Journal) -> Vec<Violation> {
    let history = History::new(journal);
    let mut violations = Vec::new();
    for rule in RULES {
        let mut report = Report::default();
        (rule.check)(&history, &mut report);
        for (at, severity, found) in report.found {
            let around = history.around(at);
            violations.push(Violation {
                rule: rule.id,
                severity: severity.unwrap_or(rule.severity),
                says: rule.says,
                source: rule.source,
                found,
                time_100ns: history.time(at),
                module: around.and_then(|call| call.module).map(str::to_owned),
                callback: around.map(|call| call.callback),
                site: history.site(at),
                step: history.step(at).map(|(line, text)| (line, text.to_owned())),
            });
        }
    }
    violations
}

/// The rule of this id.
pub fn find(id: &str) -> Option<&'static Rule> {
    RULES.into_iter().find(|rule| rule.id.eq_ignore_ascii_case(id))
}
