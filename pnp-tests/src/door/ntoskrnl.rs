//! Exports of ntoskrnl.exe: thunks under their Windows names.
#![allow(non_snake_case, reason = "Windows names")]

use std::ptr;
use std::rc::Rc;
use std::slice;

use ndis_abi::etw::{ETWENABLECALLBACK, EVENT_DATA_DESCRIPTOR, EVENT_DESCRIPTOR};

use super::call::EnableCallback;
use super::fiber::{self, Wait};
use super::gate;
use super::trap;
use crate::journal::Fact;
use crate::journal::etw::Descriptor;
use crate::nt::{bugcheck, etw, pool};
use crate::world::thread::DISPATCH;
use crate::world::{self, World};

/// STATUS_SUCCESS and the two errors that ETW answers with.
const SUCCESS: i32 = 0;
const INVALID_HANDLE: i32 = 0xC000_0008_u32.cast_signed();
const INVALID_PARAMETER: i32 = 0xC000_000D_u32.cast_signed();
/// HIGH_LEVEL: callable at any IRQL.
const ANY: u8 = 15;
const APC: u8 = 1;
const PASSIVE: u8 = 0;

/// The image crossed the door through `import`, which is allowed up to an IRQL.
pub(super) fn cross(import: &'static str, allowed: u8) -> Rc<World> {
    trap::crossed();
    let world = world::current();
    let irql = world.threads.current().irql.get();
    if irql > allowed {
        world.record(Fact::IrqlTooHigh { import, irql, allowed });
    }
    world
}

/// Every export of this file.
pub(super) fn exports() -> [(&'static str, usize); 18] {
    [
        ("EtwActivityIdControl", EtwActivityIdControl as *const () as usize),
        ("EtwRegister", EtwRegister as *const () as usize),
        ("EtwSetInformation", EtwSetInformation as *const () as usize),
        ("EtwUnregister", EtwUnregister as *const () as usize),
        ("EtwWriteTransfer", EtwWriteTransfer as *const () as usize),
        ("ExAllocatePool2", ExAllocatePool2 as *const () as usize),
        ("ExFreePool", ExFreePool as *const () as usize),
        ("ExFreePoolWithTag", ExFreePoolWithTag as *const () as usize),
        ("KeAcquireSpinLockRaiseToDpc", KeAcquireSpinLockRaiseToDpc as *const () as usize),
        ("KeBugCheckEx", KeBugCheckEx as *const () as usize),
        ("KeGetCurrentIrql", KeGetCurrentIrql as *const () as usize),
        ("KeInitializeSpinLock", KeInitializeSpinLock as *const () as usize),
        ("KeQueryInterruptTimePrecise", KeQueryInterruptTimePrecise as *const () as usize),
        ("KeReleaseSpinLock", KeReleaseSpinLock as *const () as usize),
        ("memcmp", memcmp as *const () as usize),
        ("memcpy", memcpy as *const () as usize),
        ("memmove", memcpy as *const () as usize),
        ("memset", memset as *const () as usize),
    ]
}

/// # Safety
///
/// `address` is 0 or names 16 readable bytes.
unsafe fn guid(address: usize) -> Option<[u8; 16]> {
    if address == 0 {
        return None;
    }
    // SAFETY: not NULL, so readable (caller); bytes have no alignment.
    Some(unsafe { ptr::with_exposed_provenance::<[u8; 16]>(address).read() })
}

/// # Safety
///
/// `length` bytes at `address` are readable.
unsafe fn bytes(address: usize, length: usize) -> Vec<u8> {
    if length == 0 {
        return Vec::new();
    }
    // SAFETY: the caller's word; copied at once.
    unsafe { slice::from_raw_parts(ptr::with_exposed_provenance(address), length) }.to_vec()
}

/// # Safety
///
/// By the image, with arguments as ddi:wdm/nf-wdm-etwregister demands; so for all thunks here.
unsafe extern "win64" fn EtwRegister(
    provider: usize,
    callback: Option<ETWENABLECALLBACK>,
    context: usize,
    handle: *mut u64,
) -> i32 {
    let world = cross("EtwRegister", PASSIVE);
    // SAFETY: the image passes its provider's GUID.
    let Some(id) = (unsafe { guid(provider) }) else { return INVALID_PARAMETER };
    if let Some(status) = world.faults.next_call_fails("EtwRegister") {
        return status;
    }
    let enable = callback.map(|function| EnableCallback { function, context });
    let registered = etw::register(&world, id, enable);
    // SAFETY: the image passes a writable handle.
    unsafe { handle.write_unaligned(registered) };
    SUCCESS
}

extern "win64" fn EtwUnregister(handle: u64) -> i32 {
    let world = cross("EtwUnregister", PASSIVE);
    if etw::unregister(&world, handle) { SUCCESS } else { INVALID_HANDLE }
}

unsafe extern "win64" fn EtwSetInformation(
    handle: u64,
    class: u32,
    information: usize,
    length: u32,
) -> i32 {
    /// EventProviderSetTraits.
    const SET_TRAITS: u32 = 2;
    let world = cross("EtwSetInformation", PASSIVE);
    if class != SET_TRAITS {
        return INVALID_PARAMETER;
    }
    // SAFETY: the image passes that many bytes.
    let traits = unsafe { bytes(information, length as usize) };
    if etw::set_traits(&world, handle, traits) { SUCCESS } else { INVALID_HANDLE }
}

unsafe extern "win64" fn EtwWriteTransfer(
    handle: u64,
    descriptor: *const EVENT_DESCRIPTOR,
    activity: usize,
    related: usize,
    count: u32,
    data: *const EVENT_DATA_DESCRIPTOR,
) -> i32 {
    /// EVENT_DATA_DESCRIPTOR types.
    const PAYLOAD: u8 = 0;
    const EVENT_METADATA: u8 = 1;
    let world = cross("EtwWriteTransfer", ANY);
    // SAFETY: the image passes a descriptor.
    let d = unsafe { descriptor.read_unaligned() };
    let (mut metadata, mut payload) = (Vec::new(), Vec::new());
    for index in 0..count as usize {
        // SAFETY: the image passes `count` data descriptors.
        let piece = unsafe { data.add(index) };
        // SAFETY: one of them.
        let piece = unsafe { piece.read_unaligned() };
        let Ok(address) = usize::try_from(piece.Ptr) else { return INVALID_PARAMETER };
        // SAFETY: each names Size readable bytes.
        let content = unsafe { bytes(address, piece.Size as usize) };
        match piece.Type {
            PAYLOAD => payload.extend(content),
            EVENT_METADATA => metadata.extend(content),
            // 2 repeats the traits, which were registered; others are not for this session.
            _ => {}
        }
    }
    let written = etw::Written {
        descriptor: Descriptor {
            id: d.Id,
            version: d.Version,
            channel: d.Channel,
            level: d.Level,
            opcode: d.Opcode,
            task: d.Task,
            keyword: d.Keyword,
        },
        // SAFETY: NULL or a GUID.
        activity: unsafe { guid(activity) },
        // SAFETY: NULL or a GUID.
        related: unsafe { guid(related) },
        metadata,
        payload,
    };
    if etw::write(&world, handle, written) { SUCCESS } else { INVALID_HANDLE }
}

unsafe extern "win64" fn EtwActivityIdControl(code: u32, activity: *mut [u8; 16]) -> i32 {
    let world = cross("EtwActivityIdControl", APC);
    // SAFETY: the image passes a readable and writable GUID.
    let given = unsafe { activity.read_unaligned() };
    let Some(answer) = etw::activity_control(&world, code, given) else {
        return INVALID_PARAMETER;
    };
    // SAFETY: as above.
    unsafe { activity.write_unaligned(answer) };
    SUCCESS
}

extern "win64" fn ExAllocatePool2(flags: u64, length: usize, tag: u32) -> usize {
    /// POOL_FLAG_UNINITIALIZED.
    const UNINITIALIZED: u64 = 2;
    let world = cross("ExAllocatePool2", DISPATCH);
    let zeroed = flags & UNINITIALIZED == 0;
    pool::allocate(&world, length, tag.to_le_bytes(), zeroed).unwrap_or(0)
}

extern "win64" fn ExFreePoolWithTag(address: usize, tag: u32) {
    let world = cross("ExFreePoolWithTag", DISPATCH);
    pool::free(&world, address, (tag != 0).then(|| tag.to_le_bytes()));
}

extern "win64" fn ExFreePool(address: usize) {
    let world = cross("ExFreePool", DISPATCH);
    pool::free(&world, address, None);
}

extern "win64" fn KeGetCurrentIrql() -> u8 {
    cross("KeGetCurrentIrql", ANY).threads.current().irql.get()
}

unsafe extern "win64" fn KeInitializeSpinLock(lock: *mut usize) {
    let _ = cross("KeInitializeSpinLock", ANY);
    // SAFETY: the image passes a KSPIN_LOCK.
    unsafe { lock.write(0) };
}

/// A lock that is held here is held by a thread that gave way while it held it, which is an error
/// of its own; this one waits its turn as a processor would spin.
unsafe extern "win64" fn KeAcquireSpinLockRaiseToDpc(lock: *mut usize) -> u8 {
    let world = cross("KeAcquireSpinLockRaiseToDpc", DISPATCH);
    // SAFETY: the image passes a KSPIN_LOCK; one runner, so nobody else touches it meanwhile.
    while unsafe { lock.read() } != 0 {
        fiber::wait(Wait::Turn);
    }
    // SAFETY: as above.
    unsafe { lock.write(1) };
    world.threads.current().irql.replace(DISPATCH)
}

unsafe extern "win64" fn KeReleaseSpinLock(lock: *mut usize, irql: u8) {
    let world = cross("KeReleaseSpinLock", DISPATCH);
    // SAFETY: the image passes the KSPIN_LOCK it holds.
    unsafe { lock.write(0) };
    world.threads.current().irql.set(irql);
}

unsafe extern "win64" fn KeQueryInterruptTimePrecise(counter: *mut u64) -> u64 {
    let world = cross("KeQueryInterruptTimePrecise", ANY);
    let now = world.clock.get();
    // SAFETY: the image passes a writable counter. The performance counter runs at 10 MHz here, as
    // on every Hyper-V guest, so it is the time itself.
    unsafe { counter.write_unaligned(now) };
    now
}

extern "win64" fn KeBugCheckEx(code: u32, p1: usize, p2: usize, p3: usize, p4: usize) {
    let world = cross("KeBugCheckEx", ANY);
    let what = format!("KeBugCheckEx by the driver, parameters {p1:#x} {p2:#x} {p3:#x} {p4:#x}");
    let at = bugcheck::place(&world, gate::caller());
    world.record(Fact::Bugcheck { code, what, at });
    fiber::wait(Wait::Stop);
}

unsafe extern "win64" fn memcpy(to: *mut u8, from: *const u8, length: usize) -> *mut u8 {
    trap::crossed();
    // SAFETY: the image's own pointers and length, as memmove; a fault is the image's.
    unsafe { ptr::copy(from, to, length) };
    to
}

unsafe extern "win64" fn memset(to: *mut u8, value: i32, length: usize) -> *mut u8 {
    trap::crossed();
    // SAFETY: the image's own pointer and length; a fault is the image's.
    unsafe { ptr::write_bytes(to, value.to_le_bytes()[0], length) };
    to
}

unsafe extern "win64" fn memcmp(a: *const u8, b: *const u8, length: usize) -> i32 {
    trap::crossed();
    // SAFETY: the image's own pointers and length; a fault is the image's.
    unsafe { libc::memcmp(a.cast(), b.cast(), length) }
}
