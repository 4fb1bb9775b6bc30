//! Every function this crate imports, and the one place that chooses where it comes from.
//!
//! Without the WDK the blocks below produce the import entries themselves (`raw-dylib`). With it ndis.lib,
//! which the driver's build script names, and ntoskrnl.lib, which wdk-sys brings, do; and every prototype is
//! compared with the kit's (`prototype`). `verbatim` keeps the `.exe` and `.sys` endings.
#![allow(clippy::missing_safety_doc, reason = "the DDI page named at each block is the contract")]

use core::ffi::c_void;

use ndis_abi::etw::{ETWENABLECALLBACK, EVENT_DATA_DESCRIPTOR, EVENT_DESCRIPTOR};
use ndis_abi::ndis::device_pnp::NET_DEVICE_PNP_EVENT;
use ndis_abi::ndis::filter::{NDIS_FILTER_ATTRIBUTES, NDIS_FILTER_DRIVER_CHARACTERISTICS};
use ndis_abi::ndis::indication::NDIS_STATUS_INDICATION;
use ndis_abi::ndis::net_pnp::NET_PNP_EVENT_NOTIFICATION;
use ndis_abi::ndis::object::{NDIS_HANDLE, NDIS_PORT_NUMBER};
use ndis_abi::ndis::oid::NDIS_OID_REQUEST;
use ndis_abi::ndis::packet::NET_BUFFER_LIST;
use ndis_abi::ndis::status::NDIS_STATUS;
use ndis_abi::nt::{
    DRIVER_OBJECT, EX_POOL_PRIORITY, EXT_CALLBACK, GUID, KEVENT, NTSTATUS, OBJECT_ATTRIBUTES,
    UNICODE_STRING,
};

/// The functions of one library: where they come from, and whether the kit declares them so, too.
macro_rules! imports {
    ($library:literal, $kit:path: $(
        $(#[$meta:meta])*
        fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $answer:ty)?;
    )*) => {
        #[cfg_attr(not(wdk), link(name = $library, kind = "raw-dylib", modifiers = "+verbatim"))]
        unsafe extern "system" {$(
            $(#[$meta])*
            pub fn $name($($argument: $type),*) $(-> $answer)?;
        )*}
        #[cfg(wdk)]
        const _: () = {
            use $kit as kit;
            $(super::prototype::same!(kit, $name($($argument),*));)*
        };
    };
}

// Prototypes: ddi:ndis/nf-ndis-*.
imports! {
    "ndis.sys", super::prototype::ndis:
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

// ddi:wdm/nf-wdm-*.
imports! {
    "ntoskrnl.exe", wdk_sys::ntddk:
    fn KeQueryInterruptTimePrecise(qpc: *mut u64) -> u64;
    fn KeQueryUnbiasedInterruptTimePrecise(qpc: *mut u64) -> u64;
    fn KeAcquireSpinLockRaiseToDpc(lock: *mut usize) -> u8;
    fn KeReleaseSpinLock(lock: *mut usize, irql: u8);
    fn KeInitializeEvent(event: *mut KEVENT, kind: i32, state: u8);
    fn KeSetEvent(event: *mut KEVENT, increment: i32, wait: u8) -> i32;
    fn KeWaitForSingleObject(
        object: *mut KEVENT,
        reason: i32,
        mode: i8,
        alertable: u8,
        timeout: *const i64,
    ) -> NTSTATUS;
    fn ExAllocateTimer(
        callback: EXT_CALLBACK,
        context: *mut c_void,
        attributes: u32,
    ) -> *mut c_void;
    fn ExSetTimer(
        timer: *mut c_void,
        due_time: i64,
        period: i64,
        parameters: *const c_void,
    ) -> u8;
    fn ExCancelTimer(timer: *mut c_void, parameters: *const c_void) -> u8;
    fn ExDeleteTimer(timer: *mut c_void, cancel: u8, wait: u8, parameters: *const c_void)
    -> u8;
    fn ZwOpenKey(
        key: *mut *mut c_void,
        access: u32,
        attributes: *mut OBJECT_ATTRIBUTES,
    ) -> NTSTATUS;
    fn ZwQueryValueKey(
        key: *mut c_void,
        name: *mut UNICODE_STRING,
        class: i32,
        information: *mut c_void,
        length: u32,
        needed: *mut u32,
    ) -> NTSTATUS;
    fn ZwClose(handle: *mut c_void) -> NTSTATUS;
    fn ExInitializeRundownProtection(reference: *mut usize);
    fn ExAcquireRundownProtection(reference: *mut usize) -> u8;
    fn ExReleaseRundownProtection(reference: *mut usize);
    fn ExWaitForRundownProtectionRelease(reference: *mut usize);
    fn EtwRegister(
        id: *const GUID,
        callback: ETWENABLECALLBACK,
        context: *mut c_void,
        handle: *mut u64,
    ) -> i32;
    fn EtwUnregister(handle: u64) -> i32;
    fn EtwSetInformation(handle: u64, class: u32, information: *const u8, length: u32) -> i32;
    fn EtwWriteTransfer(
        handle: u64,
        descriptor: *const EVENT_DESCRIPTOR,
        activity: *const GUID,
        related: *const GUID,
        count: u32,
        data: *const EVENT_DATA_DESCRIPTOR,
    ) -> i32;
    fn EtwActivityIdControl(code: u32, activity: *mut GUID) -> i32;
}

// Not compared: one never returns, which the kit's prototype does not say, and the compiler has prototypes of
// its own for the others. Compiled code calls those; they resolve to the entries made here.
#[cfg_attr(not(wdk), link(name = "ntoskrnl.exe", kind = "raw-dylib", modifiers = "+verbatim"))]
#[allow(
    dead_code,
    reason = "the mem* entries exist for the compiler; wdk-panic has its own KeBugCheckEx"
)]
unsafe extern "system" {
    pub fn KeBugCheckEx(code: u32, p1: usize, p2: usize, p3: usize, p4: usize) -> !;
    fn memcpy(to: *mut c_void, from: *const c_void, length: usize) -> *mut c_void;
    fn memmove(to: *mut c_void, from: *const c_void, length: usize) -> *mut c_void;
    fn memset(to: *mut c_void, value: i32, length: usize) -> *mut c_void;
    fn memcmp(a: *const c_void, b: *const c_void, length: usize) -> i32;
}
