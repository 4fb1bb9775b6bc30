//! Work items of the I/O manager and of the executive.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::call_later::Routine;
use crate::door::crossing::cross;
use crate::machine::raw;
use crate::nt::work;

use crate::door::exports::exports;

exports! {
    ExQueueWorkItem: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-exqueueworkitem";
    IoAllocateWorkItem: le DISPATCH, fails NULL by call, since 2195,
        "ddi:wdm/nf-wdm-ioallocateworkitem";
    IoFreeWorkItem: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-iofreeworkitem";
    IoInitializeWorkItem: le ANY, since 6000, "ddi:wdm/nf-wdm-ioinitializeworkitem";
    IoQueueWorkItem: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-ioqueueworkitem";
    IoQueueWorkItemEx: le DISPATCH, since 6000, "ddi:wdm/nf-wdm-ioqueueworkitemex";
    IoSizeofWorkItem: le ANY, since 6000, "ddi:wdm/nf-wdm-iosizeofworkitem";
    IoTryQueueWorkItem: le DISPATCH, fails FALSE, since 9200, "undocumented:wdm.h";
    IoUninitializeWorkItem: le ANY, since 6000, "ddi:wdm/nf-wdm-iouninitializeworkitem";
}

/// What IoSizeofWorkItem says: a work item is opaque, and nothing is written into it.
const SIZE: u32 = 128;

fn routine(address: usize, arguments: [usize; 4]) -> Routine {
    Routine { callback: "WorkItem", address, arguments, owner: None }
}

extern "win64" fn IoAllocateWorkItem(device: usize) -> usize {
    let world = cross();
    work::allocate(&world, world.import(), device, None).unwrap_or(0)
}

extern "win64" fn IoFreeWorkItem(item: usize) {
    let world = cross();
    work::free(&world, item);
}

extern "win64" fn IoSizeofWorkItem() -> u32 {
    let _world = cross();
    SIZE
}

extern "win64" fn IoInitializeWorkItem(object: usize, item: usize) {
    let world = cross();
    work::initialise(&world, item, object);
}

extern "win64" fn IoUninitializeWorkItem(item: usize) {
    let world = cross();
    work::uninitialise(&world, item);
}

extern "win64" fn IoQueueWorkItem(item: usize, function: usize, _queue: i32, context: usize) {
    let world = cross();
    let (object, _) = work::of(&world, item);
    work::queue(&world, item, routine(function, [object, context, 0, 0]));
}

extern "win64" fn IoQueueWorkItemEx(item: usize, function: usize, _queue: i32, context: usize) {
    let world = cross();
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
    let world = cross();
    if work::is_queued(&world, item) {
        return 0;
    }
    let (object, _) = work::of(&world, item);
    u8::from(work::queue(&world, item, routine(function, [object, context, item, 0])))
}

/// WORK_QUEUE_ITEM: ExInitializeWorkItem, which is inline, writes the routine behind a LIST_ENTRY
/// and its parameter behind that (ddi:wdm/nf-wdm-exinitializeworkitem).
extern "win64" fn ExQueueWorkItem(item: usize, _queue: i32) {
    let world = cross();
    let function: usize = raw::get(item + 16);
    let parameter: usize = raw::get(item + 24);
    work::queue_plain(&world, item, routine(function, [parameter, 0, 0, 0]));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::block::Block;
    use crate::nt::later;
    use crate::world::sample::machine;
    use crate::world::thread::Rest;
    use crate::world::{self, World};

    /// Writes what it was called with to its context, and the IRQL.
    extern "win64" fn noted(object: usize, context: usize, item: usize) {
        let irql = usize::from(world::current().threads.current().irql.get());
        raw::put(context, [object, item, irql]);
    }

    extern "win64" fn plain(context: usize) {
        raw::put(context, 1_usize);
    }

    fn address() -> usize {
        noted as *const () as usize
    }

    fn rest_of(body: impl FnOnce(&World) + 'static) -> Rest {
        machine(0, body).0
    }

    #[test]
    fn a_work_item_runs_at_passive_level_with_its_device_object() {
        let rest = rest_of(|world| {
            let context = Block::of([7_usize; 3]);
            let item = IoAllocateWorkItem(0x1000);
            IoQueueWorkItemEx(item, address(), 1, context.address());
            world.sleep(1);
            assert_eq!(raw::get::<[usize; 3]>(context.address()), [0x1000, item, 0]);
            IoFreeWorkItem(item);
            assert_eq!(world.resources.borrow().live().count(), 0);
        });
        assert!(matches!(rest, Rest::Done), "{rest:?}");
    }

    #[test]
    fn an_item_of_the_executive_runs_what_stands_in_it() {
        let rest = rest_of(|world| {
            let context = Block::of(0_usize);
            let item = Block::of([0, 0, plain as *const () as usize, context.address()]);
            ExQueueWorkItem(item.address(), 1);
            world.sleep(1);
            assert_eq!(raw::get::<usize>(context.address()), 1);
        });
        assert!(matches!(rest, Rest::Done), "{rest:?}");
    }

    #[test]
    fn a_driver_stays_until_its_queued_work_items_have_run() {
        let rest = rest_of(|world| {
            let context = Block::of([7_usize; 3]);
            let item = IoAllocateWorkItem(0x1000);
            IoQueueWorkItem(item, address(), 1, context.address());
            later::drain(world);
            assert_eq!(raw::get::<usize>(context.address()), 0x1000);
            IoFreeWorkItem(item);
        });
        assert!(matches!(rest, Rest::Done), "{rest:?}");
    }

    #[test]
    fn queueing_twice_and_freeing_what_is_queued_stop_the_machine() {
        let twice = rest_of(|_| {
            let item = IoAllocateWorkItem(0);
            IoQueueWorkItem(item, address(), 1, 0);
            assert_eq!(IoTryQueueWorkItem(item, address(), 1, 0), 0);
            IoQueueWorkItem(item, address(), 1, 0);
        });
        assert!(matches!(twice, Rest::Stopped), "{twice:?}");
        let freed = rest_of(|_| {
            let item = IoAllocateWorkItem(0);
            IoQueueWorkItem(item, address(), 1, 0);
            IoFreeWorkItem(item);
        });
        assert!(matches!(freed, Rest::Stopped), "{freed:?}");
    }
}
