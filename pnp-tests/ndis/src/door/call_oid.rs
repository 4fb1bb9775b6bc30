//! Calling a filter's OID handlers.

use std::ffi::c_void;

use driver_abi::ndis::status::NDIS_STATUS;

use super::call::{self, ndis_status, owner};
use super::handlers::Lane;
use super::oid::Request;
use crate::ModuleId;
use kernel::door::call::{Call, no_status};
use kernel::machine::raw::pointer;
use kernel::world::World;

/// FILTER_OID_REQUEST, FILTER_DIRECT_OID_REQUEST.
type OnRequest = unsafe extern "win64" fn(*mut c_void, *mut c_void) -> NDIS_STATUS;
/// FILTER_OID_REQUEST_COMPLETE, FILTER_DIRECT_OID_REQUEST_COMPLETE.
type OnComplete = unsafe extern "win64" fn(*mut c_void, *mut c_void, NDIS_STATUS);
/// FILTER_CANCEL_OID_REQUEST.
type OnCancel = unsafe extern "win64" fn(*mut c_void, *mut c_void);
/// FILTER_SET_OPTIONS.
type OnSetOptions = unsafe extern "win64" fn(*mut c_void, *mut c_void) -> NDIS_STATUS;

/// FilterOidRequest; None when the driver has no such handler or the module is not attached.
pub fn request(
    world: &World,
    lane: Lane,
    module: ModuleId,
    request: Request,
) -> Option<NDIS_STATUS> {
    let context = call::context(world, module)?;
    let handler = lane.request_handler(&call::filter(world).handlers);
    if handler == 0 {
        return None;
    }
    let callback = match lane {
        Lane::Regular => "FilterOidRequest",
        Lane::Direct => "FilterDirectOidRequest",
    };
    let (code, subject) = (Some(request.oid()), request.0);
    let call = Call { world, callback, owner: Some(owner(world, module)), code, subject };
    // SAFETY: the address that the driver registered for a handler of this type.
    let handler = unsafe { std::mem::transmute::<usize, OnRequest>(handler) };
    // SAFETY: the context of a live module; the request lives until it is completed.
    Some(call.make(ndis_status, || unsafe { handler(context, pointer(subject)) }))
}

/// FilterOidRequestComplete; false when the driver has no such handler.
pub fn complete(
    world: &World,
    lane: Lane,
    module: ModuleId,
    request: Request,
    status: NDIS_STATUS,
) -> bool {
    let Some(context) = call::context(world, module) else { return false };
    let handler = lane.complete_handler(&call::filter(world).handlers);
    if handler == 0 {
        return false;
    }
    let callback = match lane {
        Lane::Regular => "FilterOidRequestComplete",
        Lane::Direct => "FilterDirectOidRequestComplete",
    };
    let (code, subject) = (Some(request.oid()), request.0);
    let call = Call { world, callback, owner: Some(owner(world, module)), code, subject };
    // SAFETY: the address that the driver registered for a handler of this type.
    let handler = unsafe { std::mem::transmute::<usize, OnComplete>(handler) };
    // SAFETY: the context of a live module, and the request that it sent down.
    call.make(no_status, || unsafe { handler(context, pointer(subject), status) });
    true
}

/// FilterCancelOidRequest; false when the driver has no such handler.
pub fn cancel(world: &World, lane: Lane, module: ModuleId, request_id: usize) -> bool {
    let Some(context) = call::context(world, module) else { return false };
    let handler = lane.cancel_handler(&call::filter(world).handlers);
    if handler == 0 {
        return false;
    }
    let callback = match lane {
        Lane::Regular => "FilterCancelOidRequest",
        Lane::Direct => "FilterCancelDirectOidRequest",
    };
    let call = Call { world, callback, owner: Some(owner(world, module)), code: None, subject: 0 };
    // SAFETY: the address that the driver registered for a handler of this type.
    let handler = unsafe { std::mem::transmute::<usize, OnCancel>(handler) };
    // SAFETY: the context of a live module; a request id is a number to it.
    call.make(no_status, || unsafe { handler(context, pointer(request_id)) });
    true
}

/// FilterSetOptions, if there is one.
pub fn set_options(world: &World, handler: usize, driver: usize, context: usize) -> NDIS_STATUS {
    if handler == 0 {
        return NDIS_STATUS(0);
    }
    let callback = "FilterSetOptions";
    let call = Call { world, callback, owner: None, code: None, subject: 0 };
    // SAFETY: the address that the driver registers for a handler of this type.
    let handler = unsafe { std::mem::transmute::<usize, OnSetOptions>(handler) };
    // SAFETY: the driver's handle and the context it gave.
    call.make(ndis_status, || unsafe { handler(pointer(driver), pointer(context)) })
}
