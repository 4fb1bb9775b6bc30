//! Handles for components without one, memory by the older names, cancel identifiers, the error log.
#![allow(non_snake_case, reason = "Windows names")]

use driver_abi::ndis::status::{
    NDIS_STATUS_FAILURE, NDIS_STATUS_NOT_SUPPORTED, NDIS_STATUS_SUCCESS,
};

use crate::Ndis;
use journal::KernelFact;
use kernel::door::crossing::cross;
use kernel::door::exports::exports;
use kernel::machine::raw;
use kernel::nt::pool::{self, PoolRequest};

exports! {
    NdisAllocateGenericObject: le DISPATCH, fails NULL by allocation, since 6000,
        "ddi:ndis/nf-ndis-ndisallocategenericobject";
    NdisAllocateMemoryWithTag: le DISPATCH, fails NDIS_STATUS_FAILURE by allocation, since 2600,
        "undocumented:ndis.h";
    NdisFreeGenericObject: le DISPATCH, since 6000, "ddi:ndis/nf-ndis-ndisfreegenericobject";
    NdisFreeMemoryWithTag: le DISPATCH, since 7600, "ddi:ndis/nf-ndis-ndisfreememorywithtag";
    NdisGeneratePartialCancelId: le DISPATCH, since 2600,
        "ddi:ndis/nf-ndis-ndisgeneratepartialcancelid";
    NdisGetRssProcessorInformation: le DISPATCH, fails NDIS_STATUS, since 7600,
        "ddi:ndis/nf-ndis-ndisgetrssprocessorinformation";
    NdisWriteErrorLogEntry: le DISPATCH, since 2600, "ddi:ndis/nf-ndis-ndiswriteerrorlogentry";
}

/// NDIS_GENERIC_OBJECT (ndis.h): Header, Caller, CallersCaller, DriverObject.
const OBJECT_BYTES: usize = 32;
const OBJECT_DRIVER: usize = 24;
/// Type and revision. No public header has the number of NDIS_OBJECT_TYPE_GENERIC_OBJECT, so the default one
/// stands in its place.
const KIND: [u8; 2] = [0x80, 1];

extern "win64" fn NdisAllocateGenericObject(driver: usize, tag: u32, size: u16) -> usize {
    let world = cross();
    let (bytes, tag) = (OBJECT_BYTES + usize::from(size), tag.to_le_bytes());
    let ask = PoolRequest { bytes, tag, zeroed: true, paged: false, owner: None };
    let Some(object) = pool::allocate(&world, ask) else { return 0 };
    raw::put(object, KIND);
    raw::put(object + 2, u16::try_from(OBJECT_BYTES).unwrap_or(u16::MAX));
    raw::put(object + OBJECT_DRIVER, driver);
    world.of::<Ndis>().borrow_mut().generic.insert(object);
    object
}

extern "win64" fn NdisFreeGenericObject(object: usize) {
    let world = cross();
    if !world.of::<Ndis>().borrow_mut().generic.remove(&object) {
        world.record(KernelFact::BadHandle { import: world.import() });
        return;
    }
    pool::free(&world, object, None);
}

extern "win64" fn NdisAllocateMemoryWithTag(out: usize, length: u32, tag: u32) -> i32 {
    let world = cross();
    let (bytes, tag) = (length as usize, tag.to_le_bytes());
    let ask = PoolRequest { bytes, tag, zeroed: false, paged: false, owner: None };
    let memory = pool::allocate(&world, ask);
    raw::put(out, memory.unwrap_or(0));
    if memory.is_some() { NDIS_STATUS_SUCCESS.0 } else { NDIS_STATUS_FAILURE.0 }
}

extern "win64" fn NdisFreeMemoryWithTag(address: usize, tag: u32) {
    let world = cross();
    pool::free(&world, address, Some(tag.to_le_bytes()));
}

/// The high byte of a cancel identifier; no two callers get the same.
extern "win64" fn NdisGeneratePartialCancelId() -> u8 {
    let world = cross();
    let mut ndis = world.of::<Ndis>().borrow_mut();
    ndis.cancel_ids = ndis.cancel_ids.wrapping_add(1);
    ndis.cancel_ids
}

/// For miniports and protocols, by its page: a filter's handle names no processors.
extern "win64" fn NdisGetRssProcessorInformation(
    _handle: usize,
    _information: usize,
    _size: usize,
) -> i32 {
    let _ = cross();
    NDIS_STATUS_NOT_SUPPORTED.0
}

/// The values behind the count are not looked at.
extern "win64" fn NdisWriteErrorLogEntry(_adapter: usize, code: u32, _count: u32) {
    let world = cross();
    world.record(KernelFact::EventLog { code });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::exports::owner;
    use crate::sample::machine;
    use kernel::nt::pool::Pool;

    #[test]
    fn a_generic_object_is_a_handle_as_long_as_it_lives() {
        machine(0, |world| {
            let object = NdisAllocateGenericObject(0, 7, 40);
            raw::fill(object + OBJECT_BYTES, 1, 40);
            assert_eq!(owner(world, "NdisAllocateMdl", object), Ok(None));
            NdisFreeGenericObject(object);
            assert_eq!(owner(world, "NdisAllocateMdl", object), Err(()));
            assert_eq!(world.of::<Pool>().borrow().live().count(), 0);
        });
    }

    #[test]
    fn partial_cancel_ids_differ() {
        machine(0, |_| {
            assert_ne!(NdisGeneratePartialCancelId(), NdisGeneratePartialCancelId());
        });
    }
}
