//! The append-only history of a run, and the single truth about it.
//!
//! - Facts name things (`eth0.1`, pool block 3), never addresses, so that the same run reads the same.
//! - Entries are added at the end and never changed. The one exception is [`Journal::note_difference`],
//!   which compares two finished journals.
//! - Rules, expectations and the timeline see a finished journal and nothing else; nothing that they
//!   find influences a run.
//! - This crate knows nobody: not the machine, not a subsystem, not the language of scenarios.
//!
//! What can happen is a closed sum, [`Fact`], of what the kernel has seen and what each subsystem has
//! seen: one file for each, [`kernel`], [`ndis`] and [`wsk`], with the details in the folder of that name.
//! [`tell`] says all of it to a person.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "a field whose name says everything has no sentence")]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a query picks the few facts it is about out of a history that grows"
)]

pub mod etw;
mod fact;
mod garbage;
pub mod history;
pub mod kernel;
pub mod names;
pub mod ndis;
pub mod tell;
pub mod wsk;

pub use fact::Fact;
pub use kernel::KernelFact;
pub use kernel::driver::DriverFate;
pub use kernel::io::IoFact;
pub use kernel::leftover::Leftover;
pub use kernel::lock::LockFact;
pub use kernel::pool::PoolFact;
pub use kernel::resource::ResourceFact;
pub use kernel::wait::WaitFact;
pub use ndis::NdisFact;
pub use ndis::module::ModuleState;
pub use ndis::oid::OidFact;
pub use ndis::packet::{Direction, PacketFact};
pub use ndis::register::RegisterFact;
pub use wsk::WskFact;

/// The entries of a run, in order.
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
    /// The fact itself.
    pub fact: Fact,
}

impl Journal {
    /// Adds an entry at the end.
    pub fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// The entries, in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries between the step of `line` and the step after it.
    #[must_use]
    pub fn of_step(&self, line: u32) -> &[Entry] {
        let start = self.entries.iter().position(|entry| entry.step_line() == Some(line));
        let Some(start) = start else { return &[] };
        let rest = &self.entries[start + 1..];
        let end = rest.iter().position(|entry| entry.step_line().is_some()).unwrap_or(rest.len());
        &rest[..end]
    }

    /// Whether the step of `line` was begun.
    #[must_use]
    pub fn has_step(&self, line: u32) -> bool {
        self.entries.iter().any(|entry| entry.step_line() == Some(line))
    }

    /// The entries before the step that follows `line`: everything known at that point.
    #[must_use]
    pub fn until_after(&self, line: u32) -> &[Entry] {
        let follows = |entry: &Entry| entry.step_line().is_some_and(|at| at > line);
        let next = self.entries.iter().position(follows);
        &self.entries[..next.unwrap_or(self.entries.len())]
    }
}

impl Entry {
    /// The line of the step that begins here.
    fn step_line(&self) -> Option<u32> {
        match self.fact.kernel()? {
            KernelFact::Step { line, .. } => Some(*line),
            _ => None,
        }
    }
}
