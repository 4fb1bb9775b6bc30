//! Locks that many may share or one may have: push locks, spin locks with readers; and the fast
//! mutex.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::{APC, Crossing, DISPATCH, cross};
use crate::door::exports::exports;
use crate::door::layout::fast_mutex;
use crate::door::shared::{self, Mode};
use crate::machine::raw;
use crate::nt::thread;
use crate::world::signal;
use journal::{KernelFact, LockFact};

exports! {
    ExAcquireFastMutex: le APC, since 2195, "ddi:wdm/nf-wdm-exacquirefastmutex";
    ExAcquireFastMutexUnsafe: le APC, since 2195, "ddi:wdm/nf-wdm-exacquirefastmutexunsafe";
    ExAcquirePushLockExclusiveEx: le APC, since unknown, "undocumented:wdm.h";
    ExAcquirePushLockSharedEx: le APC, since unknown, "undocumented:wdm.h";
    ExAcquireSpinLockExclusive: le DISPATCH, since 6001,
        "ddi:wdm/nf-wdm-exacquirespinlockexclusive";
    ExAcquireSpinLockExclusiveAtDpcLevel: ge DISPATCH, since 6001,
        "ddi:wdm/nf-wdm-exacquirespinlockexclusiveatdpclevel";
    ExAcquireSpinLockShared: le DISPATCH, since 6001, "ddi:wdm/nf-wdm-exacquirespinlockshared";
    ExAcquireSpinLockSharedAtDpcLevel: ge DISPATCH, since 6001,
        "ddi:wdm/nf-wdm-exacquirespinlocksharedatdpclevel";
    ExInitializePushLock: le DISPATCH, since 17763, "ddi:wdm/nf-wdm-exinitializepushlock";
    ExReleaseFastMutex: at APC, since 2195, "ddi:wdm/nf-wdm-exreleasefastmutex";
    ExReleaseFastMutexUnsafe: le APC, since 2195, "ddi:wdm/nf-wdm-exreleasefastmutexunsafe";
    ExReleasePushLockExclusiveEx: le DISPATCH, since unknown, "undocumented:wdm.h";
    ExReleasePushLockSharedEx: le DISPATCH, since unknown, "undocumented:wdm.h";
    ExReleaseSpinLockExclusive: at DISPATCH, since 6001,
        "ddi:wdm/nf-wdm-exreleasespinlockexclusive";
    ExReleaseSpinLockExclusiveFromDpcLevel: ge DISPATCH, since 6001,
        "ddi:wdm/nf-wdm-exreleasespinlockexclusivefromdpclevel";
    ExReleaseSpinLockShared: at DISPATCH, since 6001, "ddi:wdm/nf-wdm-exreleasespinlockshared";
    ExReleaseSpinLockSharedFromDpcLevel: ge DISPATCH, since 6001,
        "ddi:wdm/nf-wdm-exreleasespinlocksharedfromdpclevel";
    ExTryAcquireSpinLockExclusiveAtDpcLevel: le ANY, fails FALSE, since 14393, "undocumented:wdm.h";
    ExTryAcquireSpinLockSharedAtDpcLevel: le ANY, fails FALSE, since 14393, "undocumented:wdm.h";
    ExTryToAcquireFastMutex: le APC, fails FALSE, since 2195,
        "ddi:wdm/nf-wdm-extrytoacquirefastmutex";
}

fn release(world: &Crossing, lock: usize, mode: Mode) {
    if !shared::release(world, lock, mode) {
        world.record(KernelFact::Lock(LockFact::NotHeld));
    }
}

extern "win64" fn ExInitializePushLock(lock: usize) {
    let _ = cross();
    raw::put(lock, 0_u64);
}

extern "win64" fn ExAcquirePushLockExclusiveEx(lock: usize, _flags: u32) {
    let world = cross();
    shared::acquire(&world, lock, Mode::Exclusive);
}

extern "win64" fn ExAcquirePushLockSharedEx(lock: usize, _flags: u32) {
    let world = cross();
    shared::acquire(&world, lock, Mode::Shared);
}

extern "win64" fn ExReleasePushLockExclusiveEx(lock: usize, _flags: u32) {
    let world = cross();
    release(&world, lock, Mode::Exclusive);
}

extern "win64" fn ExReleasePushLockSharedEx(lock: usize, _flags: u32) {
    let world = cross();
    release(&world, lock, Mode::Shared);
}

/// Raises to DISPATCH_LEVEL before it spins, and gives the level that was.
fn raise(lock: usize, mode: Mode) -> u8 {
    let world = cross();
    let before = world.threads.current().irql.replace(DISPATCH);
    shared::acquire(&world, lock, mode);
    before
}

fn lower(lock: usize, mode: Mode, irql: u8) {
    let world = cross();
    release(&world, lock, mode);
    world.threads.current().irql.set(irql);
}

extern "win64" fn ExAcquireSpinLockExclusive(lock: usize) -> u8 {
    raise(lock, Mode::Exclusive)
}

extern "win64" fn ExAcquireSpinLockShared(lock: usize) -> u8 {
    raise(lock, Mode::Shared)
}

extern "win64" fn ExReleaseSpinLockExclusive(lock: usize, irql: u8) {
    lower(lock, Mode::Exclusive, irql);
}

extern "win64" fn ExReleaseSpinLockShared(lock: usize, irql: u8) {
    lower(lock, Mode::Shared, irql);
}

extern "win64" fn ExAcquireSpinLockExclusiveAtDpcLevel(lock: usize) {
    let world = cross();
    shared::acquire(&world, lock, Mode::Exclusive);
}

extern "win64" fn ExAcquireSpinLockSharedAtDpcLevel(lock: usize) {
    let world = cross();
    shared::acquire(&world, lock, Mode::Shared);
}

extern "win64" fn ExReleaseSpinLockExclusiveFromDpcLevel(lock: usize) {
    let world = cross();
    release(&world, lock, Mode::Exclusive);
}

extern "win64" fn ExReleaseSpinLockSharedFromDpcLevel(lock: usize) {
    let world = cross();
    release(&world, lock, Mode::Shared);
}

extern "win64" fn ExTryAcquireSpinLockExclusiveAtDpcLevel(lock: usize) -> u32 {
    let _ = cross();
    u32::from(shared::try_acquire(lock, Mode::Exclusive))
}

extern "win64" fn ExTryAcquireSpinLockSharedAtDpcLevel(lock: usize) -> u32 {
    let _ = cross();
    u32::from(shared::try_acquire(lock, Mode::Shared))
}

/// Takes the mutex if it is free: ExInitializeFastMutex sets its count to 1, inline.
pub(super) fn try_mutex(world: &Crossing, mutex: usize) -> bool {
    let free = raw::get::<i32>(mutex + fast_mutex::COUNT) == 1;
    if free {
        raw::put(mutex + fast_mutex::COUNT, 0_i32);
        let owner = thread::with_current(world, |thread| thread.object);
        raw::put(mutex + fast_mutex::OWNER, owner);
    }
    free
}

fn set_old_irql(mutex: usize, irql: u8) {
    raw::put(mutex + fast_mutex::OLD_IRQL, u32::from(irql));
}

/// The level before is kept in the mutex by its new owner.
pub(super) fn enter_mutex(world: &Crossing, mutex: usize) {
    if try_mutex(world, mutex) {
        return;
    }
    let contention = mutex + fast_mutex::CONTENTION;
    raw::put(contention, raw::get::<u32>(contention).wrapping_add(1));
    while !try_mutex(world, mutex) {
        signal::wait(world, mutex);
    }
}

pub(super) fn leave_mutex(world: &Crossing, mutex: usize) {
    if raw::get::<i32>(mutex) != 0 {
        world.record(KernelFact::Lock(LockFact::NotHeld));
    }
    raw::put(mutex + fast_mutex::OWNER, 0_usize);
    raw::put(mutex + fast_mutex::COUNT, 1_i32);
    signal::notify(world, mutex);
}

extern "win64" fn ExAcquireFastMutex(mutex: usize) {
    let world = cross();
    let before = world.threads.current().irql.replace(APC);
    enter_mutex(&world, mutex);
    set_old_irql(mutex, before);
}

extern "win64" fn ExTryToAcquireFastMutex(mutex: usize) -> u8 {
    let world = cross();
    let taken = try_mutex(&world, mutex);
    if taken {
        set_old_irql(mutex, world.threads.current().irql.replace(APC));
    }
    u8::from(taken)
}

extern "win64" fn ExReleaseFastMutex(mutex: usize) {
    let world = cross();
    let before = raw::get(mutex + fast_mutex::OLD_IRQL);
    leave_mutex(&world, mutex);
    world.threads.current().irql.set(before);
}

extern "win64" fn ExAcquireFastMutexUnsafe(mutex: usize) {
    let world = cross();
    enter_mutex(&world, mutex);
}

extern "win64" fn ExReleaseFastMutexUnsafe(mutex: usize) {
    let world = cross();
    leave_mutex(&world, mutex);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::block::Block;
    use crate::world::World;
    use crate::world::sample::machine;
    use crate::world::thread::Rest;

    fn runs(body: impl Fn(&World) + Clone + 'static) {
        for seed in 0..8 {
            let (rest, journal) = machine(seed, body.clone());
            assert!(matches!(rest, Rest::Done), "seed {seed}: {rest:?}\n{journal}");
        }
    }

    #[test]
    fn a_push_lock_has_many_readers_and_a_writer_that_waits_for_them() {
        runs(|world| {
            let memory = Block::with(&[0xFF; 8], false);
            let lock = memory.address();
            ExInitializePushLock(lock);
            ExAcquirePushLockSharedEx(lock, 0);
            ExAcquirePushLockSharedEx(lock, 0);
            world.threads.spawn("writer".to_owned(), move || {
                ExAcquirePushLockExclusiveEx(lock, 0);
                crate::world::current().sleep(100);
                ExReleasePushLockExclusiveEx(lock, 0);
            });
            ExReleasePushLockSharedEx(lock, 0);
            world.sleep(50);
            ExReleasePushLockSharedEx(lock, 0);
            world.sleep(1);
            ExAcquirePushLockSharedEx(lock, 0);
            assert_eq!(world.clock.get(), 150, "the writer was not alone");
            ExReleasePushLockSharedEx(lock, 0);
        });
    }

    #[test]
    fn a_spin_lock_with_readers_raises_and_lowers_the_irql() {
        runs(|world| {
            let memory = Block::with(&[0; 8], false);
            let lock = memory.address();
            let irql = || world.threads.current().irql.get();
            let before = ExAcquireSpinLockShared(lock);
            assert_eq!(ExTryAcquireSpinLockSharedAtDpcLevel(lock), 1);
            assert_eq!(ExTryAcquireSpinLockExclusiveAtDpcLevel(lock), 0);
            ExReleaseSpinLockSharedFromDpcLevel(lock);
            assert_eq!([before, irql()], [0, DISPATCH]);
            ExReleaseSpinLockShared(lock, before);
            let before = ExAcquireSpinLockExclusive(lock);
            assert_eq!(ExTryAcquireSpinLockSharedAtDpcLevel(lock), 0);
            ExReleaseSpinLockExclusive(lock, before);
            assert_eq!(irql(), 0);
        });
    }

    #[test]
    fn a_fast_mutex_is_one_threads_and_raises_to_apc_level() {
        runs(|world| {
            let memory = Block::with(&[0; 56], false);
            let mutex = memory.address();
            raw::put(mutex, 1_i32);
            ExAcquireFastMutex(mutex);
            assert_eq!(world.threads.current().irql.get(), APC);
            assert_eq!(ExTryToAcquireFastMutex(mutex), 0);
            world.threads.spawn("other".to_owned(), move || {
                ExAcquireFastMutexUnsafe(mutex);
                ExReleaseFastMutexUnsafe(mutex);
            });
            ExReleaseFastMutex(mutex);
            assert_eq!(world.threads.current().irql.get(), 0);
            world.sleep(1);
            assert_eq!(ExTryToAcquireFastMutex(mutex), 1);
            ExReleaseFastMutex(mutex);
        });
    }

    #[test]
    fn giving_back_what_is_not_held_is_told() {
        let (_, journal) = machine(0, |_| {
            let memory = Block::with(&[0; 8], false);
            ExReleasePushLockSharedEx(memory.address(), 0);
            ExAcquirePushLockSharedEx(memory.address(), 0);
            ExReleasePushLockExclusiveEx(memory.address(), 0);
        });
        assert_eq!(journal.to_string().matches("that does not hold it").count(), 2, "{journal}");
    }
}
