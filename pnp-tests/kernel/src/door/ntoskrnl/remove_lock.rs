//! Remove locks: a device is taken away when the last request that uses it is done.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::{Crossing, cross};
use crate::door::exports::exports;
use crate::machine::raw;
use crate::nt::dispatcher::{self, Kind, Limit};

exports! {
    IoAcquireRemoveLockEx: le DISPATCH, fails STATUS_DELETE_PENDING, since 2195,
        "ddi:wdm/nf-wdm-ioacquireremovelock";
    IoInitializeRemoveLockEx: le PASSIVE, since 2195, "ddi:wdm/nf-wdm-ioinitializeremovelock";
    IoReleaseRemoveLockAndWaitEx: le PASSIVE, since 2195,
        "ddi:wdm/nf-wdm-ioreleaseremovelockandwait";
    IoReleaseRemoveLockEx: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-ioreleaseremovelock";
}

/// IO_REMOVE_LOCK_COMMON_BLOCK (wdm.h): Removed, IoCount, RemoveEvent.
const REMOVED: usize = 0;
const COUNT: usize = 4;
const EVENT: usize = 8;
const DELETE_PENDING: i32 = 0xC000_0056_u32.cast_signed();

/// Counts from one: that one is taken off when the device goes.
extern "win64" fn IoInitializeRemoveLockEx(
    lock: usize,
    _tag: u32,
    _minutes: u32,
    _most: u32,
    _size: u32,
) {
    let world = cross();
    raw::put(lock + REMOVED, 0_u32);
    raw::put(lock + COUNT, 1_i32);
    dispatcher::initialise(&world, lock + EVENT, Kind::Event { synchronization: true }, 0);
}

fn count(lock: usize, by: i32) -> i32 {
    let count = raw::get::<i32>(lock + COUNT).wrapping_add(by);
    raw::put(lock + COUNT, count);
    count
}

fn release(world: &Crossing, lock: usize) {
    if count(lock, -1) == 0 {
        dispatcher::set(world, lock + EVENT);
    }
}

extern "win64" fn IoAcquireRemoveLockEx(
    lock: usize,
    _tag: usize,
    _file: usize,
    _line: u32,
    _size: u32,
) -> i32 {
    let world = cross();
    count(lock, 1);
    if raw::get::<u8>(lock + REMOVED) == 0 {
        return 0;
    }
    release(&world, lock);
    DELETE_PENDING
}

extern "win64" fn IoReleaseRemoveLockEx(lock: usize, _tag: usize, _size: u32) {
    let world = cross();
    release(&world, lock);
}

/// Nobody gets the lock any more; returns when those that have it have given it back.
extern "win64" fn IoReleaseRemoveLockAndWaitEx(lock: usize, _tag: usize, _size: u32) {
    let world = cross();
    raw::put(lock + REMOVED, 1_u8);
    release(&world, lock);
    if count(lock, -1) > 0 {
        dispatcher::wait(&world, world.import(), &[lock + EVENT], false, Limit::None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::block::Block;
    use crate::world::sample::machine;
    use crate::world::thread::Rest;

    #[test]
    fn the_one_who_removes_waits_for_those_who_still_use() {
        let (rest, journal) = machine(0, |world| {
            let block = Block::with(&[0xAA; 32], false);
            let lock = block.address();
            IoInitializeRemoveLockEx(lock, 0, 0, 0, 32);
            assert_eq!(IoAcquireRemoveLockEx(lock, 1, 0, 0, 32), 0);
            assert_eq!(IoAcquireRemoveLockEx(lock, 2, 0, 0, 32), 0);
            let removed = world.threads.spawn("remove".to_owned(), move || {
                IoReleaseRemoveLockAndWaitEx(lock, 2, 32);
            });
            world.sleep(10);
            assert!(!removed.get(), "one is still there");
            assert_eq!(IoAcquireRemoveLockEx(lock, 3, 0, 0, 32), DELETE_PENDING);
            IoReleaseRemoveLockEx(lock, 1, 32);
            world.wait_for(&removed);
        });
        assert!(matches!(rest, Rest::Done), "{rest:?}\n{journal}");
    }
}
