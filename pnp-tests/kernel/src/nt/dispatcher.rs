//! Objects that threads wait for: events, mutexes, semaphores, and what behaves like an event
//! (timers, threads).
//!
//! Whether an object is signalled stands in the image's memory; who waits for it stands here. A
//! signal is given away when it comes, first come first served, so that a pulse wakes those that
//! wait and nobody else (ddi:ntddk/nf-ntddk-kepulseevent).

use std::cell::Cell;
use std::collections::BTreeMap;
use std::mem;
use std::rc::Rc;

use crate::door::header::{self, Type};
use crate::world::World;
use crate::world::thread::DISPATCH;
use journal::{KernelFact, WaitFact};

use super::{bugcheck, time};

/// The kind of a dispatcher object, which says what a signal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the description")]
pub enum Kind {
    /// Signalled until it is reset, or, for synchronization, until one waiter got it.
    Event { synchronization: bool },
    /// Signalled once while nobody owns it.
    Mutex { owner: Option<u32> },
    /// Signalled as often as its count says.
    Semaphore { limit: i32 },
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Event { .. } => "event",
            Self::Mutex { .. } => "mutex",
            Self::Semaphore { .. } => "semaphore",
        }
    }
}

/// A wait that ends before it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// More objects than a thread can wait for, or more than it has blocks for.
    TooMany,
    /// A mutex that its owner has taken as often as it can be.
    MutexLimit,
}

/// Objects that were initialised, and the threads that wait for them.
#[derive(Debug, Default)]
pub struct Dispatcher {
    objects: BTreeMap<usize, Kind>,
    waiters: Vec<Waiter>,
}

#[derive(Debug)]
struct Waiter {
    /// Its number, and the address of its object.
    thread: (u32, usize),
    objects: Vec<usize>,
    all: bool,
    /// Index of the object that ended the wait.
    answer: Rc<Cell<Option<usize>>>,
    woken: Rc<Cell<bool>>,
}

/// How long a thread is ready to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Not at all.
    Zero,
    /// Until this virtual time.
    Until(u64),
    /// No limit: the thread waits until the object is signalled.
    None,
}

impl Limit {
    /// As the kernel's functions take it: negative is from now on, positive is a system time.
    pub fn new(world: &World, timeout: Option<i64>) -> Self {
        match timeout {
            None => Self::None,
            Some(0) => Self::Zero,
            Some(timeout) => Self::Until(time::due(world, timeout)),
        }
    }
}

impl Dispatcher {
    fn can_have(&self, object: usize, thread: u32) -> bool {
        let owned = matches!(self.objects.get(&object), Some(Kind::Mutex { owner }) if *owner == Some(thread));
        owned || header::state(object) > 0
    }

    fn give_to(&mut self, object: usize, (thread, itself): (u32, usize)) {
        let state = header::state(object);
        match self.objects.get_mut(&object) {
            Some(Kind::Event { synchronization: true }) => header::set_state(object, 0),
            Some(Kind::Semaphore { .. }) => header::set_state(object, state - 1),
            Some(Kind::Mutex { owner }) => {
                *owner = Some(thread);
                header::set_owner(object, itself);
                header::set_state(object, state - 1);
            }
            Some(Kind::Event { synchronization: false }) | None => {}
        }
    }

    /// Gives a thread what it asks for, if it is there; the index of the object that did it.
    fn satisfy(&mut self, thread: (u32, usize), objects: &[usize], all: bool) -> Option<usize> {
        if !all {
            let index = objects.iter().position(|&object| self.can_have(object, thread.0))?;
            self.give_to(objects[index], thread);
            return Some(index);
        }
        if !objects.iter().all(|&object| self.can_have(object, thread.0)) {
            return None;
        }
        for &object in objects {
            self.give_to(object, thread);
        }
        Some(0)
    }

    /// Wakes whom an object's signal reaches, in the order in which they came.
    fn wake(&mut self, object: usize) {
        for waiter in mem::take(&mut self.waiters) {
            let asks = waiter.objects.contains(&object);
            let given = asks.then(|| self.satisfy(waiter.thread, &waiter.objects, waiter.all));
            match given.flatten() {
                Some(index) => {
                    waiter.answer.set(Some(index));
                    waiter.woken.set(true);
                }
                None => self.waiters.push(waiter),
            }
        }
    }
}

/// Makes an object at `address`.
pub fn initialise(world: &World, address: usize, kind: Kind, state: i32) {
    let code = match kind {
        Kind::Event { synchronization: false } => Type::NotificationEvent,
        Kind::Event { synchronization: true } => Type::SynchronizationEvent,
        Kind::Mutex { .. } => Type::Mutant,
        Kind::Semaphore { .. } => Type::Semaphore,
    };
    header::initialise(address, code, state);
    match kind {
        Kind::Event { .. } => {}
        Kind::Mutex { .. } => header::initialise_mutex(address),
        Kind::Semaphore { limit } => header::set_limit(address, limit),
    }
    world.of::<Dispatcher>().borrow_mut().objects.insert(address, kind);
}

/// The object at `address`; one that nobody initialised stops the machine, as its list of waiters
/// leads nowhere.
fn known(world: &World, address: usize) -> Option<Kind> {
    let kind = world.of::<Dispatcher>().borrow().objects.get(&address).copied();
    if kind.is_none() {
        let what = "an object to wait for that was never initialised";
        bugcheck::stop(world, bugcheck::NOT_LESS_OR_EQUAL, what);
    }
    kind
}

/// KeSetEvent: the state before. Also what a timer or a thread does when its time has come.
pub fn set(world: &World, address: usize) -> i32 {
    if known(world, address).is_none() {
        return 0;
    }
    let before = header::state(address);
    header::set_state(address, 1);
    world.of::<Dispatcher>().borrow_mut().wake(address);
    before
}

/// KeResetEvent: the state before.
pub fn reset(world: &World, address: usize) -> i32 {
    if known(world, address).is_none() {
        return 0;
    }
    let before = header::state(address);
    header::set_state(address, 0);
    before
}

/// KePulseEvent: wakes those that wait now, and nobody after.
pub fn pulse(world: &World, address: usize) -> i32 {
    let before = set(world, address);
    header::set_state(address, 0);
    before
}

/// KeReleaseMutex: the state before, or None when the caller does not own it, which raises an
/// exception on Windows (ddi:wdm/nf-wdm-kereleasemutex).
pub fn release_mutex(world: &World, address: usize) -> Option<i32> {
    let thread = world.threads.current_id();
    let mut dispatcher = world.of::<Dispatcher>().borrow_mut();
    let Some(Kind::Mutex { owner }) = dispatcher.objects.get_mut(&address) else { return None };
    if *owner != Some(thread) {
        return None;
    }
    let before = header::state(address);
    if before == 0 {
        *owner = None;
        header::set_owner(address, 0);
    }
    header::set_state(address, before + 1);
    dispatcher.wake(address);
    Some(before)
}

/// Whether a thread owns a mutex, which holds its normal kernel APCs back
/// (ddi:wdm/nf-wdm-kewaitformultipleobjects).
pub fn owns_a_mutex(world: &World, thread: u32) -> bool {
    let dispatcher = world.of::<Dispatcher>().borrow();
    dispatcher.objects.values().any(|kind| *kind == Kind::Mutex { owner: Some(thread) })
}

/// The bugcheck of a wait for these objects, before Windows looks at them. `has_blocks`: the caller brought wait blocks
/// of its own (ddi:wdm/nf-wdm-kewaitformultipleobjects).
pub fn refuses(world: &World, objects: &[usize], has_blocks: bool) -> Option<Refusal> {
    /// THREAD_WAIT_OBJECTS, MAXIMUM_WAIT_OBJECTS.
    const OWN_BLOCKS: usize = 3;
    const MAXIMUM: usize = 64;
    if objects.len() > if has_blocks { MAXIMUM } else { OWN_BLOCKS } {
        return Some(Refusal::TooMany);
    }
    let thread = world.threads.current_id();
    let dispatcher = world.of::<Dispatcher>().borrow();
    let is_at_limit = |object: &usize| {
        dispatcher.objects.get(object) == Some(&Kind::Mutex { owner: Some(thread) })
            && header::state(*object) == i32::MIN
    };
    objects.iter().any(is_at_limit).then_some(Refusal::MutexLimit)
}

/// KeReleaseSemaphore: the count before, or None when it would go past the limit, which raises an
/// exception on Windows (ddi:wdm/nf-wdm-kereleasesemaphore).
pub fn release_semaphore(world: &World, address: usize, by: i32) -> Option<i32> {
    let Some(Kind::Semaphore { limit }) = known(world, address) else { return None };
    let before = header::state(address);
    let after = before.checked_add(by).filter(|&after| after >= before && after <= limit)?;
    header::set_state(address, after);
    world.of::<Dispatcher>().borrow_mut().wake(address);
    Some(before)
}

/// Waits for one or all of the objects; the index of the one that ended it, None when the time
/// was over first.
pub fn wait(
    world: &World,
    import: &'static str,
    objects: &[usize],
    all: bool,
    limit: Limit,
) -> Option<usize> {
    let thread = world.threads.current();
    if limit != Limit::Zero && thread.irql.get() >= DISPATCH {
        world.record(KernelFact::Wait(WaitFact::AtDispatch { import }));
    }
    let mut on = "event";
    for &object in objects {
        on = known(world, object)?.name();
    }
    let waiter = (thread.id, super::thread::with_current(world, |own| own.object));
    let given = world.of::<Dispatcher>().borrow_mut().satisfy(waiter, objects, all);
    if given.is_some() || limit == Limit::Zero {
        return given;
    }
    let (answer, woken) = (Rc::new(Cell::new(None)), Rc::new(Cell::new(false)));
    world.of::<Dispatcher>().borrow_mut().waiters.push(Waiter {
        thread: waiter,
        objects: objects.to_vec(),
        all,
        answer: Rc::clone(&answer),
        woken: Rc::clone(&woken),
    });
    let began = world.clock.get();
    world.record(KernelFact::Wait(WaitFact::Blocks { import, on }));
    thread.waits_for.set(Some((import, on)));
    match limit {
        Limit::Until(time) => drop(world.wait_for_until(&woken, time)),
        Limit::Zero | Limit::None => world.wait_for(&woken),
    }
    thread.waits_for.set(None);
    if !woken.get() {
        let mut dispatcher = world.of::<Dispatcher>().borrow_mut();
        dispatcher.waiters.retain(|waiter| !Rc::ptr_eq(&waiter.woken, &woken));
    }
    let for_100ns = world.clock.get() - began;
    world.record(KernelFact::Wait(WaitFact::Waited { import, for_100ns }));
    answer.get()
}

/// Lets time pass, as KeDelayExecutionThread and NdisMSleep do.
pub fn delay(world: &World, import: &'static str, until: u64) {
    if world.threads.current().irql.get() >= DISPATCH {
        world.record(KernelFact::Wait(WaitFact::AtDispatch { import }));
    }
    let for_100ns = until.saturating_sub(world.clock.get());
    if for_100ns == 0 {
        return;
    }
    world.record(KernelFact::Wait(WaitFact::Blocks { import, on: "time" }));
    world.sleep(for_100ns);
    world.record(KernelFact::Wait(WaitFact::Waited { import, for_100ns }));
}
