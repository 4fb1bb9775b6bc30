//! The monitor's events: one TraceLogging event for every callback, with the callback's name, the
//! module's interface index and a code. Does nothing without the feature `monitor`.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use driver_abi::nt::GUID;

use crate::import::{EtwRegister, EtwSetInformation, EtwUnregister, EtwWriteTransfer};
use crate::layout::{Pointer, Room};

static PROVIDER: GUID = GUID {
    Data1: 0x6E1C_8A3B,
    Data2: 0x2D47,
    Data3: 0x4F0A,
    Data4: [0x93, 0x1C, 0x5B, 0x70, 0x2F, 0x8E, 0x44, 0xD1],
};
/// Length of it all, then the provider's name.
static TRAITS: [u8; 15] = *b"\x0F\0PlainMonitor\0";
/// Length of it all, tags, the event's name; then name and type of each field: a terminated ANSI
/// string (2), two unsigned 32-bit numbers (8).
static EVENT: [u8; 33] = *b"\x21\0\0Callback\0Name\0\x02IfIndex\0\x08Code\0\x08";
/// EventProviderSetTraits.
const SET_TRAITS: i32 = 2;
/// EVENT_DATA_DESCRIPTOR: the types of its data.
const DATA: u32 = 0;
const EVENT_METADATA: u32 = 1;
const PROVIDER_METADATA: u32 = 2;

static HANDLE: AtomicU64 = AtomicU64::new(0);

/// DriverEntry.
pub fn start() {
    if !cfg!(feature = "monitor") {
        return;
    }
    // SAFETY: PASSIVE_LEVEL; the identifier is static, the handle is written once.
    let status = unsafe {
        EtwRegister(
            &raw const PROVIDER,
            core::ptr::null_mut(),
            core::ptr::null_mut(),
            HANDLE.as_ptr(),
        )
    };
    if status != 0 {
        HANDLE.store(0, Relaxed);
        return;
    }
    let handle = HANDLE.load(Relaxed);
    // SAFETY: a live registration; the traits are static.
    let _status =
        unsafe { EtwSetInformation(handle, SET_TRAITS, TRAITS.as_ptr(), TRAITS.len() as u32) };
}

/// DriverUnload, or a DriverEntry that fails.
pub fn stop() {
    if !cfg!(feature = "monitor") {
        return;
    }
    let handle = HANDLE.swap(0, Relaxed);
    if handle != 0 {
        // SAFETY: a live registration, not used again.
        let _status = unsafe { EtwUnregister(handle) };
    }
}

/// At any IRQL. `name` ends with a zero.
pub fn publish(name: &[u8], if_index: u32, code: u32) {
    let handle = HANDLE.load(Relaxed);
    if !cfg!(feature = "monitor") || handle == 0 {
        return;
    }
    // EVENT_DESCRIPTOR: Channel 11 (TraceLogging), Level 4 (information), Keyword 1.
    let mut descriptor = Room::<16>::zeroed();
    let at = descriptor.at();
    at.set_u8(3, 11);
    at.set_u8(4, 4);
    at.set_u64(8, 1);
    let mut data = Room::<80>::zeroed();
    let at = data.at();
    let pieces: [(*const u8, usize, u32); 5] = [
        (TRAITS.as_ptr(), TRAITS.len(), PROVIDER_METADATA),
        (EVENT.as_ptr(), EVENT.len(), EVENT_METADATA),
        (name.as_ptr(), name.len(), DATA),
        ((&raw const if_index).cast(), 4, DATA),
        ((&raw const code).cast(), 4, DATA),
    ];
    let mut offset = 0;
    for (address, length, kind) in pieces {
        at.set_u64(offset, address.expose_provenance() as u64);
        at.set_u32(offset + 8, length as u32);
        at.set_u32(offset + 12, kind);
        offset += 16;
    }
    let none: Pointer = core::ptr::null_mut();
    // SAFETY: a live registration; everything lives for the call.
    let _status = unsafe {
        EtwWriteTransfer(handle, descriptor.at().pointer_to(0), none, none, 5, at.pointer_to(0))
    };
}
