//! Which basic blocks of the driver were reached.
//!
//! A block that is known costs nothing more: the next load leaves it alone.

use std::cell::RefCell;
use std::collections::BTreeSet;

use image::{ImageError, Survey};
use inspect::blocks::Blocks;

use super::program::{DriverFile, program};
use crate::machine::breakpoint;
use crate::world::World;

/// The blocks of a driver, and those that were reached in all runs so far.
pub struct Coverage {
    /// The blocks that can be reached.
    pub blocks: Blocks,
    reached: RefCell<BTreeSet<u32>>,
}

impl Coverage {
    /// The coverage of a driver which has not run.
    ///
    /// # Errors
    ///
    /// When the file cannot be read again.
    pub fn of(program: &DriverFile) -> Result<Self, ImageError> {
        let image = Survey::open(program.file.path())?;
        let blocks = Blocks::read(&image, program.symbols());
        Ok(Self { blocks, reached: RefCell::default() })
    }

    /// Stops the image that was just loaded at `base` in every block that no run has reached.
    pub(super) fn watch(&self, base: usize) {
        self.collect();
        let reached = self.reached.borrow();
        let starts = self.blocks.list.iter().map(|block| block.start);
        breakpoint::set(base, starts.filter(|start| !reached.contains(start)));
    }

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

/// The image was loaded at `base`.
pub(super) fn loaded(world: &World, base: usize) {
    if let Some(coverage) = &program(world).coverage {
        coverage.watch(base);
    }
}
