//! Every function this crate imports, and the one place that chooses where it comes from.
//!
//! Without the WDK the blocks below produce the import entries themselves (`raw-dylib`); with it,
//! ndis.lib and ntoskrnl.lib on the link line do. `verbatim` keeps the `.exe` and `.sys` endings.
#![allow(clippy::missing_safety_doc, reason = "the DDI page named at each block is the contract")]

use core::ffi::c_void;

use ndis_abi::ndis::device_pnp::NET_DEVICE_PNP_EVENT;
use ndis_abi::ndis::filter::{NDIS_FILTER_ATTRIBUTES, NDIS_FILTER_DRIVER_CHARACTERISTICS};
use ndis_abi::ndis::indication::NDIS_STATUS_INDICATION;
use ndis_abi::ndis::net_pnp::NET_PNP_EVENT_NOTIFICATION;
use ndis_abi::ndis::object::NDIS_HANDLE;
use ndis_abi::ndis::status::NDIS_STATUS;
use ndis_abi::nt::{DRIVER_OBJECT, EX_POOL_PRIORITY};

// Prototypes: ddi:ndis/nf-ndis-*, compared by eye with facts/ndis-abi.json `functions`.
#[cfg_attr(not(wdk), link(name = "ndis.sys", kind = "raw-dylib", modifiers = "+verbatim"))]
unsafe extern "system" {
    pub fn NdisGetVersion() -> u32;
    pub fn NdisFRegisterFilterDriver(
        driver_object: *mut DRIVER_OBJECT,
        filter_driver_context: NDIS_HANDLE,
        characteristics: *mut NDIS_FILTER_DRIVER_CHARACTERISTICS,
        handle: *mut NDIS_HANDLE,
    ) -> NDIS_STATUS;
    pub fn NdisFDeregisterFilterDriver(handle: NDIS_HANDLE);
    pub fn NdisFSetAttributes(
        filter_handle: NDIS_HANDLE,
        module_context: NDIS_HANDLE,
        attributes: *mut NDIS_FILTER_ATTRIBUTES,
    ) -> NDIS_STATUS;
    pub fn NdisFNetPnPEvent(
        filter_handle: NDIS_HANDLE,
        notification: *mut NET_PNP_EVENT_NOTIFICATION,
    ) -> NDIS_STATUS;
    pub fn NdisFDevicePnPEventNotify(filter_handle: NDIS_HANDLE, event: *mut NET_DEVICE_PNP_EVENT);
    pub fn NdisFIndicateStatus(filter_handle: NDIS_HANDLE, indication: *mut NDIS_STATUS_INDICATION);
    pub fn NdisAllocateMemoryWithTagPriority(
        handle: NDIS_HANDLE,
        length: u32,
        tag: u32,
        priority: EX_POOL_PRIORITY,
    ) -> *mut c_void;
    pub fn NdisFreeMemoryWithTagPriority(handle: NDIS_HANDLE, memory: *mut c_void, tag: u32);
}

// ddi:wdm/nf-wdm-*. The Etw* functions are called by the `tracelogging` crate, which declares them
// without saying where they live; the mem* functions are called by compiled code. Both resolve to
// the entries made here.
#[cfg_attr(not(wdk), link(name = "ntoskrnl.exe", kind = "raw-dylib", modifiers = "+verbatim"))]
#[allow(dead_code, reason = "some entries exist for other crates' references")]
unsafe extern "system" {
    pub fn KeQueryInterruptTimePrecise(qpc: *mut u64) -> u64;
    pub fn KeBugCheckEx(code: u32, p1: usize, p2: usize, p3: usize, p4: usize) -> !;
    fn EtwRegister(id: *const c_void, callback: *const c_void, context: usize, h: *mut u64) -> i32;
    fn EtwUnregister(handle: u64) -> i32;
    fn EtwSetInformation(handle: u64, class: u32, information: *const u8, length: u32) -> i32;
    fn EtwWriteTransfer(
        handle: u64,
        descriptor: *const c_void,
        activity: *const c_void,
        related: *const c_void,
        count: u32,
        data: *const c_void,
    ) -> i32;
    fn EtwActivityIdControl(code: u32, activity: *mut c_void) -> i32;
    fn memcpy(to: *mut c_void, from: *const c_void, length: usize) -> *mut c_void;
    fn memmove(to: *mut c_void, from: *const c_void, length: usize) -> *mut c_void;
    fn memset(to: *mut c_void, value: i32, length: usize) -> *mut c_void;
    fn memcmp(a: *const c_void, b: *const c_void, length: usize) -> i32;
}
