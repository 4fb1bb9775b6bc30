//! The smallest WSK client, written against `driver-abi` alone: it registers, captures the provider,
//! releases it and deregisters; with one of the features on, with one mistake that the host must
//! catch.
#![cfg_attr(image, no_std)]
#![cfg(image)]
#![allow(missing_docs, reason = "one file, read top to bottom")]

use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::panic::PanicInfo;
use core::ptr;

use driver_abi::io::DRIVER_OBJECT;
use driver_abi::nt::{NTSTATUS, STATUS_SUCCESS, UNICODE_STRING};
use driver_abi::wsk::{
    STATUS_NOT_IMPLEMENTED, WSK_CLIENT_DISPATCH, WSK_CLIENT_NPI, WSK_NO_WAIT, WSK_PROVIDER_NPI,
    WSK_REGISTRATION,
};

#[link(name = "netio.sys", kind = "raw-dylib", modifiers = "+verbatim")]
unsafe extern "system" {
    fn WskRegister(npi: *const WSK_CLIENT_NPI, registration: *mut WSK_REGISTRATION) -> NTSTATUS;
    fn WskCaptureProviderNPI(
        registration: *mut WSK_REGISTRATION,
        wait_ms: u32,
        npi: *mut WSK_PROVIDER_NPI,
    ) -> NTSTATUS;
    fn WskReleaseProviderNPI(registration: *mut WSK_REGISTRATION);
    fn WskDeregister(registration: *mut WSK_REGISTRATION);
}

#[link(name = "ntoskrnl.exe", kind = "raw-dylib", modifiers = "+verbatim")]
#[allow(dead_code, reason = "memset and memcpy are called by compiled code, if at all")]
unsafe extern "system" {
    fn KeBugCheckEx(code: u32, p1: usize, p2: usize, p3: usize, p4: usize) -> !;
    fn memset(to: *mut c_void, value: i32, length: usize) -> *mut c_void;
    fn memcpy(to: *mut c_void, from: *const c_void, length: usize) -> *mut c_void;
}

/// Stays where it is until WskDeregister has returned, as the registration does.
static DISPATCH: WSK_CLIENT_DISPATCH = WSK_CLIENT_DISPATCH {
    // MAKE_WSK_VERSION(1, 0).
    Version: 0x0100,
    Reserved: 0,
    WskClientEvent: Some(client_event),
};
static mut REGISTRATION: MaybeUninit<WSK_REGISTRATION> = MaybeUninit::uninit();

#[panic_handler]
fn panic(_info: &PanicInfo<'_>) -> ! {
    // SAFETY: any IRQL, does not return.
    unsafe { KeBugCheckEx(0xE2, 0, 0, 0, 0) }
}

fn registration() -> *mut WSK_REGISTRATION {
    (&raw mut REGISTRATION).cast()
}

/// # Safety
///
/// Called by WSK only.
unsafe extern "system" fn client_event(
    _context: *mut c_void,
    _event: u32,
    _information: *mut c_void,
    _length: usize,
) -> NTSTATUS {
    STATUS_NOT_IMPLEMENTED
}

/// # Safety
///
/// Called by the I/O manager only.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn DriverEntry(
    object: *mut DRIVER_OBJECT,
    _registry_path: *mut UNICODE_STRING,
) -> NTSTATUS {
    let npi = WSK_CLIENT_NPI { ClientContext: ptr::null_mut(), Dispatch: &raw const DISPATCH };
    // SAFETY: PASSIVE_LEVEL; the registration and the dispatch table are static.
    let status = unsafe { WskRegister(&raw const npi, registration()) };
    if status.0 < 0 {
        return status;
    }
    let mut provider = MaybeUninit::uninit();
    // SAFETY: registered above; DriverEntry must not wait for the provider.
    let captured =
        unsafe { WskCaptureProviderNPI(registration(), WSK_NO_WAIT, provider.as_mut_ptr()) };
    let releases = if cfg!(feature = "wsk-releases-nothing") {
        true
    } else {
        captured.0 >= 0 && !cfg!(feature = "wsk-keeps-provider")
    };
    if releases {
        // SAFETY: captured above.
        unsafe { WskReleaseProviderNPI(registration()) };
    }
    if captured.0 < 0 {
        // SAFETY: registered above, and nothing is captured.
        unsafe { WskDeregister(registration()) };
        return captured;
    }
    // SAFETY: the I/O manager passes the driver's object.
    unsafe { (*object).DriverUnload = Some(unload) };
    STATUS_SUCCESS
}

/// # Safety
///
/// Called by the I/O manager only.
unsafe extern "system" fn unload(_object: *mut DRIVER_OBJECT) {
    if cfg!(feature = "wsk-stays-registered") {
        return;
    }
    // SAFETY: PASSIVE_LEVEL; DriverEntry has registered.
    unsafe { WskDeregister(registration()) };
    if cfg!(feature = "wsk-deregisters-twice") {
        // SAFETY: the mistake.
        unsafe { WskDeregister(registration()) };
    }
}
