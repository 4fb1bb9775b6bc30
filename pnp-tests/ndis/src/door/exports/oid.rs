//! OID requests: clones, and what a filter sends, completes and cancels.
#![allow(non_snake_case, reason = "Windows names")]

use driver_abi::ndis::status::{NDIS_STATUS, NDIS_STATUS_FAILURE, NDIS_STATUS_RESOURCES};

use super::{module, owner};
use crate::door::handlers::Lane;
use crate::door::layout;
use crate::door::oid::{self, Request};
use kernel::door::crossing::cross;
use kernel::door::exports::exports;
use kernel::machine::raw;
use kernel::nt::pool::{self, PoolRequest};

exports! {
    NdisAllocateCloneOidRequest: le DISPATCH,
        fails NDIS_STATUS_RESOURCES | NDIS_STATUS_INVALID_PARAMETER |
            NDIS_STATUS_FAILURE by allocation, since 6000,
        "ddi:ndis/nf-ndis-ndisallocatecloneoidrequest";
    NdisFCancelDirectOidRequest: le DISPATCH, calls back, since 6001,
        "ddi:ndis/nf-ndis-ndisfcanceldirectoidrequest";
    NdisFCancelOidRequest: le DISPATCH, calls back, since 6000,
        "ddi:ndis/nf-ndis-ndisfcanceloidrequest";
    NdisFDirectOidRequest: le DISPATCH, fails NDIS_STATUS, calls back, since 6001,
        "ddi:ndis/nf-ndis-ndisfdirectoidrequest";
    NdisFDirectOidRequestComplete: le DISPATCH, calls back, since 6001,
        "ddi:ndis/nf-ndis-ndisfdirectoidrequestcomplete";
    NdisFOidRequest: le DISPATCH, fails NDIS_STATUS, calls back, since 6000,
        "ddi:ndis/nf-ndis-ndisfoidrequest";
    NdisFOidRequestComplete: le DISPATCH, calls back, since 6000,
        "ddi:ndis/nf-ndis-ndisfoidrequestcomplete";
    NdisFSynchronousOidRequest: le DISPATCH, fails NDIS_STATUS, calls back, since 16299,
        "ddi:ndis/nf-ndis-ndisfsynchronousoidrequest";
    NdisFreeCloneOidRequest: le DISPATCH, since 6000, "ddi:ndis/nf-ndis-ndisfreecloneoidrequest";
}

extern "win64" fn NdisAllocateCloneOidRequest(
    handle: usize,
    source: usize,
    tag: u32,
    clone: usize,
) -> i32 {
    let world = cross();
    let Ok(owner) = owner(&world, world.import(), handle) else { return NDIS_STATUS_FAILURE.0 };
    let ask = PoolRequest {
        bytes: layout::ndis_oid_request::SIZEOF,
        tag: tag.to_le_bytes(),
        zeroed: true,
        paged: false,
        owner,
    };
    let Some(address) = pool::allocate(&world, ask) else { return NDIS_STATUS_RESOURCES.0 };
    oid::clone_into(address, Request(source));
    crate::oid::cloned(&world, address, Request(source));
    raw::put(clone, address);
    0
}

extern "win64" fn NdisFreeCloneOidRequest(handle: usize, request: usize) {
    let world = cross();
    let _ = owner(&world, world.import(), handle);
    crate::oid::clone_freed(&world, request);
    pool::free(&world, request, None);
}

fn send(lane: Lane, handle: usize, request: usize) -> i32 {
    let world = cross();
    let Some(module) = module(&world, world.import(), handle) else { return NDIS_STATUS_FAILURE.0 };
    crate::oid::from_filter(&world, module, lane, Request(request)).0
}

fn complete(handle: usize, request: usize, status: i32) {
    let world = cross();
    let Some(module) = module(&world, world.import(), handle) else { return };
    crate::oid::completed_by_filter(&world, module, Request(request), NDIS_STATUS(status));
}

fn cancel(lane: Lane, handle: usize, id: usize) {
    let world = cross();
    let Some(module) = module(&world, world.import(), handle) else { return };
    crate::oid::cancelled_by_filter(&world, module, lane, id);
}

extern "win64" fn NdisFOidRequest(handle: usize, request: usize) -> i32 {
    send(Lane::Regular, handle, request)
}

extern "win64" fn NdisFDirectOidRequest(handle: usize, request: usize) -> i32 {
    send(Lane::Direct, handle, request)
}

/// Answered by the miniport before it returns (ddi:ndis/nf-ndis-ndisfsynchronousoidrequest).
extern "win64" fn NdisFSynchronousOidRequest(handle: usize, request: usize) -> i32 {
    let world = cross();
    if module(&world, world.import(), handle).is_none() {
        return NDIS_STATUS_FAILURE.0;
    }
    Request(request).answer();
    0
}

extern "win64" fn NdisFOidRequestComplete(handle: usize, request: usize, status: i32) {
    complete(handle, request, status);
}

extern "win64" fn NdisFDirectOidRequestComplete(handle: usize, request: usize, status: i32) {
    complete(handle, request, status);
}

extern "win64" fn NdisFCancelOidRequest(handle: usize, id: usize) {
    cancel(Lane::Regular, handle, id);
}

extern "win64" fn NdisFCancelDirectOidRequest(handle: usize, id: usize) {
    cancel(Lane::Direct, handle, id);
}
