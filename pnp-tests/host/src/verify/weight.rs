//! What is told first, and what is told together: findings by weight, those of one cause as one.
//!
//! - A crash is one cause, whatever rules see it.
//! - What the same entry of the same run breaks has one cause.
//! - Breaches of one rule without a place have one cause if they are in one callback or in the same words.

use std::cmp::Reverse;

use kernel::rules::{KEEPS_RUNNING, Severity};

use super::findings::Finding;
use crate::alike::without_numbers;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// It stops the machine.
    Crash,
    /// It breaks the contract.
    Breach,
    /// It breaks a rule for filters that only watch.
    Policy,
    /// It may go wrong.
    Risky,
}

impl Weight {
    /// The weight of a finding.
    pub fn of(finding: &Finding) -> Self {
        let breach = &finding.breach;
        let stops = breach.crash.is_some() || breach.rule == KEEPS_RUNNING.id;
        match breach.severity {
            Severity::Contract if stops => Self::Crash,
            Severity::Contract => Self::Breach,
            Severity::Policy => Self::Policy,
            Severity::Risky => Self::Risky,
        }
    }

    /// The weight in a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::Breach => "contract",
            Self::Policy => "policy",
            Self::Risky => "risky",
        }
    }
}

/// Findings of one cause.
#[derive(Debug)]
pub struct Cause<'a> {
    /// The one that says it best.
    pub first: &'a Finding,
    /// The others.
    pub others: Vec<&'a Finding>,
}

impl Cause<'_> {
    /// The weight of the heaviest.
    pub fn weight(&self) -> Weight {
        Weight::of(self.first)
    }

    /// In how many runs it was seen at least.
    pub fn seen(&self) -> u64 {
        self.others.iter().map(|finding| finding.seen).fold(self.first.seen, u64::max)
    }

    /// The rules that are broken, too, each once, in order.
    pub fn also_breaks(&self) -> Vec<&str> {
        let others = self
            .others
            .iter()
            .flat_map(|finding| [&finding.breach.rule].into_iter().chain(&finding.breach.also));
        let rules = self.first.breach.also.iter().chain(others).map(String::as_str);
        let mut rules: Vec<_> = rules.filter(|rule| *rule != self.first.breach.rule).collect();
        rules.sort_unstable();
        rules.dedup();
        rules
    }

    /// The other breaches of the same rule.
    pub fn variants(&self) -> impl Iterator<Item = &Finding> {
        let rule = &self.first.breach.rule;
        self.others.iter().copied().filter(move |finding| finding.breach.rule == *rule)
    }
}

/// The causes, the heaviest first, of equal ones those that were seen in more runs.
pub fn causes(findings: &[Finding]) -> Vec<Cause<'_>> {
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    // The rule about the end of the machine says it with the code, so it goes before those that see it, too.
    sorted.sort_by_key(|finding| {
        let speaks = finding.breach.rule == KEEPS_RUNNING.id;
        (Weight::of(finding), Reverse(speaks), Reverse(finding.seen))
    });
    let mut causes: Vec<Cause<'_>> = Vec::new();
    for finding in sorted {
        match causes.iter_mut().find(|cause| is_one_cause(cause.first, finding)) {
            Some(cause) => cause.others.push(finding),
            None => causes.push(Cause { first: finding, others: Vec::new() }),
        }
    }
    causes.sort_by_key(|cause| (cause.weight(), Reverse(cause.seen())));
    causes
}

fn is_one_cause(a: &Finding, b: &Finding) -> bool {
    let (first, other) = (&a.breach, &b.breach);
    if first.crash.is_some() || other.crash.is_some() {
        let same_place =
            first.site == other.site && (first.site.is_some() || first.callback == other.callback);
        return first.crash == other.crash && same_place;
    }
    let same_entry = a.case == b.case && first.entry == other.entry && first.entry > 0;
    let same_words = without_numbers(&first.found) == without_numbers(&other.found);
    let same_cause = match (first.site, other.site) {
        (Some(one), Some(two)) => one == two,
        (None, None) => first.callback == other.callback || same_words,
        // A call that is the last of a function may be made from nowhere: the same, if nothing that can be
        // counted tells them apart.
        _ => first.found == other.found && !first.found.contains(|c: char| c.is_ascii_digit()),
    };
    let same_rule = first.rule == other.rule && first.severity == other.severity && same_cause;
    same_entry || same_rule
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::case::Case;
    use crate::verify::run::Breach;

    fn finding(rule: &str, severity: Severity, seen: u64) -> Finding {
        let breach = Breach {
            rule: rule.to_owned(),
            severity,
            found: String::new(),
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
        Finding { breach, case: Case::default(), seen, alike: 0 }
    }

    fn crash(rule: &str, site: u32) -> Finding {
        let mut crash = finding(rule, Severity::Contract, 1);
        (crash.breach.crash, crash.breach.site) = (Some(0x50), Some(site));
        crash
    }

    fn told(findings: &[Finding]) -> Vec<String> {
        let one = |cause: &Cause<'_>| {
            let also = cause.also_breaks().join(" ");
            format!("{} {} {also}", cause.weight().name(), cause.first.breach.rule)
        };
        causes(findings).iter().map(|cause| one(cause).trim_end().to_owned()).collect()
    }

    #[test]
    fn crashes_come_first_then_breaches_by_number_of_runs_then_what_is_risky() {
        let findings = [
            finding("NV-06", Severity::Risky, 90),
            finding("NV-15", Severity::Contract, 2),
            finding("NV-31", Severity::Policy, 9),
            finding("NV-43", Severity::Contract, 40),
            crash("NV-60", 7),
        ];
        assert_eq!(
            told(&findings),
            ["crash NV-60", "contract NV-43", "contract NV-15", "policy NV-31", "risky NV-06"]
        );
    }

    #[test]
    fn a_crash_is_one_cause_whatever_rules_see_it_and_two_places_are_two() {
        let findings = [crash("NV-03", 7), crash("NV-36", 7), crash("NV-37", 8), crash("NV-60", 7)];
        assert_eq!(told(&findings), ["crash NV-60 NV-03 NV-36", "crash NV-37"]);
    }

    #[test]
    fn what_one_entry_of_a_run_breaks_is_one_cause() {
        let mut findings =
            [finding("NV-13", Severity::Contract, 3), finding("NV-15", Severity::Risky, 3)];
        assert_eq!(told(&findings).len(), 2, "nobody knows the entry");
        for finding in &mut findings {
            finding.breach.entry = 5;
        }
        assert_eq!(told(&findings), ["contract NV-13 NV-15"]);
        "another".clone_into(&mut findings[1].case.flow);
        assert_eq!(told(&findings).len(), 2);
    }

    #[test]
    fn one_rule_in_one_callback_is_one_cause_with_its_variants_and_two_sites_are_two() {
        let mut findings = ["SetPower", "Pause"].map(|word| {
            let mut finding = finding("NV-19", Severity::Contract, 1);
            word.clone_into(&mut finding.breach.found);
            finding
        });
        let causes_of = |findings: &[Finding]| {
            causes(findings).iter().map(|cause| cause.variants().count()).collect::<Vec<_>>()
        };
        assert_eq!(causes_of(&findings), [1]);
        findings[1].breach.callback = Some("DriverUnload".to_owned());
        assert_eq!(causes_of(&findings), [0, 0], "other words in another callback");
        "SetPower".clone_into(&mut findings[1].breach.found);
        assert_eq!(causes_of(&findings), [1], "the same words in another callback");
        (findings[0].breach.site, findings[1].breach.site) = (Some(1), Some(2));
        assert_eq!(causes_of(&findings), [0, 0]);
        findings[1].breach.site = Some(1);
        assert_eq!(causes_of(&findings), [1], "one call in two callbacks");
        findings[1].breach.site = None;
        assert_eq!(causes_of(&findings), [1], "the call is the last of a function");
        for finding in &mut findings {
            "left behind: pool block 7".clone_into(&mut finding.breach.found);
        }
        assert_eq!(causes_of(&findings), [0, 0], "perhaps another call for another block");
    }
}
