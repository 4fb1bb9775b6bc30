//! Deferred procedure calls.
//!
//! - One that is inserted goes into the queue of the processor that inserts it, and has run when that
//!   goes on below DISPATCH_LEVEL: at once when it was inserted below, else when the function returns that
//!   lowers the IRQL (ddi:wdm/nf-wdm-keinsertqueuedpc). It runs on the thread that it interrupts. Where a
//!   driver lowers its IRQL without a function, it runs at the next call of one.
//! - One that is meant for the other processor is a thread of its own, and runs when that has its turn: during
//!   the inserting function's caller at the earliest, since only there turns are taken away.
//! - A threaded one is a thread at PASSIVE_LEVEL.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::door::call_later::Routine;
use crate::door::ntoskrnl::processor;
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
    /// By number.
    under_way: BTreeMap<u32, RunningDpc>,
}

#[derive(Clone, Copy, Debug)]
struct Dpc {
    routine: usize,
    context: usize,
    /// At PASSIVE_LEVEL.
    threaded: bool,
    /// The processor that it is meant for, if for one.
    target: Option<u32>,
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
    let dpc = Dpc { routine, context, threaded, target: None, queued: None };
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
    let (threaded, target) = (dpc.threaded, dpc.target);
    let (running, done) = (Rc::new(Cell::new(false)), Rc::new(Cell::new(false)));
    let call = RunningDpc { running: Rc::clone(&running), done: Rc::clone(&done) };
    later.dpcs.under_way.insert(number, call);
    drop(later);
    resource::take(world, QUEUED, address, None);
    let body = move || {
        let world = world::current();
        run(&world, (address, number), arguments, &running);
        done.set(true);
        world.of::<Deferred>().borrow_mut().dpcs.under_way.remove(&number);
    };
    if threaded {
        world.threads.spawn_at(PASSIVE, "DPC".to_owned(), body);
    } else if target.is_some_and(|target| target != processor::current(world)) {
        world.threads.spawn_at(DISPATCH, "DPC".to_owned(), body);
    } else {
        world.threads.defer(body);
    }
    true
}

/// KeSetTargetProcessorDpc: the processor that a DPC is meant for.
pub fn set_target(world: &World, address: usize, processor: u32) {
    if let Some(dpc) = world.of::<Deferred>().borrow_mut().dpcs.known.get_mut(&address) {
        dpc.target = Some(processor);
    }
}

/// The current thread is about to go on: below DISPATCH_LEVEL what is in its processor's queue runs first.
pub fn retire(world: &World) {
    if world.threads.irql() < DISPATCH {
        retire_all(world);
    }
}

/// Runs what is in the queue of the current thread's processor.
pub(super) fn retire_all(world: &World) {
    while let Some(body) = world.threads.next_deferred() {
        let thread = world.threads.current();
        let before = thread.irql.replace(DISPATCH);
        body();
        thread.irql.set(before);
    }
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
        later.dpcs.under_way.values().filter(|call| which(call)).cloned().collect()
    };
    for call in calls {
        world.wait_for(&call.done);
    }
}
