//! The stack locations of an IRP, as the I/O manager and the header's inlines walk them (wdm.h): the highest driver has
//! the last one, and each driver below the one before.

use super::layout::{device_object as dev, io_stack_location as loc, irp as at};
use crate::machine::raw;

/// IO_TYPE_IRP.
const TYPE_IRP: u16 = 6;
/// SL_PENDING_RETURNED, SL_INVOKE_ON_CANCEL, SL_INVOKE_ON_SUCCESS, SL_INVOKE_ON_ERROR.
const PENDING_RETURNED: u8 = 1;
const ON_CANCEL: u8 = 0x20;
const ON_SUCCESS: u8 = 0x40;
const ON_ERROR: u8 = 0x80;

/// IoSizeOfIrp.
pub fn size(count: i8) -> usize {
    at::SIZEOF + loc::SIZEOF * usize::try_from(count).unwrap_or(0)
}

/// IoInitializeIrp: every location is free, and the current one is behind the last.
pub fn initialise(irp: usize, bytes: usize, count: i8) {
    let list = irp + at::THREAD_LIST_ENTRY;
    raw::fill(irp, 0, bytes);
    raw::put(irp + at::TYPE, TYPE_IRP);
    raw::put(irp + at::SIZE, u16::try_from(bytes).unwrap_or(u16::MAX));
    raw::put(irp + at::STACK_COUNT, [count, count.wrapping_add(1)]);
    raw::put(list, [list, list]);
    raw::put(irp + at::CURRENT_STACK_LOCATION, irp + size(count));
}

/// IoReuseIrp.
pub fn reuse(irp: usize, status: i32) {
    let bytes: u16 = raw::get(irp + at::SIZE);
    initialise(irp, usize::from(bytes), raw::get(irp + at::STACK_COUNT));
    raw::put(irp + at::IO_STATUS, status);
}

/// IoGetCurrentIrpStackLocation.
pub fn current(irp: usize) -> usize {
    raw::get(irp + at::CURRENT_STACK_LOCATION)
}

/// IoGetNextIrpStackLocation.
pub fn next(irp: usize) -> usize {
    current(irp).wrapping_sub(loc::SIZEOF)
}

/// The number of the current location, which no driver below has when it is past the last.
fn number(irp: usize) -> i8 {
    raw::get(irp + at::CURRENT_LOCATION)
}

/// IoSetNextIrpStackLocation: false when there is none.
pub fn enter_next(irp: usize) -> bool {
    let number = number(irp).wrapping_sub(1);
    raw::put(irp + at::CURRENT_LOCATION, number);
    if number <= 0 {
        return false;
    }
    raw::put(irp + at::CURRENT_STACK_LOCATION, next(irp));
    true
}

/// Whether no driver can have it: it was completed already.
pub fn is_past_the_end(irp: usize) -> bool {
    number(irp) > raw::get::<i8>(irp + at::STACK_COUNT).wrapping_add(1)
}

/// Whether it has a current location.
pub fn is_with_a_driver(irp: usize) -> bool {
    number(irp) <= raw::get::<i8>(irp + at::STACK_COUNT)
}

/// The device of the current location, 0 when it has none.
pub fn device(irp: usize) -> usize {
    if is_with_a_driver(irp) { raw::get(current(irp) + loc::DEVICE_OBJECT) } else { 0 }
}

/// A driver's IoCompletion routine and its context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The address of the routine.
    pub routine: usize,
    /// The context that it is given.
    pub context: usize,
}

/// One step up, to the driver above; the completion routine that is to be called on the way, if one is.
pub fn leave(irp: usize) -> Option<Completion> {
    let left = current(irp);
    let control: u8 = raw::get(left + loc::CONTROL);
    raw::put(irp + at::PENDING_RETURNED, control & PENDING_RETURNED);
    raw::put(irp + at::CURRENT_LOCATION, number(irp).wrapping_add(1));
    raw::put(irp + at::CURRENT_STACK_LOCATION, left + loc::SIZEOF);
    let on_status = if raw::get::<i32>(irp + at::IO_STATUS) >= 0 { ON_SUCCESS } else { ON_ERROR };
    let is_cancelled = raw::get::<u8>(irp + at::CANCEL) != 0;
    let wanted = control & on_status != 0 || is_cancelled && control & ON_CANCEL != 0;
    let completion = Completion {
        routine: raw::get(left + loc::COMPLETION_ROUTINE),
        context: raw::get(left + loc::CONTEXT),
    };
    // The locations of lower drivers are filled with zeros (ddi:wdm/nf-wdm-iofcalldriver); the device stays.
    raw::put(left + loc::MINOR_FUNCTION, [0_u8; 3]);
    raw::fill(left + loc::OUTPUT_BUFFER_LENGTH, 0, loc::DEVICE_OBJECT - loc::OUTPUT_BUFFER_LENGTH);
    raw::put(left + loc::FILE_OBJECT, 0_usize);
    wanted.then_some(completion)
}

/// IoSetCompletionRoutine.
pub fn set_completion(irp: usize, completion: Completion, [success, error, cancel]: [bool; 3]) {
    let bit = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
    let location = next(irp);
    raw::put(location + loc::COMPLETION_ROUTINE, completion.routine);
    raw::put(location + loc::CONTEXT, completion.context);
    let control = bit(success, ON_SUCCESS) | bit(error, ON_ERROR) | bit(cancel, ON_CANCEL);
    raw::put(location + loc::CONTROL, control);
}

/// Whether the driver that was left last had it marked pending.
pub fn pending_returned(irp: usize) -> bool {
    raw::get::<u8>(irp + at::PENDING_RETURNED) != 0
}

/// The highest device of those that are attached to one.
pub fn highest(device: usize) -> usize {
    let mut highest = device;
    loop {
        match raw::get::<usize>(highest + dev::ATTACHED_DEVICE) {
            0 => return highest,
            above => highest = above,
        }
    }
}

/// Puts a device on top of those that are attached to another; the one below it.
pub fn attach(device: usize, target: usize) -> usize {
    let below = highest(target);
    let alignment: u32 = raw::get(below + dev::ALIGNMENT_REQUIREMENT);
    let locations: i8 = raw::get(below + dev::STACK_SIZE);
    raw::put(device + dev::ALIGNMENT_REQUIREMENT, alignment);
    raw::put(device + dev::STACK_SIZE, locations.saturating_add(1));
    raw::put(below + dev::ATTACHED_DEVICE, device);
    below
}

/// Takes off what is attached to a device.
pub fn detach(below: usize) {
    raw::put(below + dev::ATTACHED_DEVICE, 0_usize);
}
