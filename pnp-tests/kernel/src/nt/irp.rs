//! IRPs on their way through a stack of devices: down with IofCallDriver, and up again with IofCompleteRequest; those that
//! the driver itself makes.

use std::collections::BTreeMap;

use crate::door::call_io;
use crate::door::irp_stack;
use crate::door::layout::{io_stack_location as loc, irp as at};
use crate::machine::raw;
use crate::world::World;
use journal::{KernelFact, PoolFact};

use super::io;
use super::pool::{self, PoolRequest};
use super::{bugcheck, dispatcher};

/// STATUS_MORE_PROCESSING_REQUIRED.
const MORE_PROCESSING_REQUIRED: i32 = 0xC000_0016_u32.cast_signed();
/// STATUS_INVALID_DEVICE_REQUEST.
const INVALID_REQUEST: i32 = 0xC000_0010_u32.cast_signed();
/// IRP_BUFFERED_IO, IRP_DEALLOCATE_BUFFER: a buffer of the system's, which goes with the request.
pub const BUFFERED: u32 = 0x30;
/// IRP_INPUT_OPERATION: the buffer is copied to the user's.
pub const INPUT: u32 = 0x40;
const DEALLOCATE: u32 = 0x20;

/// The one that ends the life of a request that the driver made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    /// The driver, with IoFreeIrp: IoAllocateIrp, IoBuildAsynchronousFsdRequest, IoInitializeIrp.
    Driver,
    /// The I/O manager, when the request is completed: IoBuildDeviceIoControlRequest, IoBuildSynchronousFsdRequest.
    Thread,
}

/// The requests that the driver has made.
#[derive(Debug, Default)]
pub struct Own(BTreeMap<usize, Maker>);

/// Whether this is a request that the driver has made.
pub fn is_own(world: &World, irp: usize) -> bool {
    world.of::<Own>().borrow().0.contains_key(&irp)
}

/// The driver is gone, and its requests with it.
pub fn forget(world: &World) {
    *world.of::<Own>().borrow_mut() = Own::default();
}

/// IoAllocateIrp: none when there is no memory.
pub fn allocate(world: &World, count: i8, maker: Maker) -> Option<usize> {
    if count < 0 {
        return None;
    }
    let bytes = irp_stack::size(count);
    let ask = PoolRequest { bytes, tag: *b"Irp ", zeroed: false, paged: false, owner: None };
    let irp = pool::allocate(world, ask)?;
    initialise(world, irp, bytes, count);
    world.of::<Own>().borrow_mut().0.insert(irp, maker);
    Some(irp)
}

/// IoInitializeIrp.
pub fn initialise(world: &World, irp: usize, bytes: usize, count: i8) {
    irp_stack::initialise(irp, bytes, count);
    world.of::<Own>().borrow_mut().0.insert(irp, Maker::Driver);
}

/// IoFreeIrp.
pub fn free(world: &World, irp: usize) {
    let maker = world.of::<Own>().borrow().0.get(&irp).copied();
    if maker == Some(Maker::Thread) {
        let what = "an IRP that the I/O manager frees when it is completed".to_owned();
        return world.record(KernelFact::Pool(PoolFact::BadFree { what }));
    }
    discard(world, irp);
}

/// Takes a request away that was not made whole.
pub fn discard(world: &World, irp: usize) {
    world.of::<Own>().borrow_mut().0.remove(&irp);
    pool::free(world, irp, None);
}

/// IofCallDriver.
pub fn call(world: &World, device: usize, irp: usize) -> i32 {
    if !irp_stack::enter_next(irp) {
        let what = "IoCallDriver with a request that has no stack location for the driver below";
        bugcheck::stop(world, bugcheck::NO_MORE_LOCATIONS, what);
    }
    let location = irp_stack::current(irp);
    raw::put(location + loc::DEVICE_OBJECT, device);
    dispatch(world, device, irp)
}

/// Hands a request to the driver of a device, for which its current stack location is.
pub fn dispatch(world: &World, device: usize, irp: usize) -> i32 {
    let location = irp_stack::current(irp);
    let major: u8 = raw::get(location + loc::MAJOR_FUNCTION);
    let is_control = [io::DEVICE_CONTROL, io::INTERNAL_DEVICE_CONTROL].contains(&major);
    let code = if is_control { raw::get(location + loc::IO_CONTROL_CODE) } else { 0 };
    let routine = io::routine(world, device, major);
    if routine == 0 {
        raw::put(irp + at::IO_STATUS, INVALID_REQUEST);
        raw::put(irp + at::IO_STATUS + 8, 0_usize);
        io::complete(world, irp);
        return INVALID_REQUEST;
    }
    call_io::dispatch(world, routine, major, code, device, irp)
}

/// Takes a request up through the drivers that it passed, whose completion routines are called. Whether the highest had
/// it marked pending; `None` when a driver keeps the request.
pub fn ascend(world: &World, irp: usize) -> Option<bool> {
    while irp_stack::is_with_a_driver(irp) {
        let completion = irp_stack::leave(irp);
        let Some(completion) = completion else {
            if irp_stack::pending_returned(irp) && irp_stack::is_with_a_driver(irp) {
                crate::door::irp::mark_pending(irp);
            }
            continue;
        };
        let device = irp_stack::device(irp);
        let status = call_io::completion(world, completion, device, irp);
        if status == MORE_PROCESSING_REQUIRED {
            return None;
        }
    }
    // Past the end: who completes it again completes what nobody has.
    let pending = irp_stack::pending_returned(irp);
    raw::put(irp + at::CURRENT_LOCATION, raw::get::<i8>(irp + at::STACK_COUNT).wrapping_add(2));
    Some(pending)
}

/// A request of the driver's is back, behind the last completion routine.
pub fn finish(world: &World, irp: usize, pending_returned: bool) {
    let Some(Maker::Thread) = world.of::<Own>().borrow_mut().0.remove(&irp) else {
        // Nobody waits for it: Windows looks for the thread that does at address 0.
        let what = "a request that the driver allocated went back to the I/O manager: its completion routine has to \
                    return STATUS_MORE_PROCESSING_REQUIRED";
        return bugcheck::stop(world, bugcheck::NOT_LESS_OR_EQUAL, what);
    };
    let [status, information]: [usize; 2] = raw::get(irp + at::IO_STATUS);
    let is_error = raw::get::<u32>(irp + at::IO_STATUS) >> 30 == 3;
    let flags: u32 = raw::get(irp + at::FLAGS);
    let buffer: usize = raw::get(irp + at::SYSTEM_BUFFER);
    if flags & INPUT != 0 && !is_error && information > 0 {
        raw::write(raw::get(irp + at::USER_BUFFER), &raw::bytes(buffer, information));
    }
    if flags & DEALLOCATE != 0 {
        pool::free(world, buffer, None);
    }
    let mut mdl: usize = raw::get(irp + at::MDL_ADDRESS);
    while mdl != 0 {
        let next = raw::get(mdl);
        pool::free(world, mdl, None);
        mdl = next;
    }
    // An error that the highest driver has answered at once is told by its answer alone.
    if !is_error || pending_returned {
        let (block, event): (usize, usize) =
            (raw::get(irp + at::USER_IOSB), raw::get(irp + at::USER_EVENT));
        raw::put(block, [status, information]);
        if event != 0 {
            dispatcher::set(world, event);
        }
    }
    pool::free(world, irp, None);
}

/// IoCancelIrp: whether it had a cancel routine, which was called.
pub fn cancel(world: &World, irp: usize) -> bool {
    let irql = io::acquire_cancel_lock(world);
    raw::put(irp + at::CANCEL, 1_u8);
    let routine = crate::door::irp::set_cancel_routine(irp, 0);
    if routine == 0 {
        io::release_cancel_lock(world, irql);
        return false;
    }
    if irp_stack::is_past_the_end(irp) {
        let what = "a request that was completed with its cancel routine set was cancelled";
        bugcheck::stop(world, bugcheck::CANCELLED_TOO_LATE, what);
    }
    raw::put(irp + at::CANCEL_IRQL, irql);
    call_io::cancel(world, routine, irp_stack::device(irp), irp, irql);
    true
}
