//! What the kernel asks a subsystem: a driver's port driver or library, such as NDIS.
//!
//! The kernel knows no subsystem by name. Whatever it needs of one is a hook here, with a default
//! for those that have no answer.

use journal::Leftover;

use crate::machine::export::ExportModule;

use super::World;
use super::owner::Owner;

/// One part of the simulated kernel.
pub trait Subsystem: Sync {
    /// The modules that it exports functions in.
    fn modules(&self) -> &'static [ExportModule];

    /// The address of a variable that `module` exports.
    fn variable(&self, _module: &str, _name: &str) -> Option<usize> {
        None
    }

    /// DriverEntry has succeeded, and its INIT section is gone. On the thread that loads the driver,
    /// at PASSIVE_LEVEL.
    fn driver_started(&self, _world: &World) {}

    /// What the driver should have given back to this subsystem and has not, when its image goes.
    fn left_behind(&self, _world: &World) -> Vec<Leftover> {
        Vec::new()
    }

    /// The image goes, whatever of it is registered here: from now on nothing may be called in it.
    fn driver_gone(&self, _world: &World) {}

    /// How many things of this subsystem there have been in the run: more of them explain more calls
    /// of the kernel in one step.
    fn things(&self, _world: &World) -> u64 {
        0
    }

    /// A number that changes when the structure at `address` is written, if the structure is this
    /// subsystem's.
    fn subject_hash(&self, _world: &World, _address: usize) -> Option<u64> {
        None
    }

    /// What lies at `address` that was the driver's until it gave it away, for a person to read.
    fn given_away(&self, _world: &World, _address: usize) -> Option<String> {
        None
    }

    /// A callback is about to be entered on behalf of `owner`.
    fn entered(&self, _world: &World, _owner: Owner) {}

    /// That callback has returned.
    fn left(&self, _world: &World, _owner: Owner) {}
}

/// The subsystems of a world, the kernel's own functions first.
pub type Subsystems = &'static [&'static dyn Subsystem];
