//! Pool memory.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::{DISPATCH, cross};
use crate::nt::pool::{self, Ask};

use crate::door::exports::exports;

exports![ExAllocatePool2, ExFreePool, ExFreePoolWithTag];

extern "win64" fn ExAllocatePool2(flags: u64, length: usize, tag: u32) -> usize {
    /// POOL_FLAG_UNINITIALIZED.
    const UNINITIALIZED: u64 = 2;
    /// POOL_FLAG_PAGED.
    const PAGED: u64 = 0x100;
    let world = cross("ExAllocatePool2", DISPATCH);
    let zeroed = flags & UNINITIALIZED == 0;
    let paged = flags & PAGED != 0;
    let ask = Ask { bytes: length, tag: tag.to_le_bytes(), zeroed, paged, owner: None };
    pool::allocate(&world, ask).unwrap_or(0)
}

extern "win64" fn ExFreePoolWithTag(address: usize, tag: u32) {
    let world = cross("ExFreePoolWithTag", DISPATCH);
    pool::free(&world, address, (tag != 0).then(|| tag.to_le_bytes()));
}

extern "win64" fn ExFreePool(address: usize) {
    let world = cross("ExFreePool", DISPATCH);
    pool::free(&world, address, None);
}
