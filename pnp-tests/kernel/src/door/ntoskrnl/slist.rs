//! Sequenced singly linked lists, on the layout that the headers read inline: the depth is the low word
//! of the header (ExQueryDepthSList).
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::cross;
use crate::door::exports::exports;
use crate::machine::raw;
use crate::nt::bugcheck;

exports! {
    ExQueryDepthSList: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-exquerydepthslist";
    ExpInterlockedFlushSList: le ANY, since 2195, "ddi:wdm/nf-wdm-exinterlockedflushslist";
    ExpInterlockedPopEntrySList: le ANY, since 2195, "ddi:wdm/nf-wdm-exinterlockedpopentryslist";
    ExpInterlockedPushEntrySList: le ANY, since 2195, "ddi:wdm/nf-wdm-exinterlockedpushentryslist";
    InitializeSListHead: le ANY, fails EXCEPTION, since 2195,
        "ddi:wdm/nf-wdm-initializeslisthead";
}

/// SLIST_HEADER of x64: Depth (16 bits) and Sequence (48), then the first entry, whose low four bits are
/// not its own.
const DEPTH: usize = 0;
const FIRST: usize = 8;
const SEQUENCE_ONE: u64 = 1 << 16;
/// MEMORY_ALLOCATION_ALIGNMENT, of headers and of entries.
const ALIGN: usize = 16;

/// The entries that the header counts.
pub(super) fn depth(head: usize) -> u16 {
    raw::get(head + DEPTH)
}

/// The first entry, taken off; NULL of an empty list.
pub(super) fn pop(head: usize) -> usize {
    let first = raw::get::<usize>(head + FIRST) & !(ALIGN - 1);
    if first != 0 {
        raw::put(head + FIRST, raw::get::<usize>(first));
        raw::put(head + DEPTH, depth(head).wrapping_sub(1));
    }
    first
}

/// Puts an entry first; the one that was first before.
fn push(head: usize, entry: usize) -> usize {
    let before = raw::get::<usize>(head + FIRST) & !(ALIGN - 1);
    raw::put(entry, before);
    raw::put(head + FIRST, entry);
    raw::put(head, raw::get::<u64>(head).wrapping_add(SEQUENCE_ONE));
    raw::put(head + DEPTH, depth(head).wrapping_add(1));
    before
}

/// What no processor can link: the low bits of an address have no room in the header.
fn refuse_unaligned(world: &crate::world::World, address: usize, what: &str) {
    if !address.is_multiple_of(ALIGN) {
        let what = format!("{what} is not aligned to {ALIGN} bytes (STATUS_DATATYPE_MISALIGNMENT)");
        bugcheck::stop(world, bugcheck::KMODE_EXCEPTION, &what);
    }
}

extern "win64" fn InitializeSListHead(head: usize) {
    let world = cross();
    refuse_unaligned(&world, head, "InitializeSListHead: the SLIST_HEADER");
    raw::put(head, [0_u64; 2]);
}

extern "win64" fn ExQueryDepthSList(head: usize) -> u16 {
    let _ = cross();
    depth(head)
}

extern "win64" fn ExpInterlockedPopEntrySList(head: usize) -> usize {
    let _ = cross();
    pop(head)
}

extern "win64" fn ExpInterlockedPushEntrySList(head: usize, entry: usize) -> usize {
    let world = cross();
    refuse_unaligned(&world, entry, "ExInterlockedPushEntrySList: the SLIST_ENTRY");
    push(head, entry)
}

/// Takes all entries, still linked to each other.
extern "win64" fn ExpInterlockedFlushSList(head: usize) -> usize {
    let _ = cross();
    let first = raw::get::<usize>(head + FIRST) & !(ALIGN - 1);
    if first != 0 {
        raw::put(head + FIRST, 0_usize);
        raw::put(head + DEPTH, 0_u16);
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::block::Block;
    use crate::world::sample::machine;
    use crate::world::thread::Rest;

    #[test]
    fn the_last_entry_pushed_comes_first_and_the_depth_is_what_the_headers_read() {
        machine(0, |_| {
            let memory = Block::with(&[0xAA; 80], false);
            let head = memory.address();
            let [a, b, c] = [1, 2, 3].map(|n| head + 16 * n);
            InitializeSListHead(head);
            assert_eq!([ExpInterlockedPopEntrySList(head), ExpInterlockedFlushSList(head)], [0, 0]);
            assert_eq!(ExpInterlockedPushEntrySList(head, a), 0, "it was empty");
            assert_eq!(ExpInterlockedPushEntrySList(head, b), a);
            // `(USHORT)(SListHead->Alignment & 0xffff)`, inline in wdm.h.
            assert_eq!((raw::get::<u64>(head) & 0xFFFF, ExQueryDepthSList(head)), (2, 2));
            assert_eq!(ExpInterlockedPopEntrySList(head), b);
            assert_eq!(ExpInterlockedPushEntrySList(head, c), a);
            assert_eq!(ExpInterlockedFlushSList(head), c);
            assert_eq!((raw::get::<usize>(c), raw::get::<usize>(a)), (a, 0), "still linked");
            assert_eq!(ExQueryDepthSList(head), 0);
        });
    }

    #[test]
    fn an_entry_that_the_header_cannot_hold_stops_the_machine() {
        let rest = |offset: usize| {
            let (rest, _) = machine(0, move |_| {
                let memory = Block::with(&[0; 80], false);
                ExpInterlockedPushEntrySList(memory.address(), memory.address() + offset);
            });
            rest
        };
        assert!(matches!(rest(32), Rest::Done));
        assert!(matches!(rest(40), Rest::Stopped));
    }
}
