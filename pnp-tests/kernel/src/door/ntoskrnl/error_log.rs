//! Entries for the system's error log.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::cross;
use crate::door::exports::exports;
use crate::machine::raw;
use crate::nt::pool::{self, PoolRequest};
use journal::KernelFact;

exports! {
    IoAllocateErrorLogEntry: le DISPATCH, fails NULL by allocation, since 2195,
        "ddi:wdm/nf-wdm-ioallocateerrorlogentry";
    IoFreeErrorLogEntry: le DISPATCH, since 2600, "ddi:wdm/nf-wdm-iofreeerrorlogentry";
    IoWriteErrorLogEntry: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-iowriteerrorlogentry";
}

/// IO_ERROR_LOG_PACKET (wdm.h): ErrorCode.
const CODE: usize = 12;
/// sizeof(IO_ERROR_LOG_PACKET).
const LEAST: u8 = 48;
/// ERROR_LOG_MAXIMUM_SIZE of 64-bit Windows.
const MOST: u8 = 240;

extern "win64" fn IoAllocateErrorLogEntry(_object: usize, size: u8) -> usize {
    let world = cross();
    if !(LEAST..=MOST).contains(&size) {
        return 0;
    }
    let bytes = usize::from(size);
    let ask = PoolRequest { bytes, tag: *b"IoEr", zeroed: true, paged: false, owner: None };
    pool::allocate(&world, ask).unwrap_or(0)
}

/// The entry is the log's from here on.
extern "win64" fn IoWriteErrorLogEntry(entry: usize) {
    let world = cross();
    let code = raw::get(entry + CODE);
    pool::free(&world, entry, None);
    world.record(KernelFact::EventLog { code });
}

extern "win64" fn IoFreeErrorLogEntry(entry: usize) {
    let world = cross();
    pool::free(&world, entry, None);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nt::pool::Pool;
    use crate::world::sample::machine;
    use journal::Fact;

    #[test]
    fn an_entry_is_written_with_its_code_and_belongs_to_the_log() {
        let (_, journal) = machine(0, |world| {
            assert_eq!([IoAllocateErrorLogEntry(1, 47), IoAllocateErrorLogEntry(1, 241)], [0, 0]);
            let entry = IoAllocateErrorLogEntry(1, 64);
            raw::put(entry + CODE, 0xC004_0001_u32);
            IoWriteErrorLogEntry(entry);
            assert_eq!(world.of::<Pool>().borrow().live().count(), 0);
        });
        let is_it = |entry: &journal::Entry| {
            matches!(entry.fact, Fact::Kernel(KernelFact::EventLog { code: 0xC004_0001 }))
        };
        assert!(journal.entries().iter().any(is_it), "{journal}");
    }
}
