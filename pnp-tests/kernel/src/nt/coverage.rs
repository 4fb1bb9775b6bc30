//! Which basic blocks of the driver were reached.
//!
//! A block that is known costs nothing more: the next load leaves it alone.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::program::program;
use super::race;
use crate::machine::breakpoint;
use crate::world::World;

/// The blocks that were reached in all runs so far.
#[derive(Debug, Default)]
pub struct Coverage {
    reached: RefCell<BTreeSet<u32>>,
}

impl Coverage {
    /// The blocks reached since the last call, which no run before had reached.
    pub fn collect(&self) -> Vec<u32> {
        let new = breakpoint::take_reached();
        self.reached.borrow_mut().extend(&new);
        new
    }

    /// The blocks reached in all runs so far.
    pub fn reached(&self) -> BTreeSet<u32> {
        self.reached.borrow().clone()
    }
}

/// The image was loaded at `base`: it stops in every block that no run has reached, if somebody wants to
/// know, and where the run takes turns away.
pub(super) fn loaded(world: &World, base: usize) {
    let program = program(world);
    let unknown: Vec<u32> = program.coverage.as_ref().map_or_else(Vec::new, |coverage| {
        coverage.collect();
        let reached = coverage.reached.borrow();
        let starts = program.blocks().list.iter().map(|block| block.start);
        starts.filter(|start| !reached.contains(start)).collect()
    });
    race::begin();
    breakpoint::set(base, unknown.into_iter(), race::visited(world).into_iter());
}
