//! The append-only history of a run, and the single truth about it.
//!
//! Facts name things (`eth0.1`), never addresses, so that the same run reads the same. Rules,
//! expectations and the timeline see a finished journal and nothing else.

mod garbage;
pub mod io;
pub mod lock;
pub mod oid;
pub mod packet;
pub mod wait;

use std::fmt;

use crate::etw::EtwWrite;
use io::IoFact;
use lock::LockFact;
use oid::OidFact;
use packet::PacketFact;
use wait::WaitFact;

/// Everything that happened, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Journal {
    entries: Vec<Entry>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Virtual time since boot.
    pub time_100ns: u64,
    /// Kernel thread, 0 for the host itself.
    pub thread: u32,
    /// Where in the image the crossing that this is part of was called from, an RVA.
    pub site: Option<u32>,
    pub fact: Fact,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A reading other than the default, or a fault, of this run.
    Setting { name: &'static str, value: String },
    /// An event follows whose code and bytes the scenario gave.
    Scripted { code: u32, device: bool },
    /// NdisFRegisterFilterDriver returns.
    RegisterReturned,
    /// The seed may take turns away at crossings in this run.
    Interleaved { seed: u64 },
    /// A step of the scenario begins.
    Step { line: u32, text: String },
    /// A callback of the image is entered.
    Enter { call: u32, callback: &'static str, module: Option<String>, code: Option<u32> },
    /// It has returned; `status` for those that return one.
    Leave { call: u32, callback: &'static str, module: Option<String>, status: Option<i32> },
    /// The image called the kernel.
    Import { import: &'static str },
    /// The image changed what it was given to read.
    Wrote { callback: &'static str, module: Option<String> },
    /// A callback used this much stack, seen at its calls of the kernel; noted from 8 KiB on.
    Stack { callback: &'static str, bytes: usize },
    /// The image left a raised or lowered IRQL behind.
    IrqlLeaked { callback: &'static str, entered: u8, left: u8 },
    /// The image called an import above the IRQL that is allowed for it.
    IrqlTooHigh { import: &'static str, irql: u8, allowed: u8 },
    /// The image called an import of ndis.sys that takes part in a conversation.
    Call { import: &'static str, module: Option<String>, status: Option<i32> },
    /// A filter passed an event, a device event or a status on.
    Forward {
        import: &'static str,
        module: String,
        /// The call of the image during which it did; none when it did so on its own.
        during: Option<u32>,
        /// It passed the very structure it was given.
        same: bool,
        /// Nothing of the structure or its buffer had changed.
        unchanged: bool,
    },
    /// What the layers above answered to a forwarded network event.
    Answered { during: Option<u32>, status: i32 },
    /// A handle that names nothing, or nothing that lives.
    BadHandle { import: &'static str },
    /// The driver registered as a filter, or tried to.
    Register(Box<RegisterFact>),
    /// A filter module changed state, as NDIS sees it.
    Module { module: String, adapter: String, state: ModuleState },
    /// A miniport adapter was initialised, paused, restarted, powered, halted.
    Miniport { adapter: String, what: String },
    /// A component other than the image received an event.
    Saw { component: String, adapter: String, code: u32, status: i32, held_100ns: u64 },
    /// What an event came back with at the bottom of the stack.
    Result { adapter: String, code: u32, status: i32 },
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
    /// Packets.
    Packet(PacketFact),
    /// OID requests.
    Oid(OidFact),
    /// A filter indicates a status of its own.
    OwnStatus { module: String, code: u32, attributes_set: bool },
    /// A module is being told SetPower: it knows the adapter's state.
    PowerTold { module: String, d0: bool },
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
    Leak { what: Left },
    /// The machine stopped. `freed`: it was over memory that the driver had given back.
    Bugcheck { code: u32, what: String, at: String, freed: bool },
    /// What the driver does depends on memory that nobody has written.
    Garbage { what: String },
    /// The driver called the kernel without end.
    Endless { import: &'static str },
    /// Nothing can move any more.
    Deadlock { waiting: Vec<String> },
}

/// Something of the driver that was there when it was unloaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left {
    Pool { block: u32, bytes: usize, tag: String },
    Resource { kind: &'static str, number: u32 },
    EtwRegistration,
    FilterRegistration,
}

/// As in the contract, section b.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModuleState {
    Detached,
    Attaching,
    Paused,
    Restarting,
    Running,
    Pausing,
}

/// What became of the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriverFate {
    Loaded,
    Refused { status: i32 },
    Unloaded,
}

/// What a driver registered with, and the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterFact {
    /// Header of the characteristics.
    pub kind: u8,
    pub revision: u8,
    pub size: u16,
    /// Declared NDIS version.
    pub major: u8,
    pub minor: u8,
    /// What the machine offers.
    pub runtime: (u8, u8),
    pub flags: u32,
    /// Handlers that are not NULL, by callback name.
    pub handlers: Vec<&'static str>,
    pub unique_name: String,
    pub service_name: String,
    pub status: i32,
}

/// Things that are neither pool memory nor modules, numbered in order of taking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceFact {
    /// `owner` is the filter module whose handle it was taken with.
    Taken {
        kind: &'static str,
        number: u32,
        owner: Option<String>,
    },
    Given {
        kind: &'static str,
        number: u32,
    },
    /// Given back or used though the driver does not hold it.
    NotHeld {
        kind: &'static str,
    },
}

/// Pool memory: blocks are numbered in order of allocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PoolFact {
    Allocated {
        block: u32,
        bytes: usize,
        tag: [u8; 4],
        /// The filter module whose handle it was asked with.
        owner: Option<String>,
    },
    Refused {
        bytes: usize,
        tag: [u8; 4],
    },
    Freed {
        block: u32,
    },
    /// A wrong free: unknown address, twice, or with another tag.
    BadFree {
        what: String,
    },
    /// Bytes around the block were overwritten.
    Overrun {
        block: u32,
    },
}

impl Journal {
    pub fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries between the step of `line` and the step after it.
    pub fn of_step(&self, line: u32) -> &[Entry] {
        let is_step = |entry: &Entry| matches!(entry.fact, Fact::Step { .. });
        let start = self
            .entries
            .iter()
            .position(|entry| matches!(entry.fact, Fact::Step { line: at, .. } if at == line));
        let Some(start) = start else { return &[] };
        let rest = &self.entries[start + 1..];
        let end = rest.iter().position(is_step).unwrap_or(rest.len());
        &rest[..end]
    }

    /// Whether the step of `line` was begun.
    pub fn has_step(&self, line: u32) -> bool {
        let begins =
            |entry: &Entry| matches!(entry.fact, Fact::Step { line: at, .. } if at == line);
        self.entries.iter().any(begins)
    }

    /// The entries before the step that follows `line`: everything known at that point.
    pub fn until_after(&self, line: u32) -> &[Entry] {
        let next = self
            .entries
            .iter()
            .position(|entry| matches!(entry.fact, Fact::Step { line: at, .. } if at > line));
        &self.entries[..next.unwrap_or(self.entries.len())]
    }
}

impl fmt::Display for Journal {
    /// One dense line an entry; the legend is in `docs/testing.md`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, entry) in self.entries.iter().enumerate() {
            writeln!(
                f,
                "{index:5} {:>12}.{:04} t{} {:?}{}",
                entry.time_100ns / 10_000,
                entry.time_100ns % 10_000,
                entry.thread,
                entry.fact,
                entry.site.map(|rva| format!(" @{rva:#x}")).unwrap_or_default(),
            )?;
        }
        Ok(())
    }
}
