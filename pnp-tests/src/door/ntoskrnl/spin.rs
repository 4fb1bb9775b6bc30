//! Spin locks and IRQL.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::{ANY, DISPATCH, cross};
use crate::door::fiber::{self, Wait};
use crate::door::raw;

use crate::door::exports::exports;

exports![
    KeAcquireSpinLockAtDpcLevel,
    KeAcquireSpinLockRaiseToDpc,
    KeGetCurrentIrql,
    KeInitializeSpinLock,
    KeReleaseSpinLock,
    KeReleaseSpinLockFromDpcLevel,
];

extern "win64" fn KeGetCurrentIrql() -> u8 {
    cross("KeGetCurrentIrql", ANY).threads.current().irql.get()
}

extern "win64" fn KeInitializeSpinLock(lock: usize) {
    let _ = cross("KeInitializeSpinLock", ANY);
    raw::put(lock, 0_usize);
}

/// A lock that is held here is held by a thread that gave way while it held it, which is an error
/// of its own; this one waits its turn as a processor would spin.
extern "win64" fn KeAcquireSpinLockRaiseToDpc(lock: usize) -> u8 {
    let world = cross("KeAcquireSpinLockRaiseToDpc", DISPATCH);
    while raw::get::<usize>(lock) != 0 {
        fiber::wait(Wait::Turn);
    }
    raw::put(lock, 1_usize);
    world.threads.current().irql.replace(DISPATCH)
}

extern "win64" fn KeReleaseSpinLock(lock: usize, irql: u8) {
    let world = cross("KeReleaseSpinLock", DISPATCH);
    raw::put(lock, 0_usize);
    world.threads.current().irql.set(irql);
}

extern "win64" fn KeAcquireSpinLockAtDpcLevel(lock: usize) {
    let _world = cross("KeAcquireSpinLockAtDpcLevel", ANY);
    while raw::get::<usize>(lock) != 0 {
        fiber::wait(Wait::Turn);
    }
    raw::put(lock, 1_usize);
}

extern "win64" fn KeReleaseSpinLockFromDpcLevel(lock: usize) {
    let _world = cross("KeReleaseSpinLockFromDpcLevel", ANY);
    raw::put(lock, 0_usize);
}
