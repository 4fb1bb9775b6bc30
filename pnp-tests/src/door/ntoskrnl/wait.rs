//! Objects that threads wait for, and waiting.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::{ANY, Crossing, DISPATCH, PASSIVE, cross};
use crate::door::{header, raw};
use crate::nt::dispatcher::{self, Kind, Limit};
use crate::nt::{bugcheck, object, time};

use crate::door::exports::exports;

exports![
    IoCreateNotificationEvent,
    IoCreateSynchronizationEvent,
    KeClearEvent,
    KeDelayExecutionThread,
    KeInitializeEvent,
    KeInitializeMutex,
    KeInitializeSemaphore,
    KePulseEvent,
    KeReadStateEvent,
    KeReadStateMutex = KeReadStateEvent,
    KeReadStateSemaphore = KeReadStateEvent,
    KeReleaseMutex,
    KeReleaseSemaphore,
    KeResetEvent,
    KeSetEvent,
    KeWaitForMultipleObjects,
    KeWaitForMutexObject = KeWaitForSingleObject,
    KeWaitForSingleObject,
];

const SUCCESS: i32 = 0;
const TIMEOUT: i32 = 0x102;

/// The index of the object that ended a wait, as a status.
fn status(answer: Option<usize>) -> i32 {
    answer.map_or(TIMEOUT, |index| i32::try_from(index).unwrap_or(TIMEOUT))
}

/// A time limit passed by address: NULL is none.
pub(in crate::door) fn limit(world: &Crossing, timeout: usize) -> Limit {
    Limit::new(world, (timeout != 0).then(|| raw::get(timeout)))
}

extern "win64" fn KeInitializeEvent(event: usize, kind: i32, state: u8) {
    /// EVENT_TYPE.
    const SYNCHRONIZATION_EVENT: i32 = 1;
    let world = cross("KeInitializeEvent", ANY);
    let kind = Kind::Event { synchronization: kind == SYNCHRONIZATION_EVENT };
    dispatcher::initialise(&world, event, kind, i32::from(state != 0));
}

extern "win64" fn KeSetEvent(event: usize, _increment: i32, _wait: u8) -> i32 {
    let world = cross("KeSetEvent", DISPATCH);
    dispatcher::set(&world, event)
}

extern "win64" fn KeClearEvent(event: usize) {
    let world = cross("KeClearEvent", DISPATCH);
    dispatcher::reset(&world, event);
}

extern "win64" fn KeResetEvent(event: usize) -> i32 {
    let world = cross("KeResetEvent", DISPATCH);
    dispatcher::reset(&world, event)
}

extern "win64" fn KePulseEvent(event: usize, _increment: i32, _wait: u8) -> i32 {
    let world = cross("KePulseEvent", DISPATCH);
    dispatcher::pulse(&world, event)
}

extern "win64" fn KeReadStateEvent(object: usize) -> i32 {
    let _world = cross("KeReadStateEvent", DISPATCH);
    header::state(object)
}

extern "win64" fn KeInitializeMutex(mutex: usize, _level: u32) {
    let world = cross("KeInitializeMutex", ANY);
    dispatcher::initialise(&world, mutex, Kind::Mutex { owner: None }, 1);
}

extern "win64" fn KeReleaseMutex(mutex: usize, _wait: u8) -> i32 {
    let world = cross("KeReleaseMutex", DISPATCH);
    dispatcher::release_mutex(&world, mutex).unwrap_or_else(|| {
        let what = "KeReleaseMutex of a mutex that this thread does not own";
        bugcheck::stop(&world, bugcheck::KMODE_EXCEPTION, what);
        0
    })
}

extern "win64" fn KeInitializeSemaphore(semaphore: usize, count: i32, limit: i32) {
    let world = cross("KeInitializeSemaphore", ANY);
    dispatcher::initialise(&world, semaphore, Kind::Semaphore { limit }, count);
}

extern "win64" fn KeReleaseSemaphore(
    semaphore: usize,
    _increment: i32,
    adjustment: i32,
    _wait: u8,
) -> i32 {
    let world = cross("KeReleaseSemaphore", DISPATCH);
    dispatcher::release_semaphore(&world, semaphore, adjustment).unwrap_or_else(|| {
        let what = "KeReleaseSemaphore past the semaphore's limit";
        bugcheck::stop(&world, bugcheck::KMODE_EXCEPTION, what);
        0
    })
}

extern "win64" fn KeWaitForSingleObject(
    object: usize,
    _reason: i32,
    _mode: i8,
    _alertable: u8,
    timeout: usize,
) -> i32 {
    const IMPORT: &str = "KeWaitForSingleObject";
    let world = cross(IMPORT, DISPATCH);
    let limit = limit(&world, timeout);
    status(dispatcher::wait(&world, IMPORT, &[object], false, limit))
}

extern "win64" fn KeWaitForMultipleObjects(
    count: u32,
    objects: usize,
    kind: i32,
    _reason: i32,
    _mode: i8,
    _alertable: u8,
    timeout: usize,
    _blocks: usize,
) -> i32 {
    const IMPORT: &str = "KeWaitForMultipleObjects";
    /// WAIT_TYPE.
    const WAIT_ALL: i32 = 0;
    let world = cross(IMPORT, DISPATCH);
    let limit = limit(&world, timeout);
    let objects: Vec<usize> =
        (0..count as usize).map(|index| raw::get(objects + 8 * index)).collect();
    status(dispatcher::wait(&world, IMPORT, &objects, kind == WAIT_ALL, limit))
}

extern "win64" fn KeDelayExecutionThread(_mode: i8, _alertable: u8, interval: usize) -> i32 {
    const IMPORT: &str = "KeDelayExecutionThread";
    // A delay at DISPATCH_LEVEL is told by the wait itself.
    let world = cross(IMPORT, DISPATCH);
    let until = time::due(&world, raw::get(interval));
    dispatcher::delay(&world, IMPORT, until);
    SUCCESS
}

fn named_event(import: &'static str, handle: usize, synchronization: bool) -> usize {
    let world = cross(import, PASSIVE);
    if world.faults.next_call_fails(import).is_some() {
        return 0;
    }
    let event = object::memory(&world);
    dispatcher::initialise(&world, event, Kind::Event { synchronization }, 1);
    raw::put(handle, object::open(&world, "event handle", event));
    event
}

extern "win64" fn IoCreateNotificationEvent(_name: usize, handle: usize) -> usize {
    named_event("IoCreateNotificationEvent", handle, false)
}

extern "win64" fn IoCreateSynchronizationEvent(_name: usize, handle: usize) -> usize {
    named_event("IoCreateSynchronizationEvent", handle, true)
}
