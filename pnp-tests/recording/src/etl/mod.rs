//! Event Tracing for Windows log files (`.etl`): written from records, read from ours and from
//! those that Windows recorded.
//!
//! ```text
//! file:   header buffer | buffer*            each of one processor
//! buffer: header | record* | fill            a record never spans buffers
//! record: event header | extended item* | payload | padding to 8
//! ```
//! All numbers are little-endian. What stands where is in `layout`.

mod error;
mod layout;
mod merge;
mod reader;
mod record;
mod skipped;
mod writer;

pub use error::EtlError;
pub use reader::Log;
pub use record::RecordRef;
pub use skipped::{Kind, Skipped};
pub use writer::{Written, write};

use journal::etw::EtwWrite;

/// The file's facts about the session, which a writer needs, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The logger's name.
    pub name: String,
    /// FILETIME at the start.
    pub start_filetime: u64,
    /// FILETIME at the end, if the session was closed. A writer takes the last event's if it is later.
    pub end_filetime: u64,
    /// FILETIME of the machine's boot.
    pub boot_filetime: u64,
    /// The frequency of the clock that stamps events, ticks per second (10,000,000 for ours).
    pub frequency: u64,
    /// The clock at the start, in ticks.
    pub start_ticks: u64,
    /// Processors of the machine.
    pub processors: u32,
    /// Build number of Windows.
    pub os_build: u32,
    /// Events that found no room in a buffer.
    pub events_lost: u32,
    /// Buffers that were not written.
    pub buffers_lost: u32,
}

impl Session {
    /// The session's clock when it began, in units of 100 ns.
    #[must_use]
    pub fn start_100ns(&self) -> u64 {
        self.to_100ns(self.start_ticks)
    }

    /// The session's end on the same clock as its start.
    #[must_use]
    pub fn end_100ns(&self) -> u64 {
        let lasted = self.end_filetime.saturating_sub(self.start_filetime);
        self.start_100ns().saturating_add(lasted)
    }

    /// Ticks of the clock in units of 100 ns.
    #[must_use]
    pub fn to_100ns(&self, ticks: u64) -> u64 {
        let time = u128::from(ticks) * 10_000_000 / u128::from(self.frequency.max(1));
        u64::try_from(time).unwrap_or(u64::MAX)
    }
}

/// One event with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// 100 ns since the clock's zero.
    pub time_100ns: u64,
    /// Number of the processor that wrote it.
    pub processor: u16,
    /// Number of the process that wrote it.
    pub process: u32,
    /// Number of the thread that wrote it.
    pub thread: u32,
    /// The event itself.
    pub write: EtwWrite,
}

#[cfg(test)]
mod tests;
