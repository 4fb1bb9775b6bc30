//! Spin locks: who holds which. The word in memory is the lock's; its owner is known here.

use std::collections::BTreeMap;

use crate::journal::{KernelFact, LockFact};
use crate::nt::{bugcheck, signal};
use crate::world::World;

/// SPIN_LOCK_ALREADY_OWNED.
const ALREADY_OWNED: u32 = 0x0F;

/// Locks that are held, by address: thread, and the depth of callbacks it was taken at.
#[derive(Debug, Default)]
pub struct SpinLocks {
    owners: BTreeMap<usize, (u32, usize)>,
}

fn depth(world: &World) -> usize {
    world.threads.current().open.borrow().len()
}

/// Takes a lock, or waits as a processor would spin.
pub fn acquire(world: &World, lock: usize) {
    let thread = world.threads.current_id();
    loop {
        let owner = world.spin.borrow().owners.get(&lock).copied();
        match owner {
            None => break,
            Some((owner, _)) if owner == thread => {
                world.record(KernelFact::Lock(LockFact::Recursive));
                let what = "a spin lock was acquired by its owner";
                bugcheck::stop(world, ALREADY_OWNED, what);
                return;
            }
            Some(_) => signal::wait(world, lock),
        }
    }
    let depth = depth(world);
    world.spin.borrow_mut().owners.insert(lock, (thread, depth));
}

/// Takes a lock if it is free.
pub fn try_acquire(world: &World, lock: usize) -> bool {
    if world.spin.borrow().owners.contains_key(&lock) {
        return false;
    }
    acquire(world, lock);
    true
}

/// Gives a lock back.
pub fn release(world: &World, lock: usize) {
    let thread = world.threads.current_id();
    let owner = world.spin.borrow_mut().owners.remove(&lock);
    if owner.is_none_or(|(owner, _)| owner != thread) {
        world.record(KernelFact::Lock(LockFact::NotHeld));
    }
    signal::notify(world, lock);
}

/// How many locks the current thread holds.
pub fn held(world: &World) -> usize {
    let thread = world.threads.current_id();
    world.spin.borrow().owners.values().filter(|(owner, _)| *owner == thread).count()
}

/// How many of them it has taken in the innermost callback.
pub fn held_here(world: &World) -> usize {
    let (thread, depth) = (world.threads.current_id(), depth(world));
    let owners = &world.spin.borrow().owners;
    owners.values().filter(|(owner, at)| *owner == thread && *at >= depth).count()
}
