//! Log files of Event Tracing for Windows (`.etl`): written from a run, read from anywhere.
//!
//! A file is buffers back to back, the first of which describes the session. Offsets follow
//! `docs/etl.md`; whether Windows accepts what is written here nobody has tried yet
//! (`docs/windows-status.md`).

mod layout;
mod reader;
mod writer;

use crate::journal::etw::{Descriptor, EtwWrite};

pub use reader::{EtlError, Log, Skipped};
pub use writer::{Written, write};

/// What a file says about its session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub name: String,
    /// System time at the start, in units of 100 ns since 1601.
    pub start_filetime: u64,
    /// System time at boot.
    pub boot_filetime: u64,
    /// The clock that stamps events, at the start.
    pub start_100ns: u64,
    /// The same clock when the session ended.
    pub end_100ns: u64,
    pub processors: u32,
    /// Of Windows.
    pub os_build: u32,
    /// Ticks of the clock per second.
    pub frequency: u64,
    pub events_lost: u32,
    pub buffers_lost: u32,
}

impl Session {
    /// System time of a moment of the session's clock.
    #[must_use]
    pub fn filetime(&self, time_100ns: u64) -> u64 {
        (self.start_filetime + time_100ns).saturating_sub(self.start_100ns)
    }
}

/// An event and its place: all bytes as they stand in the file, or in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// By the session's clock, in units of 100 ns.
    pub time_100ns: u64,
    pub processor: u16,
    pub process: u32,
    pub thread: u32,
    pub descriptor: Descriptor,
    pub provider: [u8; 16],
    pub activity: [u8; 16],
    pub related: Option<[u8; 16]>,
    /// Empty when the provider has none.
    pub traits: &'a [u8],
    /// The TraceLogging schema; empty for an event with a manifest.
    pub metadata: &'a [u8],
    pub payload: &'a [u8],
}

impl<'a> Record<'a> {
    /// An event of a run: the first processor wrote it, in the system process.
    #[must_use]
    pub fn of(write: &'a EtwWrite, time_100ns: u64, thread: u32) -> Self {
        /// The system process has number 4.
        const SYSTEM: u32 = 4;
        Self {
            time_100ns,
            processor: 0,
            process: SYSTEM,
            thread,
            descriptor: write.descriptor,
            provider: write.provider,
            activity: write.activity,
            related: write.related,
            traits: &write.traits,
            metadata: &write.metadata,
            payload: &write.payload,
        }
    }
}

#[cfg(test)]
mod tests;
