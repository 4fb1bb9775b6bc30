//! Interfaces: their indices and LUIDs.
#![allow(non_snake_case, reason = "Windows names")]

use driver_abi::ndis::status::{NDIS_STATUS, NDIS_STATUS_SUCCESS};

use crate::Ndis;
use crate::stack::Interface;
use kernel::door::crossing::cross;
use kernel::door::exports::exports;
use kernel::machine::raw;
use kernel::world::World;

exports! {
    NdisIfGetInterfaceIndexFromNetLuid: le PASSIVE, fails NDIS_STATUS_INTERFACE_NOT_FOUND,
        since 6000, "ddi:ndis/nf-ndis-ndisifgetinterfaceindexfromnetluid";
    NdisIfGetNetLuidFromInterfaceIndex: le PASSIVE, fails NDIS_STATUS_INTERFACE_NOT_FOUND,
        since 6000, "ddi:ndis/nf-ndis-ndisifgetnetluidfrominterfaceindex";
}

/// NDIS_STATUS_INTERFACE_NOT_FOUND (ndis.h): STATUS_NDIS_INTERFACE_NOT_FOUND.
const NOT_FOUND: NDIS_STATUS = NDIS_STATUS(0xC023_002B_u32.cast_signed());

/// The first interface of an adapter or a filter module that is so.
fn interface(world: &World, is_it: impl Fn(&Interface) -> bool) -> Option<Interface> {
    let ndis = world.of::<Ndis>().borrow();
    let adapters = ndis.adapters.iter().map(|adapter| adapter.interface);
    let modules = ndis.modules.iter().map(|module| module.interface);
    adapters.chain(modules).find(is_it)
}

/// A NET_LUID is eight bytes and travels in a register.
extern "win64" fn NdisIfGetInterfaceIndexFromNetLuid(luid: u64, index: usize) -> i32 {
    let world = cross();
    let Some(found) = interface(&world, |interface| interface.luid == luid) else {
        return NOT_FOUND.0;
    };
    raw::put(index, found.if_index);
    NDIS_STATUS_SUCCESS.0
}

extern "win64" fn NdisIfGetNetLuidFromInterfaceIndex(index: u32, luid: usize) -> i32 {
    let world = cross();
    let Some(found) = interface(&world, |interface| interface.if_index == index) else {
        return NOT_FOUND.0;
    };
    raw::put(luid, found.luid);
    NDIS_STATUS_SUCCESS.0
}
