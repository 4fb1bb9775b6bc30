//! What the kernel has seen of a driver of any kind.

pub mod driver;
pub mod io;
pub mod leftover;
pub mod lock;
pub mod pool;
pub mod resource;
pub mod wait;

use crate::etw::EtwWrite;
use driver::DriverFate;
use io::IoFact;
use leftover::Leftover;
use lock::LockFact;
use pool::PoolFact;
use resource::ResourceFact;
use wait::WaitFact;

/// A fact that can happen to a driver of any kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KernelFact {
    /// A reading other than the default, or a fault, of this run.
    Setting { name: &'static str, value: String },
    /// The seed may take turns away at crossings in this run.
    Interleaved { seed: u64 },
    /// A step of the scenario begins.
    Step { line: u32, text: String },
    /// A callback of the image is entered. `module` names whom it is for, if not the driver as such.
    Enter { call: u32, callback: &'static str, module: Option<String>, code: Option<u32> },
    /// It has returned; `status` for those that return one.
    Leave { call: u32, callback: &'static str, module: Option<String>, status: Option<i32> },
    /// The image called the kernel.
    Import { import: &'static str },
    /// A callback used this much stack, seen at its calls of the kernel; noted from 8 KiB on.
    Stack { callback: &'static str, bytes: usize },
    /// The image left a raised or lowered IRQL behind.
    IrqlLeaked { callback: &'static str, entered: u8, left: u8 },
    /// The image called an import above the IRQL that is allowed for it.
    IrqlTooHigh { import: &'static str, irql: u8, allowed: u8 },
    /// The image left a critical or guarded region that it had not entered.
    RegionNotEntered { import: &'static str },
    /// The image raised the IRQL to a lower level, lowered it to a higher one, or lowered it with spin locks held.
    IrqlMisused { import: &'static str, from: u8, to: u8, locks: usize },
    /// The image called an import below the IRQL that it needs.
    IrqlTooLow { import: &'static str, irql: u8, needed: u8 },
    /// Code that may be paged out runs at or above DISPATCH_LEVEL: an import returned to it, or it is a callback.
    PagedCode { name: &'static str },
    /// The image kept the processor at or above DISPATCH_LEVEL for so long.
    Stalled { microseconds: u64 },
    /// A handle that names nothing, or nothing that lives.
    BadHandle { import: &'static str },
    /// The driver is loaded, refused to load, or is unloaded.
    Driver { what: DriverFate },
    /// Devices and requests of users.
    Io(IoFact),
    /// Locks, when something is wrong with them.
    Lock(LockFact),
    /// Pool was asked for that may hold code.
    ExecutablePool { import: &'static str },
    /// An entry for the event log.
    EventLog { code: u32 },
    /// DbgPrint.
    DebugPrint { text: String },
    /// An assertion of the driver's own failed (RtlAssert).
    Assertion { expression: String, file: String, line: u32, message: String },
    /// Pool memory.
    Pool(PoolFact),
    /// Something else that the driver takes and owes back.
    Resource(ResourceFact),
    /// A thread waited.
    Wait(WaitFact),
    /// An ETW provider was registered or unregistered.
    Provider { registered: bool, guid: [u8; 16] },
    /// An event was written while a session listened.
    Etw(Box<EtwWrite>),
    /// A session began or ended.
    Session { on: bool },
    /// Something of the driver was left behind at unload.
    Leak { what: Leftover },
    /// The machine stopped. `freed`: it was over memory that the driver had given back.
    Bugcheck { code: u32, what: String, at: String, freed: bool },
    /// A handler of the driver's has taken an exception of this status; `from` and `to` are places of the image.
    Exception { status: u32, from: String, to: String },
    /// What the driver does depends on memory that nobody has written.
    Garbage { what: String },
    /// The driver called the kernel without end.
    Endless { import: &'static str },
    /// There were more threads at a time than the host has stacks for: the run ends, and it is not the driver's
    /// fault.
    OutOfStacks,
    /// Nothing can move any more.
    Deadlock { waiting: Vec<String> },
}

impl KernelFact {
    /// Whether the driver took with this what it left behind.
    #[must_use]
    pub fn takes(&self, what: &Leftover) -> bool {
        match (self, what) {
            (Self::Pool(PoolFact::Allocated { block, .. }), Leftover::Pool { block: left, .. }) => {
                block == left
            }
            (
                Self::Resource(ResourceFact::Taken { kind, number, .. }),
                Leftover::Resource { kind: left, number: nth },
            ) => kind == left && number == nth,
            (Self::Provider { registered, .. }, Leftover::EtwRegistration) => *registered,
            _ => false,
        }
    }
}
