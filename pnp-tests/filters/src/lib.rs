//! The smallest filter that forwards everything, written against `ndis-abi` alone: what the
//! driver is measured against, and, with one of the features on, a filter with one mistake that
//! the host must catch. It shares no code with the driver.
#![cfg_attr(image, no_std)]
#![cfg(image)]
#![allow(missing_docs, reason = "one file, read top to bottom")]

use core::ffi::c_void;
use core::panic::PanicInfo;
use core::ptr;

use driver_abi::io::DRIVER_OBJECT;
use driver_abi::ndis::device_pnp::NET_DEVICE_PNP_EVENT;
use driver_abi::ndis::filter as abi;
use driver_abi::ndis::indication::NDIS_STATUS_INDICATION;
use driver_abi::ndis::net_pnp::NET_PNP_EVENT_NOTIFICATION;
use driver_abi::ndis::object::{
    NDIS_HANDLE, NDIS_OBJECT_HEADER, NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES,
    NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS,
};
use driver_abi::ndis::status::{NDIS_STATUS, NDIS_STATUS_SUCCESS};
use driver_abi::nt::{NTSTATUS, UNICODE_STRING};

#[link(name = "ndis.sys", kind = "raw-dylib", modifiers = "+verbatim")]
#[allow(dead_code, reason = "which are called depends on the features")]
unsafe extern "system" {
    fn NdisFRegisterFilterDriver(
        object: *mut DRIVER_OBJECT,
        context: NDIS_HANDLE,
        characteristics: *mut abi::NDIS_FILTER_DRIVER_CHARACTERISTICS,
        handle: *mut NDIS_HANDLE,
    ) -> NDIS_STATUS;
    fn NdisFDeregisterFilterDriver(handle: NDIS_HANDLE);
    fn NdisFSetAttributes(
        handle: NDIS_HANDLE,
        context: NDIS_HANDLE,
        attributes: *mut abi::NDIS_FILTER_ATTRIBUTES,
    ) -> NDIS_STATUS;
    fn NdisFNetPnPEvent(
        handle: NDIS_HANDLE,
        notification: *mut NET_PNP_EVENT_NOTIFICATION,
    ) -> NDIS_STATUS;
    fn NdisFDevicePnPEventNotify(handle: NDIS_HANDLE, event: *mut NET_DEVICE_PNP_EVENT);
    fn NdisFIndicateStatus(handle: NDIS_HANDLE, indication: *mut NDIS_STATUS_INDICATION);
    fn NdisAllocateMemoryWithTagPriority(
        handle: NDIS_HANDLE,
        length: u32,
        tag: u32,
        priority: i32,
    ) -> *mut c_void;
}

#[link(name = "ntoskrnl.exe", kind = "raw-dylib", modifiers = "+verbatim")]
#[allow(dead_code, reason = "memset and memcpy are called by compiled code, if at all")]
unsafe extern "system" {
    fn KeGetCurrentIrql() -> u8;
    fn KeBugCheckEx(code: u32, p1: usize, p2: usize, p3: usize, p4: usize) -> !;
    fn memset(to: *mut c_void, value: i32, length: usize) -> *mut c_void;
    fn memcpy(to: *mut c_void, from: *const c_void, length: usize) -> *mut c_void;
}

static mut DRIVER_HANDLE: NDIS_HANDLE = ptr::null_mut();
static UNIQUE_NAME: [u16; 38] = {
    let ascii = *b"{0B7D5D1C-7C1B-4C55-8E0B-6D6A5F2E9A01}";
    let mut wide = [0; 38];
    let mut at = 0;
    while at < 38 {
        wide[at] = ascii[at] as u16;
        at += 1;
    }
    wide
};

#[panic_handler]
fn panic(_info: &PanicInfo<'_>) -> ! {
    // SAFETY: any IRQL, does not return.
    unsafe { KeBugCheckEx(0xE2, 0, 0, 0, 0) }
}

fn name() -> UNICODE_STRING {
    UNICODE_STRING { Length: 76, MaximumLength: 76, Buffer: UNIQUE_NAME.as_ptr().cast_mut() }
}

/// # Safety
///
/// Called by the I/O manager only.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn DriverEntry(
    object: *mut DRIVER_OBJECT,
    _registry_path: *mut UNICODE_STRING,
) -> NTSTATUS {
    let mut characteristics = abi::NDIS_FILTER_DRIVER_CHARACTERISTICS {
        Header: NDIS_OBJECT_HEADER {
            Type: NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS,
            Revision: abi::NDIS_FILTER_CHARACTERISTICS_REVISION_2,
            Size: abi::NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2,
        },
        MajorNdisVersion: 6,
        MinorNdisVersion: 30,
        MajorDriverVersion: 0,
        MinorDriverVersion: 1,
        Flags: 0,
        FriendlyName: name(),
        UniqueName: name(),
        ServiceName: name(),
        SetOptionsHandler: None,
        SetFilterModuleOptionsHandler: None,
        AttachHandler: Some(attach),
        DetachHandler: Some(detach),
        RestartHandler: Some(restart),
        PauseHandler: Some(pause),
        SendNetBufferListsHandler: ptr::null_mut(),
        SendNetBufferListsCompleteHandler: ptr::null_mut(),
        CancelSendNetBufferListsHandler: ptr::null_mut(),
        ReceiveNetBufferListsHandler: ptr::null_mut(),
        ReturnNetBufferListsHandler: ptr::null_mut(),
        OidRequestHandler: None,
        OidRequestCompleteHandler: None,
        CancelOidRequestHandler: None,
        DevicePnPEventNotifyHandler: Some(device_pnp_event),
        NetPnPEventHandler: Some(net_pnp_event),
        StatusHandler: Some(status),
        DirectOidRequestHandler: ptr::null_mut(),
        DirectOidRequestCompleteHandler: ptr::null_mut(),
        CancelDirectOidRequestHandler: ptr::null_mut(),
        SynchronousOidRequestHandler: ptr::null_mut(),
        SynchronousOidRequestCompleteHandler: ptr::null_mut(),
    };
    // SAFETY: the I/O manager passes a live driver object.
    unsafe { (*object).DriverUnload = Some(unload) };
    // SAFETY: DriverEntry at PASSIVE_LEVEL; everything lives for the call. The handle is written
    // here once and read in DriverUnload.
    let status = unsafe {
        NdisFRegisterFilterDriver(
            object,
            ptr::null_mut(),
            &raw mut characteristics,
            &raw mut DRIVER_HANDLE,
        )
    };
    NTSTATUS(status.0)
}

unsafe extern "system" fn unload(_object: *mut DRIVER_OBJECT) {
    // SAFETY: written in DriverEntry, which succeeded.
    let handle = unsafe { (&raw const DRIVER_HANDLE).read() };
    // SAFETY: a live registration, in DriverUnload.
    unsafe { NdisFDeregisterFilterDriver(handle) };
}

/// The module's context is its NDIS handle: nothing is allocated.
unsafe extern "system" fn attach(
    handle: NDIS_HANDLE,
    _driver: NDIS_HANDLE,
    _parameters: *mut abi::NDIS_FILTER_ATTACH_PARAMETERS,
) -> NDIS_STATUS {
    if cfg!(feature = "exhausts") {
        // SAFETY: FilterAttach's own handle, PASSIVE_LEVEL.
        while !unsafe { NdisAllocateMemoryWithTagPriority(handle, 1 << 24, 0x6C6C_6C61, 16) }
            .is_null()
        {}
        return driver_abi::ndis::status::NDIS_STATUS_RESOURCES;
    }
    if cfg!(feature = "leaks") {
        // SAFETY: FilterAttach's own handle, PASSIVE_LEVEL.
        unsafe { NdisAllocateMemoryWithTagPriority(handle, 24, u32::from_le_bytes(*b"leak"), 16) };
    }
    let mut attributes = abi::NDIS_FILTER_ATTRIBUTES {
        Header: NDIS_OBJECT_HEADER {
            Type: NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES,
            Revision: abi::NDIS_FILTER_ATTRIBUTES_REVISION_1,
            Size: abi::NDIS_SIZEOF_FILTER_ATTRIBUTES_REVISION_1,
        },
        Flags: 0,
    };
    // SAFETY: inside FilterAttach with its own handle.
    unsafe { NdisFSetAttributes(handle, handle, &raw mut attributes) }
}

unsafe extern "system" fn detach(_context: NDIS_HANDLE) {}

unsafe extern "system" fn restart(
    _context: NDIS_HANDLE,
    _parameters: *mut abi::NDIS_FILTER_RESTART_PARAMETERS,
) -> NDIS_STATUS {
    if cfg!(feature = "fails-restart") {
        return driver_abi::ndis::status::NDIS_STATUS_RESOURCES;
    }
    NDIS_STATUS_SUCCESS
}

unsafe extern "system" fn pause(
    _context: NDIS_HANDLE,
    _parameters: *mut abi::NDIS_FILTER_PAUSE_PARAMETERS,
) -> NDIS_STATUS {
    NDIS_STATUS_SUCCESS
}

unsafe extern "system" fn net_pnp_event(
    handle: NDIS_HANDLE,
    notification: *mut NET_PNP_EVENT_NOTIFICATION,
) -> NDIS_STATUS {
    if cfg!(feature = "swallows") {
        return NDIS_STATUS_SUCCESS;
    }
    if cfg!(feature = "crashes") {
        // SAFETY: there is none; this is the mistake.
        let code = unsafe { ptr::null::<i32>().wrapping_add(4).read_volatile() };
        return NDIS_STATUS(code);
    }
    if cfg!(feature = "copies-null") {
        let mut room = [0_u8; 64];
        let from = ptr::without_provenance(8);
        // SAFETY: there is none; this is the mistake.
        unsafe { memcpy(room.as_mut_ptr().cast(), from, core::hint::black_box(room.len())) };
        return NDIS_STATUS(i32::from(room[0]));
    }
    if cfg!(feature = "bugchecks") {
        // SAFETY: any IRQL, does not return.
        unsafe { KeBugCheckEx(0xE2, 1, 2, 3, 4) };
    }
    while cfg!(feature = "loops") {
        // SAFETY: any IRQL.
        unsafe { KeGetCurrentIrql() };
    }
    // What is assembly of x86-64 is left out where it is not asked for: ARM64 has no such registers.
    #[cfg(feature = "rdmsr")]
    // SAFETY: there is none; this is the mistake.
    unsafe {
        core::arch::asm!("rdmsr", in("ecx") 0x10, out("eax") _, out("edx") _);
    }
    #[cfg(feature = "fast-fail")]
    if handle.addr() != 0 {
        // SAFETY: does not return.
        unsafe { core::arch::asm!("int 0x29", in("ecx") 2, options(noreturn)) };
    }
    while cfg!(feature = "hangs") {
        core::hint::spin_loop();
    }
    if cfg!(feature = "panics-index") {
        core::hint::black_box(UNIQUE_NAME[handle.addr()]);
    }
    if cfg!(feature = "deep-frame") {
        core::hint::black_box(&mut [0_u8; 2048]);
    }
    if cfg!(feature = "recurses") {
        descend(handle.addr());
    }
    #[cfg(feature = "uses-float")]
    core::hint::black_box(half(handle.addr()));
    // SAFETY: PASSIVE_LEVEL, the module's own handle, what NDIS passed, once.
    unsafe { NdisFNetPnPEvent(handle, notification) }
}

/// Calls itself, and not last.
#[inline(never)]
fn descend(depth: usize) -> usize {
    let below = if depth == 0 { 0 } else { descend(depth - 1) };
    core::hint::black_box(below)
}

/// What the linker wants where there is floating point.
#[cfg(feature = "uses-float")]
#[unsafe(no_mangle)]
static _fltused: i32 = 0;

#[cfg(feature = "uses-float")]
#[inline(never)]
#[allow(clippy::cast_precision_loss, reason = "any number will do")]
fn half(number: usize) -> f64 {
    number as f64 * 0.5
}

unsafe extern "system" fn device_pnp_event(handle: NDIS_HANDLE, event: *mut NET_DEVICE_PNP_EVENT) {
    // SAFETY: PASSIVE_LEVEL, the module's own handle, what NDIS passed, once.
    unsafe { NdisFDevicePnPEventNotify(handle, event) };
}

unsafe extern "system" fn status(handle: NDIS_HANDLE, indication: *mut NDIS_STATUS_INDICATION) {
    #[cfg(feature = "cr8")]
    {
        let irql: u64;
        // SAFETY: reads a control register, which kernel code may.
        unsafe { core::arch::asm!("mov {}, cr8", out(reg) irql) };
        // SAFETY: any IRQL.
        if irql != u64::from(unsafe { KeGetCurrentIrql() }) {
            // SAFETY: any IRQL, does not return.
            unsafe { KeBugCheckEx(0xE2, 8, 0, 0, 0) };
        }
    }
    // SAFETY: the module's own handle, what NDIS passed, once.
    unsafe { NdisFIndicateStatus(handle, indication) };
}
