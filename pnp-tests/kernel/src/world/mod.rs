//! One simulated machine: its clock, its threads, the state of its kernel and subsystems, its history.
//!
//! - One kernel thread runs at a time, on one host thread, until it gives way; shared state is borrowed
//!   only between crossings, never while the image runs.
//! - The clock moves only when no thread can move, and then to the next time for which one waits.
//! - The world owns and steps; it does not decide. What the kernel does stands in [`nt`](crate::nt), what a
//!   subsystem does in its crate; the world knows the state of both as [`slots`] and calls subsystems
//!   through the hooks of [`subsystem`].

pub mod fault;
pub mod locks;
pub mod owner;
pub mod resource;
#[cfg(test)]
pub mod sample;
pub mod seed;
pub mod signal;
pub mod slots;
pub mod subsystem;
pub mod thread;

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::rc::Rc;

use crate::machine::fiber::{self, Wait};
use crate::machine::handle::Handles;
use fault::Faults;
use journal::{Entry, Fact, Journal, KernelFact};
use locks::SpinLocks;
use owner::{Owner, Owners};
use resource::Resources;
use signal::Signals;
use slots::Slots;
use subsystem::Subsystems;
use thread::{Rest, Threads};

/// Milliseconds in the host's unit of time.
pub const MS: u64 = 10_000;
/// A second in the host's unit of time.
const SECOND: u64 = 1_000 * MS;
/// Calls of the kernel in one step, or in one second of a time that the host lets pass, and more for
/// every module there ever was. The longest steps need some thousands.
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
    /// The kernel threads and their scheduler.
    pub threads: Threads,
    journal: RefCell<Journal>,
    /// The failures that this run is to have.
    pub faults: Faults,
    /// Packets, requests and users between and inside the steps.
    pub exercises: bool,
    /// The addresses that name things and that nobody may touch.
    pub handles: Handles,
    /// The state of everything that runs here.
    slots: Slots,
    /// The kinds of drivers that the machine can have, and their exports.
    pub subsystems: Subsystems,
    /// The owners of memory, resources and calls, by name.
    pub owners: Owners,
    /// The threads that wait for addresses.
    pub signals: RefCell<Signals>,
    /// The spin locks that are held.
    pub spin_locks: SpinLocks,
    /// The things that the driver holds, beside pool memory.
    pub resources: RefCell<Resources>,
    /// Where the image lies, from its first byte to the one behind its last: none when none is loaded.
    pub image: Cell<(usize, usize)>,
    /// An image was loaded and is no more.
    pub image_is_gone: Cell<bool>,
    /// Where the image has code that Windows may page out.
    pub paged_code: RefCell<Vec<Range<usize>>>,
    next_call: Cell<u32>,
    crossings: Cell<u64>,
    /// Told of each entry as it is made, so that a history is there even of a run that takes the host down.
    pub listener: RefCell<Option<Listener>>,
    /// Whether the driver asked which processor it runs on.
    pub knows_processors: Cell<bool>,
    /// Off only while something is measured, so that the history does not grow meanwhile.
    pub recording: Cell<bool>,
}

/// The listener that is told of entries.
pub type Listener = Box<dyn FnMut(&Entry)>;

thread_local! {
    static CURRENT: RefCell<Option<Rc<World>>> = const { RefCell::new(None) };
}

/// The world that runs on this host thread: what a thunk finds the machine through.
pub fn current() -> Rc<World> {
    CURRENT.with_borrow(Clone::clone).expect("a world runs: a bug of the host")
}

/// The world that runs on this host thread, if one does.
pub fn if_any() -> Option<Rc<World>> {
    CURRENT.with_borrow(Clone::clone)
}

/// Makes `world` the one whose image is about to run on this host thread.
pub fn enter(world: &Rc<World>) {
    CURRENT.set(Some(Rc::clone(world)));
}

/// No machine runs on this host thread any more.
pub fn leave() {
    CURRENT.take();
}

/// Runs `body` on the machine's first kernel thread, `System` at PASSIVE_LEVEL, and every thread that
/// comes of it, until the machine comes to rest.
pub fn run(world: &Rc<World>, body: impl FnOnce(&World) + 'static) -> Rest {
    enter(world);
    let inside = Rc::clone(world);
    world.threads.spawn("System".to_owned(), move || body(&inside));
    world.threads.run(&world.clock)
}

impl World {
    /// A machine at boot. `seed` decides every choice of the run, `interleaves` whether a thread may lose its turn at a
    /// crossing, `exercises` whether packets, requests and users come between and inside the steps.
    pub fn new(
        subsystems: Subsystems,
        slots: Slots,
        (seed, interleaves): (u64, bool),
        faults: Faults,
        exercises: bool,
    ) -> Rc<Self> {
        Rc::new(Self {
            clock: Cell::new(0),
            threads: Threads::new(seed, interleaves),
            journal: RefCell::new(Journal::default()),
            faults,
            exercises,
            handles: Handles::new(),
            slots,
            subsystems,
            owners: Owners::default(),
            signals: RefCell::new(Signals::default()),
            spin_locks: SpinLocks::default(),
            resources: RefCell::new(Resources::default()),
            image: Cell::new((0, 0)),
            image_is_gone: Cell::new(false),
            paged_code: RefCell::default(),
            next_call: Cell::new(1),
            crossings: Cell::new(0),
            listener: RefCell::new(None),
            knows_processors: Cell::new(false),
            recording: Cell::new(true),
        })
    }

    /// Whether nobody is in the middle of changing a state: a stack that is abandoned then leaves nothing half done.
    pub fn is_at_rest(&self) -> bool {
        self.slots.are_free()
            && self.journal.try_borrow_mut().is_ok()
            && self.signals.try_borrow_mut().is_ok()
            && self.resources.try_borrow_mut().is_ok()
    }

    /// The state of a service or subsystem, by its type.
    pub fn of<S: 'static>(&self) -> &RefCell<S> {
        self.slots.of()
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

    /// Writes a fact down on behalf of a thread that does not run any more.
    pub fn record_for(&self, thread: &thread::Thread, fact: impl Into<Fact>) {
        self.enter_in_journal(thread.id, thread.site.get(), fact.into());
    }

    fn enter_in_journal(&self, thread: u32, site: usize, fact: Fact) {
        let (base, end) = self.image.get();
        let offset = (base..end).contains(&site).then(|| site - base);
        let site = offset.and_then(|offset| u32::try_from(offset).ok());
        let entry = Entry { time_100ns: self.clock.get(), thread, site, fact };
        if let Some(listener) = self.listener.borrow_mut().as_mut() {
            listener(&entry);
        }
        self.journal.borrow_mut().push(entry);
    }

    /// Counts a crossing of a run that is recorded; says whether there were more than any driver
    /// needs for one, so that it must be going round in a circle.
    pub fn has_crossed_too_often(&self) -> bool {
        let crossings = self.crossings.get() + u64::from(self.recording.get());
        self.crossings.set(crossings);
        crossings > CROSSINGS_MAX
            && crossings > CROSSINGS_MAX + CROSSINGS_PER_MODULE * self.things()
    }

    /// How many things there have been in all subsystems: modules, devices, instances.
    fn things(&self) -> u64 {
        self.subsystems.iter().map(|subsystem| subsystem.things(self)).sum()
    }

    /// Whether the image's code at `address` may be paged out.
    pub fn is_paged_code(&self, address: usize) -> bool {
        self.paged_code.borrow().iter().any(|range| range.contains(&address))
    }

    /// A number that changes when the structure at `address` is written; 0 when no subsystem keeps it.
    pub fn subject_hash(&self, address: usize) -> u64 {
        let mut hashes =
            self.subsystems.iter().filter_map(|subsystem| subsystem.subject_hash(self, address));
        hashes.next().unwrap_or(0)
    }

    /// A description of what lies at `address` and was the driver's until it gave it away, for a person to read.
    pub fn given_away(&self, address: usize) -> Option<String> {
        self.subsystems.iter().find_map(|subsystem| subsystem.given_away(self, address))
    }

    /// A callback is about to be entered on behalf of `owner`.
    pub fn entered(&self, owner: Owner) {
        self.subsystems.iter().for_each(|subsystem| subsystem.entered(self, owner));
    }

    /// Notes that a callback of `owner` has returned.
    pub fn left(&self, owner: Owner) {
        self.subsystems.iter().for_each(|subsystem| subsystem.left(self, owner));
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

    /// Lets virtual time pass on the current thread. In hours a driver may do much without end in sight,
    /// so each second of it is a part of its own.
    pub fn sleep(&self, for_100ns: u64) {
        let until = self.clock.get() + for_100ns;
        while self.clock.get() < until {
            let part = until.min(self.clock.get() + SECOND);
            fiber::wait(Wait::Until(part));
            if part < until {
                self.begins_a_part();
            }
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
