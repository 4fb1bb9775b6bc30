//! OID requests, which pass as clones.

use core::ptr;
use core::sync::atomic::Ordering::Relaxed;

use driver_abi::ndis::status::{NDIS_STATUS, NDIS_STATUS_PENDING, NDIS_STATUS_SUCCESS};

use crate::TAG;
use crate::import::{
    ExAllocatePool2, ExFreePoolWithTag, NdisAllocateCloneOidRequest, NdisFCancelOidRequest,
    NdisFOidRequest, NdisFOidRequestComplete, NdisFreeCloneOidRequest,
};
use crate::layout::{At, Pointer, oid as o};
use crate::module::Module;
use crate::publish::publish;

/// FilterOidRequest. At most DISPATCH_LEVEL; NDIS sends one at a time.
pub unsafe extern "system" fn request(context: Pointer, request: Pointer) -> NDIS_STATUS {
    // SAFETY: NDIS passes the module's context.
    let module = unsafe { Module::of(context) };
    // SAFETY: NDIS passes NDIS_OID_REQUEST, which lives until it is completed.
    let original = unsafe { At::new(request) };
    let oid = original.u32(o::OID);
    publish(b"OidRequest\0", module.if_index, oid);
    if cfg!(feature = "nv-42") && (oid == o::OID_PNP_SET_POWER || oid == o::OID_PM_PARAMETERS) {
        return NDIS_STATUS_SUCCESS;
    }
    if cfg!(feature = "nv-39") {
        // SAFETY: the module's handle, but the request of the layer above: the mistake.
        return unsafe { NdisFOidRequest(module.handle, request) };
    }
    let mut clone = ptr::null_mut();
    // SAFETY: the module's handle and a live request.
    let status =
        unsafe { NdisAllocateCloneOidRequest(module.handle, request, TAG, &raw mut clone) };
    if status != NDIS_STATUS_SUCCESS {
        return status;
    }
    // SAFETY: NDIS gave a clone, ours until it is freed.
    let at = unsafe { At::new(clone) };
    at.set_pointer(o::SOURCE_RESERVED, request);
    at.set_pointer(o::REQUEST_ID, original.pointer(o::REQUEST_ID));
    module.lock.with(|| module.outstanding.store(clone, Relaxed));
    // SAFETY: the module's handle and its clone, with no lock held. If it pends, the clone may be
    // gone when this returns.
    let status = unsafe { NdisFOidRequest(module.handle, clone) };
    if status != NDIS_STATUS_PENDING {
        complete(module, clone, status);
    }
    NDIS_STATUS_PENDING
}

/// FilterOidRequestComplete. At most DISPATCH_LEVEL.
pub unsafe extern "system" fn request_complete(
    context: Pointer,
    request: Pointer,
    status: NDIS_STATUS,
) {
    // SAFETY: NDIS passes the module's context.
    let module = unsafe { Module::of(context) };
    publish(b"OidRequestComplete\0", module.if_index, status.0.cast_unsigned());
    complete(module, request, status);
}

fn complete(module: &Module, request: Pointer, status: NDIS_STATUS) {
    if cfg!(feature = "nv-39") {
        // SAFETY: the request of the layer above.
        unsafe { NdisFOidRequestComplete(module.handle, request, status) };
        return;
    }
    // SAFETY: a request that this module sent down, which is ours again.
    let at = unsafe { At::new(request) };
    let original = at.pointer(o::SOURCE_RESERVED);
    if original.is_null() {
        own_complete(module, request, status);
        return;
    }
    if !cfg!(feature = "nv-41") {
        module.lock.with(|| module.outstanding.store(ptr::null_mut(), Relaxed));
    }
    // SAFETY: the request of the layer above, which waits for us.
    copy_results(at, unsafe { At::new(original) });
    // SAFETY: the module's clone, which is not used again.
    unsafe { NdisFreeCloneOidRequest(module.handle, request) };
    // SAFETY: the module's handle and the request it owes, once, with no lock held.
    unsafe { NdisFOidRequestComplete(module.handle, original, status) };
}

/// What the layers below wrote into the clone belongs into the original.
fn copy_results(from: At, to: At) {
    let copy = |offset: usize| to.set_u32(offset, from.u32(offset));
    if from.u32(o::REQUEST_TYPE) == o::METHOD {
        copy(o::METHOD_OUTPUT_BUFFER_LENGTH);
        copy(o::METHOD_BYTES_WRITTEN);
        copy(o::METHOD_BYTES_READ);
        copy(o::METHOD_BYTES_NEEDED);
    } else {
        copy(o::BYTES_DONE);
        copy(o::BYTES_NEEDED);
    }
    to.set_u8(o::SUPPORTED_REVISION, from.u8(o::SUPPORTED_REVISION));
}

/// FilterCancelOidRequest. At most DISPATCH_LEVEL.
pub unsafe extern "system" fn cancel(context: Pointer, request_id: Pointer) {
    // SAFETY: NDIS passes the module's context.
    let module = unsafe { Module::of(context) };
    publish(b"CancelOidRequest\0", module.if_index, 0);
    // The clone lives as long as it is in `outstanding` and the lock is held.
    let ours = module.lock.with(|| {
        let clone = module.outstanding.load(Relaxed);
        // SAFETY: as said.
        !clone.is_null() && unsafe { At::new(clone) }.pointer(o::REQUEST_ID) == request_id
    });
    if ours {
        // SAFETY: the module's handle; NDIS ignores the number of a request that is complete.
        unsafe { NdisFCancelOidRequest(module.handle, request_id) };
    }
}

/// Sends a request of the filter's own, which no right filter here does. At most DISPATCH_LEVEL.
pub fn originate(module: &Module, kind: u32, oid: u32) {
    /// Room for every answer that the wrong filters ask for.
    const ANSWER: usize = 64;
    // SAFETY: POOL_FLAG_NON_PAGED at most at DISPATCH_LEVEL; zeroed.
    let block = unsafe { ExAllocatePool2(0x40, o::LENGTH + ANSWER, TAG) };
    if block.is_null() {
        return;
    }
    // SAFETY: a block of this length.
    let at = unsafe { At::new(block) };
    if !cfg!(feature = "nv-67") {
        at.set_header(o::KIND, 1, o::SIZE_1);
    }
    at.set_u32(o::REQUEST_TYPE, kind);
    at.set_pointer(o::REQUEST_ID, block);
    at.set_u32(o::OID, oid);
    at.set_pointer(o::INFORMATION_BUFFER, at.pointer_to(o::LENGTH));
    at.set_u32(o::INFORMATION_BUFFER_LENGTH, if kind == o::SET { 4 } else { ANSWER as u32 });
    // SAFETY: the module's handle and a request of its own, which lives until it is complete.
    let status = unsafe { NdisFOidRequest(module.handle, block) };
    if status != NDIS_STATUS_PENDING {
        own_complete(module, block, status);
    }
}

fn own_complete(module: &Module, request: Pointer, status: NDIS_STATUS) {
    if cfg!(feature = "nv-40") {
        // SAFETY: there is none, nobody above sent it: the mistake.
        unsafe { NdisFOidRequestComplete(module.handle, request, status) };
    }
    // SAFETY: the block of `originate`, not used again.
    unsafe { ExFreePoolWithTag(request, TAG) };
}
