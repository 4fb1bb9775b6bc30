//! The control device: `\\.\PlainFilter` in user mode.

use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering::AcqRel, Ordering::Relaxed};

use driver_abi::ndis::status::NDIS_STATUS;

use crate::DRIVER_HANDLE;
use crate::import::{
    IoReleaseCancelSpinLock, IofCompleteRequest, NdisDeregisterDeviceEx, NdisRegisterDeviceEx,
    memcpy,
};
use crate::layout::{At, Pointer, Room, device, irp as i, stack, unicode};
use crate::lock::Lock;
use crate::module;

/// CTL_CODE(FILE_DEVICE_NETWORK, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS): gives, for each
/// module, the length of its name in bytes (two bytes) and the name.
const IOCTL_LIST: u32 = 0x0012_2000;
/// CTL_CODE(FILE_DEVICE_NETWORK, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS): waits until it is
/// cancelled or its file is closed.
const IOCTL_WAIT: u32 = 0x0012_2004;

const STATUS_SUCCESS: u32 = 0;
const STATUS_PENDING: u32 = 0x0000_0103;
const STATUS_BUFFER_TOO_SMALL: u32 = 0xC000_0023;
const STATUS_NOT_SUPPORTED: u32 = 0xC000_00BB;
const STATUS_CANCELLED: u32 = 0xC000_0120;

static DEVICE_HANDLE: AtomicPtr<core::ffi::c_void> = AtomicPtr::new(ptr::null_mut());
/// Guards the parked requests, which are chained through their DriverContext.
static PARKED_LOCK: Lock = Lock::new();
static PARKED: AtomicPtr<core::ffi::c_void> = AtomicPtr::new(ptr::null_mut());

/// DriverEntry, before anything else.
pub fn initialise() {
    PARKED_LOCK.initialise();
}

/// DriverEntry, after the filter is registered.
pub fn register() -> NDIS_STATUS {
    let mut functions = [ptr::null_mut(); device::MAJOR_FUNCTION_COUNT];
    functions[device::IRP_MJ_CREATE] = create_or_close as Pointer;
    functions[device::IRP_MJ_CLEANUP] = cleanup as Pointer;
    functions[device::IRP_MJ_CLOSE] = create_or_close as Pointer;
    functions[device::IRP_MJ_DEVICE_CONTROL] = device_control as Pointer;
    let name = unicode!("\\Device\\PlainFilter");
    let link = unicode!("\\DosDevices\\PlainFilter");
    let mut room = Room::<{ device::SIZE as usize }>::zeroed();
    let at = room.at();
    at.set_header(device::KIND, 1, device::SIZE);
    at.set_pointer(device::DEVICE_NAME, (&raw const name).cast_mut().cast());
    at.set_pointer(device::SYMBOLIC_NAME, (&raw const link).cast_mut().cast());
    at.set_pointer(device::MAJOR_FUNCTIONS, functions.as_mut_ptr().cast());
    let mut object = ptr::null_mut();
    // SAFETY: PASSIVE_LEVEL with the driver's handle; everything lives for the call.
    unsafe {
        NdisRegisterDeviceEx(
            DRIVER_HANDLE.load(Relaxed),
            at.pointer_to(0),
            &raw mut object,
            DEVICE_HANDLE.as_ptr(),
        )
    }
}

/// DriverUnload.
pub fn deregister() {
    let handle = DEVICE_HANDLE.swap(ptr::null_mut(), Relaxed);
    if !handle.is_null() {
        // SAFETY: PASSIVE_LEVEL, a live device.
        unsafe { NdisDeregisterDeviceEx(handle) };
    }
}

/// For wrong filters.
pub fn is_parked() -> bool {
    !PARKED.load(Relaxed).is_null()
}

/// Completes a request at most at DISPATCH_LEVEL, with no lock held. Gives the status.
fn complete(irp: Pointer, status: u32, information: usize) -> u32 {
    // SAFETY: the I/O manager's request, ours until now.
    let at = unsafe { At::new(irp) };
    at.set_u32(i::STATUS, status);
    at.set_u64(i::INFORMATION, information as u64);
    // SAFETY: ours, once; IO_NO_INCREMENT.
    unsafe { IofCompleteRequest(irp, 0) };
    status
}

/// What IoGetCurrentIrpStackLocation does.
fn current_stack_location(irp: Pointer) -> At {
    // SAFETY: the I/O manager's request.
    let location = unsafe { At::new(irp) }.pointer(i::CURRENT_STACK_LOCATION);
    // SAFETY: its stack location for this driver.
    unsafe { At::new(location) }
}

/// What IoSetCancelRoutine does: gives the routine that was set before.
fn set_cancel_routine(irp: Pointer, routine: Pointer) -> Pointer {
    // SAFETY: the I/O manager's request.
    let field = unsafe { At::new(irp) }.pointer_to(i::CANCEL_ROUTINE);
    // SAFETY: an aligned pointer that is exchanged atomically by everybody.
    unsafe { AtomicPtr::from_ptr(field.cast()) }.swap(routine, AcqRel)
}

/// IRP_MJ_CREATE and IRP_MJ_CLOSE. PASSIVE_LEVEL.
unsafe extern "system" fn create_or_close(_device: Pointer, irp: Pointer) -> u32 {
    complete(irp, STATUS_SUCCESS, 0)
}

/// IRP_MJ_CLEANUP: the last handle to the file is closed, so nobody waits any more. PASSIVE_LEVEL.
unsafe extern "system" fn cleanup(_device: Pointer, irp: Pointer) -> u32 {
    let file = current_stack_location(irp).pointer(stack::FILE_OBJECT);
    loop {
        let of_file = |parked: Pointer| {
            // A request whose cancel routine is gone already belongs to that routine.
            current_stack_location(parked).pointer(stack::FILE_OBJECT) == file
                && !set_cancel_routine(parked, ptr::null_mut()).is_null()
        };
        let parked = PARKED_LOCK.with(|| take(of_file));
        if parked.is_null() {
            break;
        }
        complete(parked, STATUS_CANCELLED, 0);
    }
    complete(irp, STATUS_SUCCESS, 0)
}

/// IRP_MJ_DEVICE_CONTROL. PASSIVE_LEVEL.
unsafe extern "system" fn device_control(_device: Pointer, irp: Pointer) -> u32 {
    match current_stack_location(irp).u32(stack::IO_CONTROL_CODE) {
        IOCTL_LIST => list(irp),
        IOCTL_WAIT => park(irp),
        _ => complete(irp, STATUS_NOT_SUPPORTED, 0),
    }
}

fn list(irp: Pointer) -> u32 {
    if cfg!(feature = "nv-56-completed") {
        complete(irp, STATUS_SUCCESS, 0);
        return STATUS_PENDING;
    }
    let room = current_stack_location(irp).u32(stack::OUTPUT_BUFFER_LENGTH) as usize;
    // SAFETY: the I/O manager's request.
    let buffer = unsafe { At::new(irp) }.pointer(i::SYSTEM_BUFFER);
    // SAFETY: a buffered request has a system buffer of `room` bytes.
    let buffer = unsafe { At::new(buffer) };
    let mut used = 0;
    module::for_each(|module| {
        let (name, length) = module.name();
        let start = used;
        used += 2 + length;
        if used <= room {
            buffer.set_u16(start, length as u16);
            // SAFETY: `length` bytes here and there; both are resident.
            unsafe { memcpy(buffer.pointer_to(start + 2), name, length) };
        }
    });
    if cfg!(feature = "nv-56-information") {
        return complete(irp, STATUS_SUCCESS, room + 4096);
    }
    if used > room {
        return complete(irp, STATUS_BUFFER_TOO_SMALL, 0);
    }
    complete(irp, STATUS_SUCCESS, used)
}

/// Keeps a request until somebody cancels it.
fn park(irp: Pointer) -> u32 {
    // SAFETY: the I/O manager's request.
    let at = unsafe { At::new(irp) };
    let cancelled = PARKED_LOCK.with(|| {
        if !cfg!(feature = "nv-56") {
            // What IoMarkIrpPending does.
            let location = current_stack_location(irp);
            let control = location.u8(stack::CONTROL);
            location.set_u8(stack::CONTROL, control | stack::SL_PENDING_RETURNED);
        }
        at.set_pointer(i::DRIVER_CONTEXT, PARKED.load(Relaxed));
        PARKED.store(irp, Relaxed);
        set_cancel_routine(irp, cancel as Pointer);
        // Cancelled before the routine was set, and nobody called the routine since: it is ours.
        let ours = at.u8(i::CANCEL) != 0 && !set_cancel_routine(irp, ptr::null_mut()).is_null();
        if ours {
            take(|parked| parked == irp);
        }
        ours
    });
    if cancelled {
        complete(irp, STATUS_CANCELLED, 0);
    }
    // It was marked pending, so this is the answer even if it is complete.
    STATUS_PENDING
}

/// The cancel routine. DISPATCH_LEVEL, with the cancel spin lock held.
unsafe extern "system" fn cancel(_device: Pointer, irp: Pointer) {
    // SAFETY: the I/O manager's request.
    let irql = unsafe { At::new(irp) }.u8(i::CANCEL_IRQL);
    // SAFETY: the I/O manager acquired it and left the old IRQL in the request.
    unsafe { IoReleaseCancelSpinLock(irql) };
    PARKED_LOCK.with(|| take(|parked| parked == irp));
    complete(irp, STATUS_CANCELLED, 0);
}

/// Unchains and gives the first parked request that is wanted, or NULL. With the lock held.
fn take(mut wanted: impl FnMut(Pointer) -> bool) -> Pointer {
    let mut before: Pointer = ptr::null_mut();
    let mut irp = PARKED.load(Relaxed);
    while !irp.is_null() {
        // SAFETY: a parked request, which stays alive while the lock is held.
        let next = unsafe { At::new(irp) }.pointer(i::DRIVER_CONTEXT);
        if wanted(irp) {
            if before.is_null() {
                PARKED.store(next, Relaxed);
            } else {
                // SAFETY: as above.
                unsafe { At::new(before) }.set_pointer(i::DRIVER_CONTEXT, next);
            }
            return irp;
        }
        before = irp;
        irp = next;
    }
    ptr::null_mut()
}
