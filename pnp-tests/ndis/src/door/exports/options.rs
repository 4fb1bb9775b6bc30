//! What a filter may change about itself: optional handlers, a restart of its stack.
#![allow(non_snake_case, reason = "Windows names")]

use driver_abi::ndis::status::{
    NDIS_STATUS_FAILURE, NDIS_STATUS_INVALID_PARAMETER, NDIS_STATUS_NOT_SUPPORTED,
};

use super::module;
use crate::Ndis;
use crate::door::handlers::PathHandlers;
use crate::door::layout::ndis_filter_partial_characteristics as at;
use crate::register::DRIVER_HANDLE;
use journal::NdisFact;
use kernel::door::crossing::cross;
use kernel::door::exports::exports;
use kernel::machine::raw;

exports! {
    NdisFGetOptionalSwitchHandlers: le DISPATCH, fails NDIS_STATUS_NOT_SUPPORTED, calls back,
        since 9200, "ddi:ndis/nf-ndis-ndisfgetoptionalswitchhandlers";
    NdisFRestartFilter: le DISPATCH, fails NDIS_STATUS_RESOURCES | NDIS_STATUS_FAILURE by call,
        calls back, since 6000, "ddi:ndis/nf-ndis-ndisfrestartfilter";
    NdisSetOptionalHandlers: le PASSIVE,
        fails NDIS_STATUS_RESOURCES | NDIS_STATUS_NOT_SUPPORTED | NDIS_STATUS_FAILURE by call,
        since 6000, "ddi:ndis/nf-ndis-ndissetoptionalhandlers";
}

/// NDIS_OBJECT_TYPE_FILTER_PARTIAL_CHARACTERISTICS.
const PARTIAL_CHARACTERISTICS: u8 = 0x8C;

extern "win64" fn NdisSetOptionalHandlers(handle: usize, characteristics: usize) -> i32 {
    let world = cross();
    if let Some(status) = world.fails() {
        return status;
    }
    // In FilterSetOptions, with the driver's handle: there is nothing a filter could set
    // (ddi:ndis/nc-ndis-set_options).
    if world.handles.index(handle) == Some(DRIVER_HANDLE) {
        return NDIS_STATUS_NOT_SUPPORTED.0;
    }
    let Some(module) = module(&world, world.import(), handle) else { return NDIS_STATUS_FAILURE.0 };
    let name = world.of::<Ndis>().borrow().modules[module].name.clone();
    if characteristics == 0 || raw::get::<u8>(characteristics) != PARTIAL_CHARACTERISTICS {
        let status = NDIS_STATUS_INVALID_PARAMETER.0;
        world.record(NdisFact::Call {
            import: world.import(),
            module: Some(name),
            status: Some(status),
        });
        return status;
    }
    let handler = |offset| raw::get::<usize>(characteristics + offset);
    let handlers = PathHandlers {
        send: handler(at::SEND_NET_BUFFER_LISTS_HANDLER),
        send_complete: handler(at::SEND_NET_BUFFER_LISTS_COMPLETE_HANDLER),
        cancel_send: handler(at::CANCEL_SEND_NET_BUFFER_LISTS_HANDLER),
        receive: handler(at::RECEIVE_NET_BUFFER_LISTS_HANDLER),
        return_lists: handler(at::RETURN_NET_BUFFER_LISTS_HANDLER),
    };
    world.record(NdisFact::Call { import: world.import(), module: Some(name), status: Some(0) });
    world.of::<Ndis>().borrow_mut().modules[module].path = Some(handlers);
    0
}

extern "win64" fn NdisFRestartFilter(handle: usize) -> i32 {
    let world = cross();
    let Some(module) = module(&world, world.import(), handle) else { return NDIS_STATUS_FAILURE.0 };
    if let Some(status) = world.fails() {
        return status;
    }
    let name = world.of::<Ndis>().borrow().modules[module].name.clone();
    let status = crate::pause::restart_filter(&world, module).0;
    world.record(NdisFact::Call {
        import: world.import(),
        module: Some(name),
        status: Some(status),
    });
    status
}

/// No extensible switch here.
extern "win64" fn NdisFGetOptionalSwitchHandlers(
    handle: usize,
    _context: usize,
    _handlers: usize,
) -> i32 {
    let world = cross();
    let _ = module(&world, world.import(), handle);
    NDIS_STATUS_NOT_SUPPORTED.0
}
