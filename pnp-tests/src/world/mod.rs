//! One simulated machine: its clock, its threads, its kernel, its NDIS, and its history.
//!
//! The world owns and steps; it does not decide. What NDIS does is in `ndis/`, what the kernel
//! does in `nt/`. Everything here is single-threaded: kernel threads are coroutines, and shared
//! state is borrowed only between crossings, never while the image runs.

pub mod fault;
pub mod resource;
#[cfg(test)]
pub mod sample;
pub mod seed;
pub mod switches;
pub mod thread;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::door::fiber::{self, Wait};
use crate::door::handle::Handles;
use crate::journal::{Entry, Fact, Journal, KernelFact};
use crate::ndis::Ndis;
use crate::nt::dispatcher::Dispatcher;
use crate::nt::driver::{Driver, Program};
use crate::nt::etw::Etw;
use crate::nt::io::{Handle, Io};
use crate::nt::later::Later;
use crate::nt::object::Objects;
use crate::nt::pool::Pool;
use crate::nt::registry::Registry;
use crate::nt::signal::Signals;
use crate::nt::spin::SpinLocks;
use fault::Faults;
use resource::Resources;
use switches::Switches;
use thread::Threads;

/// Milliseconds in the host's unit of time.
pub const MS: u64 = 10_000;
/// Calls of the kernel in one step, and more for every module there ever was. The longest steps need
/// some thousands.
const CROSSINGS_MAX: u64 = 100_000;
const CROSSINGS_PER_MODULE: u64 = 1_000;
/// System time at boot, in 100 ns since 1601: 2026-01-01 00:00 UTC.
pub const BOOT_100NS: u64 = 134_116_992_000_000_000;
/// Between two ticks of the clock interrupt: 15.625 ms.
pub const TICK_100NS: u64 = 156_250;

/// A machine. Interior mutability throughout, because the image calls back in from the middle of
/// what the host does.
pub struct World {
    /// Virtual time since boot in units of 100 ns.
    pub clock: Cell<u64>,
    pub threads: Threads,
    journal: RefCell<Journal>,
    /// The file under test.
    pub program: Rc<Program>,
    pub switches: Switches,
    pub faults: Faults,
    /// Packets, requests and users between and inside the steps.
    pub exercises: bool,
    pub handles: Handles,
    pub pool: RefCell<Pool>,
    pub etw: RefCell<Etw>,
    pub registry: RefCell<Registry>,
    /// Parameters that NDIS has read for the driver.
    pub parameters: RefCell<Vec<usize>>,
    pub signals: RefCell<Signals>,
    pub spin: RefCell<SpinLocks>,
    /// Paged pool is out of bounds now.
    paged_out: Cell<bool>,
    pub io: RefCell<Io>,
    /// A user who has the driver's device open.
    pub user: RefCell<Option<Handle>>,
    pub driver: RefCell<Option<Driver>>,
    pub ndis: RefCell<Ndis>,
    /// What the driver holds, beside pool memory.
    pub resources: RefCell<Resources>,
    /// What threads wait for.
    pub dispatcher: RefCell<Dispatcher>,
    /// Kernel objects, and the handles and references that name them.
    pub objects: RefCell<Objects>,
    /// Timers, DPCs and work items.
    pub later: RefCell<Later>,
    next_call: Cell<u32>,
    crossings: Cell<u64>,
    /// Off only while something is measured, so that the history does not grow meanwhile.
    pub recording: Cell<bool>,
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<World>>> = const { RefCell::new(None) };
}

/// The world that runs on this host thread: what a thunk finds the machine through.
pub fn current() -> Rc<World> {
    CURRENT.with_borrow(Clone::clone).expect("a world runs: a bug of the host")
}

/// Makes `world` the one whose image is about to run on this host thread.
pub fn enter(world: &Rc<World>) {
    CURRENT.set(Some(Rc::clone(world)));
}

impl World {
    pub fn new(
        program: Rc<Program>,
        (seed, interleaves): (u64, bool),
        switches: Switches,
        faults: Faults,
        exercises: bool,
        ndis: Ndis,
    ) -> Rc<Self> {
        Rc::new(Self {
            clock: Cell::new(0),
            threads: Threads::new(seed, interleaves),
            journal: RefCell::new(Journal::default()),
            program,
            switches,
            faults,
            exercises,
            handles: Handles::new(),
            pool: RefCell::new(Pool::default()),
            etw: RefCell::new(Etw::default()),
            registry: RefCell::new(Registry::default()),
            parameters: RefCell::new(Vec::new()),
            signals: RefCell::new(Signals::default()),
            spin: RefCell::new(SpinLocks::default()),
            paged_out: Cell::new(false),
            io: RefCell::new(Io::default()),
            user: RefCell::new(None),
            driver: RefCell::new(None),
            ndis: RefCell::new(ndis),
            resources: RefCell::new(Resources::default()),
            dispatcher: RefCell::new(Dispatcher::default()),
            objects: RefCell::new(Objects::default()),
            later: RefCell::new(Later::default()),
            next_call: Cell::new(1),
            crossings: Cell::new(0),
            recording: Cell::new(true),
        })
    }

    /// Appends to the history, at this time, on this thread.
    pub fn record(&self, fact: impl Into<Fact>) {
        let fact = fact.into();
        if !self.recording.get() {
            return;
        }
        if matches!(fact, Fact::Kernel(KernelFact::Step { .. })) {
            self.begins_a_part();
        }
        let (thread, site) = self.threads.place();
        self.enter_in_journal(thread, site, fact);
    }

    /// A step, or a round of one, begins: the driver may call the kernel as often as it likes again.
    pub fn begins_a_part(&self) {
        self.crossings.set(0);
    }

    /// The same on behalf of a thread that does not run any more.
    pub fn record_for(&self, thread: &thread::Thread, fact: impl Into<Fact>) {
        self.enter_in_journal(thread.id, thread.site.get(), fact.into());
    }

    fn enter_in_journal(&self, thread: u32, site: usize, fact: Fact) {
        let site = self.driver.borrow().as_ref().and_then(|driver| driver.image.rva_of(site));
        let entry = Entry { time_100ns: self.clock.get(), thread, site, fact };
        self.journal.borrow_mut().push(entry);
    }

    /// The image is about to run at the current thread's IRQL: at or above DISPATCH_LEVEL paged
    /// memory is not there.
    pub fn page_for_irql(&self) {
        let out = self.threads.current().irql.get() >= thread::DISPATCH;
        let pool = self.pool.borrow();
        if pool.has_paged() && self.paged_out.replace(out) != out {
            for block in pool.paged() {
                block.protect(!out);
            }
        }
    }

    /// Counts a crossing of a run that is recorded; says whether there were more than any driver
    /// needs for one, so that it must be going round in a circle.
    pub fn has_crossed_too_often(&self) -> bool {
        let crossings = self.crossings.get() + u64::from(self.recording.get());
        self.crossings.set(crossings);
        crossings > CROSSINGS_MAX
            && crossings
                > CROSSINGS_MAX + CROSSINGS_PER_MODULE * self.ndis.borrow().modules.len() as u64
    }

    /// The history, when the run is over.
    pub fn take_journal(&self) -> Journal {
        self.journal.take()
    }

    /// A number for the next call into the image.
    pub fn next_call(&self) -> u32 {
        let call = self.next_call.get();
        self.next_call.set(call + 1);
        call
    }

    /// Lets virtual time pass on the current thread.
    pub fn sleep(&self, for_100ns: u64) {
        if for_100ns > 0 {
            fiber::wait(Wait::Until(self.clock.get() + for_100ns));
        }
    }

    /// Waits until the flag is set or the clock reaches `until`; says whether the flag was set.
    pub fn wait_for_until(&self, flag: &Rc<Cell<bool>>, until: u64) -> bool {
        if !flag.get() && self.clock.get() < until {
            fiber::wait(Wait::OnUntil(Rc::clone(flag), until));
        }
        flag.get()
    }

    /// Waits until the flag is set.
    pub fn wait_for(&self, flag: &Rc<Cell<bool>>) {
        if !flag.get() {
            fiber::wait(Wait::On(Rc::clone(flag)));
        }
    }
}
