//! A rule, what it reports, and how it is applied to a run.

use serde::{Deserialize, Serialize};

use super::note::{self, Note};
use super::stop::Stop;
use journal::history::History;
use journal::{Fact, KernelFact};

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
    /// The weight of a breach, unless the report grades it otherwise.
    pub severity: Severity,
    /// The demand, in one sentence.
    pub says: &'static str,
    /// Where it is written.
    pub source: &'static str,
    /// The flow or scenario that brings a breach to light.
    pub provoked_by: &'static str,
    /// The bugchecks of Windows or its Driver Verifier when the rule is broken.
    pub bugchecks: &'static [Stop],
    /// Finds the breaches in a run.
    pub check: fn(&History<'_>, &mut Report),
}

/// The breaches that one rule found.
#[derive(Default)]
pub struct Report {
    found: Vec<(usize, Option<Severity>, String)>,
}

impl Report {
    /// The rule was broken; `at` is the index of the journal entry that shows it.
    pub fn breach(&mut self, at: usize, found: String) {
        self.found.push((at, None, found));
    }

    /// Adds a breach that is graded otherwise than the rule.
    pub fn graded(&mut self, severity: Severity, at: usize, found: String) {
        self.found.push((at, Some(severity), found));
    }
}

/// A breach of one rule, and where in the run it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// The rule's id.
    pub rule: &'static str,
    /// The weight of this breach.
    pub severity: Severity,
    /// The rule's demand, in one sentence.
    pub says: &'static str,
    /// The source of the rule.
    pub source: &'static str,
    /// The event that breaks the rule, in a sentence.
    pub found: String,
    /// Virtual time since boot.
    pub time_100ns: u64,
    /// The owner of the callback: `eth0.1`, a filter module by adapter and layer.
    pub module: Option<String>,
    /// The callback it happened in.
    pub callback: Option<&'static str>,
    /// Where the driver called from, an RVA.
    pub site: Option<u32>,
    /// Line and text of the scenario's step.
    pub step: Option<(u32, String)>,
    /// Index of the journal's entry that shows it.
    pub entry: usize,
    /// The bugcheck that the entry is.
    pub crash: Option<u32>,
    /// The notes about other places.
    pub notes: Vec<Note>,
}

impl Rule {
    /// The breaches of this rule in a run.
    pub fn violations(&self, history: &History<'_>) -> Vec<Violation> {
        let mut report = Report::default();
        (self.check)(history, &mut report);
        let violation = |(at, severity, found): (usize, Option<Severity>, String)| {
            let around = history.around(at);
            Violation {
                rule: self.id,
                severity: severity.unwrap_or(self.severity),
                says: self.says,
                source: self.source,
                found,
                time_100ns: history.time(at),
                module: around.and_then(|call| call.module).map(str::to_owned),
                callback: around.map(|call| call.callback),
                site: history.site(at),
                step: history.step(at).map(|(line, text)| (line, text.to_owned())),
                entry: at,
                crash: match &history.entries[at].fact {
                    Fact::Kernel(KernelFact::Bugcheck { code, .. }) => Some(*code),
                    _ => None,
                },
                notes: note::about(history, at),
            }
        };
        report.found.into_iter().map(violation).collect()
    }
}
