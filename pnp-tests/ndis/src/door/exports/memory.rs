//! Memory from NDIS: pool memory that belongs to a handle.
#![allow(non_snake_case, reason = "Windows names")]

use super::owner;
use kernel::door::crossing::cross;
use kernel::nt::pool::{self, PoolRequest};

use kernel::door::exports::exports;

exports! {
    NdisAllocateMemoryWithTagPriority: le DISPATCH, fails NULL by allocation, since 6000,
        "ddi:ndis/nf-ndis-ndisallocatememorywithtagpriority";
    NdisFreeMemory: le DISPATCH, since 2600, "ddi:ndis/nf-ndis-ndisfreememory";
    NdisFreeMemoryWithTagPriority: le DISPATCH, since 7600,
        "ddi:ndis/nf-ndis-ndisfreememorywithtagpriority";
}

extern "win64" fn NdisAllocateMemoryWithTagPriority(
    handle: usize,
    length: u32,
    tag: u32,
    _priority: i32,
) -> usize {
    let world = cross();
    let Ok(owner) = owner(&world, world.import(), handle) else { return 0 };
    let (bytes, tag) = (length as usize, tag.to_le_bytes());
    let ask = PoolRequest { bytes, tag, zeroed: false, paged: false, owner };
    pool::allocate(&world, ask).unwrap_or(0)
}

extern "win64" fn NdisFreeMemoryWithTagPriority(handle: usize, address: usize, tag: u32) {
    let world = cross();
    let _ = owner(&world, world.import(), handle);
    pool::free(&world, address, Some(tag.to_le_bytes()));
}

/// The length is checked by nobody on Windows; the flags are for obsolete kinds of memory.
extern "win64" fn NdisFreeMemory(address: usize, _length: u32, _flags: u32) {
    let world = cross();
    pool::free(&world, address, None);
}
