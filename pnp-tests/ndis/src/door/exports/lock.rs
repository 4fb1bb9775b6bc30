//! Locks by NDIS's names: spin locks, and locks with many readers or one writer.
#![allow(non_snake_case, reason = "Windows names")]

use super::owner;
use journal::{KernelFact, LockFact};
use kernel::door::crossing::{DISPATCH, cross};
use kernel::door::exports::exports;
use kernel::door::shared::{self, Mode};
use kernel::machine::raw;
use kernel::nt::pool::{self, PoolRequest};
use kernel::nt::spin;
use kernel::world::resource;

exports! {
    NdisAcquireRWLockRead: le DISPATCH, since 7600, "ddi:ndis/nf-ndis-ndisacquirerwlockread";
    NdisAcquireRWLockWrite: le DISPATCH, since 7600, "ddi:ndis/nf-ndis-ndisacquirerwlockwrite";
    NdisAcquireSpinLock: le DISPATCH, since inline, "ddi:ndis/nf-ndis-ndisacquirespinlock";
    NdisAllocateRWLock: le DISPATCH, fails NULL by allocation, since 7600,
        "ddi:ndis/nf-ndis-ndisallocaterwlock";
    NdisAllocateSpinLock: le ANY, since inline, "ddi:ndis/nf-ndis-ndisallocatespinlock";
    NdisDprAcquireSpinLock: at DISPATCH, since inline, "ddi:ndis/nf-ndis-ndisdpracquirespinlock";
    NdisDprReleaseSpinLock: at DISPATCH, since inline, "ddi:ndis/nf-ndis-ndisdprreleasespinlock";
    NdisFreeRWLock: le DISPATCH, since 7600, "ddi:ndis/nf-ndis-ndisfreerwlock";
    NdisFreeSpinLock: le ANY, since inline, "ddi:ndis/nf-ndis-ndisfreespinlock";
    NdisReleaseRWLock: at DISPATCH, since 7600, "ddi:ndis/nf-ndis-ndisreleaserwlock";
    NdisReleaseSpinLock: at DISPATCH, since inline, "ddi:ndis/nf-ndis-ndisreleasespinlock";
}

/// NDIS_SPIN_LOCK: the lock, the IRQL before.
const OLD_IRQL: usize = 8;

extern "win64" fn NdisAllocateSpinLock(lock: usize) {
    let _ = cross();
    raw::put(lock, 0_usize);
}

/// Nothing was allocated.
extern "win64" fn NdisFreeSpinLock(_lock: usize) {
    let _ = cross();
}

extern "win64" fn NdisAcquireSpinLock(lock: usize) {
    let world = cross();
    let before = world.threads.current().irql.replace(DISPATCH);
    spin::acquire(&world, lock);
    raw::put(lock + OLD_IRQL, before);
}

extern "win64" fn NdisReleaseSpinLock(lock: usize) {
    let world = cross();
    spin::release(&world, lock);
    world.threads.current().irql.set(raw::get(lock + OLD_IRQL));
}

extern "win64" fn NdisDprAcquireSpinLock(lock: usize) {
    let world = cross();
    spin::acquire(&world, lock);
}

extern "win64" fn NdisDprReleaseSpinLock(lock: usize) {
    let world = cross();
    spin::release(&world, lock);
}

/// An NDIS_RW_LOCK_EX, which is opaque to drivers.
const LOCK_BYTES: usize = 64;
/// LOCK_STATE_EX: the IRQL before, and how the lock was taken.
const STATE_IRQL: usize = 0;
const STATE_WRITE: usize = 1;

extern "win64" fn NdisAllocateRWLock(handle: usize) -> usize {
    let world = cross();
    let Ok(owner) = owner(&world, world.import(), handle) else { return 0 };
    let tag = *b"NDrw";
    let ask = PoolRequest { bytes: LOCK_BYTES, tag, zeroed: true, paged: false, owner };
    let address = pool::allocate(&world, ask).unwrap_or(0);
    if address != 0 {
        resource::take(&world, "RW lock", address, owner);
    }
    address
}

extern "win64" fn NdisFreeRWLock(lock: usize) {
    let world = cross();
    resource::give(&world, "RW lock", lock);
    pool::free(&world, lock, None);
}

fn acquire(lock: usize, state: usize, mode: Mode) {
    let world = cross();
    let before = world.threads.current().irql.replace(DISPATCH);
    shared::acquire(&world, lock, mode);
    raw::put(state + STATE_IRQL, before);
    raw::put(state + STATE_WRITE, u8::from(mode == Mode::Exclusive));
}

extern "win64" fn NdisAcquireRWLockRead(lock: usize, state: usize, _flags: u8) {
    acquire(lock, state, Mode::Shared);
}

extern "win64" fn NdisAcquireRWLockWrite(lock: usize, state: usize, _flags: u8) {
    acquire(lock, state, Mode::Exclusive);
}

extern "win64" fn NdisReleaseRWLock(lock: usize, state: usize) {
    let world = cross();
    let written = raw::get::<u8>(state + STATE_WRITE) != 0;
    let mode = if written { Mode::Exclusive } else { Mode::Shared };
    if !shared::release(&world, lock, mode) {
        world.record(KernelFact::Lock(LockFact::NotHeld));
    }
    world.threads.current().irql.set(raw::get(state + STATE_IRQL));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::machine;
    use kernel::machine::block::Block;
    use kernel::world::thread::Rest;

    #[test]
    fn a_writer_waits_for_readers_and_spin_locks_keep_threads_apart() {
        for seed in 0..8 {
            let (rest, _) = machine(seed, |world| {
                let memory = Block::with(&[0; 64], false);
                let (lock, spin_lock, state) =
                    (memory.address(), memory.address() + 16, memory.address() + 32);
                NdisAcquireRWLockRead(lock, state, 0);
                world.threads.spawn("writer".to_owned(), move || {
                    let memory = Block::with(&[0; 16], false);
                    NdisAcquireRWLockWrite(lock, memory.address(), 0);
                    assert_eq!(raw::get::<u32>(lock), u32::MAX);
                    NdisReleaseRWLock(lock, memory.address());
                    NdisAcquireSpinLock(spin_lock);
                    NdisReleaseSpinLock(spin_lock);
                });
                NdisAcquireSpinLock(spin_lock);
                NdisReleaseSpinLock(spin_lock);
                NdisReleaseRWLock(lock, state);
                assert_eq!(world.threads.current().irql.get(), 0);
                world.sleep(10);
            });
            assert!(matches!(rest, Rest::Done), "seed {seed}: {rest:?}");
        }
    }
}
