//! Work items: routines that a thread of the system calls at PASSIVE_LEVEL.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::door::call_later::Routine;
use crate::door::header;
use crate::machine::block::Block;
use crate::nt::later::Deferred;
use crate::nt::pool::Pool;
use crate::world::owner::Owner;
use crate::world::resource;
use crate::world::{self, World};

use super::bugcheck;

/// The resource that a work item of the executive is while it is queued.
const QUEUED: &str = "queued work item";
/// The resource that an allocated work item is.
const ALLOCATED: &str = "work item";

/// Work items by address, and those that hold the driver in memory until they have run.
#[derive(Debug, Default)]
pub struct Work {
    items: BTreeMap<usize, Item>,
    /// By number.
    under_way: BTreeMap<u32, Rc<Cell<bool>>>,
    /// How long the system's threads are busy with something else before they run an item.
    pub(super) busy_for: u64,
}

#[derive(Debug)]
struct Item {
    /// The device object it is for, or 0.
    object: usize,
    owner: Option<Owner>,
    queued: Option<u32>,
    /// Kept for the kernel's own; none for one in the driver's memory.
    _memory: Option<Block>,
}

/// Lets every item wait so long before it runs.
pub fn delay(world: &World, for_100ns: u64) {
    world.of::<Deferred>().borrow_mut().work.busy_for = for_100ns;
}

/// IoAllocateWorkItem and NdisAllocateIoWorkItem; None when the run's faults say so.
pub fn allocate(world: &World, import: &str, object: usize, owner: Option<Owner>) -> Option<usize> {
    if world.faults.next_call_fails(import).is_some() {
        return None;
    }
    let memory = header::object();
    let address = memory.address();
    let item = Item { object, owner, queued: None, _memory: Some(memory) };
    world.of::<Deferred>().borrow_mut().work.items.insert(address, item);
    resource::take(world, ALLOCATED, address, owner);
    Some(address)
}

/// IoInitializeWorkItem: one in the driver's own memory.
pub fn initialise(world: &World, address: usize, object: usize) {
    let item = Item { object, owner: None, queued: None, _memory: None };
    world.of::<Deferred>().borrow_mut().work.items.insert(address, item);
}

/// The device object and the owner of a work item.
pub fn of(world: &World, address: usize) -> (usize, Option<Owner>) {
    let later = world.of::<Deferred>().borrow();
    later.work.items.get(&address).map_or((0, None), |item| (item.object, item.owner))
}

/// Takes an item out of the books; stops the machine when it is queued.
fn end(world: &World, address: usize) {
    let item = world.of::<Deferred>().borrow_mut().work.items.remove(&address);
    if item.is_some_and(|item| item.queued.is_some()) {
        bugcheck::stop(world, bugcheck::WORKER, "a work item was freed while it was queued");
    }
}

/// IoFreeWorkItem and NdisFreeIoWorkItem.
pub fn free(world: &World, address: usize) {
    if resource::give(world, ALLOCATED, address) {
        end(world, address);
    }
}

/// IoUninitializeWorkItem.
pub fn uninitialise(world: &World, address: usize) {
    end(world, address);
}

/// Queues an item; false, and the end of the machine, when it is queued already or is none.
pub fn queue(world: &World, address: usize, routine: Routine) -> bool {
    let mut later = world.of::<Deferred>().borrow_mut();
    let number = later.next();
    let wrong = match later.work.items.get_mut(&address) {
        None => Some("a work item that does not exist was queued"),
        Some(Item { queued: Some(_), .. }) => Some("a work item was queued twice"),
        Some(item) => {
            item.queued = Some(number);
            None
        }
    };
    if let Some(what) = wrong {
        drop(later);
        bugcheck::stop(world, bugcheck::WORKER, what);
        return false;
    }
    let busy_for = later.work.busy_for;
    let done = world.threads.spawn("WorkItem".to_owned(), move || {
        let world = world::current();
        world.sleep(busy_for);
        let mut later = world.of::<Deferred>().borrow_mut();
        let Some(item) = later.work.items.get_mut(&address) else { return };
        if item.queued != Some(number) {
            return;
        }
        item.queued = None;
        drop(later);
        routine.run(&world);
        world.of::<Deferred>().borrow_mut().work.under_way.remove(&number);
    });
    later.work.under_way.insert(number, done);
    true
}

/// ExQueueWorkItem: nothing keeps the driver in memory until it has run.
pub fn queue_plain(world: &World, address: usize, routine: Routine) {
    let mut later = world.of::<Deferred>().borrow_mut();
    let number = later.next();
    let items = &mut later.work.items;
    if items.get(&address).is_some_and(|item| item.queued.is_some()) {
        drop(later);
        bugcheck::stop(world, bugcheck::WORKER, "a work item was queued twice");
        return;
    }
    items.insert(address, Item { object: 0, owner: None, queued: Some(number), _memory: None });
    let busy_for = later.work.busy_for;
    drop(later);
    resource::take(world, QUEUED, address, None);
    world.threads.spawn("WorkItem".to_owned(), move || {
        let world = world::current();
        world.sleep(busy_for);
        let mut later = world.of::<Deferred>().borrow_mut();
        if later.work.items.get(&address).is_none_or(|item| item.queued != Some(number)) {
            return;
        }
        later.work.items.remove(&address);
        drop(later);
        resource::give(&world, QUEUED, address);
        if world.of::<Pool>().borrow().was_freed(address) {
            bugcheck::stop(&world, bugcheck::WORKER, "a queued work item in freed memory");
        }
        routine.run(&world);
    });
}

/// Waits for items that hold the driver in memory.
pub(super) fn drain(world: &World) {
    let under_way = world.of::<Deferred>().borrow().work.under_way.clone();
    for done in under_way.into_values() {
        world.wait_for(&done);
    }
}

/// Whether an item waits to run.
pub fn is_queued(world: &World, address: usize) -> bool {
    world
        .of::<Deferred>()
        .borrow()
        .work
        .items
        .get(&address)
        .is_some_and(|item| item.queued.is_some())
}
