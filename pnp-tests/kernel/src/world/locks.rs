//! Spin locks: which thread holds which. The word in memory is the lock's; its owner is known here.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::World;

/// Locks that are held, by address: thread, and the depth of callbacks it was taken at.
#[derive(Debug, Default)]
pub struct SpinLocks {
    owners: RefCell<BTreeMap<usize, (u32, usize)>>,
}

impl SpinLocks {
    /// The thread that holds a lock.
    pub fn owner(&self, lock: usize) -> Option<u32> {
        self.owners.borrow().get(&lock).map(|(thread, _)| *thread)
    }

    /// Notes that the current thread has taken a lock.
    pub fn take(&self, world: &World, lock: usize) {
        let holder = (world.threads.current_id(), depth(world));
        self.owners.borrow_mut().insert(lock, holder);
    }

    /// Notes that a lock is free; gives the thread that held it.
    pub fn give(&self, lock: usize) -> Option<u32> {
        self.owners.borrow_mut().remove(&lock).map(|(thread, _)| thread)
    }
}

fn depth(world: &World) -> usize {
    world.threads.current().open.borrow().len()
}

/// How many spin locks the current thread holds.
pub fn held(world: &World) -> usize {
    let thread = world.threads.current_id();
    world.spin_locks.owners.borrow().values().filter(|(owner, _)| *owner == thread).count()
}

/// How many of them it has taken in the innermost callback.
pub fn held_here(world: &World) -> usize {
    let (thread, depth) = (world.threads.current_id(), depth(world));
    let owners = world.spin_locks.owners.borrow();
    owners.values().filter(|(owner, at)| *owner == thread && *at >= depth).count()
}
