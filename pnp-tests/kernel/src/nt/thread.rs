//! Threads as objects: what a driver creates, waits for, and asks of the one it runs on.

use crate::door::call_later::Routine;
use crate::door::header::{self, Type};
use crate::machine::fiber::{self, Wait};
use crate::nt::object::Objects;
use crate::world::thread::APC;
use crate::world::{self, World};
use journal::KernelFact;

use super::dispatcher::{self, Kind};
use super::{bugcheck, object};
use crate::world::resource;

/// The resource that a thread of the driver's making is while it runs.
const RUNNING: &str = "system thread";
/// Priority of threads that nobody changed: the middle of the variable range.
const PRIORITY: i32 = 8;

/// The kernel's state of a thread, beside the scheduler's.
#[derive(Clone, Copy, Debug)]
pub struct State {
    /// Address of its object.
    pub object: usize,
    /// The driver made it, so it may end it.
    pub is_system: bool,
    /// The priority, KPRIORITY.
    pub priority: i32,
    /// Critical regions that are open, in which normal kernel APCs wait. Below zero, too, they wait: as on
    /// Windows, where one was left that nobody had entered.
    pub critical: i32,
    /// Guarded regions that are open, in which all APCs wait.
    pub guarded: i32,
    /// Processors it asked to run on; 0 for any.
    pub affinity: u64,
}

/// A thread's object: signalled when the thread has ended.
fn make(world: &World) -> usize {
    let address = object::memory(world);
    dispatcher::initialise(world, address, Kind::Event { synchronization: false }, 0);
    header::set_type(address, Type::Thread);
    address
}

fn state(object: usize, is_system: bool) -> State {
    State { object, is_system, priority: PRIORITY, critical: 0, guarded: 0, affinity: 0 }
}

/// Changes what is known of the current thread, and gives what comes of it.
pub fn with_current<R>(world: &World, change: impl FnOnce(&mut State) -> R) -> R {
    let id = world.threads.current_id();
    let known = world.of::<Objects>().borrow().threads.contains_key(&id);
    if !known {
        let object = make(world);
        world.of::<Objects>().borrow_mut().threads.insert(id, state(object, false));
    }
    let mut objects = world.of::<Objects>().borrow_mut();
    change(objects.threads.get_mut(&id).expect("it was put there just now"))
}

/// Changes the priority of the thread of this object; the one before.
pub fn set_priority(world: &World, object: usize, priority: i32) -> i32 {
    let mut objects = world.of::<Objects>().borrow_mut();
    let thread = objects.threads.values_mut().find(|thread| thread.object == object);
    thread.map_or(PRIORITY, |thread| std::mem::replace(&mut thread.priority, priority))
}

/// The priority of the thread of this object.
pub fn priority(world: &World, object: usize) -> i32 {
    let objects = world.of::<Objects>().borrow();
    let thread = objects.threads.values().find(|thread| thread.object == object);
    thread.map_or(PRIORITY, |thread| thread.priority)
}

/// PsCreateSystemThread: a handle that the driver must close.
pub fn create(world: &World, start: usize, context: usize) -> usize {
    let object = make(world);
    resource::take(world, RUNNING, object, None);
    world.of::<Objects>().borrow_mut().unborn.push(object);
    let callback = "SystemThread";
    let routine = Routine { callback, address: start, arguments: [context, 0, 0, 0], owner: None };
    // Nothing in here may be held while the routine runs: the thread may end inside.
    world.threads.spawn(callback.to_owned(), move || {
        begin(object);
        routine.run_as_thread();
        end(&world::current(), object);
    });
    object::open(world, "thread handle", object)
}

fn begin(object: usize) {
    let world = world::current();
    let id = world.threads.current_id();
    let mut objects = world.of::<Objects>().borrow_mut();
    objects.unborn.retain(|unborn| *unborn != object);
    objects.threads.insert(id, state(object, true));
}

/// Threads that the driver has made and that have not begun: they hold nothing, and will run all the same.
pub fn unborn(world: &World) -> usize {
    world.of::<Objects>().borrow().unborn.len()
}

/// The thread ends; with a mutex or with APCs disabled it must not (docs:debugger/bug-check-0x4000008a--thread-terminate-held-mutex,
/// docs:debugger/bug-check-0x20--kernel-apc-pending-during-exit).
fn end(world: &World, object: usize) {
    let State { critical, guarded, .. } = with_current(world, |thread| *thread);
    if dispatcher::owns_a_mutex(world, world.threads.current_id()) {
        let what = "a system thread ended that owns a mutex";
        bugcheck::stop(world, bugcheck::MUTEX_HELD_AT_EXIT, what);
    } else if critical != 0 || guarded != 0 {
        let what = "a system thread ended with APCs disabled: a region was entered and not left";
        bugcheck::stop(world, bugcheck::APCS_DISABLED_AT_EXIT, what);
    }
    resource::give(world, RUNNING, object);
    dispatcher::set(world, object);
}

/// PsTerminateSystemThread: notes that the current thread ends; false when it is not one that the
/// driver made. The caller must then call [`exit`], holding nothing.
pub fn terminates(world: &World) -> bool {
    let thread = with_current(world, |thread| *thread);
    if !thread.is_system {
        return false;
    }
    let open = world.threads.current().open.take();
    for call in open.into_iter().rev() {
        let (call, callback) = (call.call, call.callback);
        world.record(KernelFact::Leave { call, callback, module: None, status: None });
    }
    end(world, thread.object);
    true
}

/// The current thread is no more.
pub fn exit() {
    fiber::wait(Wait::Exit);
}

/// Whether APCs are held back on the current thread: all of them, or the normal ones.
pub fn apcs_are_held(world: &World, all: bool) -> bool {
    let thread = world.threads.current();
    let State { critical, guarded, .. } = with_current(world, |thread| *thread);
    let normal = critical != 0 || dispatcher::owns_a_mutex(world, thread.id);
    // A raised IRQL holds them back as well, but the question about the normal ones is about regions only
    // (ddi:wdm/nf-wdm-keareapcsdisabled).
    guarded != 0 || if all { thread.irql.get() >= APC } else { normal }
}
