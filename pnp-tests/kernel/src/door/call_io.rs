//! Calling a driver's dispatch and cancel routines.

use std::ffi::c_void;

use driver_abi::nt::NTSTATUS;

use super::call::{Call, no_status};
use super::irp_stack::Completion;
use crate::machine::raw::pointer;
use crate::world::World;
use crate::world::thread::DISPATCH;

/// DRIVER_DISPATCH.
type OnDispatch = unsafe extern "win64" fn(*mut c_void, *mut c_void) -> NTSTATUS;
/// DRIVER_CANCEL.
type OnCancel = unsafe extern "win64" fn(*mut c_void, *mut c_void);
/// IO_COMPLETION_ROUTINE.
type OnCompletion = unsafe extern "win64" fn(*mut c_void, *mut c_void, *mut c_void) -> NTSTATUS;

/// IRP_MJ_ codes by callback name.
fn callback(major: u8) -> &'static str {
    match major {
        0 => "DispatchCreate",
        2 => "DispatchClose",
        3 => "DispatchRead",
        4 => "DispatchWrite",
        14 => "DispatchDeviceControl",
        15 => "DispatchInternalDeviceControl",
        18 => "DispatchCleanup",
        _ => "Dispatch",
    }
}

/// A completion routine, at the IRQL at which the driver below has completed the request.
pub fn completion(world: &World, completion: Completion, device: usize, irp: usize) -> i32 {
    let call = Call { world, callback: "IoCompletion", owner: None, code: None, subject: irp };
    call.look_at_code(completion.routine);
    // SAFETY: the address that the driver set for a routine of this type.
    let routine = unsafe { std::mem::transmute::<usize, OnCompletion>(completion.routine) };
    let (device, irp, context) = (pointer(device), pointer(irp), pointer(completion.context));
    // SAFETY: the driver's own routine and context, and a request that it has sent down.
    call.make(|status: NTSTATUS| Some(status.0), || unsafe { routine(device, irp, context) }).0
}

/// A dispatch routine, at the IRQL of the caller: PASSIVE_LEVEL for a user's request.
pub fn dispatch(
    world: &World,
    routine: usize,
    major: u8,
    code: u32,
    device: usize,
    irp: usize,
) -> i32 {
    let code = Some(code).filter(|code| *code != 0);
    let call = Call { world, callback: callback(major), owner: None, code, subject: irp };
    // SAFETY: the address that the driver put into its table for a routine of this type.
    let routine = unsafe { std::mem::transmute::<usize, OnDispatch>(routine) };
    let status = |status: NTSTATUS| Some(status.0);
    // SAFETY: a live device and request of the driver's.
    call.make(status, || unsafe { routine(pointer(device), pointer(irp)) }).0
}

/// A cancel routine: called at DISPATCH_LEVEL with the cancel lock held, it lowers the IRQL itself.
pub fn cancel(world: &World, routine: usize, device: usize, irp: usize, irql: u8) {
    let call = Call { world, callback: "DispatchCancel", owner: None, code: None, subject: irp };
    let thread = world.threads.current();
    // SAFETY: the address that the driver set for a routine of this type.
    let routine = unsafe { std::mem::transmute::<usize, OnCancel>(routine) };
    thread.irql.set(DISPATCH);
    call.make(no_status, || {
        // SAFETY: a live device and request of the driver's.
        unsafe { routine(pointer(device), pointer(irp)) };
        // It must have released the lock, and with it gone back to the level before: as if it had
        // returned at the level it was called at. If it has not, that is told as a leak.
        let released = thread.irql.get() == irql;
        thread.irql.set(if released { DISPATCH } else { irql });
    });
    thread.irql.set(irql);
}
