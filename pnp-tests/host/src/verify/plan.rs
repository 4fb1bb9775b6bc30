//! Which cases there are.

use super::case::{Case, Fault};
use super::dimension::Dimension;
use super::run::Outcome;
use crate::scenario::ast::Scenario;
use crate::scenario::parse::AllWords;
use lang::Grammar as _;

/// The choice of faults to inject.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the description")]
pub enum Faults<T> {
    None,
    /// At every position that a run of the flow without faults shows.
    All,
    These(Vec<T>),
}

/// The user's choice of what to try.
#[derive(Clone, Debug)]
pub struct PlanOptions {
    /// Every value of every dimension, one at a time.
    pub readings: bool,
    /// The pool allocations that fail, counted from 1.
    pub allocations: Faults<u32>,
    /// Import and position.
    pub calls: Faults<(String, u32)>,
    /// The most faults of one flow: all of them, or as many as this, evenly spread.
    pub fault_limit: usize,
    /// Interleavings of each flow.
    pub schedules: u64,
    /// The first schedule's seed; the others follow.
    pub seed: u64,
    /// Turns taken away between two instructions, of each flow.
    pub races: usize,
    /// Cases that combine deviations, of all flows together.
    pub swarm: usize,
}

/// The cases that need no knowledge of a run: each flow plain, with every value of every dimension that
/// it leaves open, with other garbage, in every schedule.
pub fn first(flows: &[Scenario], dimensions: &[Dimension], options: &PlanOptions) -> Vec<Case> {
    let mut cases = Vec::new();
    for (number, flow) in flows.iter().enumerate() {
        let plain = Case::plain(flow);
        cases.push(plain.clone());
        if options.readings {
            let open = dimensions.iter().filter(|dimension| !settles(flow, dimension.name));
            cases.extend(open.flat_map(|dimension| {
                dimension.values.iter().map(|value| dimension.case(&plain, value))
            }));
        }
        if options.races > 0 {
            cases.push(Case::notes(flow, race_seed(number, options)));
        }
        cases.push(Case { garbage: true, ..plain.clone() });
        // Seed 0 takes no turn away, so schedules begin with 1.
        let seeds =
            (options.seed.max(1)..).take(usize::try_from(options.schedules).unwrap_or(usize::MAX));
        cases.extend(seeds.map(|seed| Case { schedule: Some(seed), ..plain.clone() }));
    }
    cases
}

/// The schedule in which turns of a flow are taken away between two instructions: another one for each flow.
pub fn race_seed(number: usize, options: &PlanOptions) -> u64 {
    options.seed.max(1).wrapping_add(number as u64)
}

/// Whether a flow has a `given` line about this dimension.
pub(super) fn settles(flow: &Scenario, dimension: &str) -> bool {
    let mut topics = flow.givens.iter().filter_map(|line| AllWords::topic(&line.what));
    topics.any(|topic| topic.name == dimension)
}

/// The cases that a plain run of a flow makes possible: one for each position of a fault.
pub fn faults(flow: &Scenario, plain: &Outcome, options: &PlanOptions) -> Vec<Case> {
    let at = |fault| Case { faults: vec![fault], ..Case::plain(flow) };
    let mut cases = Vec::new();
    match &options.allocations {
        Faults::None => {}
        Faults::All => cases.extend((1..=plain.allocations).map(|nth| at(Fault::Allocation(nth)))),
        Faults::These(wanted) => {
            cases.extend(wanted.iter().map(|nth| at(Fault::Allocation(*nth))));
        }
    }
    match &options.calls {
        Faults::None => {}
        Faults::All => {
            for (import, count) in &plain.fallible {
                let call = |nth| Fault::Call { import: import.clone(), nth };
                cases.extend((1..=*count).map(|nth| at(call(nth))));
            }
        }
        Faults::These(wanted) => cases.extend(
            wanted
                .iter()
                .map(|(import, nth)| at(Fault::Call { import: import.clone(), nth: *nth })),
        ),
    }
    cases
}

/// As many of the cases as are wanted, evenly spread over the run: what fails early and late, and in
/// between.
pub fn spread(cases: Vec<Case>, limit: usize) -> Vec<Case> {
    let all = cases.len();
    if all <= limit {
        return cases;
    }
    let numbered = cases.into_iter().enumerate();
    // The n-th is taken where the line from nothing to `limit` passes a whole number.
    let taken = numbered.filter(|(n, _)| (n + 1) * limit / all > n * limit / all);
    taken.map(|(_, case)| case).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::parse::parse;
    use crate::verify::dimension;

    fn flow(givens: &str) -> Scenario {
        let text = format!("{givens}\ngiven adapter eth0\nwhen driver loads\n");
        parse("flows/f.pnp", &text).expect("it parses").remove(0)
    }

    fn options() -> PlanOptions {
        let (allocations, calls) = (Faults::All, Faults::All);
        PlanOptions {
            readings: true,
            allocations,
            calls,
            fault_limit: 300,
            schedules: 2,
            seed: 5,
            races: 0,
            swarm: 0,
        }
    }

    #[test]
    fn every_reading_but_the_defaults_is_tried_once_unless_the_flow_fixes_the_switch() {
        let cases = first(&[flow("")], &dimension::ndis(), &options());
        let with = |reading: &str| cases.iter().filter(|case| case.readings == [reading]).count();
        assert_eq!(with("predetach=absent"), 1);
        assert_eq!(with("predetach=after-pause"), 0, "that is the default");
        let cases = first(&[flow("given predetach absent")], &dimension::ndis(), &options());
        assert!(cases.iter().all(|c| c.readings != ["predetach=before-pause"]));
    }

    #[test]
    fn every_version_is_tried_once_unless_the_flow_fixes_it() {
        let runtimes = |givens: &str| -> Vec<String> {
            let cases = first(&[flow(givens)], &dimension::ndis(), &options());
            cases.into_iter().filter_map(|case| case.runtime).collect()
        };
        assert_eq!(runtimes(""), ["6.20", "6.30", "6.50", "6.80", "6.85", "6.89"]);
        assert!(runtimes("given runtime 6.30").is_empty());
    }

    #[test]
    fn each_flow_is_run_with_other_garbage_in_memory_once() {
        let cases = first(&[flow(""), flow("")], &dimension::ndis(), &options());
        assert_eq!(cases.iter().filter(|case| case.garbage).count(), 2);
    }

    #[test]
    fn schedules_count_from_the_seed() {
        let cases = first(&[flow("")], &dimension::ndis(), &options());
        let seeds: Vec<_> = cases.iter().filter_map(|case| case.schedule).collect();
        assert_eq!(seeds, [5, 6]);
    }

    #[test]
    fn of_many_positions_as_many_as_wanted_are_tried_from_first_to_last() {
        let plain = Outcome { allocations: 1000, ..Outcome::default() };
        let all = faults(&flow(""), &plain, &options());
        assert_eq!(spread(all.clone(), 1000), all);
        let some: Vec<_> = spread(all, 10).iter().map(Case::name).collect();
        assert_eq!(some.len(), 10);
        assert_eq!((&*some[0], &*some[9]), ("f[fail-allocation=100]", "f[fail-allocation=1000]"));
    }

    #[test]
    fn every_position_that_a_plain_run_shows_is_made_to_fail() {
        let fallible = vec![("NdisFSetAttributes".to_owned(), 2)];
        let plain = Outcome { allocations: 3, fallible, ..Outcome::default() };
        let cases = faults(&flow(""), &plain, &options());
        assert_eq!(cases.len(), 5);
        assert_eq!(cases[4].name(), "f[fail-call=NdisFSetAttributes:2]");
    }
}
