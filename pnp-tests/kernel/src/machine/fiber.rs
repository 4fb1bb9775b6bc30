//! Kernel threads as coroutines: each has a stack of its own, and only one moves at a time.
//!
//! A thread gives way only in [`wait`], which the host calls at crossings of the door. A trap
//! (fault, bugcheck, hang) ends its thread without running anything more on its stack.

use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;

use corosensei::stack::Stack;
use corosensei::trap::CoroutineTrapHandler;
use corosensei::{Coroutine, CoroutineResult, Yielder};

use super::gate;
use super::stack::KernelStack;
use super::trap::{self, Armed, Trap};

/// The reason for which a thread gives up its turn.
#[derive(Clone)]
pub enum Wait {
    /// The virtual clock to reach this time.
    Until(u64),
    /// The flag to be set.
    On(Rc<Cell<bool>>),
    /// The flag to be set, or the virtual clock to reach this time.
    OnUntil(Rc<Cell<bool>>, u64),
    /// Its next turn.
    Turn,
    /// A time at which nobody else can move: its turn was taken away between two instructions.
    Others,
    /// Nothing: the machine stops here.
    Stop,
    /// Nothing: the thread ends here, and what is on its stack is abandoned.
    Exit,
}

/// How far a thread came.
pub enum Progress {
    /// It waits.
    Waits(Wait),
    /// Its body returned.
    Returned,
    /// It ran into a trap.
    Trapped(Trap),
}

/// What a coroutine ends with.
#[derive(Clone, Copy)]
pub(super) enum Ending {
    Returned,
    Trapped(Trap),
}

type Inner = Coroutine<(), Wait, Ending, KernelStack>;

/// One thread's stack and what is left to run on it.
pub struct Fiber {
    coroutine: Inner,
    yielder: Rc<Cell<*const Yielder<(), Wait>>>,
    /// Where the stack is, with the guard page below it.
    stack: Range<usize>,
}

thread_local! {
    /// The yielder of the fiber that runs now; null on the host's own stack.
    static CURRENT: Cell<*const Yielder<(), Wait>> = const { Cell::new(std::ptr::null()) };
}

impl Fiber {
    /// A thread that will run `body`; none when there is no room for another stack.
    pub fn new(body: impl FnOnce() + 'static) -> Option<Self> {
        let stack = KernelStack::new()?;
        let range = stack.limit().get()..stack.base().get();
        let yielder = Rc::new(Cell::new(std::ptr::null()));
        let own = Rc::clone(&yielder);
        let coroutine = Coroutine::with_stack(stack, move |y: &Yielder<(), Wait>, ()| {
            own.set(y);
            CURRENT.set(y);
            body();
            Ending::Returned
        });
        Some(Self { coroutine, yielder, stack: range })
    }

    /// Runs the thread until it waits, returns or traps.
    pub fn resume(&mut self) -> Progress {
        CURRENT.set(self.yielder.get());
        let handler: CoroutineTrapHandler<Ending> = self.coroutine.trap_handler();
        trap::arm(Some(Armed { handler, start: self.stack.start, end: self.stack.end }));
        let result = self.coroutine.resume(());
        trap::arm(None);
        CURRENT.set(std::ptr::null());
        match result {
            CoroutineResult::Yield(wait) => Progress::Waits(wait),
            CoroutineResult::Return(Ending::Returned) => Progress::Returned,
            CoroutineResult::Return(Ending::Trapped(trap)) => Progress::Trapped(trap),
        }
    }
}

impl Drop for Fiber {
    fn drop(&mut self) {
        if self.coroutine.started() && !self.coroutine.done() {
            // SAFETY: what is on the stack is abandoned, not dropped: host values there leak, which
            // is harmless in a run that is over, and the image's frames have no destructors. An
            // unwinding drop would have to pass through the image's frames, which it cannot.
            unsafe { self.coroutine.force_reset() };
        }
    }
}

/// Whether the caller runs on a fiber.
pub fn is_running() -> bool {
    !CURRENT.get().is_null()
}

/// Gives way until the scheduler resumes this thread.
///
/// # Panics
///
/// On the host's own stack, where nobody could resume.
pub fn wait(what: Wait) {
    let yielder = CURRENT.get();
    assert!(!yielder.is_null(), "wait() outside a kernel thread: a bug of the host");
    // SAFETY: set by `resume` to the yielder of the coroutine that is running now, which is alive
    // as long as this frame, a frame of that coroutine, is.
    let yielder = unsafe { &*yielder };
    // Others pass gates meanwhile.
    let noted = gate::noted();
    yielder.suspend(what);
    gate::restore(&noted);
}
