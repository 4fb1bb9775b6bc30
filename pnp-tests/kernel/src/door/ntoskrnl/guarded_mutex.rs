//! Guarded mutexes: fast mutexes that leave the IRQL alone and hold APCs back by a guarded region.
#![allow(non_snake_case, reason = "Windows names")]

use super::push_lock::{enter_mutex, leave_mutex, try_mutex};
use crate::door::crossing::{Crossing, cross};
use crate::door::exports::exports;
use crate::door::layout::fast_mutex;
use crate::machine::raw;
use crate::nt::dispatcher::{self, Kind};
use crate::nt::thread;

exports! {
    KeAcquireGuardedMutex: le APC, since 3790, "ddi:wdm/nf-wdm-keacquireguardedmutex";
    KeAcquireGuardedMutexUnsafe: le APC, since 3790, "ddi:wdm/nf-wdm-keacquireguardedmutexunsafe";
    KeInitializeGuardedMutex: le APC, since 3790, "ddi:wdm/nf-wdm-keinitializeguardedmutex";
    KeReleaseGuardedMutex: le APC, since 3790, "ddi:wdm/nf-wdm-kereleaseguardedmutex";
    KeReleaseGuardedMutexUnsafe: le APC, since 3790, "ddi:wdm/nf-wdm-kereleaseguardedmutexunsafe";
    KeTryToAcquireGuardedMutex: le APC, fails FALSE, since 3790,
        "ddi:wdm/nf-wdm-ketrytoacquireguardedmutex";
}

fn count_regions(world: &Crossing, by: i32) {
    thread::with_current(world, |thread| thread.guarded = thread.guarded.wrapping_add(by));
}

/// Like ExInitializeFastMutex, which the header has inline.
extern "win64" fn KeInitializeGuardedMutex(mutex: usize) {
    let world = cross();
    raw::put(mutex + fast_mutex::COUNT, 1_i32);
    raw::put(mutex + fast_mutex::OWNER, 0_usize);
    raw::put(mutex + fast_mutex::CONTENTION, 0_u32);
    let event = mutex + fast_mutex::EVENT;
    dispatcher::initialise(&world, event, Kind::Event { synchronization: true }, 0);
}

extern "win64" fn KeAcquireGuardedMutex(mutex: usize) {
    let world = cross();
    count_regions(&world, 1);
    enter_mutex(&world, mutex);
}

extern "win64" fn KeTryToAcquireGuardedMutex(mutex: usize) -> u8 {
    let world = cross();
    let taken = try_mutex(&world, mutex);
    if taken {
        count_regions(&world, 1);
    }
    u8::from(taken)
}

extern "win64" fn KeReleaseGuardedMutex(mutex: usize) {
    let world = cross();
    leave_mutex(&world, mutex);
    count_regions(&world, -1);
}

extern "win64" fn KeAcquireGuardedMutexUnsafe(mutex: usize) {
    let world = cross();
    enter_mutex(&world, mutex);
}

extern "win64" fn KeReleaseGuardedMutexUnsafe(mutex: usize) {
    let world = cross();
    leave_mutex(&world, mutex);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::block::Block;
    use crate::nt::thread::apcs_are_held;
    use crate::world::sample::machine;
    use crate::world::thread::Rest;

    #[test]
    fn a_guarded_mutex_keeps_others_out_and_apcs_back_at_the_same_irql() {
        let (rest, journal) = machine(0, |world| {
            let block = Block::new(fast_mutex::SIZEOF, 8);
            let mutex = block.address();
            KeInitializeGuardedMutex(mutex);
            KeAcquireGuardedMutex(mutex);
            assert_eq!(KeTryToAcquireGuardedMutex(mutex), 0);
            assert!(apcs_are_held(world, true));
            assert_eq!(world.threads.current().irql.get(), 0);
            world.threads.spawn("other".to_owned(), move || {
                KeAcquireGuardedMutexUnsafe(mutex);
                KeReleaseGuardedMutexUnsafe(mutex);
            });
            world.sleep(5);
            KeReleaseGuardedMutex(mutex);
            assert!(!apcs_are_held(world, true));
            world.sleep(5);
            assert_eq!(KeTryToAcquireGuardedMutex(mutex), 1);
            KeReleaseGuardedMutex(mutex);
        });
        assert!(matches!(rest, Rest::Done), "{rest:?}\n{journal}");
    }
}
