//! Virtual processors: kernel threads, virtual time, and the choice of who moves next.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::machine::fiber::{Fiber, Progress, Wait};
use crate::machine::trap::Trap;

use super::owner::Owner;
use super::seed::Seed;

pub use crate::machine::irql::{APC, DISPATCH, PASSIVE};

/// A kernel thread, as the scheduler knows it.
#[derive(Debug)]
pub struct Thread {
    /// Number in order of creation; in the journal.
    pub id: u32,
    /// The thread's task: `System`, `NDIS eth0`.
    pub name: String,
    /// The thread's current IRQL.
    pub irql: Cell<u8>,
    /// The thread's ETW activity id.
    pub activity: Cell<[u8; 16]>,
    /// Callbacks of the image that are open on this thread, innermost last.
    pub open: RefCell<Vec<OpenCall>>,
    /// Where in the image the crossing under way was called from; 0 when the host is not inside one.
    pub site: Cell<usize>,
    /// The lowest stack pointer that the innermost callback was seen with.
    pub lowest: Cell<usize>,
}

/// A callback of the image that has not returned.
#[derive(Clone, Debug)]
pub struct OpenCall {
    /// Number of the call, in the journal.
    pub call: u32,
    /// `FilterNetPnPEvent`
    pub callback: &'static str,
    /// The owner for which the call is made; none for DriverEntry and the like.
    pub owner: Option<Owner>,
    /// Address of the structure it was passed.
    pub subject: usize,
    /// Hash of that structure and its buffer, to see that nobody writes.
    pub hash: u64,
}

struct Slot {
    thread: Rc<Thread>,
    fiber: Option<Fiber>,
    wait: Wait,
}

/// How the machine came to rest.
#[derive(Debug)]
#[expect(missing_docs, reason = "the names are the description")]
pub enum Rest {
    /// Every thread has returned.
    Done,
    /// A thread stopped the machine, and said why in the journal.
    Stopped,
    /// A thread trapped.
    Trapped { thread: Rc<Thread>, trap: Trap },
    /// No thread can move and time has nothing in store for any.
    Deadlock { waiting: Vec<String> },
}

fn can_move(slot: &Slot, now: u64) -> bool {
    match &slot.wait {
        Wait::Until(time) => *time <= now,
        Wait::On(flag) => flag.get(),
        Wait::OnUntil(flag, time) => flag.get() || *time <= now,
        Wait::Turn => true,
        Wait::Others | Wait::Stop | Wait::Exit => false,
    }
}

/// All threads of a run.
pub struct Threads {
    slots: RefCell<Vec<Slot>>,
    current: RefCell<Option<Rc<Thread>>>,
    next_id: Cell<u32>,
    seed: RefCell<Seed>,
    /// How many crossings a turn lasts on average; None: until the thread waits.
    patience: Option<usize>,
    /// Threads whose turn was taken away between two instructions.
    standing: Cell<usize>,
    /// Crossings of others while one stands.
    crossings: Cell<u32>,
}

/// Crossings of others after which a thread that stands still moves like any other: they may be waiting
/// for it in a loop.
const LONG_ENOUGH: u32 = 512;

impl Threads {
    /// With `interleaves` the seed may also take the turn away at every crossing.
    pub fn new(seed: u64, interleaves: bool) -> Self {
        Self {
            // Some races need two threads to take turns quickly, others one to stand still while
            // another goes a long way: the seed says which kind of run this is.
            patience: interleaves.then(|| [2, 8, 32][usize::try_from(seed % 3).unwrap_or(0)]),
            standing: Cell::new(0),
            crossings: Cell::new(0),
            slots: RefCell::new(Vec::new()),
            current: RefCell::new(None),
            next_id: Cell::new(1),
            seed: RefCell::new(Seed::new(seed)),
        }
    }

    /// Starts a thread; it moves when the one that runs now gives way. The flag is set when `body`
    /// has returned.
    pub fn spawn(&self, name: String, body: impl FnOnce() + 'static) -> Rc<Cell<bool>> {
        self.spawn_at(PASSIVE, name, body)
    }

    /// Starts a thread at a raised IRQL: a DPC, an interrupt of the miniport.
    pub fn spawn_at(
        &self,
        irql: u8,
        name: String,
        body: impl FnOnce() + 'static,
    ) -> Rc<Cell<bool>> {
        let done = Rc::new(Cell::new(false));
        let flag = Rc::clone(&done);
        let id = self.next_id.get();
        self.next_id.set(id + 1);
        let thread = Rc::new(Thread {
            id,
            name,
            irql: Cell::new(irql),
            activity: Cell::new([0; 16]),
            open: RefCell::new(Vec::new()),
            site: Cell::new(0),
            lowest: Cell::new(usize::MAX),
        });
        let fiber = Fiber::new(move || {
            body();
            flag.set(true);
        });
        self.slots.borrow_mut().push(Slot { thread, fiber: Some(fiber), wait: Wait::Turn });
        done
    }

    /// The thread that runs now.
    pub fn current(&self) -> Rc<Thread> {
        self.current.borrow().clone().expect("a kernel thread runs: a bug of the host")
    }

    /// The current thread's number; 0 on the host's own stack.
    pub fn current_id(&self) -> u32 {
        self.current.borrow().as_ref().map_or(0, |thread| thread.id)
    }

    /// The current thread's number and the site of its crossing; zeros on the host's own stack.
    pub fn place(&self) -> (u32, usize) {
        self.current.borrow().as_ref().map_or((0, 0), |thread| (thread.id, thread.site.get()))
    }

    /// Callbacks of the image that are open on threads other than the one that runs now.
    pub fn others_inside(&self) -> Vec<&'static str> {
        let slots = self.slots.borrow();
        let others = slots.iter().filter(|slot| slot.fiber.is_some());
        others.filter_map(|slot| Some(slot.thread.open.borrow().last()?.callback)).collect()
    }

    /// Runs threads until the machine comes to rest. `clock` is the virtual time.
    pub fn run(&self, clock: &Cell<u64>) -> Rest {
        loop {
            let Some(index) = self.pick(clock) else {
                let slots = self.slots.borrow();
                if slots.is_empty() {
                    return Rest::Done;
                }
                let waiting = slots.iter().map(|slot| slot.thread.name.clone()).collect();
                return Rest::Deadlock { waiting };
            };
            let (thread, mut fiber) = {
                let mut slots = self.slots.borrow_mut();
                let slot = &mut slots[index];
                let fiber = slot.fiber.take().expect("only one thread moves at a time");
                (Rc::clone(&slot.thread), fiber)
            };
            *self.current.borrow_mut() = Some(Rc::clone(&thread));
            let progress = fiber.resume();
            *self.current.borrow_mut() = None;
            let mut slots = self.slots.borrow_mut();
            let at = slots
                .iter()
                .position(|slot| slot.thread.id == thread.id)
                .expect("threads leave the list here only");
            match progress {
                Progress::Waits(Wait::Stop) => return Rest::Stopped,
                Progress::Waits(Wait::Exit) | Progress::Returned => drop(slots.remove(at)),
                Progress::Waits(wait) => {
                    if matches!(wait, Wait::Others) {
                        self.standing.set(self.standing.get() + 1);
                        self.crossings.set(0);
                    }
                    slots[at].fiber = Some(fiber);
                    slots[at].wait = wait;
                    // Round robin: who gave way goes to the end of the line.
                    let slot = slots.remove(at);
                    slots.push(slot);
                }
                Progress::Trapped(trap) => {
                    drop(slots.remove(at));
                    return Rest::Trapped { thread, trap };
                }
            }
        }
    }

    /// Whether a thread stands still whose turn was taken away between two instructions.
    pub fn somebody_stands(&self) -> bool {
        self.standing.get() > 0
    }

    /// Whether a thread other than the one that runs now could move at this time.
    pub fn another_can_move(&self, now: u64) -> bool {
        self.slots.borrow().iter().any(|slot| slot.fiber.is_some() && can_move(slot, now))
    }

    /// Whether a thread that stands has stood long enough; then all of them move like any other.
    fn have_stood_long_enough(&self) -> bool {
        self.crossings.set(self.crossings.get() + 1);
        let enough = self.crossings.get() >= LONG_ENOUGH;
        if enough {
            let mut slots = self.slots.borrow_mut();
            let standing = slots.iter_mut().filter(|slot| matches!(slot.wait, Wait::Others));
            standing.for_each(|slot| slot.wait = Wait::Turn);
            self.standing.set(0);
        }
        enough
    }

    /// Whether the seed takes the turn away from the running thread at a crossing. Only when
    /// another could move, so that a lonely thread does not use up choices.
    pub fn loses_turn(&self, now: u64) -> bool {
        if self.somebody_stands() && self.have_stood_long_enough() {
            return true;
        }
        let Some(patience) = self.patience else { return false };
        let others = self
            .slots
            .borrow()
            .iter()
            .filter(|slot| slot.fiber.is_some() && can_move(slot, now))
            .count();
        others > 0 && self.seed.borrow_mut().choose(patience) == patience - 1
    }

    /// The next thread to move; advances the clock when nobody can move at this time.
    fn pick(&self, clock: &Cell<u64>) -> Option<usize> {
        let slots = self.slots.borrow();
        let ready = |now: u64| -> Vec<usize> {
            (0..slots.len()).filter(|&index| can_move(&slots[index], now)).collect()
        };
        let mut candidates = ready(clock.get());
        if candidates.is_empty() && self.somebody_stands() {
            // The one that stands longest: who gives way goes to the end of the line.
            self.standing.set(self.standing.get() - 1);
            return slots.iter().position(|slot| matches!(slot.wait, Wait::Others));
        }
        if candidates.is_empty() {
            let next = slots
                .iter()
                .filter_map(|slot| match slot.wait {
                    Wait::Until(time) | Wait::OnUntil(_, time) => Some(time),
                    Wait::On(_) | Wait::Turn | Wait::Others | Wait::Stop | Wait::Exit => None,
                })
                .min()?;
            clock.set(next);
            candidates = ready(next);
        }
        let choice = self.seed.borrow_mut().choose(candidates.len());
        candidates.get(choice).copied()
    }
}
