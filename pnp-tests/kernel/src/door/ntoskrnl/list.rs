//! Interlocked lists and lookaside lists.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::cross;
use crate::door::exports::exports;
use crate::machine::raw;
use crate::machine::raw::pointer;
use crate::nt::pool::{self, PoolRequest};
use crate::world::resource;

exports! {
    ExAllocateFromLookasideListEx: le DISPATCH, fails NULL by allocation, since inline,
        "ddi:wdm/nf-wdm-exallocatefromlookasidelistex";
    ExDeleteLookasideListEx: le DISPATCH, since 6000, "ddi:wdm/nf-wdm-exdeletelookasidelistex";
    ExFreeToLookasideListEx: le DISPATCH, since inline, "ddi:wdm/nf-wdm-exfreetolookasidelistex";
    ExInitializeLookasideListEx: le DISPATCH,
        fails STATUS_INVALID_PARAMETER_4 | STATUS_INVALID_PARAMETER_5 by call, since 6000,
        "ddi:wdm/nf-wdm-exinitializelookasidelistex";
    ExInterlockedInsertHeadList: le ANY, since 2195, "ddi:wdm/nf-wdm-exinterlockedinsertheadlist";
    ExInterlockedInsertTailList: le ANY, since 2195, "ddi:wdm/nf-wdm-exinterlockedinserttaillist";
    ExInterlockedRemoveHeadList: le ANY, since 2195, "ddi:wdm/nf-wdm-exinterlockedremoveheadlist";
    PopEntryList: le ANY, since inline, "ddi:wdm/nf-wdm-popentrylist";
}

/// LIST_ENTRY: Flink, Blink.
const FLINK: usize = 0;
const BLINK: usize = 8;

/// Links `entry` between two neighbours.
fn link(before: usize, entry: usize, after: usize) {
    raw::put(entry + FLINK, after);
    raw::put(entry + BLINK, before);
    raw::put(before + FLINK, entry);
    raw::put(after + BLINK, entry);
}

/// The first entry before the insertion; NULL if the list was empty.
extern "win64" fn ExInterlockedInsertHeadList(head: usize, entry: usize, _lock: usize) -> usize {
    let _ = cross();
    let first: usize = raw::get(head + FLINK);
    link(head, entry, first);
    if first == head { 0 } else { first }
}

/// The last entry before the insertion; NULL if the list was empty.
extern "win64" fn ExInterlockedInsertTailList(head: usize, entry: usize, _lock: usize) -> usize {
    let _ = cross();
    let last: usize = raw::get(head + BLINK);
    link(last, entry, head);
    if last == head { 0 } else { last }
}

extern "win64" fn ExInterlockedRemoveHeadList(head: usize, _lock: usize) -> usize {
    let _ = cross();
    let first: usize = raw::get(head + FLINK);
    if first == head {
        return 0;
    }
    let second: usize = raw::get(first + FLINK);
    raw::put(head + FLINK, second);
    raw::put(second + BLINK, head);
    first
}

/// Inline in the headers; SINGLE_LIST_ENTRY has Next alone.
extern "win64" fn PopEntryList(head: usize) -> usize {
    let _ = cross();
    let first: usize = raw::get(head);
    if first != 0 {
        raw::put(head, raw::get::<usize>(first));
    }
    first
}

/// What the host keeps in a LOOKASIDE_LIST_EX, which is opaque to drivers: routines, type, size, tag.
mod lookaside {
    pub const ALLOCATE: usize = 0;
    pub const FREE: usize = 8;
    pub const KIND: usize = 16;
    pub const TAG: usize = 20;
    pub const SIZE: usize = 24;
}

/// LOOKASIDE_LIST_EX routines of the driver's own.
type OnAllocate = unsafe extern "win64" fn(u32, usize, u32, *mut u8) -> usize;
type OnFree = unsafe extern "win64" fn(*mut u8, *mut u8);

extern "win64" fn ExInitializeLookasideListEx(
    list: usize,
    allocate: usize,
    free: usize,
    kind: u32,
    _flags: u32,
    size: usize,
    tag: u32,
    _depth: u16,
) -> i32 {
    let world = cross();
    if let Some(status) = world.fails() {
        return status;
    }
    raw::put(list + lookaside::ALLOCATE, allocate);
    raw::put(list + lookaside::FREE, free);
    raw::put(list + lookaside::KIND, kind);
    raw::put(list + lookaside::TAG, tag);
    raw::put(list + lookaside::SIZE, size);
    resource::take(&world, "lookaside list", list, None);
    0
}

extern "win64" fn ExDeleteLookasideListEx(list: usize) {
    let world = cross();
    resource::give(&world, "lookaside list", list);
}

extern "win64" fn ExAllocateFromLookasideListEx(list: usize) -> usize {
    let world = cross();
    let (kind, tag): (u32, u32) =
        (raw::get(list + lookaside::KIND), raw::get(list + lookaside::TAG));
    let size: usize = raw::get(list + lookaside::SIZE);
    let routine: usize = raw::get(list + lookaside::ALLOCATE);
    if routine != 0 {
        // SAFETY: the address that the driver gave for a routine of this type.
        let routine = unsafe { std::mem::transmute::<usize, OnAllocate>(routine) };
        // SAFETY: the driver's own routine and list.
        return unsafe { routine(kind, size, tag, pointer(list)) };
    }
    let paged = kind & 1 != 0;
    let ask =
        PoolRequest { bytes: size, tag: tag.to_le_bytes(), zeroed: false, paged, owner: None };
    pool::allocate(&world, ask).unwrap_or(0)
}

extern "win64" fn ExFreeToLookasideListEx(list: usize, entry: usize) {
    let world = cross();
    let routine: usize = raw::get(list + lookaside::FREE);
    if routine == 0 {
        return pool::free(&world, entry, None);
    }
    // SAFETY: the address that the driver gave for a routine of this type.
    let routine = unsafe { std::mem::transmute::<usize, OnFree>(routine) };
    // SAFETY: the driver's own routine, entry and list.
    unsafe { routine(pointer(entry), pointer(list)) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::block::Block;
    use crate::nt::pool::Pool;
    use crate::world::sample::machine;

    #[test]
    fn entries_come_out_of_a_list_in_their_order() {
        machine(0, |_| {
            let memory = Block::with(&[0; 64], false);
            let (head, a, b) = (memory.address(), memory.address() + 16, memory.address() + 32);
            raw::put(head + FLINK, head);
            raw::put(head + BLINK, head);
            assert_eq!(ExInterlockedInsertTailList(head, a, 0), 0, "it was empty");
            assert_eq!(ExInterlockedInsertTailList(head, b, 0), a);
            assert_eq!(ExInterlockedRemoveHeadList(head, 0), a);
            assert_eq!(ExInterlockedInsertHeadList(head, a, 0), b);
            assert_eq!(ExInterlockedRemoveHeadList(head, 0), a);
            assert_eq!(ExInterlockedRemoveHeadList(head, 0), b);
            assert_eq!(ExInterlockedRemoveHeadList(head, 0), 0);
        });
    }

    #[test]
    fn a_lookaside_list_gives_pool_memory_and_is_a_leak_until_it_is_deleted() {
        machine(0, |world| {
            let list = Block::with(&[0; 96], false);
            let list = list.address();
            assert_eq!(ExInitializeLookasideListEx(list, 0, 0, 512, 0, 40, 7, 0), 0);
            assert!(world.resources.borrow().holds("lookaside list", list));
            let entry = ExAllocateFromLookasideListEx(list);
            raw::fill(entry, 1, 40);
            ExFreeToLookasideListEx(list, entry);
            ExDeleteLookasideListEx(list);
            assert_eq!(world.of::<Pool>().borrow().live().count(), 0);
            assert!(!world.resources.borrow().holds("lookaside list", list));
        });
    }
}
