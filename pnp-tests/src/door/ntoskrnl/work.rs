//! Work items of the I/O manager and of the executive.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::call_later::Routine;
use crate::door::crossing::{DISPATCH, cross};
use crate::door::raw;
use crate::nt::work;

use crate::door::exports::exports;

exports![
    ExQueueWorkItem,
    IoAllocateWorkItem,
    IoFreeWorkItem,
    IoInitializeWorkItem,
    IoQueueWorkItem,
    IoQueueWorkItemEx,
    IoSizeofWorkItem,
    IoTryQueueWorkItem,
    IoUninitializeWorkItem,
];

/// What IoSizeofWorkItem says: a work item is opaque, and nothing is written into it.
const SIZE: u32 = 128;

fn routine(address: usize, arguments: [usize; 4]) -> Routine {
    Routine { callback: "WorkItem", address, arguments, owner: None }
}

extern "win64" fn IoAllocateWorkItem(device: usize) -> usize {
    let world = cross("IoAllocateWorkItem", DISPATCH);
    work::allocate(&world, "IoAllocateWorkItem", device, None).unwrap_or(0)
}

extern "win64" fn IoFreeWorkItem(item: usize) {
    let world = cross("IoFreeWorkItem", DISPATCH);
    work::free(&world, item);
}

extern "win64" fn IoSizeofWorkItem() -> u32 {
    let _world = cross("IoSizeofWorkItem", DISPATCH);
    SIZE
}

extern "win64" fn IoInitializeWorkItem(object: usize, item: usize) {
    let world = cross("IoInitializeWorkItem", DISPATCH);
    work::initialise(&world, item, object);
}

extern "win64" fn IoUninitializeWorkItem(item: usize) {
    let world = cross("IoUninitializeWorkItem", DISPATCH);
    work::uninitialise(&world, item);
}

extern "win64" fn IoQueueWorkItem(item: usize, function: usize, _queue: i32, context: usize) {
    let world = cross("IoQueueWorkItem", DISPATCH);
    let (object, _) = work::of(&world, item);
    work::queue(&world, item, routine(function, [object, context, 0, 0]));
}

extern "win64" fn IoQueueWorkItemEx(item: usize, function: usize, _queue: i32, context: usize) {
    let world = cross("IoQueueWorkItemEx", DISPATCH);
    let (object, _) = work::of(&world, item);
    work::queue(&world, item, routine(function, [object, context, item, 0]));
}

/// FALSE when it is queued already.
extern "win64" fn IoTryQueueWorkItem(
    item: usize,
    function: usize,
    _queue: i32,
    context: usize,
) -> u8 {
    let world = cross("IoTryQueueWorkItem", DISPATCH);
    if work::is_queued(&world, item) {
        return 0;
    }
    let (object, _) = work::of(&world, item);
    u8::from(work::queue(&world, item, routine(function, [object, context, item, 0])))
}

/// WORK_QUEUE_ITEM: ExInitializeWorkItem, which is inline, writes the routine behind a LIST_ENTRY
/// and its parameter behind that (ddi:wdm/nf-wdm-exinitializeworkitem).
extern "win64" fn ExQueueWorkItem(item: usize, _queue: i32) {
    let world = cross("ExQueueWorkItem", DISPATCH);
    let function: usize = raw::get(item + 16);
    let parameter: usize = raw::get(item + 24);
    work::queue_plain(&world, item, routine(function, [parameter, 0, 0, 0]));
}
