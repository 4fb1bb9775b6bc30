//! The end of a machine, whatever its threads were about to do.

use std::rc::Rc;

use crate::world::{self, World};

/// Switches a machine off that has come to rest. What its threads had on their stacks is abandoned; its memory,
/// its stacks and its image are given back.
pub fn switch_off(world: Rc<World>) {
    world.threads.abandon();
    world::leave();
    // A thread that was stopped still owns the machine, and will never say that it does not any more.
    while Rc::strong_count(&world) > 1 {
        // SAFETY: only `world::enter` and kernel threads take more ownership of a machine than its maker has,
        // and neither is left: what is counted beyond this value lies on stacks that nothing will run on.
        unsafe { Rc::decrement_strong_count(Rc::as_ptr(&world)) };
    }
}
