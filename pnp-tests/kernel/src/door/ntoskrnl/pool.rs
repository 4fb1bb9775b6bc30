//! Pool memory, by all the names it was ever asked by.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::{APC, cross, cross_at_most};
use crate::door::exports::exports;
use crate::nt::pool::{self, PoolRequest};
use journal::KernelFact;

exports! {
    ExAllocatePool: le DISPATCH, fails NULL by allocation, since 2195,
        "ddi:wdm/nf-wdm-exallocatepool";
    ExAllocatePool2: le DISPATCH, fails NULL by allocation, since 19041,
        "ddi:wdm/nf-wdm-exallocatepool2";
    ExAllocatePoolWithTag: le DISPATCH, fails NULL by allocation, since 2195,
        "ddi:wdm/nf-wdm-exallocatepoolwithtag";
    ExAllocatePoolWithTagPriority: le DISPATCH, fails NULL by allocation, since 2195,
        "ddi:wdm/nf-wdm-exallocatepoolwithtagpriority";
    ExFreePool: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-exfreepool";
    ExFreePool2: le DISPATCH, since 19041, "ddi:wdm/nf-wdm-exfreepool2";
    ExFreePoolWithTag: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-exfreepoolwithtag";
}

/// POOL_TYPE: PagedPool is the odd ones, NonPagedPoolNx is 512.
const PAGED: u32 = 1;
const NON_PAGED_EXECUTABLE: u32 = 0;
/// What a block is tagged with that is asked for without a tag.
const NO_TAG: u32 = u32::from_le_bytes(*b"None");

fn allocate(kind: u32, bytes: usize, tag: u32, zeroed: bool) -> usize {
    let paged = kind & PAGED != 0;
    let world = if paged { cross_at_most(APC) } else { cross() };
    if kind == NON_PAGED_EXECUTABLE {
        world.record(KernelFact::ExecutablePool { import: world.import() });
    }
    let ask = PoolRequest { bytes, tag: tag.to_le_bytes(), zeroed, paged, owner: None };
    let Some(address) = pool::allocate(&world, ask) else { return 0 };
    if kind == NON_PAGED_EXECUTABLE {
        pool::make_executable(&world, address);
    }
    address
}

extern "win64" fn ExAllocatePool2(flags: u64, bytes: usize, tag: u32) -> usize {
    /// POOL_FLAG_UNINITIALIZED, _NON_PAGED_EXECUTE, _PAGED.
    const UNINITIALIZED: u64 = 2;
    const EXECUTE: u64 = 0x80;
    const PAGED_FLAG: u64 = 0x100;
    let kind = match flags {
        flags if flags & PAGED_FLAG != 0 => PAGED,
        flags if flags & EXECUTE != 0 => NON_PAGED_EXECUTABLE,
        _ => 512,
    };
    allocate(kind, bytes, tag, flags & UNINITIALIZED == 0)
}

extern "win64" fn ExAllocatePool(kind: u32, bytes: usize) -> usize {
    allocate(kind, bytes, NO_TAG, false)
}

extern "win64" fn ExAllocatePoolWithTag(kind: u32, bytes: usize, tag: u32) -> usize {
    allocate(kind, bytes, tag, false)
}

extern "win64" fn ExAllocatePoolWithTagPriority(
    kind: u32,
    bytes: usize,
    tag: u32,
    _priority: u32,
) -> usize {
    allocate(kind, bytes, tag, false)
}

extern "win64" fn ExFreePoolWithTag(address: usize, tag: u32) {
    let world = cross();
    pool::free(&world, address, (tag != 0).then(|| tag.to_le_bytes()));
}

extern "win64" fn ExFreePool(address: usize) {
    let world = cross();
    pool::free(&world, address, None);
}

extern "win64" fn ExFreePool2(address: usize, tag: u32, _parameters: usize, _count: u32) {
    let world = cross();
    pool::free(&world, address, (tag != 0).then(|| tag.to_le_bytes()));
}
