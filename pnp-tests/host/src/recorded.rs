//! A run as the session that listened would have recorded it.

use std::io::{self, Seek, Write};

use journal::{Fact, Journal, KernelFact};
use kernel::nt::time::BOOT;
use recording::etl::{self, RecordRef, Session, Written};

/// Windows 11 24H2, whose NDIS is 6.89.
const OS_BUILD: u32 = 26100;

/// Writes what a run traced as an `.etl`.
///
/// # Errors
///
/// Those of `out`, and an event that no buffer holds.
pub fn write_etl(journal: &Journal, out: impl Write + Seek) -> io::Result<Written> {
    let session = Session {
        name: "netpnp".to_owned(),
        start_filetime: BOOT,
        boot_filetime: BOOT,
        end_filetime: BOOT + end_100ns(journal),
        start_ticks: 0,
        processors: 1,
        os_build: OS_BUILD,
        frequency: 10_000_000,
        events_lost: 0,
        buffers_lost: 0,
    };
    let records = journal.entries().iter().filter_map(|entry| match &entry.fact {
        Fact::Kernel(KernelFact::Etw(write)) => {
            Some(RecordRef::of(write, entry.time_100ns, entry.thread).to_record())
        }
        _ => None,
    });
    etl::write(out, &session, records)
}

/// When nobody listened any more; at the latest when the run ends.
fn end_100ns(journal: &Journal) -> u64 {
    let mut end = journal.entries().last().map_or(0, |entry| entry.time_100ns);
    for entry in journal.entries() {
        match &entry.fact {
            Fact::Kernel(KernelFact::Session { on: false }) => end = entry.time_100ns,
            Fact::Kernel(KernelFact::Session { on: true }) => {
                end = journal.entries().last().map_or(0, |entry| entry.time_100ns);
            }
            _ => {}
        }
    }
    end
}
