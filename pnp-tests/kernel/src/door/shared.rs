//! A lock with many holders or one, kept in a 32-bit word of the driver's: push locks, spin locks
//! with readers, NDIS's RW locks. Zero is free, as the headers' initialisers leave it.

use crate::machine::raw;
use crate::world::World;
use crate::world::signal;

/// How a lock is held.
#[derive(Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the description")]
pub enum Mode {
    Shared,
    Exclusive,
}

/// The word of a lock that one thread holds alone; otherwise it counts the holders.
const ALONE: u32 = u32::MAX;

/// Takes the lock if it is free for that.
pub fn try_acquire(lock: usize, mode: Mode) -> bool {
    match (mode, raw::get::<u32>(lock)) {
        (Mode::Shared, holders) if holders != ALONE => raw::put(lock, holders + 1),
        (Mode::Exclusive, 0) => raw::put(lock, ALONE),
        _ => return false,
    }
    true
}

/// Takes the lock, waiting as long as others hold it.
pub fn acquire(world: &World, lock: usize, mode: Mode) {
    while !try_acquire(lock, mode) {
        signal::wait(world, lock);
    }
}

/// Gives the lock back: false if it is not held in this way.
#[must_use]
pub fn release(world: &World, lock: usize, mode: Mode) -> bool {
    let left = match (mode, raw::get::<u32>(lock)) {
        (Mode::Exclusive, ALONE) => 0,
        (Mode::Shared, holders) if holders != 0 && holders != ALONE => holders - 1,
        _ => return false,
    };
    raw::put(lock, left);
    signal::notify(world, lock);
    true
}
