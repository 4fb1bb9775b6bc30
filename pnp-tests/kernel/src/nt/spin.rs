//! Spin locks: taking, giving back, and what Windows says to mistakes.

use crate::nt::bugcheck;
use crate::world::{World, signal};
use journal::{KernelFact, LockFact};

/// SPIN_LOCK_ALREADY_OWNED.
const ALREADY_OWNED: u32 = 0x0F;

/// Takes a lock, or waits as a processor would spin.
pub fn acquire(world: &World, lock: usize) {
    let thread = world.threads.current_id();
    loop {
        match world.spin_locks.owner(lock) {
            None => break,
            Some(owner) if owner == thread => {
                world.record(KernelFact::Lock(LockFact::Recursive));
                let what = "a spin lock was acquired by its owner";
                bugcheck::stop(world, ALREADY_OWNED, what);
                return;
            }
            Some(_) => signal::wait(world, lock),
        }
    }
    world.spin_locks.take(world, lock);
}

/// Takes a lock if it is free.
pub fn try_acquire(world: &World, lock: usize) -> bool {
    if world.spin_locks.owner(lock).is_some() {
        return false;
    }
    acquire(world, lock);
    true
}

/// Gives a lock back.
pub fn release(world: &World, lock: usize) {
    let thread = world.threads.current_id();
    let owner = world.spin_locks.give(lock);
    if owner != Some(thread) {
        world.record(KernelFact::Lock(LockFact::NotHeld));
    }
    signal::notify(world, lock);
}
