//! A filter that does everything a filter may do and changes nothing: events, OID requests and
//! packets pass, a control device lists the modules. It is written from Microsoft's reference
//! pages in the plainest style, shares no code with the driver under test, and stands for the
//! filters of other vendors: no rule may find fault with it. With one of the features `nv-..` it
//! breaks the one rule of that number.
#![cfg_attr(image, no_std)]
#![cfg(image)]
#![allow(missing_docs, reason = "a program: its comments say what is not plain")]
#![allow(clippy::cast_possible_truncation, reason = "sizes of structures and names")]

mod device;
mod event;
mod import;
mod layout;
mod lock;
mod module;
mod oid;
mod packet;
mod publish;
mod race;

use core::panic::PanicInfo;
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering::Relaxed};

use driver_abi::ndis::status::{NDIS_STATUS, NDIS_STATUS_SUCCESS};
use driver_abi::nt::UNICODE_STRING;

use import::{
    ExAllocatePool2, KeBugCheckEx, NdisFDeregisterFilterDriver, NdisFRegisterFilterDriver,
    NdisGetVersion,
};
use layout::{At, Pointer, Room, characteristics, driver, unicode};

/// Pool tag of everything the filter allocates.
pub const TAG: u32 = u32::from_le_bytes(*b"Plai");

/// The filter driver's handle. NDIS writes it before it calls FilterSetOptions.
pub static DRIVER_HANDLE: AtomicPtr<core::ffi::c_void> = AtomicPtr::new(ptr::null_mut());
/// Set once the registration has returned: what a wrong filter waits for.
pub static REGISTERED: AtomicBool = AtomicBool::new(false);
/// For the event log, which only wrong filters write.
pub static DRIVER_OBJECT: AtomicPtr<core::ffi::c_void> = AtomicPtr::new(ptr::null_mut());

#[panic_handler]
fn panic(_info: &PanicInfo<'_>) -> ! {
    // SAFETY: any IRQL, does not return.
    unsafe { KeBugCheckEx(0xE2, 0, 0, 0, 0) }
}

/// # Safety
///
/// Called by the I/O manager only.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn DriverEntry(object: Pointer, _registry_path: Pointer) -> i32 {
    module::LIST_LOCK.initialise();
    device::initialise();
    publish::start();
    race::start();
    DRIVER_OBJECT.store(object, Relaxed);
    // SAFETY: the I/O manager's driver object.
    let driver = unsafe { At::new(object) };
    if !cfg!(feature = "nv-63") {
        driver.set_pointer(driver::DRIVER_UNLOAD, unload as Pointer);
    }
    if cfg!(feature = "nv-43") {
        // SAFETY: POOL_FLAG_NON_PAGED at PASSIVE_LEVEL; nobody frees it: the mistake.
        let _kept = unsafe { ExAllocatePool2(0x40, 64, TAG) };
    }

    let status = register(object);
    if status != NDIS_STATUS_SUCCESS {
        if cfg!(feature = "nv-02") {
            return 0;
        }
        publish::stop();
        return status.0;
    }
    REGISTERED.store(true, Relaxed);
    let status = device::register();
    if status != NDIS_STATUS_SUCCESS {
        // SAFETY: a live registration, in DriverEntry, which fails.
        unsafe { NdisFDeregisterFilterDriver(DRIVER_HANDLE.load(Relaxed)) };
        publish::stop();
    }
    status.0
}

/// NdisFRegisterFilterDriver at NDIS 6.30; the monitor at 6.89 where that is offered.
fn register(object: Pointer) -> NDIS_STATUS {
    use characteristics as c;
    // SAFETY: at most DISPATCH_LEVEL.
    let runtime = if cfg!(feature = "monitor") { unsafe { NdisGetVersion() } } else { 0 };
    let newest = runtime >= 0x0006_0059;
    let mut room = Room::<240>::zeroed();
    let at = room.at();
    if newest {
        at.set_header(c::KIND, 3, 240);
    } else {
        at.set_header(c::KIND, 2, c::SIZE_2);
    }
    at.set_u8(c::MAJOR_NDIS_VERSION, 6);
    at.set_u8(c::MINOR_NDIS_VERSION, if newest { 89 } else { 30 });
    at.set_u8(c::MAJOR_DRIVER_VERSION, 1);
    at.set_u32(c::FLAGS, if cfg!(feature = "nv-01") { 0x8000 } else { 0 });
    set_name(at, c::FRIENDLY_NAME, unicode!("Plain pass-through filter"));
    set_name(at, c::UNIQUE_NAME, unique_name());
    set_name(at, c::SERVICE_NAME, unicode!("PlainFilter"));
    at.set_pointer(c::SET_OPTIONS, module::set_options as Pointer);
    at.set_pointer(c::SET_MODULE_OPTIONS, module::set_module_options as Pointer);
    at.set_pointer(c::ATTACH, module::attach as Pointer);
    at.set_pointer(c::DETACH, module::detach as Pointer);
    at.set_pointer(c::RESTART, module::restart as Pointer);
    at.set_pointer(c::PAUSE, module::pause as Pointer);
    at.set_pointer(c::SEND, packet::send as Pointer);
    at.set_pointer(c::SEND_COMPLETE, packet::send_complete as Pointer);
    at.set_pointer(c::CANCEL_SEND, packet::cancel_send as Pointer);
    at.set_pointer(c::RECEIVE, packet::receive as Pointer);
    at.set_pointer(c::RETURN, packet::give_back as Pointer);
    at.set_pointer(c::OID_REQUEST, oid::request as Pointer);
    at.set_pointer(c::OID_REQUEST_COMPLETE, oid::request_complete as Pointer);
    at.set_pointer(c::CANCEL_OID_REQUEST, oid::cancel as Pointer);
    at.set_pointer(c::DEVICE_PNP_EVENT, event::device_pnp_event as Pointer);
    at.set_pointer(c::NET_PNP_EVENT, event::net_pnp_event as Pointer);
    if !cfg!(feature = "nv-04") {
        at.set_pointer(c::STATUS, event::status as Pointer);
    }
    // SAFETY: DriverEntry at PASSIVE_LEVEL; everything lives for the call, the handle for ever.
    unsafe {
        NdisFRegisterFilterDriver(object, ptr::null_mut(), at.pointer_to(0), DRIVER_HANDLE.as_ptr())
    }
}

fn unique_name() -> UNICODE_STRING {
    if cfg!(feature = "nv-05") {
        return unicode!("Plain");
    }
    unicode!("{5CBF81BF-5055-47CD-9055-A76B2B4E3698}")
}

fn set_name(at: At, offset: usize, name: UNICODE_STRING) {
    at.set_u16(offset, name.Length);
    at.set_u16(offset + 2, name.MaximumLength);
    at.set_pointer(offset + 8, name.Buffer.cast());
}

/// DriverUnload: PASSIVE_LEVEL, with no handle to the device open.
unsafe extern "system" fn unload(_object: Pointer) {
    let handle = DRIVER_HANDLE.load(Relaxed);
    if !handle.is_null() {
        device::deregister();
        // SAFETY: a live registration, in DriverUnload.
        unsafe { NdisFDeregisterFilterDriver(handle) };
        if cfg!(feature = "nv-44") {
            // SAFETY: there is none: the mistake.
            unsafe { NdisFDeregisterFilterDriver(handle) };
        }
    }
    publish::stop();
    race::stop();
}
