//! Lookaside lists, filled in as the inline functions of the headers use them: those pop an entry off the
//! list and, when there is none, call the allocate routine that stands in the structure.
//!
//! The depth is 0: it is the system's to choose, and with none kept every entry is pool memory of its own,
//! so that a use after the free is seen.
#![allow(non_snake_case, reason = "Windows names")]

use super::{pool as exported, slist};
use crate::door::crossing::{Crossing, cross};
use crate::door::exports::exports;
use crate::door::layout::general_lookaside as at;
use crate::machine::gate;
use crate::machine::raw::{self, pointer};
use crate::nt::pool::{self, PoolRequest};
use crate::world::{World, resource};

exports! {
    ExAllocateFromPagedLookasideList: le APC, fails NULL by allocation, since 2195,
        "ddi:wdm/nf-wdm-exallocatefrompagedlookasidelist";
    ExDeleteLookasideListEx: le DISPATCH, since 6000, "ddi:wdm/nf-wdm-exdeletelookasidelistex";
    ExDeleteNPagedLookasideList = ExDeleteLookasideListEx: le DISPATCH, since 2195,
        "ddi:wdm/nf-wdm-exdeletenpagedlookasidelist";
    ExDeletePagedLookasideList = ExDeleteLookasideListEx: le APC, since 2195,
        "ddi:wdm/nf-wdm-exdeletepagedlookasidelist";
    ExFlushLookasideListEx: le DISPATCH, since 6000, "ddi:wdm/nf-wdm-exflushlookasidelistex";
    ExFreeToPagedLookasideList: le APC, since 2195,
        "ddi:wdm/nf-wdm-exfreetopagedlookasidelist";
    ExInitializeLookasideListEx: le DISPATCH,
        fails STATUS_INVALID_PARAMETER_4 | STATUS_INVALID_PARAMETER_5 by call, since 6000,
        "ddi:wdm/nf-wdm-exinitializelookasidelistex";
    ExInitializeNPagedLookasideList: le DISPATCH, since 2195,
        "ddi:wdm/nf-wdm-exinitializenpagedlookasidelist";
    ExInitializePagedLookasideList: le APC, since 2195,
        "ddi:wdm/nf-wdm-exinitializepagedlookasidelist";
}

/// How a list that is never deleted is told.
const LIST: &str = "lookaside list";
/// What ExAllocatePoolWithTag and the lists of today understand of a POOL_TYPE.
const PAGED: u32 = 1;
/// MaximumDepth as Windows begins with.
const MAXIMUM_DEPTH: u16 = 256;

/// Routines of the driver's own. Those of the older lists take no list; they do not look at it.
type OnAllocate = unsafe extern "win64" fn(u32, usize, u32, *mut u8) -> usize;
type OnFree = unsafe extern "win64" fn(*mut u8, *mut u8);

/// The gate before a function of the pool's.
fn pool_function(name: &str) -> usize {
    exported::ROWS.iter().find(|row| row.name == name).map_or(0, gate::before)
}

fn default_allocate() -> usize {
    pool_function("ExAllocatePoolWithTag")
}

fn default_free() -> usize {
    pool_function("ExFreePool")
}

/// Fills in what the inline functions read.
fn initialise(world: &World, list: usize, routines: [usize; 2], kind: u32, size: usize, tag: u32) {
    let [allocate, free] = routines;
    let or = |given: usize, usual: usize| if given == 0 { usual } else { given };
    raw::fill(list, 0, at::FUTURE);
    raw::put(list + at::MAXIMUM_DEPTH, MAXIMUM_DEPTH);
    raw::put(list + at::TYPE, kind);
    raw::put(list + at::TAG, tag);
    raw::put(list + at::SIZE, u32::try_from(size).unwrap_or(u32::MAX));
    raw::put(list + at::ALLOCATE_EX, or(allocate, default_allocate()));
    raw::put(list + at::FREE_EX, or(free, default_free()));
    resource::take(world, LIST, list, None);
}

extern "win64" fn ExInitializeLookasideListEx(
    list: usize,
    allocate: usize,
    free: usize,
    kind: u32,
    flags: u32,
    size: usize,
    tag: u32,
    _depth: u16,
) -> i32 {
    /// STATUS_INVALID_PARAMETER_5.
    const INVALID_FLAGS: i32 = 0xC000_00F3_u32.cast_signed();
    /// EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL and _FAIL_NO_RAISE, which exclude each other.
    const RAISE_AND_NOT: u32 = 3;
    let world = cross();
    if let Some(status) = world.fails() {
        return status;
    }
    if flags & !RAISE_AND_NOT != 0 || flags == RAISE_AND_NOT {
        return INVALID_FLAGS;
    }
    initialise(&world, list, [allocate, free], kind, size, tag);
    0
}

/// The flags are bits of the POOL_TYPE: POOL_NX_ALLOCATION.
extern "win64" fn ExInitializeNPagedLookasideList(
    list: usize,
    allocate: usize,
    free: usize,
    flags: u32,
    size: usize,
    tag: u32,
    _depth: u16,
) {
    let world = cross();
    initialise(&world, list, [allocate, free], flags, size, tag);
}

extern "win64" fn ExInitializePagedLookasideList(
    list: usize,
    allocate: usize,
    free: usize,
    flags: u32,
    size: usize,
    tag: u32,
    _depth: u16,
) {
    let world = cross();
    initialise(&world, list, [allocate, free], flags | PAGED, size, tag);
}

/// Gives an entry to the routine that frees for the list.
fn free(world: &Crossing, list: usize, entry: usize) {
    let routine: usize = raw::get(list + at::FREE_EX);
    if routine == default_free() {
        return pool::free(world, entry, None);
    }
    // SAFETY: the address that the driver gave for a routine of this type.
    let routine = unsafe { std::mem::transmute::<usize, OnFree>(routine) };
    // SAFETY: the driver's own routine, entry and list.
    unsafe { routine(pointer(entry), pointer(list)) };
}

fn drain(world: &Crossing, list: usize) {
    loop {
        match slist::pop(list + at::LIST_HEAD) {
            0 => return,
            entry => free(world, list, entry),
        }
    }
}

extern "win64" fn ExDeleteLookasideListEx(list: usize) {
    let world = cross();
    if resource::give(&world, LIST, list) {
        drain(&world, list);
    }
}

extern "win64" fn ExFlushLookasideListEx(list: usize) {
    let world = cross();
    drain(&world, list);
}

extern "win64" fn ExAllocateFromPagedLookasideList(list: usize) -> usize {
    let world = cross();
    let kept = slist::pop(list + at::LIST_HEAD);
    if kept != 0 {
        return kept;
    }
    let (kind, tag): (u32, u32) = (raw::get(list + at::TYPE), raw::get(list + at::TAG));
    let size = raw::get::<u32>(list + at::SIZE) as usize;
    let routine: usize = raw::get(list + at::ALLOCATE_EX);
    if routine == default_allocate() {
        let tag = tag.to_le_bytes();
        let paged = kind & PAGED != 0;
        let ask = PoolRequest { bytes: size, tag, zeroed: false, paged, owner: None };
        return pool::allocate(&world, ask).unwrap_or(0);
    }
    // SAFETY: the address that the driver gave for a routine of this type.
    let routine = unsafe { std::mem::transmute::<usize, OnAllocate>(routine) };
    // SAFETY: the driver's own routine and list.
    unsafe { routine(kind, size, tag, pointer(list)) }
}

extern "win64" fn ExFreeToPagedLookasideList(list: usize, entry: usize) {
    let world = cross();
    free(&world, list, entry);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::block::Block;
    use crate::nt::pool::Pool;
    use crate::world::sample::machine;

    /// `ExAllocateFromLookasideListEx` and `ExFreeToLookasideListEx` as they stand in wdm.h, inline.
    fn allocate_inline(list: usize) -> usize {
        match slist::pop(list) {
            0 => {
                let routine: OnAllocate =
                    // SAFETY: what the structure holds is a routine of this type.
                    unsafe { std::mem::transmute(raw::get::<usize>(list + at::ALLOCATE_EX)) };
                let kind = raw::get::<u32>(list + at::TYPE);
                let size = raw::get::<u32>(list + at::SIZE) as usize;
                let tag = raw::get::<u32>(list + at::TAG);
                // SAFETY: as the image calls it, through the gate.
                unsafe { routine(kind, size, tag, pointer(list)) }
            }
            entry => entry,
        }
    }

    fn free_inline(list: usize, entry: usize) {
        assert!(slist::depth(list) >= raw::get::<u16>(list + at::DEPTH), "none is kept");
        let routine: OnFree =
            // SAFETY: what the structure holds is a routine of this type.
            unsafe { std::mem::transmute(raw::get::<usize>(list + at::FREE_EX)) };
        // SAFETY: as the image calls it, through the gate.
        unsafe { routine(pointer(entry), pointer(list)) };
    }

    #[test]
    fn the_inline_functions_get_pool_memory_and_a_list_is_a_leak_until_it_is_deleted() {
        machine(0, |world| {
            // LOOKASIDE_LIST_EX ends before the line of the cache that the older lists fill.
            let list = Block::with(&[0xAA; 96], false);
            let list = list.address();
            assert_eq!(ExInitializeLookasideListEx(list, 0, 0, 512, 0, 40, 7, 0), 0);
            assert!(world.resources.borrow().holds(LIST, list));
            let entry = allocate_inline(list);
            raw::fill(entry, 1, 40);
            assert_eq!(world.of::<Pool>().borrow().live().count(), 1);
            free_inline(list, entry);
            assert_eq!(world.of::<Pool>().borrow().live().count(), 0);
            assert!(world.of::<Pool>().borrow().was_freed(entry), "a later use faults");
            ExDeleteLookasideListEx(list);
            assert!(!world.resources.borrow().holds(LIST, list));
        });
    }

    #[test]
    fn a_paged_list_gives_paged_memory_and_flags_exclude_each_other() {
        machine(0, |world| {
            let list = Block::with(&[0; 128], false);
            let list = list.address();
            ExInitializePagedLookasideList(list, 0, 0, 0, 40, 7, 0);
            let entry = ExAllocateFromPagedLookasideList(list);
            assert!(world.of::<Pool>().borrow().is_paged(entry));
            ExFreeToPagedLookasideList(list, entry);
            ExDeleteLookasideListEx(list);
            assert_eq!(world.of::<Pool>().borrow().live().count(), 0);
            assert_ne!(ExInitializeLookasideListEx(list, 0, 0, 512, 3, 40, 7, 0), 0);
            assert!(!world.resources.borrow().holds(LIST, list));
        });
    }

    #[test]
    fn routines_of_the_drivers_own_are_what_the_structure_holds() {
        extern "win64" fn own(_kind: u32, size: usize, _tag: u32, _list: usize) -> usize {
            size
        }
        machine(0, |_| {
            let list = Block::with(&[0; 128], false);
            let list = list.address();
            let routine = own as *const () as usize;
            ExInitializeNPagedLookasideList(list, routine, 0, 512, 40, 7, 0);
            assert_eq!(allocate_inline(list), 40);
            ExDeleteLookasideListEx(list);
        });
    }
}
