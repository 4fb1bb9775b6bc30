//! MDLs, by the I/O manager's, the memory manager's and NDIS's names.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::cross;
use crate::door::exports::exports;
use crate::door::layout::mdl as at;
use crate::machine::raw;
use crate::nt::exception::{self, ACCESS_VIOLATION};
use crate::nt::pool::{self, PoolRequest};
use crate::world::World;

exports! {
    IoAllocateMdl: le DISPATCH, fails NULL by allocation, since 2195,
        "ddi:wdm/nf-wdm-ioallocatemdl";
    IoBuildPartialMdl: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-iobuildpartialmdl";
    IoFreeMdl: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-iofreemdl";
    MmBuildMdlForNonPagedPool: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-mmbuildmdlfornonpagedpool";
    MmMapLockedPagesSpecifyCache: le DISPATCH, fails NULL by allocation, since 2195,
        "ddi:wdm/nf-wdm-mmmaplockedpagesspecifycache";
    MmProbeAndLockPages: le DISPATCH, fails EXCEPTION, since 2195,
        "ddi:wdm/nf-wdm-mmprobeandlockpages";
    MmSizeOfMdl: le ANY, since 2195, "ddi:wdm/nf-wdm-mmsizeofmdl";
    MmUnlockPages: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-mmunlockpages";
    MmUnmapLockedPages: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-mmunmaplockedpages";
}

/// MDL_ flags (wdm.h).
const MAPPED: u16 = 1;
const LOCKED: u16 = 2;
const NON_PAGED: u16 = 4;
const PARTIAL: u16 = 0x10;
const PAGE: usize = 4096;
/// A frame number for each page follows the structure.
const FRAME: usize = 8;

fn size(address: usize, length: usize) -> usize {
    at::SIZEOF + FRAME * (address % PAGE + length).div_ceil(PAGE)
}

/// MmInitializeMdl.
pub fn initialise(mdl: usize, address: usize, length: u32) {
    let bytes = u16::try_from(size(address, length as usize)).unwrap_or(u16::MAX);
    raw::put(mdl + at::NEXT, 0_usize);
    raw::put(mdl + at::SIZE, bytes);
    raw::put(mdl + at::MDL_FLAGS, 0_u16);
    raw::put(mdl + at::START_VA, address & !(PAGE - 1));
    raw::put(mdl + at::BYTE_OFFSET, u32::try_from(address % PAGE).unwrap_or(0));
    raw::put(mdl + at::BYTE_COUNT, length);
}

fn address_of(mdl: usize) -> usize {
    let offset: u32 = raw::get(mdl + at::BYTE_OFFSET);
    raw::get::<usize>(mdl + at::START_VA) + offset as usize
}

fn add_flags(mdl: usize, flags: u16) {
    raw::put(mdl + at::MDL_FLAGS, raw::get::<u16>(mdl + at::MDL_FLAGS) | flags);
}

/// Memory for an MDL over a buffer.
pub fn allocate(world: &World, address: usize, length: u32) -> usize {
    let bytes = size(address, length as usize);
    let ask = PoolRequest { bytes, tag: *b"Mdl ", zeroed: true, paged: false, owner: None };
    let mdl = pool::allocate(world, ask).unwrap_or(0);
    if mdl != 0 {
        initialise(mdl, address, length);
    }
    mdl
}

/// Describes memory that is never paged out: the mapping is the memory itself.
pub fn build(mdl: usize) {
    raw::put(mdl + at::MAPPED_SYSTEM_VA, address_of(mdl));
    add_flags(mdl, NON_PAGED);
}

/// The pages of what a caller gave stay where they are.
pub fn lock(mdl: usize) {
    add_flags(mdl, LOCKED);
}

extern "win64" fn IoAllocateMdl(
    address: usize,
    length: u32,
    _secondary: u8,
    _quota: u8,
    _irp: usize,
) -> usize {
    let world = cross();
    allocate(&world, address, length)
}

extern "win64" fn IoFreeMdl(mdl: usize) {
    let world = cross();
    pool::free(&world, mdl, None);
}

extern "win64" fn MmSizeOfMdl(address: usize, length: usize) -> usize {
    let _ = cross();
    size(address, length)
}

extern "win64" fn MmBuildMdlForNonPagedPool(mdl: usize) {
    let _ = cross();
    build(mdl);
}

/// A part of what `source` describes; length 0 means the rest.
extern "win64" fn IoBuildPartialMdl(source: usize, target: usize, address: usize, length: u32) {
    let _ = cross();
    let start = address_of(source);
    let skipped = address.wrapping_sub(start);
    let whole: u32 = raw::get(source + at::BYTE_COUNT);
    let rest = whole.saturating_sub(u32::try_from(skipped).unwrap_or(u32::MAX));
    initialise(target, address, if length == 0 { rest } else { length });
    let flags: u16 = raw::get(source + at::MDL_FLAGS);
    add_flags(target, PARTIAL | flags & (NON_PAGED | MAPPED));
    let mapped: usize = raw::get(source + at::MAPPED_SYSTEM_VA);
    raw::put(target + at::MAPPED_SYSTEM_VA, mapped.wrapping_add(skipped));
}

fn map(mdl: usize) -> usize {
    if raw::get::<u16>(mdl + at::MDL_FLAGS) & (MAPPED | NON_PAGED) == 0 {
        raw::put(mdl + at::MAPPED_SYSTEM_VA, address_of(mdl));
        add_flags(mdl, MAPPED);
    }
    raw::get(mdl + at::MAPPED_SYSTEM_VA)
}

extern "win64" fn MmMapLockedPagesSpecifyCache(
    mdl: usize,
    _mode: i8,
    _cache: u32,
    _address: usize,
    _bugcheck: u32,
    _priority: u32,
) -> usize {
    let world = cross();
    if world.faults.next_allocation_fails() {
        return 0;
    }
    map(mdl)
}

extern "win64" fn MmUnmapLockedPages(_address: usize, mdl: usize) {
    let _ = cross();
    raw::put(mdl + at::MDL_FLAGS, raw::get::<u16>(mdl + at::MDL_FLAGS) & !MAPPED);
}

extern "win64" fn MmProbeAndLockPages(mdl: usize, mode: i8, _operation: u32) {
    /// KPROCESSOR_MODE.
    const KERNEL_MODE: i8 = 0;
    let world = cross();
    let (address, length) = (address_of(mdl), raw::get::<u32>(mdl + at::BYTE_COUNT) as usize);
    let pages = (address & !(PAGE - 1)..address.saturating_add(length)).step_by(PAGE);
    let is_bad = |page: usize| {
        let at = page.max(address);
        exception::is_user(at) || (mode != KERNEL_MODE && exception::is_kernels(&world, at))
    };
    if let Some(page) = pages.into_iter().find(|page| is_bad(*page)) {
        let what = "MmProbeAndLockPages of pages that nobody has, which nobody handles";
        exception::raise(world, ACCESS_VIOLATION, &[0, page.max(address) as u64], what)
    }
    add_flags(mdl, LOCKED);
}

extern "win64" fn MmUnlockPages(mdl: usize) {
    let _ = cross();
    raw::put(mdl + at::MDL_FLAGS, raw::get::<u16>(mdl + at::MDL_FLAGS) & !LOCKED);
}
