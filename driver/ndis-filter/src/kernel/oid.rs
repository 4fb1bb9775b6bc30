//! The OID trampolines: what comes from above passes as a clone, what the module sent comes back to
//! it. Registered only for a driver that sends requests.

use core::ffi::c_void;
use core::ptr;

use driver_abi::ndis::object::NDIS_HANDLE;
use driver_abi::ndis::oid::{NDIS_OID_REQUEST, NDIS_REQUEST_TYPE};
use driver_abi::ndis::status::{
    NDIS_STATUS, NDIS_STATUS_NOT_SUPPORTED, NDIS_STATUS_PENDING, NDIS_STATUS_SUCCESS,
};

use super::context::ModuleContext;
use super::filter::FilterDriver;
use super::import::{
    NdisAllocateCloneOidRequest, NdisFCancelOidRequest, NdisFOidRequest, NdisFOidRequestComplete,
    NdisFreeCloneOidRequest,
};
use super::own_request;

/// `FilterOidRequest`: a request on its way down.
///
/// - IRQL: at most DISPATCH_LEVEL.
/// - State: any from Paused to Pausing; unchanged.
/// - Excludes: another FilterOidRequest of this module.
/// - Owes: one completion: the status returned, or after PENDING one NdisFOidRequestComplete.
/// - Borrows: `request`, until it is completed. NDIS's parts of it are never written.
/// - Calls: NdisAllocateCloneOidRequest (a request cannot pass without a clone: the one allocation
///   after attach), NdisFOidRequest.
/// - Source: ddi:ndis/nc-ndis-filter_oid_request; NV-39, NV-41.
///
/// # Safety
///
/// Called by NDIS only, with the context of an attached module of `D`.
pub(super) unsafe extern "system" fn filter_oid_request<D: FilterDriver>(
    context: NDIS_HANDLE,
    request: *mut NDIS_OID_REQUEST,
) -> NDIS_STATUS {
    // SAFETY: the context of an attached module, used in this call only.
    let context = unsafe { ModuleContext::<D::Module>::of(context) };
    let Some(own) = &context.own else { return NDIS_STATUS_NOT_SUPPORTED };
    let mut clone = ptr::null_mut();
    // SAFETY: the module's handle, a live request, at most DISPATCH_LEVEL.
    let status = unsafe {
        NdisAllocateCloneOidRequest(context.handle, request, context.pool.tag(), &raw mut clone)
    };
    if status != NDIS_STATUS_SUCCESS {
        return status;
    }
    // SAFETY: `clone` is ours until it is sent, `request` until it is completed. The clone carries the
    // number, so that a cancel finds it, and where its results belong.
    #[expect(clippy::multiple_unsafe_ops_per_block, reason = "two structures, field by field")]
    let id = unsafe {
        (*clone).SourceReserved[0] = request.cast();
        (*clone).RequestId = (*request).RequestId;
        (*request).RequestId
    };
    own.set_passing(id);
    // SAFETY: the module's handle and its own clone, no lock held.
    let status = unsafe { NdisFOidRequest(context.handle, clone) };
    if status != NDIS_STATUS_PENDING {
        own.set_passing(ptr::null_mut());
        // SAFETY: it did not pend, so it is back.
        let _ = unsafe { give_back(context.handle, clone) };
    }
    status
}

/// `FilterOidRequestComplete`: a request of the module's, or a clone, is back.
///
/// - IRQL: at most DISPATCH_LEVEL.
/// - State: any from Paused to Pausing; unchanged, but for a pause that it ends.
/// - Excludes: nothing.
/// - Owes: for a clone one NdisFOidRequestComplete of the original; for the module's own nothing.
/// - Borrows: nothing: the request is ours again.
/// - Calls: NdisFreeCloneOidRequest before NdisFOidRequestComplete.
/// - Source: ddi:ndis/nc-ndis-filter_oid_request_complete; NV-40.
///
/// # Safety
///
/// Called by NDIS only, with the context of an attached module of `D`.
pub(super) unsafe extern "system" fn filter_oid_request_complete<D: FilterDriver>(
    context: NDIS_HANDLE,
    request: *mut NDIS_OID_REQUEST,
    status: NDIS_STATUS,
) {
    // SAFETY: the context of an attached module, used in this call only.
    let context = unsafe { ModuleContext::<D::Module>::of(context) };
    if let Some(own) = &context.own {
        if own.is_own(request) {
            own_request::completed(context, own, status);
            return;
        }
        // Before it is completed: the next one may come at once.
        own.set_passing(ptr::null_mut());
    }
    let handle = context.handle;
    // SAFETY: not the module's own, so a clone of `filter_oid_request`, which is back.
    let original = unsafe { give_back(handle, request) };
    // SAFETY: the module's handle and the request that it owes, once; no lock held.
    unsafe { NdisFOidRequestComplete(handle, original, status) };
}

/// `FilterCancelOidRequest`: what was sent under this number is not wanted any more.
///
/// - IRQL: at most DISPATCH_LEVEL.
/// - State: any from Paused to Pausing; unchanged.
/// - Excludes: nothing.
/// - Owes: nothing; the clone comes back on its own.
/// - Borrows: nothing: `id` is a number.
/// - Calls: NdisFCancelOidRequest, if a clone with that number is below.
/// - Source: ddi:ndis/nc-ndis-filter_cancel_oid_request.
///
/// # Safety
///
/// Called by NDIS only, with the context of an attached module of `D`.
pub(super) unsafe extern "system" fn filter_cancel_oid_request<D: FilterDriver>(
    context: NDIS_HANDLE,
    id: *mut c_void,
) {
    // SAFETY: the context of an attached module, used in this call only.
    let context = unsafe { ModuleContext::<D::Module>::of(context) };
    if context.own.as_ref().is_some_and(|own| own.is_passing(id)) {
        // SAFETY: the module's handle; the clone carries the number of its original. NDIS ignores the
        // number of one that has just come back.
        unsafe { NdisFCancelOidRequest(context.handle, id) };
    }
}

/// Copies a clone's results into its original and frees the clone; gives the original.
///
/// # Safety
///
/// `clone` was made by `filter_oid_request` of the module with this handle, is back, and is not used
/// afterwards.
unsafe fn give_back(handle: NDIS_HANDLE, clone: *mut NDIS_OID_REQUEST) -> *mut NDIS_OID_REQUEST {
    // SAFETY: ours again (caller); written by `filter_oid_request`.
    let original = unsafe { (*clone).SourceReserved[0] }.cast::<NDIS_OID_REQUEST>();
    // SAFETY: both are whole requests, and the original is not completed yet. Which part of the union
    // is in use, its type says.
    #[expect(clippy::multiple_unsafe_ops_per_block, reason = "two structures, field by field")]
    unsafe {
        if (*clone).RequestType == NDIS_REQUEST_TYPE::NdisRequestMethod {
            let (to, from) = (&raw mut (*original).DATA.method, (*clone).DATA.method);
            (*to).OutputBufferLength = from.OutputBufferLength;
            (*to).BytesWritten = from.BytesWritten;
            (*to).BytesRead = from.BytesRead;
            (*to).BytesNeeded = from.BytesNeeded;
        } else {
            let (to, from) = (&raw mut (*original).DATA.query, (*clone).DATA.query);
            (*to).BytesWritten = from.BytesWritten;
            (*to).BytesNeeded = from.BytesNeeded;
        }
        (*original).SupportedRevision = (*clone).SupportedRevision;
    }
    // SAFETY: the module's clone, freed once.
    unsafe { NdisFreeCloneOidRequest(handle, clone) };
    original
}
