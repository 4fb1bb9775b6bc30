//! NDIS's contract, rule by rule. A rule is one constant; it sees a finished journal and nothing
//! else. The ids are those of the contract's section i.

mod attach;
mod completion;
mod forward;
mod machine;
#[cfg(test)]
mod sample;

use serde::Serialize;

use crate::journal::Journal;

/// How bad a breach is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Breaks the documented contract.
    Contract,
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
    check: fn(&Journal, &mut Report),
}

/// What one rule found.
#[derive(Default)]
pub struct Report {
    found: Vec<String>,
}

impl Report {
    fn breach(&mut self, found: String) {
        self.found.push(found);
    }
}

/// A breach of one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    pub rule: &'static str,
    pub severity: Severity,
    pub says: &'static str,
    pub source: &'static str,
    /// What happened, and where in the run.
    pub found: String,
}

/// Every rule.
pub const RULES: [&Rule; 12] = [
    &attach::STATUS,
    &attach::SET_ATTRIBUTES,
    &attach::FAILED_ATTACH_LEAKS,
    &completion::STATUS,
    &completion::ONCE,
    &forward::STATUS,
    &forward::ONCE,
    &forward::RELAYED,
    &forward::DEVICE_ONCE,
    &machine::IRQL,
    &forward::INDICATION_ONCE,
    &machine::LEFT_BEHIND,
];

/// Checks a journal against every rule.
pub fn check(journal: &Journal) -> Vec<Violation> {
    let mut violations = Vec::new();
    for rule in RULES {
        let mut report = Report::default();
        (rule.check)(journal, &mut report);
        violations.extend(report.found.into_iter().map(|found| Violation {
            rule: rule.id,
            severity: rule.severity,
            says: rule.says,
            source: rule.source,
            found,
        }));
    }
    violations
}

/// A call into the image that has returned: what happened between enter and leave, on any thread.
struct Returned<'a> {
    call: u32,
    module: &'a str,
    code: Option<u32>,
    status: Option<i32>,
    /// Entries from enter to leave.
    during: &'a [crate::journal::Entry],
    time_100ns: u64,
}

impl Returned<'_> {
    /// `eth0.1 at 12.345 ms (call 7)`
    fn place(&self) -> String {
        let (ms, rest) = (self.time_100ns / 10_000, self.time_100ns % 10_000);
        format!("{} at {ms}.{rest:04} ms (call {})", self.module, self.call)
    }
}

/// Every returned call of one callback that is for a module.
fn returned<'a>(journal: &'a Journal, wanted: &str) -> Vec<Returned<'a>> {
    use crate::journal::Fact;
    let entries = journal.entries();
    let mut calls = Vec::new();
    for (start, entry) in entries.iter().enumerate() {
        let Fact::Enter { call, callback, module: Some(module), code } = &entry.fact else {
            continue;
        };
        let leave = entries[start..].iter().position(
            |entry| matches!(&entry.fact, Fact::Leave { call: left, .. } if left == call),
        );
        let Some(length) = leave.filter(|_| *callback == wanted) else { continue };
        let Fact::Leave { status, .. } = entries[start + length].fact else { continue };
        calls.push(Returned {
            call: *call,
            module,
            code: *code,
            status,
            during: &entries[start..start + length],
            time_100ns: entry.time_100ns,
        });
    }
    calls
}
