//! Every function of ndis.sys that this crate imports. Where imports come from, with or without the WDK, is
//! chosen by `driver_kit::import!`; ndis.lib, which the driver's build script names, is that of a build with it.
#![allow(clippy::missing_safety_doc, reason = "the DDI page named at each block is the contract")]

use core::ffi::c_void;

use driver_abi::io::DRIVER_OBJECT;
use driver_abi::ndis::device_pnp::NET_DEVICE_PNP_EVENT;
use driver_abi::ndis::filter::{NDIS_FILTER_ATTRIBUTES, NDIS_FILTER_DRIVER_CHARACTERISTICS};
use driver_abi::ndis::indication::NDIS_STATUS_INDICATION;
use driver_abi::ndis::net_pnp::NET_PNP_EVENT_NOTIFICATION;
use driver_abi::ndis::object::{NDIS_HANDLE, NDIS_PORT_NUMBER};
use driver_abi::ndis::oid::NDIS_OID_REQUEST;
use driver_abi::ndis::packet::NET_BUFFER_LIST;
use driver_abi::ndis::status::NDIS_STATUS;
use driver_abi::nt::EX_POOL_PRIORITY;

// Prototypes: ddi:ndis/nf-ndis-*.
driver_kit::import! {
    "ndis.sys", prototypes:
    fn NdisGetVersion() -> u32;
    fn NdisFRegisterFilterDriver(
        driver_object: *mut DRIVER_OBJECT,
        filter_driver_context: NDIS_HANDLE,
        characteristics: *mut NDIS_FILTER_DRIVER_CHARACTERISTICS,
        handle: *mut NDIS_HANDLE,
    ) -> NDIS_STATUS;
    fn NdisFDeregisterFilterDriver(handle: NDIS_HANDLE);
    fn NdisFSetAttributes(
        filter_handle: NDIS_HANDLE,
        module_context: NDIS_HANDLE,
        attributes: *mut NDIS_FILTER_ATTRIBUTES,
    ) -> NDIS_STATUS;
    fn NdisFNetPnPEvent(
        filter_handle: NDIS_HANDLE,
        notification: *mut NET_PNP_EVENT_NOTIFICATION,
    ) -> NDIS_STATUS;
    fn NdisFDevicePnPEventNotify(filter_handle: NDIS_HANDLE, event: *mut NET_DEVICE_PNP_EVENT);
    fn NdisFIndicateStatus(filter_handle: NDIS_HANDLE, indication: *mut NDIS_STATUS_INDICATION);
    fn NdisAllocateMemoryWithTagPriority(
        handle: NDIS_HANDLE,
        length: u32,
        tag: u32,
        priority: EX_POOL_PRIORITY,
    ) -> *mut c_void;
    fn NdisFreeMemoryWithTagPriority(handle: NDIS_HANDLE, memory: *mut c_void, tag: u32);
    fn NdisAllocateCloneOidRequest(
        source_handle: NDIS_HANDLE,
        request: *mut NDIS_OID_REQUEST,
        tag: u32,
        clone: *mut *mut NDIS_OID_REQUEST,
    ) -> NDIS_STATUS;
    fn NdisFreeCloneOidRequest(source_handle: NDIS_HANDLE, request: *mut NDIS_OID_REQUEST);
    fn NdisFOidRequest(
        filter_handle: NDIS_HANDLE,
        request: *mut NDIS_OID_REQUEST,
    ) -> NDIS_STATUS;
    fn NdisFOidRequestComplete(
        filter_handle: NDIS_HANDLE,
        request: *mut NDIS_OID_REQUEST,
        status: NDIS_STATUS,
    );
    fn NdisFCancelOidRequest(filter_handle: NDIS_HANDLE, request_id: *mut c_void);
    fn NdisFPauseComplete(filter_handle: NDIS_HANDLE);
    /// `handlers` begins with an object header that says what it is.
    fn NdisSetOptionalHandlers(handle: NDIS_HANDLE, handlers: *mut c_void) -> NDIS_STATUS;
    fn NdisFRestartFilter(filter_handle: NDIS_HANDLE) -> NDIS_STATUS;
    fn NdisFSendNetBufferLists(
        filter_handle: NDIS_HANDLE,
        lists: *mut NET_BUFFER_LIST,
        port: NDIS_PORT_NUMBER,
        flags: u32,
    );
    fn NdisFSendNetBufferListsComplete(
        filter_handle: NDIS_HANDLE,
        lists: *mut NET_BUFFER_LIST,
        flags: u32,
    );
    fn NdisFCancelSendNetBufferLists(filter_handle: NDIS_HANDLE, cancel_id: *mut c_void);
    fn NdisFIndicateReceiveNetBufferLists(
        filter_handle: NDIS_HANDLE,
        lists: *mut NET_BUFFER_LIST,
        port: NDIS_PORT_NUMBER,
        count: u32,
        flags: u32,
    );
    fn NdisFReturnNetBufferLists(
        filter_handle: NDIS_HANDLE,
        lists: *mut NET_BUFFER_LIST,
        flags: u32,
    );
}

/// NDIS's functions as the kit's ndis.h declares them (`build.rs`).
#[cfg(wdk)]
#[allow(
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    missing_docs,
    dead_code,
    clashing_extern_declarations,
    clippy::all,
    clippy::pedantic,
    clippy::undocumented_unsafe_blocks,
    clippy::multiple_unsafe_ops_per_block,
    unsafe_op_in_unsafe_fn,
    unnecessary_transmutes,
    reason = "generated"
)]
mod prototypes {
    include!(concat!(env!("OUT_DIR"), "/ndis.rs"));
}
