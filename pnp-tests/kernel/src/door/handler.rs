//! The handlers that a function of the image names in its unwind data, and what they are given: EXCEPTION_RECORD,
//! CONTEXT and DISPATCHER_CONTEXT of amd64 (winnt.h).

use std::mem;
use std::rc::Rc;

use crate::machine::context::{Context, SIZE};
use crate::machine::raw;
use crate::world::{self, World};

/// EXCEPTION_NONCONTINUABLE.
pub const NONCONTINUABLE: u32 = 1;
/// EXCEPTION_UNWINDING: termination handlers are to run.
pub const UNWINDING: u32 = 2;
/// EXCEPTION_TARGET_UNWIND: the frame is the last.
pub const TARGET: u32 = 0x20;

/// An exception as its record has it.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    /// The status.
    pub code: u32,
    /// NONCONTINUABLE and what else there is.
    pub flags: u32,
    /// Where it happened.
    pub address: u64,
    /// How many of the words below it has.
    pub count: u32,
    /// ExceptionInformation.
    pub information: [u64; 2],
}

/// EXCEPTION_RECORD: eight bytes of code and flags, the outer record, the address, the count, fifteen words.
const RECORD_WORDS: usize = 19;

impl Record {
    fn words(&self) -> [u64; RECORD_WORDS] {
        let mut words = [0; RECORD_WORDS];
        words[0] = u64::from(self.code) | u64::from(self.flags) << 32;
        words[2] = self.address;
        words[3] = u64::from(self.count);
        words[4..6].copy_from_slice(&self.information);
        words
    }
}

/// A frame as its handler is shown it: the members of DISPATCHER_CONTEXT.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// Where control is in the frame.
    pub control: u64,
    /// Where the image is.
    pub base: usize,
    /// The address of the function's entry.
    pub entry: usize,
    /// The frame's name.
    pub establisher: u64,
    /// Where control goes on when all is unwound.
    pub target: u64,
    /// The address of the handler.
    pub routine: usize,
    /// The address of the handler's data.
    pub data: usize,
    /// The scope from which on the handler looks.
    pub scope: u32,
}

/// Offsets in DISPATCHER_CONTEXT.
pub mod shown {
    /// ControlPc.
    pub const CONTROL: usize = 0;
    /// ImageBase.
    pub const BASE: usize = 8;
    /// TargetIp.
    pub const TARGET: usize = 32;
    /// HandlerData.
    pub const DATA: usize = 56;
    /// ScopeIndex.
    pub const SCOPE: usize = 72;
}

/// sizeof(CONTEXT), and its alignment.
#[repr(align(16))]
struct Aligned([u8; SIZE]);

/// The records that a handler is given, in memory of its own for the time of the call.
pub struct Given {
    record: [u64; RECORD_WORDS],
    context: Aligned,
    dispatcher: [u64; 10],
}

impl Given {
    /// The structures of one frame. `context` is the one of the exception.
    pub fn new(record: &Record, context: &Context) -> Self {
        let context = Aligned(context.to_windows());
        Self { record: record.words(), context, dispatcher: [0; 10] }
    }

    /// Sets the flags of the record.
    pub fn set_flags(&mut self, flags: u32) {
        self.record[0] = self.record[0] & 0xFFFF_FFFF | u64::from(flags) << 32;
    }

    /// Where the scope is that the handler comes to next.
    pub fn scope(&self) -> usize {
        (&raw const self.dispatcher).expose_provenance() + shown::SCOPE
    }

    /// The context, which a filter may have changed.
    pub fn context(&self) -> Context {
        Context::from_windows(&self.context.0)
    }

    /// Calls the handler of a frame; its disposition.
    pub fn call(&mut self, frame: &Shown) -> i32 {
        type Handler = unsafe extern "win64" fn(usize, u64, usize, usize) -> i32;
        let context = (&raw mut self.context).expose_provenance();
        self.dispatcher = [
            frame.control,
            frame.base as u64,
            frame.entry as u64,
            frame.establisher,
            frame.target,
            context as u64,
            frame.routine as u64,
            frame.data as u64,
            0,
            u64::from(frame.scope),
        ];
        let record = (&raw mut self.record).expose_provenance();
        let dispatcher = (&raw mut self.dispatcher).expose_provenance();
        // SAFETY: the address that the image's unwind data names for a routine of this type.
        let handler = unsafe { mem::transmute::<usize, Handler>(frame.routine) };
        // SAFETY: structures of ours that live for the call. What the image does inside is its own affair.
        unsafe { handler(record, frame.establisher, context, dispatcher) }
    }
}

/// Calls an exception filter with the record and the context that a handler was given; its answer.
pub fn filter(address: usize, record: usize, context: usize, establisher: u64) -> i32 {
    type Filter = unsafe extern "win64" fn(usize, u64) -> i32;
    // EXCEPTION_POINTERS.
    let pointers = [record, context];
    // SAFETY: the address that a scope of the image names for a filter.
    let filter = unsafe { mem::transmute::<usize, Filter>(address) };
    // SAFETY: two pointers of a handler's, which live for the call.
    unsafe { filter((&raw const pointers).expose_provenance(), establisher) }
}

/// Calls a termination handler, as after an abnormal end of what it guards.
pub fn terminate(address: usize, establisher: u64) {
    type Termination = unsafe extern "win64" fn(u8, u64);
    // SAFETY: the address that a scope of the image names for a termination handler.
    let termination = unsafe { mem::transmute::<usize, Termination>(address) };
    // SAFETY: the frame is one that the stack was found to have.
    unsafe { termination(1, establisher) }
}

/// One row of a scope table: __C_specific_handler's data.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// The code that is guarded, RVAs.
    pub begin: u32,
    /// Behind it.
    pub end: u32,
    /// A filter or termination handler, RVA; 1 for a filter that takes every exception.
    pub handler: u32,
    /// Where the image goes on, RVA; 0 for a termination handler.
    pub target: u32,
}

/// How many rows there are in the table at an address.
pub fn scopes(table: usize) -> u32 {
    raw::get(table)
}

/// A row of it.
pub fn scope(table: usize, index: u32) -> Scope {
    let [begin, end, handler, target] = raw::get(table + 4 + 16 * index as usize);
    Scope { begin, end, handler, target }
}

/// The world for code that abandons its stack, and with it what it holds.
pub fn world() -> &'static World {
    let world = Rc::as_ptr(&world::current());
    // SAFETY: `world::enter` keeps the world for as long as its threads run, and the caller is on one.
    unsafe { &*world }
}

/// Gives back the reference to the world that a function of the host has taken for its crossing and cannot give back
/// itself: its frame is abandoned, since the image goes on in an exception handler.
pub fn abandon_crossing(world: &World) {
    if world.threads.current().site.replace(0) != 0 {
        let current = world::current();
        // SAFETY: `site` says that a crossing is under way, and each holds one reference; it was leaked with its
        // frame. The one above keeps the world.
        unsafe { Rc::decrement_strong_count(Rc::as_ptr(&current)) };
    }
}
