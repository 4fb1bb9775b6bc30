//! Virtual processors: kernel threads, virtual time, and the choice of who moves next.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::mem;
use std::rc::Rc;

use crate::machine::fiber::{Fiber, Progress, Wait};
use crate::machine::space;
use crate::machine::trap::Trap;

use super::owner::Owner;
use super::seed::Seed;

pub use crate::machine::irql::{APC, DISPATCH, PASSIVE};

/// Stacks that the driver's own threads leave to others: NDIS's, the miniports', DPCs.
const RESERVE: usize = 256;

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
    /// The wait under way: the function that the thread called, and the kind of object.
    pub waits_for: Cell<Option<(&'static str, &'static str)>>,
    /// The image runs, or the host on its behalf: a callback was entered and has not returned.
    pub inside: Cell<bool>,
    /// The lowest stack pointer that the innermost callback was seen with.
    pub lowest: Cell<usize>,
    /// What its processor does before it goes on below DISPATCH_LEVEL.
    deferred: Deferred,
}

/// Something to be done.
type Body = Box<dyn FnOnce()>;

/// A processor's queue, in order.
#[derive(Default)]
struct Deferred(RefCell<VecDeque<Body>>);

impl fmt::Debug for Deferred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} deferred", self.0.borrow().len())
    }
}

/// A thread that begins at a time.
struct Alarm {
    irql: u8,
    name: &'static str,
    body: Body,
}

/// A thread's time, and its number among those of that time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AlarmId(u64, u64);

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

/// How far a thread has come.
enum Stage {
    /// It has not begun, so it needs no stack yet.
    New(Body),
    /// It waits on a stack of its own.
    Begun(Fiber),
    /// It moves now.
    Moving,
}

struct Slot {
    thread: Rc<Thread>,
    stage: Stage,
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
    Deadlock { waiting: Vec<Rc<Thread>> },
    /// A thread was to begin, and the host has no stack for another.
    OutOfStacks,
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
    /// In the order of their turns.
    slots: RefCell<BTreeMap<u64, Slot>>,
    next_turn: Cell<u64>,
    /// Threads that begin later, by time.
    alarms: RefCell<BTreeMap<AlarmId, Alarm>>,
    next_alarm: Cell<u64>,
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
            slots: RefCell::new(BTreeMap::new()),
            next_turn: Cell::new(0),
            alarms: RefCell::new(BTreeMap::new()),
            next_alarm: Cell::new(0),
            standing: Cell::new(0),
            crossings: Cell::new(0),
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
        self.begin(
            irql,
            name,
            Box::new(move || {
                body();
                flag.set(true);
            }),
        );
        done
    }

    fn begin(&self, irql: u8, name: String, body: Body) {
        let id = self.next_id.get();
        self.next_id.set(id + 1);
        let thread = Rc::new(Thread {
            id,
            name,
            irql: Cell::new(irql),
            activity: Cell::new([0; 16]),
            open: RefCell::new(Vec::new()),
            site: Cell::new(0),
            waits_for: Cell::new(None),
            inside: Cell::new(false),
            lowest: Cell::new(usize::MAX),
            deferred: Deferred::default(),
        });
        self.line_up(Slot { thread, stage: Stage::New(body), wait: Wait::Turn });
    }

    /// Starts a thread at a raised IRQL when the clock has reached `time`. Until then it is no thread, and a
    /// machine whose threads have all returned does not wait for it.
    pub fn spawn_when(
        &self,
        time: u64,
        irql: u8,
        name: &'static str,
        body: impl FnOnce() + 'static,
    ) -> AlarmId {
        let id = AlarmId(time, self.next_alarm.get());
        self.next_alarm.set(id.1 + 1);
        self.alarms.borrow_mut().insert(id, Alarm { irql, name, body: Box::new(body) });
        id
    }

    /// A thread that has not begun does not begin.
    pub fn call_off(&self, id: AlarmId) {
        self.alarms.borrow_mut().remove(&id);
    }

    /// Leaves something to the processor of the current thread, for when its IRQL is low enough.
    pub fn defer(&self, body: impl FnOnce() + 'static) {
        self.current().deferred.0.borrow_mut().push_back(Box::new(body));
    }

    /// The next that was left to the processor of the current thread.
    pub fn next_deferred(&self) -> Option<Box<dyn FnOnce()>> {
        let current = self.current.borrow();
        current.as_ref()?.deferred.0.borrow_mut().pop_front()
    }

    /// Whether the host has a stack for another thread of the driver's, and some for its own.
    pub fn has_room(&self) -> bool {
        self.slots.borrow().len() + RESERVE < space::stacks()
    }

    /// Round robin: a slot goes to the end of the line.
    fn line_up(&self, slot: Slot) {
        let turn = self.next_turn.get();
        self.next_turn.set(turn + 1);
        self.slots.borrow_mut().insert(turn, slot);
    }

    /// The thread that runs now.
    pub fn current(&self) -> Rc<Thread> {
        self.current.borrow().clone().expect("a kernel thread runs: a bug of the host")
    }

    /// The current thread's IRQL; PASSIVE_LEVEL on the host's own stack.
    pub fn irql(&self) -> u8 {
        self.current.borrow().as_ref().map_or(PASSIVE, |thread| thread.irql.get())
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
        let others = slots.values().filter(|slot| !matches!(slot.stage, Stage::Moving));
        others.filter_map(|slot| Some(slot.thread.open.borrow().last()?.callback)).collect()
    }

    /// Runs threads until the machine comes to rest. `clock` is the virtual time.
    pub fn run(&self, clock: &Cell<u64>) -> Rest {
        loop {
            let Some(turn) = self.pick(clock) else {
                let slots = self.slots.borrow();
                if slots.is_empty() {
                    return Rest::Done;
                }
                let waiting = slots.values().map(|slot| Rc::clone(&slot.thread)).collect();
                return Rest::Deadlock { waiting };
            };
            let (thread, stage) = {
                let mut slots = self.slots.borrow_mut();
                let slot = slots.get_mut(&turn).expect("it was picked just now");
                (Rc::clone(&slot.thread), mem::replace(&mut slot.stage, Stage::Moving))
            };
            let mut fiber = match stage {
                Stage::Begun(fiber) => fiber,
                Stage::New(body) => match Fiber::new(body) {
                    Some(fiber) => fiber,
                    None => return Rest::OutOfStacks,
                },
                Stage::Moving => unreachable!("only one thread moves at a time"),
            };
            *self.current.borrow_mut() = Some(Rc::clone(&thread));
            let progress = fiber.resume();
            *self.current.borrow_mut() = None;
            let slot = self.slots.borrow_mut().remove(&turn);
            let slot = slot.expect("threads leave the line here only");
            match progress {
                Progress::Waits(Wait::Stop) => return Rest::Stopped,
                Progress::Waits(Wait::Exit) | Progress::Returned => {
                    for body in slot.thread.deferred.0.take() {
                        self.begin(DISPATCH, "DPC".to_owned(), body);
                    }
                }
                Progress::Waits(wait) => {
                    if matches!(wait, Wait::Others) {
                        self.standing.set(self.standing.get() + 1);
                        self.crossings.set(0);
                    }
                    self.line_up(Slot { wait, stage: Stage::Begun(fiber), ..slot });
                }
                Progress::Trapped(trap) => return Rest::Trapped { thread, trap },
            }
        }
    }

    /// The machine is switched off: no thread moves any more, and what is on their stacks is abandoned.
    pub fn abandon(&self) {
        self.slots.take();
        self.alarms.take();
        self.standing.set(0);
    }

    /// Whether a thread stands still whose turn was taken away between two instructions.
    pub fn somebody_stands(&self) -> bool {
        self.standing.get() > 0
    }

    /// Whether a thread other than the one that runs now could move at this time.
    pub fn another_can_move(&self, now: u64) -> bool {
        let can_go = |slot: &Slot| !matches!(slot.stage, Stage::Moving) && can_move(slot, now);
        self.slots.borrow().values().any(can_go)
    }

    /// Whether a thread that stands has stood long enough; then all of them move like any other.
    fn have_stood_long_enough(&self) -> bool {
        self.crossings.set(self.crossings.get() + 1);
        let enough = self.crossings.get() >= LONG_ENOUGH;
        if enough {
            let mut slots = self.slots.borrow_mut();
            let standing = slots.values_mut().filter(|slot| matches!(slot.wait, Wait::Others));
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
        self.another_can_move(now) && self.seed.borrow_mut().choose(patience) == patience - 1
    }

    /// The next thread to move; advances the clock when nobody can move at this time.
    fn pick(&self, clock: &Cell<u64>) -> Option<u64> {
        if self.slots.borrow().is_empty() {
            return None;
        }
        self.ring(clock.get());
        if let Some(turn) = self.choose(clock.get()) {
            return Some(turn);
        }
        if self.somebody_stands() {
            // The one that stands longest: who gives way goes to the end of the line.
            self.standing.set(self.standing.get() - 1);
            let slots = self.slots.borrow();
            let mut standing = slots.iter().filter(|(_, slot)| matches!(slot.wait, Wait::Others));
            return standing.next().map(|(turn, _)| *turn);
        }
        let next = self.next_time()?;
        clock.set(next);
        self.ring(next);
        self.choose(next)
    }

    /// The next time for which a thread waits, or at which one begins.
    pub fn next_time(&self) -> Option<u64> {
        let alarm = self.alarms.borrow().first_key_value().map(|(id, _)| id.0);
        let slots = self.slots.borrow();
        let waits = slots.values().filter_map(|slot| match slot.wait {
            Wait::Until(time) | Wait::OnUntil(_, time) => Some(time),
            Wait::On(_) | Wait::Turn | Wait::Others | Wait::Stop | Wait::Exit => None,
        });
        waits.chain(alarm).min()
    }

    /// Begins the threads whose time has come.
    fn ring(&self, now: u64) {
        loop {
            let mut alarms = self.alarms.borrow_mut();
            let Some(first) = alarms.first_entry().filter(|first| first.key().0 <= now) else {
                return;
            };
            let Alarm { irql, name, body } = first.remove();
            drop(alarms);
            self.begin(irql, name.to_owned(), body);
        }
    }

    /// One of the threads that can move at this time.
    fn choose(&self, now: u64) -> Option<u64> {
        let slots = self.slots.borrow();
        let mut ready = slots.iter().filter(|(_, slot)| can_move(slot, now)).map(|(turn, _)| *turn);
        let mut seed = self.seed.borrow_mut();
        if seed.takes_the_first() {
            return ready.next();
        }
        let count = ready.clone().count();
        let choice = seed.choose(count);
        ready.nth(choice)
    }
}
