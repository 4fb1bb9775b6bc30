//! Spin locks and IRQL.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::{ANY, DISPATCH, cross};
use crate::door::exports::exports;
use crate::machine::raw;
use crate::nt::spin;

exports![
    KeAcquireInStackQueuedSpinLock,
    KeAcquireInStackQueuedSpinLockAtDpcLevel,
    KeAcquireSpinLockAtDpcLevel,
    KeAcquireSpinLockRaiseToDpc,
    KeGetCurrentIrql,
    KeInitializeSpinLock,
    KeLowerIrql,
    KeMemoryBarrier,
    KeRaiseIrqlToDpcLevel,
    KeReleaseInStackQueuedSpinLock,
    KeReleaseInStackQueuedSpinLockFromDpcLevel,
    KeReleaseSpinLock,
    KeReleaseSpinLockFromDpcLevel,
    KeTryToAcquireSpinLockAtDpcLevel,
    KfLowerIrql = KeLowerIrql,
    KfRaiseIrql,
];

/// Where KLOCK_QUEUE_HANDLE keeps the lock and the IRQL (wdm.h): the driver only passes it around.
const QUEUE_LOCK: usize = 8;
const QUEUE_IRQL: usize = 16;

extern "win64" fn KeGetCurrentIrql() -> u8 {
    cross("KeGetCurrentIrql", ANY).threads.current().irql.get()
}

/// KeRaiseIrql is inline and calls this.
extern "win64" fn KfRaiseIrql(irql: u8) -> u8 {
    cross("KfRaiseIrql", ANY).threads.current().irql.replace(irql)
}

extern "win64" fn KeRaiseIrqlToDpcLevel() -> u8 {
    cross("KeRaiseIrqlToDpcLevel", DISPATCH).threads.current().irql.replace(DISPATCH)
}

extern "win64" fn KeLowerIrql(irql: u8) {
    cross("KeLowerIrql", ANY).threads.current().irql.set(irql);
}

/// One processor moves at a time: there is nothing to order.
extern "win64" fn KeMemoryBarrier() {
    let _ = cross("KeMemoryBarrier", ANY);
}

extern "win64" fn KeInitializeSpinLock(lock: usize) {
    let _ = cross("KeInitializeSpinLock", ANY);
    raw::put(lock, 0_usize);
}

extern "win64" fn KeAcquireSpinLockRaiseToDpc(lock: usize) -> u8 {
    let world = cross("KeAcquireSpinLockRaiseToDpc", DISPATCH);
    let before = world.threads.current().irql.replace(DISPATCH);
    spin::acquire(&world, lock);
    raw::put(lock, 1_usize);
    before
}

extern "win64" fn KeReleaseSpinLock(lock: usize, irql: u8) {
    let world = cross("KeReleaseSpinLock", DISPATCH);
    raw::put(lock, 0_usize);
    spin::release(&world, lock);
    world.threads.current().irql.set(irql);
}

extern "win64" fn KeAcquireSpinLockAtDpcLevel(lock: usize) {
    let world = cross("KeAcquireSpinLockAtDpcLevel", ANY);
    spin::acquire(&world, lock);
    raw::put(lock, 1_usize);
}

extern "win64" fn KeReleaseSpinLockFromDpcLevel(lock: usize) {
    let world = cross("KeReleaseSpinLockFromDpcLevel", ANY);
    raw::put(lock, 0_usize);
    spin::release(&world, lock);
}

extern "win64" fn KeTryToAcquireSpinLockAtDpcLevel(lock: usize) -> u8 {
    let world = cross("KeTryToAcquireSpinLockAtDpcLevel", ANY);
    let taken = spin::try_acquire(&world, lock);
    if taken {
        raw::put(lock, 1_usize);
    }
    u8::from(taken)
}

extern "win64" fn KeAcquireInStackQueuedSpinLock(lock: usize, queue: usize) {
    let world = cross("KeAcquireInStackQueuedSpinLock", DISPATCH);
    let before = world.threads.current().irql.replace(DISPATCH);
    spin::acquire(&world, lock);
    raw::put(queue + QUEUE_LOCK, lock);
    raw::put(queue + QUEUE_IRQL, before);
}

extern "win64" fn KeReleaseInStackQueuedSpinLock(queue: usize) {
    let world = cross("KeReleaseInStackQueuedSpinLock", DISPATCH);
    spin::release(&world, raw::get(queue + QUEUE_LOCK));
    world.threads.current().irql.set(raw::get(queue + QUEUE_IRQL));
}

extern "win64" fn KeAcquireInStackQueuedSpinLockAtDpcLevel(lock: usize, queue: usize) {
    let world = cross("KeAcquireInStackQueuedSpinLockAtDpcLevel", ANY);
    spin::acquire(&world, lock);
    raw::put(queue + QUEUE_LOCK, lock);
}

extern "win64" fn KeReleaseInStackQueuedSpinLockFromDpcLevel(queue: usize) {
    let world = cross("KeReleaseInStackQueuedSpinLockFromDpcLevel", ANY);
    spin::release(&world, raw::get(queue + QUEUE_LOCK));
}
