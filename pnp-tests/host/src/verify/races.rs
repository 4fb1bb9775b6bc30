//! Which turns are taken away between two instructions.

use std::collections::{BTreeMap, BTreeSet};

use inspect::blocks::Touch;
use kernel::world::seed::Seed;

use super::case::{Case, Preempt};
use super::plan::PlanOptions;

/// The choice of instructions, over all flows: what one flow tried another need not try first.
pub struct Races<'a> {
    touches: &'a BTreeMap<u32, Touch>,
    tried: BTreeSet<(u32, u32)>,
    limit: usize,
    seed: Seed,
}

impl<'a> Races<'a> {
    /// No flow was looked at yet. `touches` are the driver's instructions that touch memory.
    pub fn new(touches: &'a BTreeMap<u32, Touch>, options: &PlanOptions) -> Self {
        // Seed 0 would always choose the first.
        let seed = Seed::new(options.seed.max(1));
        Self { touches, tried: BTreeSet::new(), limit: options.races, seed }
    }

    /// The cases of a flow in the schedule of `notes`, which noted that another thread could have moved at
    /// these passes of instructions.
    /// First come instructions that no flow tried, and of those the ones that read and write in one,
    /// then those that read: what was read is old after the turn.
    pub fn of(&mut self, notes: &Case, contended: &[(u32, u32)]) -> Vec<Case> {
        let mut left: Vec<(u32, u32)> = contended.to_vec();
        let mut cases = Vec::new();
        while cases.len() < self.limit && !left.is_empty() {
            let best = left.iter().map(|place| self.rank(*place)).min();
            let among: Vec<usize> =
                (0..left.len()).filter(|at| Some(self.rank(left[*at])) == best).collect();
            let (rva, nth) = left.swap_remove(among[self.seed.choose(among.len())]);
            self.tried.insert((rva, nth));
            let preempt = Some(Preempt { rva, nth });
            cases.push(Case { preempt, notes: false, ..notes.clone() });
        }
        cases
    }

    fn rank(&self, (rva, nth): (u32, u32)) -> (bool, bool, u8) {
        let instruction = self.tried.range((rva, 0)..=(rva, u32::MAX)).next().is_some();
        let kind = match self.touches.get(&rva) {
            Some(Touch::Updates) => 0,
            Some(Touch::Reads) => 1,
            Some(Touch::Writes) | None => 2,
        };
        (self.tried.contains(&(rva, nth)), instruction, kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::parse::parse;
    use crate::verify::plan::Faults;

    fn tried(limit: usize, flows: &[&[(u32, u32)]]) -> Vec<Vec<(u32, u32)>> {
        let text = "given adapter eth0\nwhen driver loads\n";
        let flow = parse("flows/f.pnp", text).expect("it parses").remove(0);
        let touches = [(1, Touch::Writes), (2, Touch::Reads), (3, Touch::Updates)].into();
        let options = PlanOptions {
            readings: false,
            allocations: Faults::None,
            calls: Faults::None,
            fault_limit: 0,
            schedules: 0,
            seed: 1,
            races: limit,
            swarm: 0,
        };
        let mut races = Races::new(&touches, &options);
        let cases = flows.iter().map(|contended| races.of(&Case::notes(&flow, 7), contended));
        let turns = cases.map(|cases| cases.into_iter().filter_map(|case| case.preempt));
        turns.map(|turns| turns.map(|turn| (turn.rva, turn.nth)).collect()).collect()
    }

    #[test]
    fn what_reads_and_writes_in_one_comes_first_and_no_pass_twice() {
        let contended = [(1, 1), (2, 1), (3, 1), (3, 4)];
        let tried = tried(9, &[&contended]);
        let instructions: Vec<u32> = tried[0].iter().map(|(rva, _)| *rva).collect();
        assert_eq!(instructions, [3, 2, 1, 3], "{tried:?}");
    }

    #[test]
    fn what_one_flow_tried_another_tries_last() {
        let contended: &[_] = &[(1, 1), (2, 1), (3, 1)];
        let tried = tried(2, &[contended, contended]);
        assert_eq!(tried[0], [(3, 1), (2, 1)]);
        assert_eq!(tried[1][0], (1, 1));
    }
}
