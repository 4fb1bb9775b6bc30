//! Timers and deferred procedure calls. KTIMER and KDPC are opaque: their state is kept by address.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::call_later::Routine;
use crate::door::crossing::{ANY, DISPATCH, PASSIVE, cross};
use crate::door::header;
use crate::nt::timer::{self, Due, Fires};
use crate::nt::{dpc, object, time};
use crate::world::{World, resource};

use crate::door::exports::exports;

exports![
    ExAllocateTimer,
    ExCancelTimer,
    ExDeleteTimer,
    ExSetTimer,
    KeCancelTimer,
    KeFlushQueuedDpcs,
    KeInitializeDpc,
    KeInitializeThreadedDpc,
    KeInitializeTimer,
    KeInitializeTimerEx,
    KeInsertQueueDpc,
    KeReadStateTimer,
    KeRemoveQueueDpc,
    KeSetCoalescableTimer,
    KeSetImportanceDpc,
    KeSetTargetProcessorDpc,
    KeSetTargetProcessorDpcEx,
    KeSetTimer,
    KeSetTimerEx,
];

/// The resource that an allocated timer is.
const ALLOCATED: &str = "timer";
/// Milliseconds in units of 100 ns.
const MS: u64 = 10_000;

extern "win64" fn KeInitializeTimer(timer: usize) {
    let world = cross("KeInitializeTimer", DISPATCH);
    timer::initialise(&world, timer, false, Fires::Nothing);
}

extern "win64" fn KeInitializeTimerEx(timer: usize, kind: i32) {
    /// TIMER_TYPE.
    const SYNCHRONIZATION_TIMER: i32 = 1;
    let world = cross("KeInitializeTimerEx", DISPATCH);
    timer::initialise(&world, timer, kind == SYNCHRONIZATION_TIMER, Fires::Nothing);
}

fn set(world: &World, timer: usize, due: i64, period_ms: u32, dpc: usize) -> u8 {
    let fires = if dpc == 0 { Fires::Nothing } else { Fires::Dpc(dpc) };
    let due = Due { at_100ns: time::due(world, due), period_100ns: u64::from(period_ms) * MS };
    u8::from(timer::set(world, timer, due, Some(fires)))
}

extern "win64" fn KeSetTimer(timer: usize, due: i64, dpc: usize) -> u8 {
    let world = cross("KeSetTimer", DISPATCH);
    set(&world, timer, due, 0, dpc)
}

extern "win64" fn KeSetTimerEx(timer: usize, due: i64, period_ms: u32, dpc: usize) -> u8 {
    let world = cross("KeSetTimerEx", DISPATCH);
    set(&world, timer, due, period_ms, dpc)
}

extern "win64" fn KeSetCoalescableTimer(
    timer: usize,
    due: i64,
    period_ms: u32,
    _tolerable: u32,
    dpc: usize,
) -> u8 {
    let world = cross("KeSetCoalescableTimer", DISPATCH);
    set(&world, timer, due, period_ms, dpc)
}

extern "win64" fn KeCancelTimer(timer: usize) -> u8 {
    let world = cross("KeCancelTimer", DISPATCH);
    u8::from(timer::cancel(&world, timer))
}

extern "win64" fn KeReadStateTimer(timer: usize) -> u8 {
    let _world = cross("KeReadStateTimer", DISPATCH);
    u8::from(header::state(timer) > 0)
}

extern "win64" fn ExAllocateTimer(callback: usize, context: usize, attributes: u32) -> usize {
    /// EX_TIMER_NOTIFICATION.
    const NOTIFICATION: u32 = 1 << 31;
    let world = cross("ExAllocateTimer", DISPATCH);
    if world.faults.next_call_fails("ExAllocateTimer").is_some() {
        return 0;
    }
    let timer = object::memory(&world);
    let fires = if callback == 0 {
        Fires::Nothing
    } else {
        let arguments = [timer, context, 0, 0];
        Fires::Routine(Routine { callback: "Timer", address: callback, arguments, owner: None })
    };
    timer::initialise(&world, timer, attributes & NOTIFICATION == 0, fires);
    resource::take(&world, ALLOCATED, timer, None);
    timer
}

extern "win64" fn ExSetTimer(timer: usize, due: i64, period: i64, _parameters: usize) -> u8 {
    let world = cross("ExSetTimer", DISPATCH);
    let due = Due { at_100ns: time::due(&world, due), period_100ns: period.unsigned_abs() };
    u8::from(timer::set(&world, timer, due, None))
}

extern "win64" fn ExCancelTimer(timer: usize, _parameters: usize) -> u8 {
    let world = cross("ExCancelTimer", DISPATCH);
    u8::from(timer::cancel(&world, timer))
}

/// The driver may delete a timer inside its own callback, if it does not wait
/// (ddi:wdm/nf-wdm-exdeletetimer).
extern "win64" fn ExDeleteTimer(timer: usize, _cancel: u8, wait: u8, _parameters: usize) -> u8 {
    let world = cross("ExDeleteTimer", DISPATCH);
    let was_armed = timer::is_armed(&world, timer);
    if resource::give(&world, ALLOCATED, timer) {
        timer::delete(&world, timer, wait != 0);
    }
    u8::from(was_armed)
}

extern "win64" fn KeInitializeDpc(dpc: usize, routine: usize, context: usize) {
    let world = cross("KeInitializeDpc", ANY);
    dpc::initialise(&world, dpc, routine, context, false);
}

/// The system may run a threaded DPC at either level; here it is PASSIVE_LEVEL, which shows more
/// (ddi:wdm/nf-wdm-keinitializethreadeddpc).
extern "win64" fn KeInitializeThreadedDpc(dpc: usize, routine: usize, context: usize) {
    let world = cross("KeInitializeThreadedDpc", ANY);
    dpc::initialise(&world, dpc, routine, context, true);
}

extern "win64" fn KeInsertQueueDpc(dpc: usize, first: usize, second: usize) -> u8 {
    let world = cross("KeInsertQueueDpc", ANY);
    u8::from(dpc::insert(&world, dpc, [first, second]))
}

extern "win64" fn KeRemoveQueueDpc(dpc: usize) -> u8 {
    let world = cross("KeRemoveQueueDpc", ANY);
    u8::from(dpc::remove(&world, dpc))
}

extern "win64" fn KeFlushQueuedDpcs() {
    let world = cross("KeFlushQueuedDpcs", PASSIVE);
    dpc::flush(&world);
}

/// Every DPC runs on a thread of its own, so importance and processor change nothing.
extern "win64" fn KeSetImportanceDpc(_dpc: usize, _importance: i32) {
    let _world = cross("KeSetImportanceDpc", ANY);
}

extern "win64" fn KeSetTargetProcessorDpc(_dpc: usize, _number: i8) {
    let _world = cross("KeSetTargetProcessorDpc", ANY);
}

extern "win64" fn KeSetTargetProcessorDpcEx(_dpc: usize, number: usize) -> i32 {
    let world = cross("KeSetTargetProcessorDpcEx", ANY);
    super::processor::check(&world, number)
}
