//! What else goes on while a stack is paused, changed, put to sleep: packets, requests, users. The
//! verifier switches it on; a scenario plays its lines alone.

use crate::Ndis;
use kernel::nt::user;
use kernel::world::World;

use super::oid;
use super::send;
use super::status;
use super::traffic;
use crate::id::AdapterId;

/// In the middle of an operation: nothing here waits.
pub fn in_between(world: &World, adapter: AdapterId) {
    if world.exercises {
        status::burst(world, adapter);
        traffic::probe(world, adapter);
        oid::probe(world, adapter);
        user::pass_by(world);
    }
}

/// A module is gone: the other modules of its stack and everybody else's go on.
pub fn after_detach(world: &World, adapter: AdapterId) {
    if !world.exercises {
        return;
    }
    status::burst(world, adapter);
    let others = world.of::<Ndis>().borrow().adapters.len();
    for other in (0..others).filter(|other| *other != adapter) {
        status::burst(world, other);
        traffic::probe(world, other);
    }
    user::pass_by(world);
}

/// The scenario is over: the miniports are reset, nothing begins any more.
pub fn end(world: &World) {
    let adapters = world.of::<Ndis>().borrow().adapters.len();
    for adapter in 0..adapters {
        world.of::<Ndis>().borrow_mut().adapters[adapter].no_requests += 1;
        oid::abort_all(world, adapter);
        send::abort_all(world, adapter);
    }
}

/// Between two steps, on every adapter; what was begun comes to its end.
pub fn between_steps(world: &World) {
    if !world.exercises {
        return;
    }
    user::visit(world);
    let adapters = world.of::<Ndis>().borrow().adapters.len();
    for adapter in 0..adapters {
        in_between(world, adapter);
    }
    // Long enough for everything that a busy machine does soon.
    world.sleep(kernel::world::MS * 5);
}
