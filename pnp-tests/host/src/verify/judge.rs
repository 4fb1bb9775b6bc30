//! What a case shows only beside another one, and what of a crash is one finding.
//!
//! - A rule of a circumstance (see [`rules::is_of_circumstance`]) stands when the same case without the
//!   circumstance, its *twin*, went well; without a twin it does not stand.
//! - The end of the machine is one breach, NV-60's. The other rules that it breaks are named with it.

use std::collections::BTreeMap;

use super::case::Case;
use super::findings;
use super::run::{Breach, Outcome};
use crate::alike::without_numbers;
use crate::rules;
use kernel::rules::Severity;
use ndis::switches;

/// The rule of a crash.
const CRASH: &str = "NV-60";
/// The rule that callbacks are safe beside each other.
pub const AT_THE_SAME_TIME: &str = "NV-36";
/// The rule that everything is ready before the registration.
const READY: &str = "NV-03";
/// The reading without the circumstance of [`READY`].
const AFTER_REGISTER: &str = "attach=after-register";

/// The case without the circumstance that a rule speaks of; None when the rule has compared already.
fn twin(rule: &str, case: &Case) -> Option<Case> {
    // Nobody needs to know where another thread could have moved in it.
    let mut twin = Case { notes: false, ..case.clone() };
    match rule {
        READY => {
            // Of the flow as it stands, whatever else is different about the case.
            twin = Case { flow: case.flow.clone(), word: case.word.clone(), ..Case::default() };
            twin.readings = vec![AFTER_REGISTER.to_owned()];
        }
        AT_THE_SAME_TIME => {
            (twin.schedule, twin.preempt) = (None, None);
        }
        "NV-45" => twin.readings.retain(|reading| !reading.starts_with("headers=")),
        "NV-29" => {
            twin.readings.retain(|reading| !reading.starts_with("restart-attributes="));
            if twin.readings == case.readings {
                return None;
            }
        }
        "NV-62" => twin.garbage = false,
        _ => return None,
    }
    Some(twin)
}

/// The case without the readings that Windows hardly has; None when it has none.
fn usual(case: &Case) -> Option<Case> {
    let mut usual = Case { notes: false, ..case.clone() };
    usual.readings.retain(|reading| {
        reading.split_once('=').is_none_or(|(switch, value)| !switches::hardly_holds(switch, value))
    });
    (usual.readings != case.readings).then_some(usual)
}

/// Whether words about a second thread are those about damage, and more.
fn is_damage_of(words: &str, damage: &str) -> bool {
    without_numbers(words).starts_with(&without_numbers(damage))
}

/// Results by the names of their cases.
struct Known<'a>(BTreeMap<String, &'a Outcome>);

impl<'a> Known<'a> {
    fn new(results: &'a [(Case, Outcome)]) -> Self {
        Self(results.iter().map(|(case, outcome)| (case.name(), outcome)).collect())
    }

    fn of(&self, case: &Case) -> Option<&'a Outcome> {
        self.0.get(&case.name()).copied()
    }

    /// Whether a breach is borne out by the case beside it; None when nothing is known of that.
    fn stands(&self, case: &Case, breach: &Breach) -> Option<bool> {
        let Some(twin) = twin(&breach.rule, case) else { return Some(true) };
        if breach.rule == READY && !self.plain_shows(case, READY) {
            return Some(false);
        }
        let twin = self.of(&twin).filter(|twin| twin.inconclusive.is_none())?;
        Some(went_well(twin, breach))
    }

    /// Whether turns are taken away in a case and it goes well without that.
    fn only_in_its_turns(&self, case: &Case) -> bool {
        let without = case.is_raced().then(|| twin(AT_THE_SAME_TIME, case)).flatten();
        let without = without.and_then(|without| self.of(&without));
        without.is_some_and(|outcome| outcome.inconclusive.is_none() && !outcome.stopped())
    }

    /// The flow as it stands.
    fn plain(&self, case: &Case) -> Option<&'a Outcome> {
        self.of(&Case { flow: case.flow.clone(), word: case.word.clone(), ..Case::default() })
    }

    /// Whether the flow as it stands breaks the rule.
    fn plain_shows(&self, case: &Case, rule: &str) -> bool {
        let plain = self.plain(case);
        plain.is_some_and(|plain| plain.breaches.iter().any(|breach| breach.rule == rule))
    }

    /// Whether a breach takes a reading that Windows hardly has.
    fn takes_what_hardly_holds(&self, case: &Case, breach: &Breach) -> bool {
        let Some(usual) = usual(case) else { return false };
        let same = |known: &Breach| match (known.crash, breach.crash) {
            (Some(_), Some(_)) => known.site == breach.site,
            (None, None) => findings::key(known) == findings::key(breach),
            _ => false,
        };
        let shows = |outcome: &Outcome| outcome.breaches.iter().any(same);
        !self.of(&usual).or_else(|| self.plain(case)).is_some_and(shows)
    }
}

/// Whether what a breach blames on its circumstance did not happen without it.
fn went_well(twin: &Outcome, breach: &Breach) -> bool {
    // What the twin suffers from the same cause, it suffers from another circumstance of its own.
    let shows_it = |rule: &str| twin.breaches.iter().any(|known| known.rule == rule);
    if twin.stopped() && !shows_it(&breach.rule) {
        return false;
    }
    match breach.rule.as_str() {
        READY | "NV-45" => breach.crash.is_some() || twin.refused == 0,
        // Damage to the pool that others see without a second thread.
        AT_THE_SAME_TIME => {
            let same = |known: &&Breach| match (known.site, breach.site) {
                (None, None) => is_damage_of(&breach.found, &known.found),
                (known, site) => known == site,
            };
            breach.crash.is_some() || !twin.breaches.iter().any(|known| same(&known))
        }
        _ => true,
    }
}

/// The cases that are needed to judge these and are not among them.
pub fn missing(results: &[(Case, Outcome)]) -> Vec<Case> {
    let known = Known::new(results);
    let mut missing: Vec<Case> = Vec::new();
    for (case, outcome) in results {
        let of_circumstance =
            outcome.breaches.iter().filter(|breach| rules::is_of_circumstance(&breach.rule));
        for twin in of_circumstance.filter_map(|breach| twin(&breach.rule, case)) {
            if known.of(&twin).is_none() && !missing.contains(&twin) {
                missing.push(twin);
            }
        }
    }
    missing
}

/// The breaches of each case that stand, a crash once; `beside` are cases that are only compared with.
pub fn judge(results: &[(Case, Outcome)], beside: &[(Case, Outcome)]) -> Vec<Vec<Breach>> {
    let mut known = Known::new(beside);
    known.0.extend(Known::new(results).0);
    let judged = |(case, outcome): &(Case, Outcome)| {
        let stands = |breach: &Breach| known.stands(case, breach);
        let (crash, rest): (Vec<&Breach>, Vec<&Breach>) =
            outcome.breaches.iter().partition(|breach| breach.crash.is_some());
        let mut rest: Vec<Breach> =
            rest.into_iter().filter(|breach| stands(breach) == Some(true)).cloned().collect();
        // Of a crash that takes a circumstance which Windows hardly has, as its rule says, or may take
        // it, no more is said.
        let circumstances = crash.iter().filter(|breach| rules::is_of_circumstance(&breach.rule));
        let possible = circumstances.filter(|breach| stands(breach) != Some(false));
        let grade = possible.map(|breach| breach.severity).max();
        let crash = crash.into_iter().filter(|breach| stands(breach) == Some(true)).cloned();
        rest.extend(one(crash.collect(), grade, known.only_in_its_turns(case)));
        for breach in &mut rest {
            if breach.severity == Severity::Contract && known.takes_what_hardly_holds(case, breach)
            {
                breach.severity = Severity::Risky;
            }
        }
        rest
    };
    results.iter().map(judged).collect()
}

/// One breach for a crash: that of the rule of crashes, with the other rules in its `also`. `grade` is
/// the best that can be said of it; `races`: it takes turns
/// that are taken away to see it.
fn one(crash: Vec<Breach>, grade: Option<Severity>, races: bool) -> Option<Breach> {
    let (own, others): (Vec<_>, Vec<_>) =
        crash.into_iter().partition(|breach| breach.rule == CRASH);
    let mut first = own.into_iter().next()?;
    first.severity = grade.map_or(first.severity, |grade| first.severity.max(grade));
    let mut also: Vec<String> = others.into_iter().map(|breach| breach.rule).collect();
    also.extend(races.then(|| AT_THE_SAME_TIME.to_owned()));
    also.sort();
    also.dedup();
    first.also = also;
    Some(first)
}

/// The rules that a crash breaks which was seen in several cases, beside its own: those that say what it
/// was in any of them, those of a circumstance only where all have it.
pub fn also(one: &[String], other: &[String]) -> Vec<String> {
    let mut both: Vec<String> = one.iter().chain(other).cloned().collect();
    both.sort();
    both.dedup();
    both.retain(|rule| {
        !rules::is_of_circumstance(rule) || (one.contains(rule) && other.contains(rule))
    });
    both
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::case::Preempt;

    fn breach(rule: &str, stops: bool) -> Breach {
        Breach {
            rule: rule.to_owned(),
            severity: Severity::Contract,
            found: "x".to_owned(),
            time_100ns: 0,
            module: None,
            callback: None,
            site: None,
            step: None,
            entry: 0,
            crash: stops.then_some(0x50),
            notes: Vec::new(),
            also: Vec::new(),
        }
    }

    fn crash(others: &[&str]) -> Vec<Breach> {
        others.iter().chain(&[CRASH]).map(|rule| breach(rule, true)).collect()
    }

    fn plain() -> Case {
        Case { flow: "f".to_owned(), ..Case::default() }
    }

    fn with(change: impl FnOnce(&mut Case)) -> Case {
        let mut case = plain();
        change(&mut case);
        case
    }

    fn ended(case: Case, breaches: Vec<Breach>) -> (Case, Outcome) {
        (case, Outcome { breaches, ..Outcome::default() })
    }

    /// The rules of the last of the cases, those of `also` after a plus.
    fn last(results: &[(Case, Outcome)]) -> Vec<String> {
        let judged = judge(results, &[]).pop().expect("a case");
        judged
            .iter()
            .map(|b| [std::slice::from_ref(&b.rule), &b.also[..]].concat().join("+"))
            .collect()
    }

    fn reading(name: &str) -> Case {
        with(|case| case.readings.push(name.to_owned()))
    }

    #[test]
    fn a_crash_is_one_breach_that_names_what_else_it_is() {
        assert_eq!(last(&[ended(plain(), crash(&["NV-37"]))]), ["NV-60+NV-37"]);
    }

    #[test]
    fn nv03_stands_when_the_same_flow_goes_well_with_attaches_after_the_registration() {
        let case = || ended(plain(), crash(&["NV-03"]));
        let after = |breaches| ended(reading(AFTER_REGISTER), breaches);
        assert_eq!(last(&[after(vec![]), case()]), ["NV-60+NV-03"]);
        assert_eq!(last(&[after(crash(&[])), case()]), ["NV-60"]);
        assert_eq!(last(&[case()]), ["NV-60"], "nothing to compare with");
        // An attach that is refused anyway.
        let refused = || ended(plain(), vec![breach("NV-03", false)]);
        let mut anyway = after(vec![]);
        assert_eq!(last(&[anyway.clone(), refused()]), ["NV-03"]);
        anyway.1.refused = 1;
        assert_eq!(last(&[anyway, refused()]), Vec::<String>::new());
        // A crash in the registration under a schedule only.
        let scheduled = ended(with(|case| case.schedule = Some(1)), crash(&["NV-03"]));
        assert_eq!(last(&[after(vec![]), ended(plain(), vec![]), scheduled]), ["NV-60+NV-36"]);
    }

    #[test]
    fn nv36_stands_when_the_flow_without_a_schedule_does_not_crash() {
        let case = || ended(with(|case| case.schedule = Some(7)), crash(&["NV-36"]));
        assert_eq!(last(&[ended(plain(), vec![]), case()]), ["NV-60+NV-36"]);
        assert_eq!(last(&[ended(plain(), crash(&[])), case()]), ["NV-60"]);
    }

    #[test]
    fn nv36_compares_a_turn_taken_away_with_the_flow_in_which_none_is() {
        let raced = |schedule| {
            let turn = Some(Preempt { rva: 0x1234, nth: 1 });
            let case = with(|case| (case.schedule, case.preempt) = (schedule, turn));
            ended(case, crash(&["NV-36"]))
        };
        for schedule in [None, Some(7)] {
            assert_eq!(last(&[ended(plain(), vec![]), raced(schedule)]), ["NV-60+NV-36"]);
            assert_eq!(last(&[ended(plain(), crash(&[])), raced(schedule)]), ["NV-60"]);
            // What goes well in a schedule without that turn says nothing of the schedule.
            let scheduled = ended(with(|case| case.schedule = Some(7)), vec![]);
            assert_eq!(last(&[scheduled, raced(schedule)]), ["NV-60"]);
            assert_eq!(missing(&[raced(schedule)]), [plain()]);
        }
    }

    #[test]
    fn a_circumstance_is_compared_without_it_alone() {
        let both = with(|case| {
            case.readings = vec!["headers=newer".to_owned(), "predetach=absent".to_owned()];
        });
        let both = ended(both, crash(&["NV-45"]));
        assert_eq!(missing(std::slice::from_ref(&both)), [reading("predetach=absent")]);
        let other = ended(reading("predetach=absent"), crash(&[]));
        assert_eq!(last(&[ended(plain(), vec![]), other, both]), ["NV-60"]);
    }

    #[test]
    fn a_crash_under_a_reading_that_is_merely_risky_is_risky() {
        let case = reading("restart-attributes=empty-data");
        let mut risky = crash(&["NV-29"]);
        risky[0].severity = Severity::Risky;
        let results = |plain_ends: Vec<Breach>| {
            [ended(plain(), plain_ends), ended(case.clone(), risky.clone())]
        };
        let grade = |results: &[(Case, Outcome)]| judge(results, &[])[1][0].severity;
        assert_eq!(grade(&results(vec![])), Severity::Risky);
        assert_eq!(grade(&results(crash(&[]))), Severity::Contract);
        // Nobody knows.
        let mut unknown = results(vec![]);
        unknown[0].1.inconclusive = Some("it died".to_owned());
        assert_eq!(grade(&unknown), Severity::Risky);
    }

    #[test]
    fn what_takes_a_reading_that_windows_hardly_has_is_risky_whatever_rule_it_breaks() {
        let case = reading("restart-attributes=foreign-first");
        let grades = |usual: Vec<Breach>, unusual: Vec<Breach>| -> Vec<Severity> {
            let results = [ended(plain(), usual), ended(case.clone(), unusual)];
            judge(&results, &[])[1].iter().map(|breach| breach.severity).collect()
        };
        let assertion = || vec![breach("NV-65", false)];
        assert_eq!(grades(vec![], assertion()), [Severity::Risky]);
        assert_eq!(grades(assertion(), assertion()), [Severity::Contract]);
        assert_eq!(grades(vec![], crash(&[])), [Severity::Risky]);
        assert_eq!(grades(crash(&[]), crash(&[])), [Severity::Contract]);
        // It stops the usual flow, too, in another place.
        let mut elsewhere = crash(&[]);
        elsewhere[0].site = Some(7);
        assert_eq!(grades(elsewhere, crash(&[])), [Severity::Risky]);
        let usual = ended(reading("restart-attributes=null"), assertion());
        assert_eq!(judge(&[ended(plain(), vec![]), usual], &[])[1][0].severity, Severity::Contract);
    }

    #[test]
    fn nv36_does_not_stand_for_damage_without_a_place_that_the_flow_does_without_a_schedule() {
        let damage =
            |rule: &str, found: &str| Breach { found: found.to_owned(), ..breach(rule, false) };
        let scheduled = || {
            let found =
                "wrote outside pool block 12, while FilterAttach of eth2.1 ran on another thread";
            ended(with(|case| case.schedule = Some(3)), vec![damage("NV-36", found)])
        };
        let without = |found: &str| ended(plain(), vec![damage("NV-43", found)]);
        let same = without("wrote outside pool block 2");
        assert_eq!(last(&[same, scheduled()]), Vec::<String>::new());
        let other = without("freed offset 0 of freed pool block 2");
        assert_eq!(last(&[other, scheduled()]), ["NV-36"]);
    }

    #[test]
    fn nv29_nv45_and_nv62_stand_when_the_usual_case_goes_well() {
        let garbage = with(|case| case.garbage = true);
        let cases = [
            ("NV-29", reading("restart-attributes=null")),
            ("NV-45", reading("headers=newer")),
            ("NV-62", garbage),
        ];
        for (rule, case) in cases {
            let case = || ended(case.clone(), crash(&[rule]));
            assert_eq!(last(&[ended(plain(), vec![]), case()]), [format!("NV-60+{rule}")]);
            assert_eq!(last(&[ended(plain(), crash(&[])), case()]), ["NV-60"]);
        }
        // In a usual run NV-29 has compared already; what shows there shows everywhere.
        let usual = || ended(plain(), crash(&["NV-29"]));
        assert_eq!(last(&[usual()]), ["NV-60+NV-29"]);
        let unusual = ended(reading("restart-attributes=null"), crash(&["NV-29"]));
        assert_eq!(last(&[usual(), unusual]), ["NV-60+NV-29"]);
    }

    #[test]
    fn what_is_needed_for_comparison_and_not_there_is_asked_for() {
        let results = [ended(plain(), crash(&["NV-03"]))];
        assert_eq!(missing(&results), [reading(AFTER_REGISTER)]);
        let results = [ended(plain(), crash(&["NV-37"]))];
        assert_eq!(missing(&results), []);
    }

    #[test]
    fn a_circumstance_that_not_all_cases_of_a_crash_have_is_not_its_cause() {
        let ids = |list: &[&str]| -> Vec<String> { list.iter().map(ToString::to_string).collect() };
        assert_eq!(also(&ids(&["NV-36", "NV-37"]), &ids(&[])), ["NV-37"]);
        assert_eq!(also(&ids(&["NV-36"]), &ids(&["NV-36"])), ["NV-36"]);
    }
}
