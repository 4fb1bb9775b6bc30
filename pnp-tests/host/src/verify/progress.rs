//! What is said while a verification runs: nothing of a short one, then a line every few seconds, with
//! what was found since the last.

use std::collections::BTreeSet;
use std::time::Duration;

use kernel::rules::Severity;

use super::case::Case;
use super::findings::Findings;
use super::run::Outcome;
use super::weight::{self, Weight};
use crate::alike::without_numbers;

/// Between two lines.
const EVERY: Duration = Duration::from_secs(10);
/// How many findings are told before the report.
const TOLD_MAX: usize = 10;

/// A verification under way.
pub struct Progress {
    all: usize,
    results: Vec<(Case, Outcome)>,
    told: BTreeSet<(String, String)>,
    next: Duration,
    monitor: bool,
}

impl Progress {
    /// `monitor`: the rules for monitors count, too.
    pub fn new(monitor: bool) -> Self {
        Self { all: 0, results: Vec::new(), told: BTreeSet::new(), next: EVERY, monitor }
    }

    /// So many more runs are to be made.
    pub fn expect(&mut self, runs: usize) {
        self.all += runs;
    }

    /// A run is done.
    pub fn done(&mut self, case: &Case, outcome: &Outcome) {
        self.results.push((case.clone(), outcome.clone()));
    }

    /// The lines that are due so long after the beginning.
    pub fn due(&mut self, elapsed: Duration) -> Vec<String> {
        if elapsed < self.next {
            return Vec::new();
        }
        self.next = elapsed + EVERY;
        let monitor = self.monitor;
        let findings = Findings::collect(&self.results, &[], |severity| {
            monitor || severity != Severity::Policy
        });
        let causes = weight::causes(&findings.list);
        let mut lines = vec![format!(
            "{} of {} runs, {} finding{} so far",
            self.results.len(),
            self.all,
            causes.len(),
            if causes.len() == 1 { "" } else { "s" },
        )];
        for cause in causes {
            let breach = &cause.first.breach;
            let is_told = cause.weight() != Weight::Risky && self.told.len() < TOLD_MAX;
            let key = (breach.rule.clone(), without_numbers(&breach.found));
            if is_told && self.told.insert(key) {
                let (rule, found) = (&breach.rule, &breach.found);
                lines.push(format!("  {rule}: {found} ({})", cause.first.case.name()));
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::run::Breach;

    fn leak(block: u32) -> Outcome {
        let breach = Breach {
            rule: "NV-43".to_owned(),
            severity: Severity::Contract,
            found: format!("left behind: pool block {block}"),
            time_100ns: 0,
            module: None,
            callback: None,
            site: None,
            step: None,
            entry: 0,
            crash: None,
            notes: Vec::new(),
            also: Vec::new(),
        };
        Outcome { breaches: vec![breach], ..Outcome::default() }
    }

    #[test]
    fn a_short_verification_says_nothing_and_a_long_one_each_finding_once() {
        let mut progress = Progress::new(false);
        progress.expect(40);
        let case = Case { flow: "live_install".to_owned(), ..Case::default() };
        progress.done(&case, &leak(1));
        assert!(progress.due(Duration::from_secs(9)).is_empty());
        assert_eq!(
            progress.due(Duration::from_secs(10)),
            ["1 of 40 runs, 1 finding so far", "  NV-43: left behind: pool block 1 (live_install)"]
        );
        progress.done(&case, &leak(2));
        assert!(progress.due(Duration::from_secs(19)).is_empty());
        assert_eq!(progress.due(Duration::from_secs(21)), ["2 of 40 runs, 1 finding so far"]);
    }
}
