//! Threads, handles and references.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::{ANY, APC, DISPATCH, PASSIVE, cross};
use crate::door::raw;
use crate::nt::{object, thread};

use super::data;
use crate::door::exports::exports;

exports![
    IoGetCurrentProcess = PsGetCurrentProcess,
    KeAreAllApcsDisabled,
    KeAreApcsDisabled,
    KeEnterCriticalRegion,
    KeEnterGuardedRegion,
    KeGetCurrentThread,
    KeLeaveCriticalRegion,
    KeLeaveGuardedRegion,
    KeQueryPriorityThread,
    KeSetPriorityThread,
    ObReferenceObjectByHandle,
    ObfDereferenceObject,
    ObfDereferenceObjectWithTag,
    ObfReferenceObject,
    ObfReferenceObjectWithTag,
    PsCreateSystemThread,
    PsGetCurrentProcess,
    PsGetCurrentProcessId,
    PsGetCurrentThread = KeGetCurrentThread,
    PsGetCurrentThreadId,
    PsTerminateSystemThread,
    ZwClose,
];

const SUCCESS: i32 = 0;
const INVALID_HANDLE: i32 = 0xC000_0008_u32.cast_signed();
const INVALID_PARAMETER: i32 = 0xC000_000D_u32.cast_signed();
const OBJECT_TYPE_MISMATCH: i32 = 0xC000_0024_u32.cast_signed();
/// The process id of the system process.
const SYSTEM: usize = 4;

extern "win64" fn PsCreateSystemThread(
    handle: usize,
    _access: u32,
    _attributes: usize,
    _process: usize,
    _client: usize,
    start: usize,
    context: usize,
) -> i32 {
    let world = cross("PsCreateSystemThread", PASSIVE);
    if let Some(status) = world.faults.next_call_fails("PsCreateSystemThread") {
        return status;
    }
    raw::put(handle, thread::create(&world, start, context));
    SUCCESS
}

extern "win64" fn PsTerminateSystemThread(_status: i32) -> i32 {
    let world = cross("PsTerminateSystemThread", PASSIVE);
    if !thread::terminates(&world) {
        return INVALID_PARAMETER;
    }
    // What is on the stack from here on is never dropped.
    drop(world);
    thread::exit();
    SUCCESS
}

extern "win64" fn ObReferenceObjectByHandle(
    handle: usize,
    _access: u32,
    kind: usize,
    _mode: i8,
    object: usize,
    _information: usize,
) -> i32 {
    const CURRENT_THREAD: usize = usize::MAX - 1;
    let world = cross("ObReferenceObjectByHandle", PASSIVE);
    let (named, address) = if handle == CURRENT_THREAD {
        ("thread handle", thread::with_current(&world, |thread| thread.object))
    } else {
        match object::lookup(&world, handle) {
            Some(named) => (named.kind, named.data),
            None => return INVALID_HANDLE,
        }
    };
    if kind != 0 && data::kind_of(kind) != Some(named) {
        return OBJECT_TYPE_MISMATCH;
    }
    if let Some(status) = world.faults.next_call_fails("ObReferenceObjectByHandle") {
        return status;
    }
    object::reference(&world, address);
    raw::put(object, address);
    SUCCESS
}

fn referenced(import: &'static str, object: usize) -> isize {
    let world = cross(import, DISPATCH);
    // The system holds one of its own.
    isize::try_from(object::reference(&world, object)).unwrap_or(isize::MAX) + 1
}

fn dereferenced(import: &'static str, object: usize) -> isize {
    let world = cross(import, DISPATCH);
    isize::try_from(object::dereference(&world, object)).unwrap_or(isize::MAX) + 1
}

extern "win64" fn ObfReferenceObject(object: usize) -> isize {
    referenced("ObfReferenceObject", object)
}

extern "win64" fn ObfDereferenceObject(object: usize) -> isize {
    dereferenced("ObfDereferenceObject", object)
}

extern "win64" fn ObfReferenceObjectWithTag(object: usize, _tag: u32) -> isize {
    referenced("ObfReferenceObjectWithTag", object)
}

extern "win64" fn ObfDereferenceObjectWithTag(object: usize, _tag: u32) -> isize {
    dereferenced("ObfDereferenceObjectWithTag", object)
}

extern "win64" fn ZwClose(handle: usize) -> i32 {
    let world = cross("ZwClose", PASSIVE);
    if object::close(&world, handle).is_some() { SUCCESS } else { INVALID_HANDLE }
}

extern "win64" fn KeGetCurrentThread() -> usize {
    let world = cross("KeGetCurrentThread", ANY);
    thread::with_current(&world, |thread| thread.object)
}

extern "win64" fn KeSetPriorityThread(object: usize, priority: i32) -> i32 {
    let world = cross("KeSetPriorityThread", PASSIVE);
    thread::set_priority(&world, object, priority)
}

extern "win64" fn KeQueryPriorityThread(object: usize) -> i32 {
    let world = cross("KeQueryPriorityThread", PASSIVE);
    thread::priority(&world, object)
}

extern "win64" fn PsGetCurrentThreadId() -> usize {
    let world = cross("PsGetCurrentThreadId", ANY);
    // Thread ids are multiples of four on Windows, apart from process ids.
    SYSTEM + 4 * world.threads.current_id() as usize
}

extern "win64" fn PsGetCurrentProcessId() -> usize {
    let _world = cross("PsGetCurrentProcessId", ANY);
    SYSTEM
}

extern "win64" fn PsGetCurrentProcess() -> usize {
    let world = cross("PsGetCurrentProcess", ANY);
    object::process(&world)
}

extern "win64" fn KeEnterCriticalRegion() {
    let world = cross("KeEnterCriticalRegion", APC);
    thread::with_current(&world, |thread| thread.critical += 1);
}

extern "win64" fn KeLeaveCriticalRegion() {
    let world = cross("KeLeaveCriticalRegion", APC);
    thread::with_current(&world, |thread| thread.critical = thread.critical.saturating_sub(1));
}

extern "win64" fn KeEnterGuardedRegion() {
    let world = cross("KeEnterGuardedRegion", APC);
    thread::with_current(&world, |thread| thread.guarded += 1);
}

extern "win64" fn KeLeaveGuardedRegion() {
    let world = cross("KeLeaveGuardedRegion", APC);
    thread::with_current(&world, |thread| thread.guarded = thread.guarded.saturating_sub(1));
}

extern "win64" fn KeAreAllApcsDisabled() -> u8 {
    let world = cross("KeAreAllApcsDisabled", DISPATCH);
    u8::from(thread::apcs_are_held(&world, true))
}

extern "win64" fn KeAreApcsDisabled() -> u8 {
    let world = cross("KeAreApcsDisabled", DISPATCH);
    u8::from(thread::apcs_are_held(&world, false))
}
