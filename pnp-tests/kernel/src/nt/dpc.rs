//! Deferred procedure calls: each queued one is a thread of its own that starts at DISPATCH_LEVEL.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::door::call_later::Routine;
use crate::nt::later::Deferred;
use crate::nt::pool::Pool;
use crate::world::resource;
use crate::world::thread::{DISPATCH, PASSIVE};
use crate::world::{self, World};

use super::bugcheck;

/// The resource that a queued DPC is.
const QUEUED: &str = "queued DPC";

/// Every DPC object, by address, and those under way.
#[derive(Debug, Default)]
pub struct Dpcs {
    known: BTreeMap<usize, Dpc>,
    under_way: Vec<RunningDpc>,
}

#[derive(Clone, Copy, Debug)]
struct Dpc {
    routine: usize,
    context: usize,
    /// At PASSIVE_LEVEL.
    threaded: bool,
    /// Number of the queueing that has not begun to run.
    queued: Option<u32>,
}

#[derive(Clone, Debug)]
struct RunningDpc {
    running: Rc<Cell<bool>>,
    done: Rc<Cell<bool>>,
}

/// KeInitializeDpc and KeInitializeThreadedDpc.
pub fn initialise(world: &World, address: usize, routine: usize, context: usize, threaded: bool) {
    let before = world.of::<Deferred>().borrow().dpcs.known.get(&address).copied();
    if before.is_some_and(|dpc| dpc.queued.is_some()) {
        let what = "a queued DPC was initialised again";
        bugcheck::stop(world, bugcheck::TIMER_OR_DPC, what);
    }
    let dpc = Dpc { routine, context, threaded, queued: None };
    world.of::<Deferred>().borrow_mut().dpcs.known.insert(address, dpc);
}

/// KeInsertQueueDpc; false when it is queued already.
pub fn insert(world: &World, address: usize, arguments: [usize; 2]) -> bool {
    let mut later = world.of::<Deferred>().borrow_mut();
    let number = later.next();
    let Some(dpc) = later.dpcs.known.get_mut(&address) else {
        drop(later);
        bugcheck::stop(world, bugcheck::TIMER_OR_DPC, "a DPC that was never initialised");
        return false;
    };
    if dpc.queued.is_some() {
        return false;
    }
    dpc.queued = Some(number);
    let irql = if dpc.threaded { PASSIVE } else { DISPATCH };
    let running = Rc::new(Cell::new(false));
    let runs = Rc::clone(&running);
    let done = world.threads.spawn_at(irql, "DPC".to_owned(), move || {
        run(&world::current(), (address, number), arguments, &runs);
    });
    later.dpcs.under_way.retain(|call| !call.done.get());
    later.dpcs.under_way.push(RunningDpc { running, done });
    drop(later);
    resource::take(world, QUEUED, address, None);
    true
}

fn run(world: &World, (address, number): (usize, u32), [a, b]: [usize; 2], runs: &Cell<bool>) {
    let dpc = {
        let mut later = world.of::<Deferred>().borrow_mut();
        let Some(dpc) = later.dpcs.known.get_mut(&address) else { return };
        if dpc.queued != Some(number) {
            return;
        }
        dpc.queued = None;
        *dpc
    };
    runs.set(true);
    resource::give(world, QUEUED, address);
    if world.of::<Pool>().borrow().was_freed(address) {
        bugcheck::stop(world, bugcheck::TIMER_OR_DPC, "a queued DPC in memory that was freed");
    }
    let arguments = [address, dpc.context, a, b];
    Routine { callback: "DPC", address: dpc.routine, arguments, owner: None }.run(world);
}

/// KeRemoveQueueDpc; false when it was not queued.
pub fn remove(world: &World, address: usize) -> bool {
    let mut later = world.of::<Deferred>().borrow_mut();
    let queued = later.dpcs.known.get_mut(&address).and_then(|dpc| dpc.queued.take());
    drop(later);
    queued.is_some() && resource::give(world, QUEUED, address)
}

/// KeFlushQueuedDpcs: waits until every DPC that is queued now has run.
pub fn flush(world: &World) {
    wait_for(world, |_| true);
}

/// Waits for those that run.
pub(super) fn drain(world: &World) {
    wait_for(world, |call| call.running.get());
}

fn wait_for(world: &World, which: fn(&RunningDpc) -> bool) {
    let calls: Vec<_> = {
        let later = world.of::<Deferred>().borrow();
        later.dpcs.under_way.iter().filter(|call| which(call)).cloned().collect()
    };
    for call in calls {
        world.wait_for(&call.done);
    }
}
