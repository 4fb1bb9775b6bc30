//! What was found, each thing once.

use std::collections::BTreeMap;

use kernel::rules::Severity;

use super::case::Case;
use super::judge::{self, AT_THE_SAME_TIME};
use super::run::{Breach, Outcome};
use crate::alike::without_numbers;

/// The results of a whole verification.
#[derive(Debug, Default)]
pub struct Findings {
    /// In the order in which the plan came across them.
    pub list: Vec<Finding>,
    /// Cases of which nothing can be said.
    pub inconclusive: Vec<Inconclusive>,
    /// The number of cases of each kind.
    pub counts: Counts,
}

/// How much was tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Runs of the machine.
    pub runs: u64,
    /// Cases that are a flow as it stands.
    pub flows: u64,
    /// Cases with another reading of a switch or dimension.
    pub readings: u64,
    /// Cases with a fault.
    pub faults: u64,
    /// Cases with another schedule.
    pub schedules: u64,
    /// Cases in which the turn is taken away between two instructions.
    pub races: u64,
    /// Cases that are run twice, with different garbage in memory.
    pub garbage: u64,
    /// Steps of all runs.
    pub steps: u64,
    /// Calls of the driver's callbacks in all runs.
    pub calls: u64,
    /// Calls of the kernel by the driver in all runs.
    pub crossings: u64,
}

/// One breach, however often it was seen.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The breach, as in the first case that shows it.
    pub breach: Breach,
    /// The first case that showed it.
    pub case: Case,
    /// How many cases showed it.
    pub seen: u64,
    /// Breaches of the same rule in the same callback that differ in their words only, beyond the
    /// first few.
    pub alike: u64,
}

/// Cases that came to no end of their own, for one reason.
#[derive(Debug)]
pub struct Inconclusive {
    /// The reason, in a sentence.
    pub why: String,
    /// The first such case.
    pub case: Case,
    /// The number of such cases.
    pub seen: u64,
}

/// How many breaches that differ in their words only are told one by one.
const ALIKE_MAX: usize = 3;

/// What makes two breaches the same: rule, callback, call site; without a site, the words.
pub(super) type Key = (String, Option<String>, Option<u32>, Option<String>);

impl Findings {
    /// Adds up outcomes in the order of their cases, with what stands of their breaches. `beside` are
    /// cases that are only compared with; `keep` says which severities count.
    pub fn collect(
        results: &[(Case, Outcome)],
        beside: &[(Case, Outcome)],
        keep: impl Fn(Severity) -> bool,
    ) -> Self {
        let mut findings = Self::default();
        let mut known: BTreeMap<Key, usize> = BTreeMap::new();
        let mut alike: BTreeMap<(String, Option<String>), Vec<usize>> = BTreeMap::new();
        let judged = judge::judge(results, beside);
        for ((case, outcome), breaches) in results.iter().zip(&judged) {
            findings.counts.add(case, outcome);
            findings.note(case, outcome);
            let mut here = Vec::new();
            for breach in breaches.iter().filter(|breach| keep(breach.severity)) {
                let at = *known.entry(key(breach)).or_insert_with(|| {
                    let same = alike.entry((breach.rule.clone(), breach.callback.clone()));
                    let same = same.or_default();
                    if breach.site.is_none() && same.len() >= ALIKE_MAX {
                        let last = same[ALIKE_MAX - 1];
                        findings.list[last].alike += 1;
                        return last;
                    }
                    same.push(findings.list.len());
                    let (breach, case) = (breach.clone(), case.clone());
                    findings.list.push(Finding { breach, case, seen: 0, alike: 0 });
                    findings.list.len() - 1
                });
                let known = &mut findings.list[at];
                let also = judge::also(&known.breach.also, &breach.also);
                if breach.severity < known.breach.severity {
                    // It takes less than the first case has to see it.
                    (known.breach, known.case) = (breach.clone(), case.clone());
                }
                known.breach.also = also;
                if !here.contains(&at) {
                    here.push(at);
                    findings.list[at].seen += 1;
                }
            }
        }
        findings.list.extend(only_under_schedules(&findings.list, results));
        findings.list.sort_by(|a, b| {
            (a.breach.severity, &a.breach.rule).cmp(&(b.breach.severity, &b.breach.rule))
        });
        findings
    }

    /// Keeps why a case came to no end of its own.
    fn note(&mut self, case: &Case, outcome: &Outcome) {
        let Some(why) = &outcome.inconclusive else { return };
        if let Some(known) = self.inconclusive.iter_mut().find(|known| known.why == *why) {
            known.seen += 1;
        } else {
            let (why, case) = (why.clone(), case.clone());
            self.inconclusive.push(Inconclusive { why, case, seen: 1 });
        }
    }

    /// Whether the driver broke what it must keep. Risky things are told and are no failure.
    pub fn is_clean(&self) -> bool {
        self.list.iter().all(|finding| finding.breach.severity == Severity::Risky)
    }
}

/// A rule of the contract that is kept as long as nobody takes turns away, and broken when somebody
/// does: that is a race, whatever it broke. The first such finding stands for all.
fn only_under_schedules(list: &[Finding], results: &[(Case, Outcome)]) -> Option<Finding> {
    let broken_without = |rule: &str| {
        results.iter().any(|(case, outcome)| {
            !case.is_raced() && outcome.breaches.iter().any(|breach| breach.rule == rule)
        })
    };
    let is_told = |breach: &Breach| {
        breach.rule == AT_THE_SAME_TIME || breach.also.iter().any(|rule| rule == AT_THE_SAME_TIME)
    };
    let known = list.iter().any(|finding| is_told(&finding.breach));
    let race = list.iter().find(|finding| {
        finding.breach.severity == Severity::Contract
            && finding.breach.crash.is_none()
            && finding.case.is_raced()
            && !broken_without(&finding.breach.rule)
    })?;
    (!known).then(|| {
        let mut breach = race.breach.clone();
        breach.found = format!("only with turns taken away: {}, {}", breach.rule, breach.found);
        AT_THE_SAME_TIME.clone_into(&mut breach.rule);
        Finding { breach, case: race.case.clone(), seen: race.seen, alike: 0 }
    })
}

pub(super) fn key(breach: &Breach) -> Key {
    let words = match breach.site {
        Some(_) => None,
        None => Some(without_numbers(&breach.found)),
    };
    (breach.rule.clone(), breach.callback.clone(), breach.site, words)
}

impl Counts {
    fn add(&mut self, case: &Case, outcome: &Outcome) {
        self.runs += 1;
        self.steps += outcome.steps;
        self.calls += outcome.calls;
        self.crossings += outcome.crossings;
        let varied = !case.readings.is_empty() || case.runtime.is_some();
        self.readings += u64::from(varied);
        self.faults += u64::from(!case.faults.is_empty());
        self.schedules += u64::from(case.schedule.is_some() && case.preempt.is_none());
        self.races += u64::from(case.preempt.is_some());
        self.garbage += u64::from(case.garbage);
        let plain = !varied && case.faults.is_empty() && !case.is_raced() && !case.garbage;
        let plain = plain && !case.notes;
        self.flows += u64::from(plain);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breach(rule: &str, severity: Severity, site: Option<u32>, found: &str) -> Breach {
        Breach {
            rule: rule.to_owned(),
            severity,
            found: found.to_owned(),
            time_100ns: 0,
            module: None,
            callback: None,
            site,
            step: None,
            entry: 0,
            crash: None,
            notes: Vec::new(),
            also: Vec::new(),
        }
    }

    fn result(flow: &str, breaches: Vec<Breach>) -> (Case, Outcome) {
        (
            Case { flow: flow.to_owned(), ..Case::default() },
            Outcome { breaches, ..Outcome::default() },
        )
    }

    #[test]
    fn the_same_breach_in_many_cases_is_one_finding_with_its_first_case() {
        let leak = |block| {
            breach("NV-43", Severity::Contract, None, &format!("left behind: pool block {block}"))
        };
        let results =
            [result("a", vec![leak(1), leak(2)]), result("b", vec![leak(31)]), result("c", vec![])];
        let findings = Findings::collect(&results, &[], |_| true);
        assert_eq!(findings.list.len(), 1);
        assert_eq!((findings.list[0].seen, findings.list[0].case.flow.as_str()), (2, "a"));
        assert!(!findings.is_clean());
        assert_eq!(findings.counts.runs, 3);
    }

    #[test]
    fn breaches_that_differ_in_their_words_only_are_told_a_few_times_and_then_counted() {
        let words = ["SetPower", "QueryPower", "Pause", "Restart", "BindList"];
        let breaches = words.map(|word| {
            breach("NV-19", Severity::Contract, None, &format!("{word}: forwarded 0 times"))
        });
        let findings = Findings::collect(&[result("a", breaches.to_vec())], &[], |_| true);
        assert_eq!(findings.list.len(), 3);
        assert_eq!(findings.list[2].alike, 2);
    }

    #[test]
    fn what_breaks_only_under_schedules_is_told_as_a_race_too() {
        let leak = || vec![breach("NV-43", Severity::Contract, None, "left behind")];
        let scheduled = |breaches| {
            let case = Case { schedule: Some(1), ..Case::default() };
            (case, Outcome { breaches, ..Outcome::default() })
        };
        let rules = |results: &[(Case, Outcome)]| {
            let findings = Findings::collect(results, &[], |_| true);
            findings.list.iter().map(|f| f.breach.rule.clone()).collect::<Vec<_>>()
        };
        assert_eq!(rules(&[result("a", vec![]), scheduled(leak())]), ["NV-36", "NV-43"]);
        assert_eq!(rules(&[result("a", leak()), scheduled(leak())]), ["NV-43"]);
    }

    #[test]
    fn two_call_sites_are_two_findings_and_contract_comes_before_risky() {
        let results = [result(
            "a",
            vec![
                breach("NV-06", Severity::Risky, None, "x"),
                breach("NV-30", Severity::Contract, Some(1), "y"),
                breach("NV-30", Severity::Contract, Some(2), "y"),
            ],
        )];
        let findings = Findings::collect(&results, &[], |_| true);
        let rules: Vec<_> = findings.list.iter().map(|f| f.breach.rule.as_str()).collect();
        assert_eq!(rules, ["NV-30", "NV-30", "NV-06"]);
    }

    #[test]
    fn risky_things_alone_are_no_failure_and_policy_counts_only_when_asked_for() {
        let risky = || result("a", vec![breach("NV-06", Severity::Risky, None, "x")]);
        assert!(Findings::collect(&[risky()], &[], |_| true).is_clean());
        let policy = || result("a", vec![breach("NV-31", Severity::Policy, None, "x")]);
        assert!(!Findings::collect(&[policy()], &[], |_| true).is_clean());
        assert!(Findings::collect(&[policy()], &[], |s| s != Severity::Policy).is_clean());
    }

    #[test]
    fn a_crash_that_is_seen_again_keeps_what_it_is_everywhere() {
        let crash = |others: &[&str]| {
            let stops = |rule: &&str| Breach {
                crash: Some(0x50),
                ..breach(rule, Severity::Contract, Some(1), "crash")
            };
            others.iter().chain(&["NV-60"]).map(stops).collect::<Vec<_>>()
        };
        let scheduled = Case { schedule: Some(1), flow: "a".to_owned(), ..Case::default() };
        let race = Outcome { breaches: crash(&["NV-36"]), ..Outcome::default() };
        // Of a race in one flow that another flow shows without a schedule.
        let results = [result("a", vec![]), (scheduled, race), result("b", crash(&["NV-37"]))];
        let findings = Findings::collect(&results, &[], |_| true);
        assert_eq!(findings.list.len(), 1);
        assert_eq!(findings.list[0].breach.also, ["NV-37"]);
        let findings = Findings::collect(&results[..2], &[], |_| true);
        assert_eq!(findings.list[0].breach.also, ["NV-36"]);
    }

    #[test]
    fn cases_of_which_nothing_can_be_said_are_counted_by_their_reason() {
        let died = |flow| {
            let inconclusive = Some("its process died".to_owned());
            (result(flow, vec![]).0, Outcome { inconclusive, ..Outcome::default() })
        };
        let findings = Findings::collect(&[died("a"), died("b")], &[], |_| true);
        assert_eq!(findings.inconclusive.len(), 1);
        assert_eq!(findings.inconclusive[0].seen, 2);
        assert!(findings.is_clean() && findings.list.is_empty());
    }
}
