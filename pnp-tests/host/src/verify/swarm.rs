//! Cases that combine deviations, and the smallest part of one that still fails.

use std::collections::BTreeSet;

use kernel::world::seed::Seed;

use super::case::{Case, Fault, Preempt};
use super::dimension::Dimension;
use super::findings::{Key, key};
use super::plan::settles;
use super::run::Outcome;
use crate::scenario::ast::Scenario;

/// One thing in which a case differs from its flow.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Deviation {
    Reading(String),
    Runtime(String),
    Fault(Fault),
    Schedule(u64),
    Preempt(Preempt),
}

/// The most faults of one case.
const FAULTS: usize = 3;
/// Of so many dimensions one has another value.
const RARE: usize = 6;
/// Failures that are shrunk; what breaks the same is one.
const SHRUNK: usize = 16;

/// Draws a case that combines at least two deviations of a flow. `plain` is its outcome as it stands, which
/// says what can fail, `contended` are the instructions at which turns can be taken away.
pub fn draw(
    flow: &Scenario,
    dimensions: &[Dimension],
    plain: &Outcome,
    contended: &[(u32, u32)],
    seed: &mut Seed,
) -> Case {
    let mut case = Case::plain(flow);
    for dimension in dimensions.iter().filter(|dimension| !settles(flow, dimension.name)) {
        if seed.choose(RARE) == RARE - 1 {
            let value = dimension.values[seed.choose(dimension.values.len())];
            case = dimension.case(&case, value);
        }
    }
    for _ in 0..seed.choose(FAULTS + 1) {
        case.faults.extend(fault(plain, seed));
    }
    // Seed 0 takes no turn away.
    if seed.choose(2) == 1 {
        case.schedule = Some(1 + seed.choose(1 << 16) as u64);
    }
    if seed.choose(4) == 3 && !contended.is_empty() {
        let (rva, nth) = contended[seed.choose(contended.len())];
        case.preempt = Some(Preempt { rva, nth });
    }
    if deviations(&case).len() < 2 {
        case.schedule.get_or_insert(1 + seed.choose(1 << 16) as u64);
        case.faults.extend(fault(plain, seed));
    }
    case
}

/// One of everything that can fail.
fn fault(plain: &Outcome, seed: &mut Seed) -> Option<Fault> {
    let allocations = (1..=plain.allocations).map(Fault::Allocation);
    let calls = plain.fallible.iter().flat_map(|(import, count)| {
        (1..=*count).map(|nth| Fault::Call { import: import.clone(), nth })
    });
    let all: Vec<Fault> = allocations.chain(calls).collect();
    let chosen = seed.choose(all.len());
    all.into_iter().nth(chosen)
}

fn deviations(case: &Case) -> Vec<Deviation> {
    let readings = case.readings.iter().cloned().map(Deviation::Reading);
    let runtime = case.runtime.iter().cloned().map(Deviation::Runtime);
    let faults = case.faults.iter().cloned().map(Deviation::Fault);
    let schedule = case.schedule.into_iter().map(Deviation::Schedule);
    let preempt = case.preempt.into_iter().map(Deviation::Preempt);
    readings.chain(runtime).chain(faults).chain(schedule).chain(preempt).collect()
}

/// The case with these deviations alone.
fn with(case: &Case, deviations: &[Deviation]) -> Case {
    let mut small = Case { flow: case.flow.clone(), word: case.word.clone(), ..Case::default() };
    for deviation in deviations {
        match deviation.clone() {
            Deviation::Reading(reading) => small.readings.push(reading),
            Deviation::Runtime(runtime) => small.runtime = Some(runtime),
            Deviation::Fault(fault) => small.faults.push(fault),
            Deviation::Schedule(seed) => small.schedule = Some(seed),
            Deviation::Preempt(preempt) => small.preempt = Some(preempt),
        }
    }
    small
}

/// Runs cases, in order.
pub type Run<'a> = &'a mut dyn FnMut(&[Case]) -> Result<Vec<Outcome>, String>;

/// For each failure of `swarm` that `known` cases did not show, the smallest case that still shows it, and its
/// outcome.
///
/// # Errors
///
/// When a case cannot be run.
pub fn shrink_all(
    known: &[(Case, Outcome)],
    swarm: &[(Case, Outcome)],
    run: Run<'_>,
) -> Result<Vec<(Case, Outcome)>, String> {
    let mut seen: BTreeSet<Key> =
        known.iter().flat_map(|(_, outcome)| outcome.breaches.iter().map(key)).collect();
    let mut small = Vec::new();
    for (case, outcome) in swarm {
        for breach in &outcome.breaches {
            if small.len() == SHRUNK {
                return Ok(small);
            }
            if !seen.insert(key(breach)) {
                continue;
            }
            let shrunk = shrink((case, outcome), &key(breach), run)?;
            seen.extend(shrunk.1.breaches.iter().map(key));
            small.push(shrunk);
        }
    }
    Ok(small)
}

/// Delta debugging (Zeller, Hildebrandt: "Simplifying and Isolating Failure-Inducing Input") over the
/// deviations: of what comes out none can be left out.
fn shrink(
    (case, outcome): (&Case, &Outcome),
    broken: &Key,
    run: Run<'_>,
) -> Result<(Case, Outcome), String> {
    let mut all = deviations(case);
    let mut best = outcome.clone();
    let mut parts = 2;
    while all.len() > 1 {
        let size = all.len().div_ceil(parts);
        let chunks: Vec<Vec<Deviation>> = all.chunks(size).map(<[_]>::to_vec).collect();
        let rest = |chunk: &Vec<Deviation>| -> Vec<Deviation> {
            all.iter().filter(|deviation| !chunk.contains(deviation)).cloned().collect()
        };
        let mut candidates = chunks.clone();
        if parts > 2 {
            candidates.extend(chunks.iter().map(rest));
        }
        let cases: Vec<Case> = candidates.iter().map(|some| with(case, some)).collect();
        let outcomes = run(&cases)?;
        let fails =
            |outcome: &Outcome| outcome.breaches.iter().any(|breach| key(breach) == *broken);
        let failed = outcomes.iter().position(fails);
        match failed {
            Some(at) => {
                all.clone_from(&candidates[at]);
                best.clone_from(&outcomes[at]);
                parts = if at < chunks.len() { 2 } else { (parts - 1).max(2) };
            }
            None if parts >= all.len() => break,
            None => parts = (parts * 2).min(all.len()),
        }
    }
    Ok((with(case, &all), best))
}

#[cfg(test)]
mod tests {
    use kernel::rules::Severity;

    use super::*;
    use crate::scenario::parse::parse;
    use crate::verify::dimension;
    use crate::verify::run::Breach;

    fn flow() -> Scenario {
        let text = "given adapter eth0\nwhen driver loads\n";
        parse("flows/f.pnp", text).expect("it parses").remove(0)
    }

    fn breaks(rule: &str) -> Outcome {
        let breach = Breach {
            rule: rule.to_owned(),
            severity: Severity::Contract,
            found: "something".to_owned(),
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

    /// Six deviations; those of which `needed` holds make it fail.
    fn shrunk(needed: &[Deviation]) -> (Vec<Deviation>, usize) {
        let all = [
            Deviation::Reading("a=b".to_owned()),
            Deviation::Reading("c=d".to_owned()),
            Deviation::Runtime("6.30".to_owned()),
            Deviation::Fault(Fault::Allocation(3)),
            Deviation::Fault(Fault::Allocation(4)),
            Deviation::Schedule(9),
        ];
        let case = with(&Case::plain(&flow()), &all);
        let mut runs = 0;
        let mut run = |cases: &[Case]| -> Result<Vec<Outcome>, String> {
            runs += cases.len();
            let outcome = |case: &Case| {
                let there = deviations(case);
                let fails = needed.iter().all(|needed| there.contains(needed));
                // Whatever it is without them, it is another failure.
                if fails { breaks("NV-99") } else { breaks("NV-98") }
            };
            Ok(cases.iter().map(outcome).collect())
        };
        let swarm = [(case, breaks("NV-99"))];
        let small = shrink_all(&[], &swarm, &mut run).expect("it runs");
        assert!(small[0].1.breaches[0].rule == "NV-99");
        (deviations(&small[0].0), runs)
    }

    #[test]
    fn a_failure_is_shrunk_to_what_it_needs_and_nothing_else() {
        let (schedule, fault) = (Deviation::Schedule(9), Deviation::Fault(Fault::Allocation(3)));
        let reading = Deviation::Reading("a=b".to_owned());
        for needed in [
            vec![schedule.clone()],
            vec![fault.clone()],
            vec![fault.clone(), schedule.clone()],
            vec![reading.clone(), fault.clone(), schedule.clone()],
            vec![reading, Deviation::Fault(Fault::Allocation(4))],
        ] {
            assert_eq!(shrunk(&needed).0, needed);
        }
    }

    #[test]
    fn what_other_cases_show_already_is_not_shrunk() {
        let case = Case { schedule: Some(1), runtime: Some("6.30".to_owned()), ..Case::default() };
        let known = [(Case::default(), breaks("NV-1"))];
        let mut run = |_: &[Case]| -> Result<Vec<Outcome>, String> { Err("it ran".to_owned()) };
        assert_eq!(shrink_all(&known, &[(case, breaks("NV-1"))], &mut run), Ok(vec![]));
    }

    #[test]
    fn what_is_drawn_combines_and_follows_from_the_seed() {
        let fallible = vec![("NdisFSetAttributes".to_owned(), 2)];
        let plain = Outcome { allocations: 3, fallible, ..Outcome::default() };
        let draw_all = |seed| -> Vec<Case> {
            let mut seed = Seed::new(seed);
            let draw = |_| draw(&flow(), &dimension::ndis(), &plain, &[(7, 1)], &mut seed);
            (0..64).map(draw).collect()
        };
        let cases = draw_all(5);
        assert_eq!(cases, draw_all(5));
        assert_ne!(cases, draw_all(6));
        assert!(cases.iter().all(|case| deviations(case).len() >= 2));
        assert!(cases.iter().any(|case| case.faults.len() > 1));
        assert!(cases.iter().any(|case| case.readings.len() > 1));
        assert!(cases.iter().any(|case| case.preempt.is_some()));
        assert!(cases.iter().all(|case| case.options().is_ok()), "they can be run");
    }
}
