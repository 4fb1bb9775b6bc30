//! Timers: the kernel's (KTIMER), the executive's (EX_TIMER) and NDIS's. An armed timer is a
//! time in the scheduler's queue; when it has come, the clock's interrupt is a thread at DISPATCH_LEVEL, on which the
//! timer's routine or DPC runs.

use std::cell::Cell;
use std::rc::Rc;

use crate::door::call_later::Routine;
use crate::nt::later::Deferred;
use crate::nt::pool::Pool;
use crate::world::resource;
use crate::world::thread::{AlarmId, DISPATCH};
use crate::world::{self, World};

use super::dispatcher::{self, Kind};
use super::{bugcheck, dpc};

/// The resource that a timer is while it is armed.
const ARMED: &str = "armed timer";

/// The consequence of a timer's expiry, beside the signal.
#[derive(Clone, Copy, Debug)]
pub enum Firing {
    /// The signal alone.
    Nothing,
    /// The DPC at this address is queued.
    Dpc(usize),
    /// It is called at DISPATCH_LEVEL.
    Routine(Routine),
}

/// One timer.
#[derive(Debug)]
pub struct Timer {
    /// The time that it was armed with.
    armed: Option<AlarmId>,
    /// Not inside its routine.
    idle: Rc<Cell<bool>>,
    fires: Firing,
}

/// When a timer goes off, and how often after that.
#[derive(Clone, Copy, Debug)]
pub struct DueTime {
    /// Virtual time.
    pub at_100ns: u64,
    /// 0 for once.
    pub period_100ns: u64,
}

/// A timer at `address`, not armed.
pub fn initialise(world: &World, address: usize, synchronization: bool, fires: Firing) {
    if is_armed(world, address) {
        let what = "an armed timer was initialised again";
        bugcheck::stop(world, bugcheck::TIMER_OR_DPC, what);
    }
    dispatcher::initialise(world, address, Kind::Event { synchronization }, 0);
    let idle = Rc::new(Cell::new(true));
    let timer = Timer { armed: None, idle, fires };
    world.of::<Deferred>().borrow_mut().timers.insert(address, timer);
}

/// The consequence of a timer's expiry; `None` when there is no such timer.
pub fn fires(world: &World, address: usize) -> Option<Firing> {
    world.of::<Deferred>().borrow().timers.get(&address).map(|timer| timer.fires)
}

/// Arms a timer; says whether it was armed before. `fires` of None leaves what it does.
pub fn set(world: &World, address: usize, due: DueTime, fires: Option<Firing>) -> bool {
    if !world.of::<Deferred>().borrow().timers.contains_key(&address) {
        bugcheck::stop(world, bugcheck::TIMER_OR_DPC, "a timer that was never initialised");
        return false;
    }
    let was_armed = cancel(world, address);
    dispatcher::reset(world, address);
    if let Some(timer) = world.of::<Deferred>().borrow_mut().timers.get_mut(&address) {
        timer.fires = fires.unwrap_or(timer.fires);
    }
    resource::take(world, ARMED, address, None);
    arm(world, address, due);
    was_armed
}

fn arm(world: &World, address: usize, due: DueTime) {
    let fire = move || fire(&world::current(), address, due);
    let alarm = world.threads.spawn_when(due.at_100ns, DISPATCH, "Timer", fire);
    if let Some(timer) = world.of::<Deferred>().borrow_mut().timers.get_mut(&address) {
        timer.armed = Some(alarm);
    }
}

fn fire(world: &World, address: usize, due: DueTime) {
    if world.of::<Pool>().borrow().was_freed(address) {
        bugcheck::stop(world, bugcheck::TIMER_OR_DPC, "an armed timer in memory that was freed");
    }
    let (fires, idle) = {
        let mut later = world.of::<Deferred>().borrow_mut();
        let Some(timer) = later.timers.get_mut(&address) else { return };
        if timer.armed.take().is_none() {
            // Cancelled between the interrupt and this.
            return;
        }
        (timer.fires, Rc::clone(&timer.idle))
    };
    if due.period_100ns > 0 {
        arm(world, address, DueTime { at_100ns: due.at_100ns + due.period_100ns, ..due });
    } else {
        resource::give(world, ARMED, address);
    }
    dispatcher::set(world, address);
    match fires {
        Firing::Nothing => {}
        Firing::Dpc(address) => {
            dpc::insert(world, address, [0, 0]);
            dpc::retire_all(world);
        }
        Firing::Routine(routine) => {
            idle.set(false);
            routine.run(world);
            idle.set(true);
        }
    }
}

/// Takes a timer's time back; says whether it was armed. A routine that runs goes on.
pub fn cancel(world: &World, address: usize) -> bool {
    let armed = world
        .of::<Deferred>()
        .borrow_mut()
        .timers
        .get_mut(&address)
        .and_then(|timer| timer.armed.take());
    let Some(alarm) = armed else { return false };
    world.threads.call_off(alarm);
    resource::give(world, ARMED, address)
}

/// A timer is no more. With `wait`, its routine is over when this returns.
pub fn delete(world: &World, address: usize, wait: bool) {
    cancel(world, address);
    let timer = world.of::<Deferred>().borrow_mut().timers.remove(&address);
    if let Some(timer) = timer
        && wait
    {
        world.wait_for(&timer.idle);
    }
}

/// Whether a timer is armed.
pub fn is_armed(world: &World, address: usize) -> bool {
    world.of::<Deferred>().borrow().timers.get(&address).is_some_and(|timer| timer.armed.is_some())
}

/// Waits for routines that run.
pub(super) fn drain(world: &World) {
    let idle: Vec<_> = world
        .of::<Deferred>()
        .borrow()
        .timers
        .values()
        .map(|timer| Rc::clone(&timer.idle))
        .collect();
    for idle in idle {
        world.wait_for(&idle);
    }
}

/// Nothing goes off any more.
pub(super) fn forget(world: &World) {
    for timer in std::mem::take(&mut world.of::<Deferred>().borrow_mut().timers).into_values() {
        if let Some(alarm) = timer.armed {
            world.threads.call_off(alarm);
        }
    }
}
