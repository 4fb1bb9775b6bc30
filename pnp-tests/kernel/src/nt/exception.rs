//! Structured exceptions of the image (docs:kernel/handling-exceptions).
//!
//! - An exception is a fault of an instruction, or raised by a function that the image called. What a driver can handle
//!   of faults is an access to an address of user space below DISPATCH_LEVEL, a division, an instruction that does not
//!   exist, a breakpoint, an assertion. An access to kernel memory that is not there stops Windows wherever it happens
//!   (docs:debugger/bug-check-0x50--page-fault-in-nonpaged-area): ProbeForRead is there to keep drivers from it.
//! - It is dispatched on the stack of its thread, frame by frame, as far as the image's frames go without a break. Frames
//!   beyond a function of the kernel are not asked: on Windows that function's would be unwound, too, and no driver may
//!   rely on it ("The driver that causes the exception to be raised must handle it").
//! - IRQL and locks stay as they are, as on Windows.
#![expect(
    clippy::large_types_passed_by_value,
    reason = "registers are copied: each search and each unwinding changes its own"
)]

use std::collections::BTreeMap;
use std::rc::Rc;

use journal::KernelFact;

use crate::door::crossing::Crossing;
use crate::door::handler::{self, Given, NONCONTINUABLE, Record, Shown, TARGET, UNWINDING};
use crate::machine::context::{Context, RAX, RSP};
use crate::machine::fiber::{self, Wait};
use crate::machine::trap::{self, Fault, FaultKind};
use crate::machine::unwind::{Broken, Frame, Functions};
use crate::machine::{arena, gate, raw};
use crate::world::thread::DISPATCH;
use crate::world::{self, World};

use super::program::Loaded;
use super::{bugcheck, pool};

/// STATUS_ACCESS_VIOLATION.
pub const ACCESS_VIOLATION: u32 = 0xC000_0005;
/// STATUS_DATATYPE_MISALIGNMENT.
pub const MISALIGNMENT: u32 = 0x8000_0002;
const BREAKPOINT: u32 = 0x8000_0003;
const ILLEGAL_INSTRUCTION: u32 = 0xC000_001D;
const DIVIDE_BY_ZERO: u32 = 0xC000_0094;
const ASSERTION_FAILURE: u32 = 0xC000_0420;
/// MmUserProbeAddress: from here on up no address is a user's.
pub const USER_END: usize = 0x7FFF_FFFF_0000;

/// EXCEPTION_DISPOSITION.
const CONTINUE_EXECUTION: i32 = 0;
const CONTINUE_SEARCH: i32 = 1;

/// Handlers of the image that are being called, by kernel thread, innermost last.
#[derive(Debug, Default)]
pub struct Dispatching(BTreeMap<u32, Vec<Active>>);

/// A handler that is being called.
#[derive(Clone, Copy, Debug)]
struct Active {
    /// The stack pointer of the frame at which it was called: it runs below.
    stack: u64,
    /// How many callbacks were open.
    depth: usize,
    /// The lowest stack pointer of the callback until the first of them was.
    lowest: usize,
    part: Part,
}

#[derive(Clone, Copy, Debug)]
enum Part {
    /// The search for a handler: filters run.
    Search {
        /// The exception.
        record: Record,
        start: Context,
    },
    /// The frames below the target are undone: termination handlers run.
    Unwind {
        /// The frame whose handler is called, and where its scope index is.
        here: Context,
        scope: usize,
    },
}

/// The reason for which an exception finds no handler.
enum Unhandled {
    /// No frame of the image takes it.
    Not,
    /// It happened in an exception filter.
    InFilter,
    /// The frames cannot be undone, or a handler answered what none may.
    Broken(&'static str),
}

impl From<Broken> for Unhandled {
    fn from(Broken(why): Broken) -> Self {
        Self::Broken(why)
    }
}

/// Where the walk over the frames is.
struct Walk {
    functions: Rc<Functions>,
    context: Context,
    /// The scope from which on the first frame's handler looks.
    scope: u32,
    /// Handlers that are being called below here, of this depth of callbacks.
    active: Vec<Active>,
}

impl Walk {
    fn new(world: &World, start: Context) -> Option<Self> {
        let functions = Rc::clone(&world.of::<Loaded>().borrow().as_ref()?.functions);
        Some(Self { functions, context: start, scope: 0, active: actives(world) })
    }

    /// The next frame, as it was before it was undone; None where the image's frames end.
    fn next(&mut self) -> Result<Option<(Context, u32, Frame)>, Unhandled> {
        while !self.functions.contain(self.context.rip) {
            // The host has called this: a handler, or the callback.
            match self.active.pop().map(|active| active.part) {
                None => return Ok(None),
                Some(Part::Search { .. }) => return Err(Unhandled::InFilter),
                Some(Part::Unwind { here, scope }) => {
                    // A termination handler: on with what its frame guards further out.
                    self.context = here;
                    self.scope = raw::get(scope);
                }
            }
        }
        let here = self.context;
        let frame = self.functions.undo(&mut self.context, &trap::stack())?;
        Ok(Some((here, std::mem::take(&mut self.scope), frame)))
    }

    /// What the handler of a frame is shown.
    fn shown(&self, here: &Context, frame: &Frame, scope: u32, target: u64) -> Option<Shown> {
        let (function, handler) = (frame.function?, frame.handler?);
        Some(Shown {
            control: here.rip,
            base: self.functions.base(),
            entry: self.functions.address(function.entry),
            establisher: frame.establisher,
            target,
            routine: self.functions.address(handler.routine),
            data: self.functions.address(handler.data),
            scope,
        })
    }
}

fn depth(world: &World) -> usize {
    world.threads.current().open.borrow().len()
}

/// Handlers that are being called on this thread since the innermost callback was entered.
fn actives(world: &World) -> Vec<Active> {
    let depth = depth(world);
    let dispatching = world.of::<Dispatching>().borrow();
    let own = dispatching.0.get(&world.threads.current_id());
    own.map_or_else(Vec::new, |own| own.iter().filter(|a| a.depth == depth).copied().collect())
}

/// Calls a handler, and knows meanwhile that it does.
fn during<R>(
    world: &World,
    (stack, lowest): (u64, usize),
    part: Part,
    call: impl FnOnce() -> R,
) -> R {
    let active = Active { stack, depth: depth(world), lowest, part };
    with_own(world, |own| own.push(active));
    let result = call();
    with_own(world, std::vec::Vec::pop);
    result
}

/// Changes what is known of the handlers that the current thread is calling.
fn with_own<R>(world: &World, change: impl FnOnce(&mut Vec<Active>) -> R) -> R {
    let thread = world.threads.current_id();
    change(world.of::<Dispatching>().borrow_mut().0.entry(thread).or_default())
}

/// The lowest stack pointer that the innermost callback was seen with. What handlers use below the host's own frames
/// says nothing about the driver.
fn lowest(world: &World) -> usize {
    let below = gate::take_lowest();
    let outermost = actives(world).first().map(|active| active.lowest);
    outermost.unwrap_or_else(|| world.threads.current().lowest.get().min(below))
}

/// The image goes on with this context; what is below its stack pointer is abandoned.
fn land(world: &World, context: &Context, lowest: usize) -> ! {
    gate::take_lowest();
    world.threads.current().lowest.set(lowest);
    with_own(world, |own| own.retain(|active| active.stack > context.stack()));
    handler::abandon_crossing(world);
    pool::page_for_irql(world);
    trap::resume(context)
}

/// A stop of the machine from which nothing returns.
fn stop(world: &World, what: &str, at: u64) -> ! {
    let at = bugcheck::place(world, usize::try_from(at).unwrap_or(0));
    let code = bugcheck::KMODE_EXCEPTION;
    world.record(KernelFact::Bugcheck { code, what: what.to_owned(), at, freed: false });
    loop {
        fiber::wait(Wait::Stop);
    }
}

/// Whether an address is a user's where nothing is: an access to it is an exception.
pub fn is_user(address: usize) -> bool {
    address < USER_END && !trap::is_mapped(address)
}

/// Whether an address is the kernel's as far as this host can tell: its own memory, the image.
pub fn is_kernels(world: &World, address: usize) -> bool {
    let (start, end) = world.image.get();
    address >= USER_END
        || (start..end).contains(&address)
        || (arena::contains(address) && !arena::is_users(address))
}

/// Whether a driver may handle this fault; asked in the signal handler.
pub fn may_handle(fault: &Fault) -> bool {
    let Some(world) = world::if_any() else { return false };
    let thread = world.threads.current();
    if !thread.inside.get() || world.of::<Loaded>().try_borrow().map_or(true, |d| d.is_none()) {
        return false;
    }
    // The host has something under way that it would never end.
    if !fault.in_image && !world.is_at_rest() {
        return false;
    }
    match fault.kind {
        FaultKind::Access => thread.irql.get() < DISPATCH && fault.address.is_some_and(is_user),
        FaultKind::Instruction
        | FaultKind::Arithmetic
        | FaultKind::Breakpoint
        | FaultKind::Assertion => fault.in_image,
        FaultKind::Stack | FaultKind::FastFail | FaultKind::Privileged => false,
    }
}

/// Dispatches a fault; called on the stack of the thread that it interrupted.
pub fn dispatch(fault: &Fault) -> ! {
    let world = handler::world();
    let mut record =
        Record { code: 0, flags: 0, address: fault.context.rip, count: 0, information: [0; 2] };
    record.code = match fault.kind {
        FaultKind::Breakpoint => BREAKPOINT,
        FaultKind::Arithmetic => DIVIDE_BY_ZERO,
        FaultKind::Instruction => ILLEGAL_INSTRUCTION,
        FaultKind::Assertion => ASSERTION_FAILURE,
        _ => ACCESS_VIOLATION,
    };
    if record.code == ACCESS_VIOLATION {
        record.count = 2;
        record.information = [fault.operation, fault.address.unwrap_or(0) as u64];
    }
    let mut start = fault.context;
    if !fault.in_image {
        let jumped = fault.operation == 8 && fault.address == usize::try_from(start.rip).ok();
        if jumped {
            // Nothing is there: as a function without unwind data.
            let top = usize::try_from(start.stack()).unwrap_or(0);
            start.rip = raw::get(top);
            start.general[RSP] += 8;
        } else {
            // In a function of the kernel, on behalf of the image.
            start = gate::noted().caller();
            record.flags |= NONCONTINUABLE;
            record.address = start.rip;
        }
    }
    match search(world, record, start) {
        // What the fault itself tells is more than that nobody was found.
        Unhandled::Not | Unhandled::Broken(_) => trap::end(fault.trap()),
        Unhandled::InFilter => give_up(world, &record, &Unhandled::InFilter),
    }
}

/// A function that the image called raises an exception. `what` says why, should nobody handle it.
pub fn raise(crossing: Crossing, code: u32, information: &[u64], what: &str) -> ! {
    let start = gate::noted().caller();
    drop(crossing);
    let world = handler::world();
    let mut record =
        Record { code, flags: NONCONTINUABLE, address: start.rip, count: 0, information: [0; 2] };
    for (to, word) in record.information.iter_mut().zip(information) {
        *to = *word;
        record.count += 1;
    }
    match search(world, record, start) {
        Unhandled::Not => stop(world, what, start.rip.wrapping_sub(1)),
        why => give_up(world, &record, &why),
    }
}

fn give_up(world: &World, record: &Record, why: &Unhandled) -> ! {
    let code = record.code;
    let what = match why {
        Unhandled::Not => format!("exception {code:#x}, which nobody handles"),
        Unhandled::InFilter => format!("exception {code:#x} in an exception filter"),
        Unhandled::Broken(why) => format!("exception {code:#x}, and {why}"),
    };
    stop(world, &what, record.address)
}

/// Asks the handlers of the image's frames. One that takes the exception does not return.
fn search(world: &World, record: Record, start: Context) -> Unhandled {
    search_frames(world, record, start).unwrap_or_else(|why| why)
}

fn search_frames(world: &World, record: Record, start: Context) -> Result<Unhandled, Unhandled> {
    let lowest = lowest(world);
    let Some(mut walk) = Walk::new(world, start) else { return Ok(Unhandled::Not) };
    while let Some((here, scope, frame)) = walk.next()? {
        let Some(shown) = walk.shown(&here, &frame, scope, 0) else { continue };
        if !frame.handler.is_some_and(|handler| handler.for_exceptions) {
            continue;
        }
        if !walk.functions.contain(shown.routine as u64) {
            return Err(Unhandled::Broken("its handler is not in the image"));
        }
        let mut given = Given::new(&record, &start);
        let part = Part::Search { record, start };
        match during(world, (start.stack(), lowest), part, || given.call(&shown)) {
            CONTINUE_SEARCH => {}
            CONTINUE_EXECUTION if record.flags & NONCONTINUABLE == 0 => {
                let context = given.context();
                note(world, &record, context.rip);
                land(world, &context, lowest);
            }
            CONTINUE_EXECUTION => {
                return Err(Unhandled::Broken("a filter continues where nothing can go on"));
            }
            _ => return Err(Unhandled::Broken("a handler answers what none may")),
        }
    }
    Ok(Unhandled::Not)
}

/// Writes down that an exception was handled.
fn note(world: &World, record: &Record, target: u64) {
    let place = |address: u64| bugcheck::place(world, usize::try_from(address).unwrap_or(0));
    let (from, to) = (place(record.address), place(target));
    world.record(KernelFact::Exception { status: record.code, from, to });
}

/// A handler of the image's has taken the exception that is being searched for: undoes what lies below its frame, and
/// goes on at `target`.
pub fn handle(establisher: u64, target: u64) -> ! {
    let world = handler::world();
    let active = actives(world).last().copied();
    let Some(Active { lowest, part: Part::Search { record, start }, .. }) = active else {
        stop(world, "a handler was called without an exception", target)
    };
    note(world, &record, target);
    // The search is over.
    with_own(world, std::vec::Vec::pop);
    let to = Target { establisher, address: target, value: u64::from(record.code), lowest };
    unwind(world, &record, start, to)
}

/// _local_unwind: the image leaves blocks that it guards, with a jump to `target` in the frame `establisher`.
pub fn unwind_locally(crossing: Crossing, establisher: u64, target: u64) -> ! {
    /// STATUS_UNWIND.
    const UNWIND: u32 = 0xC000_0027;
    let start = gate::noted().caller();
    drop(crossing);
    let record =
        Record { code: UNWIND, flags: 0, address: start.rip, count: 0, information: [0; 2] };
    let world = handler::world();
    let to = Target { establisher, address: target, value: 0, lowest: lowest(world) };
    unwind(world, &record, start, to)
}

/// Where the image goes on when its frames are undone.
#[derive(Clone, Copy)]
struct Target {
    /// The frame.
    establisher: u64,
    /// The place in it.
    address: u64,
    /// What rax holds.
    value: u64,
    /// The lowest stack pointer that the callback was seen with.
    lowest: usize,
}

fn unwind(world: &World, record: &Record, start: Context, to: Target) -> ! {
    let why = match unwind_frames(world, record, start, to) {
        Ok(why) | Err(why) => why,
    };
    match why {
        Unhandled::Not => {
            give_up(world, record, &Unhandled::Broken("the frame of its handler is not there"))
        }
        why => give_up(world, record, &why),
    }
}

/// Calls the termination handlers up to the target frame, and goes on there.
fn unwind_frames(
    world: &World,
    record: &Record,
    start: Context,
    to: Target,
) -> Result<Unhandled, Unhandled> {
    let Some(mut walk) = Walk::new(world, start) else { return Ok(Unhandled::Not) };
    while let Some((here, scope, frame)) = walk.next()? {
        let is_target = frame.establisher == to.establisher;
        let shown = walk.shown(&here, &frame, scope, to.address);
        if let Some(shown) = shown.filter(|_| frame.handler.is_some_and(|h| h.for_termination)) {
            if !walk.functions.contain(shown.routine as u64) {
                return Err(Unhandled::Broken("its handler is not in the image"));
            }
            let mut given = Given::new(record, &here);
            let last = if is_target { TARGET } else { 0 };
            given.set_flags(record.flags | UNWINDING | last);
            let part = Part::Unwind { here, scope: given.scope() };
            if during(world, (here.stack(), to.lowest), part, || given.call(&shown))
                != CONTINUE_SEARCH
            {
                return Err(Unhandled::Broken("a termination handler answers what none may"));
            }
        }
        if is_target {
            let mut context = here;
            context.rip = to.address;
            context.general[RAX] = to.value;
            land(world, &context, to.lowest);
        }
        if here.stack() > to.establisher {
            return Ok(Unhandled::Not);
        }
    }
    Ok(Unhandled::Not)
}
