//! What a log holds beside events, and what is wrong with it.

use std::collections::BTreeMap;
use std::fmt;

/// More than a person reads; a damaged file can give rise to millions.
const WARNINGS_MAX: usize = 20;

/// A kind of record that is not an event of a manifest or of TraceLogging.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Of the kernel logger, the longest header.
    System,
    /// Of the kernel logger, a short header.
    Compact,
    /// Of the kernel logger, the shortest header.
    PerfInfo,
    /// An event of a provider from before manifests (`EVENT_TRACE_HEADER`).
    Classic,
    /// `EVENT_INSTANCE_HEADER`.
    Instance,
    /// A message of WPP.
    Message,
    /// A type that is not known.
    Other(u8),
}

/// Counts of what was not read, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Records by kind.
    pub records: BTreeMap<Kind, u64>,
    /// Buffers whose events are compressed.
    pub compressed_buffers: u64,
    /// Events whose extended items do not fit into them.
    pub damaged_events: u64,
    /// Sentences, in the order of the file; the first ones.
    pub warnings: Vec<String>,
    /// Warnings past those.
    pub more_warnings: u64,
}

impl Skipped {
    /// Whether every byte of the log was understood.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn warn(&mut self, warning: String) {
        if self.warnings.len() < WARNINGS_MAX {
            self.warnings.push(warning);
        } else {
            self.more_warnings += 1;
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Kind::System => f.write_str("system"),
            Kind::Compact => f.write_str("compact system"),
            Kind::PerfInfo => f.write_str("performance"),
            Kind::Classic => f.write_str("classic"),
            Kind::Instance => f.write_str("classic instance"),
            Kind::Message => f.write_str("WPP message"),
            Kind::Other(number) => write!(f, "type {number:#04x}"),
        }
    }
}
