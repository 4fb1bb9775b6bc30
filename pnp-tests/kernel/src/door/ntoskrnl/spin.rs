//! Spin locks and IRQL.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::{Crossing, DISPATCH, cross};
use crate::door::exports::exports;
use crate::machine::raw;
use crate::nt::spin;
use crate::world::locks;
use journal::KernelFact;

exports! {
    KeAcquireInStackQueuedSpinLock: le DISPATCH, since 2600,
        "ddi:wdm/nf-wdm-keacquireinstackqueuedspinlock";
    KeAcquireInStackQueuedSpinLockAtDpcLevel: ge DISPATCH, since 2600,
        "ddi:wdm/nf-wdm-keacquireinstackqueuedspinlockatdpclevel";
    KeAcquireSpinLockAtDpcLevel: ge DISPATCH, since 2195,
        "ddi:wdm/nf-wdm-keacquirespinlockatdpclevel";
    KeAcquireSpinLockRaiseToDpc: le DISPATCH, since 2195,
        "ddi:wdm/nf-wdm-keacquirespinlockraisetodpc";
    KeGetCurrentIrql: le ANY, since 2195, "ddi:wdm/nf-wdm-kegetcurrentirql";
    KeInitializeSpinLock: le ANY, since 2195, "ddi:wdm/nf-wdm-keinitializespinlock";
    KeLowerIrql: le ANY, since 2195, "ddi:wdm/nf-wdm-kelowerirql";
    KeRaiseIrqlToDpcLevel: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-keraiseirqltodpclevel";
    KeReleaseInStackQueuedSpinLock: at DISPATCH, since 2600,
        "ddi:wdm/nf-wdm-kereleaseinstackqueuedspinlock";
    KeReleaseInStackQueuedSpinLockFromDpcLevel: ge DISPATCH, since 2600,
        "ddi:wdm/nf-wdm-kereleaseinstackqueuedspinlockfromdpclevel";
    KeReleaseSpinLock: at DISPATCH, since 2195, "ddi:wdm/nf-wdm-kereleasespinlock";
    KeReleaseSpinLockFromDpcLevel: ge DISPATCH, since 2195,
        "ddi:wdm/nf-wdm-kereleasespinlockfromdpclevel";
    KeTryToAcquireSpinLockAtDpcLevel: ge DISPATCH, fails FALSE, since 3790,
        "ddi:wdm/nf-wdm-ketrytoacquirespinlockatdpclevel";
    KfLowerIrql = KeLowerIrql: le ANY, since 2195, "ddi:wdm/nf-wdm-kelowerirql";
    KfRaiseIrql: le ANY, since 2195, "ddi:wdm/nf-wdm-keraiseirql";
}

/// Where KLOCK_QUEUE_HANDLE keeps the lock and the IRQL (wdm.h): the driver only passes it around.
const QUEUE_LOCK: usize = 8;
const QUEUE_IRQL: usize = 16;

extern "win64" fn KeGetCurrentIrql() -> u8 {
    cross().threads.current().irql.get()
}

/// KeRaiseIrql is inline and calls this.
extern "win64" fn KfRaiseIrql(irql: u8) -> u8 {
    let world = cross();
    let before = world.threads.current().irql.replace(irql);
    if irql < before {
        misused(&world, before, irql);
    }
    before
}

extern "win64" fn KeRaiseIrqlToDpcLevel() -> u8 {
    cross().threads.current().irql.replace(DISPATCH)
}

extern "win64" fn KeLowerIrql(irql: u8) {
    let world = cross();
    let before = world.threads.current().irql.get();
    if irql > before || (irql < DISPATCH && locks::held(&world) > 0) {
        misused(&world, before, irql);
    }
    world.threads.current().irql.set(irql);
}

fn misused(world: &Crossing, from: u8, to: u8) {
    let (import, locks) = (world.import(), locks::held(world));
    world.record(KernelFact::IrqlMisused { import, from, to, locks });
}

extern "win64" fn KeInitializeSpinLock(lock: usize) {
    let _ = cross();
    raw::put(lock, 0_usize);
}

extern "win64" fn KeAcquireSpinLockRaiseToDpc(lock: usize) -> u8 {
    let world = cross();
    let before = world.threads.current().irql.replace(DISPATCH);
    spin::acquire(&world, lock);
    raw::put(lock, 1_usize);
    before
}

extern "win64" fn KeReleaseSpinLock(lock: usize, irql: u8) {
    let world = cross();
    raw::put(lock, 0_usize);
    spin::release(&world, lock);
    world.threads.current().irql.set(irql);
}

extern "win64" fn KeAcquireSpinLockAtDpcLevel(lock: usize) {
    let world = cross();
    spin::acquire(&world, lock);
    raw::put(lock, 1_usize);
}

extern "win64" fn KeReleaseSpinLockFromDpcLevel(lock: usize) {
    let world = cross();
    raw::put(lock, 0_usize);
    spin::release(&world, lock);
}

extern "win64" fn KeTryToAcquireSpinLockAtDpcLevel(lock: usize) -> u8 {
    let world = cross();
    let taken = spin::try_acquire(&world, lock);
    if taken {
        raw::put(lock, 1_usize);
    }
    u8::from(taken)
}

extern "win64" fn KeAcquireInStackQueuedSpinLock(lock: usize, queue: usize) {
    let world = cross();
    let before = world.threads.current().irql.replace(DISPATCH);
    spin::acquire(&world, lock);
    raw::put(queue + QUEUE_LOCK, lock);
    raw::put(queue + QUEUE_IRQL, before);
}

extern "win64" fn KeReleaseInStackQueuedSpinLock(queue: usize) {
    let world = cross();
    spin::release(&world, raw::get(queue + QUEUE_LOCK));
    world.threads.current().irql.set(raw::get(queue + QUEUE_IRQL));
}

extern "win64" fn KeAcquireInStackQueuedSpinLockAtDpcLevel(lock: usize, queue: usize) {
    let world = cross();
    spin::acquire(&world, lock);
    raw::put(queue + QUEUE_LOCK, lock);
}

extern "win64" fn KeReleaseInStackQueuedSpinLockFromDpcLevel(queue: usize) {
    let world = cross();
    spin::release(&world, raw::get(queue + QUEUE_LOCK));
}
