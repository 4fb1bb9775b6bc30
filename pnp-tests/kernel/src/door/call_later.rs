//! Calling what a driver asked to be called later: DPCs, timers, work items, system threads.

use std::mem;
use std::rc::Rc;

use super::call::{Call, no_status};
use crate::world::owner::Owner;
use crate::world::{self, World};

/// Up to four arguments in registers; a routine that takes fewer does not look at the others.
type Function = unsafe extern "win64" fn(usize, usize, usize, usize);

/// A routine of the driver and what it is called with.
#[derive(Clone, Copy)]
pub struct Routine {
    /// `DPC`, `Timer`, `WorkItem`, `SystemThread`.
    pub callback: &'static str,
    /// The routine's address in the image.
    pub address: usize,
    /// The routine's arguments, as many as it takes.
    pub arguments: [usize; 4],
    /// The owner of the handle with which the routine was asked for, if it was with one.
    pub owner: Option<Owner>,
}

impl std::fmt::Debug for Routine {
    /// Addresses differ from run to run, so none are shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.callback)
    }
}

impl Routine {
    /// Calls it, at the IRQL of the current thread.
    pub fn run(self, world: &World) {
        let Self { callback, address, arguments: [a, b, c, d], owner } = self;
        let call = Call { world, callback, owner, code: None, subject: 0 };
        call.look_at_code(address);
        // SAFETY: the address that the driver gave for a routine of this convention with at most
        // four arguments, each a pointer or a number in a register.
        let function = unsafe { mem::transmute::<usize, Function>(address) };
        // SAFETY: the driver's own routine and context. What it does inside is its own affair:
        // faults end the thread, not the host.
        call.make(no_status, || unsafe { function(a, b, c, d) });
    }

    /// Runs the routine as the whole body of a thread that may end in the middle of it
    /// (PsTerminateSystemThread), when nothing on its stack is dropped: so it holds nothing.
    pub fn run_as_thread(self) {
        let world = Rc::as_ptr(&world::current());
        // SAFETY: `world::enter` keeps the world for as long as its threads run, and this is one.
        let world = unsafe { &*world };
        self.run(world);
    }
}
