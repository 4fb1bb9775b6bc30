//! Every function of the kernel that this crate imports, and the one place that chooses where imports come
//! from.
//!
//! Without the WDK [`import!`](crate::import) produces the import entries itself (`raw-dylib`). With it the
//! kit's import libraries do: ntoskrnl.lib, which wdk-sys brings, and that of each port driver, which the
//! driver's build script names; and every prototype is compared with the kit's (`prototype`). `verbatim`
//! keeps the `.exe` and `.sys` endings.
#![allow(clippy::missing_safety_doc, reason = "the DDI page named at each block is the contract")]

use core::ffi::c_void;

use driver_abi::etw::{ETWENABLECALLBACK, EVENT_DATA_DESCRIPTOR, EVENT_DESCRIPTOR};
use driver_abi::nt::{
    EVENT_TYPE, EXT_CALLBACK, GUID, KEVENT, KEY_VALUE_INFORMATION_CLASS, KWAIT_REASON, MODE,
    NTSTATUS, OBJECT_ATTRIBUTES, UNICODE_STRING,
};

/// Declares the functions that a crate imports from one library: the library, the module in which the kit
/// declares the same functions, and the prototypes.
///
/// ```text
/// import! {
///     "ndis.sys", prototype::ndis:
///     fn NdisGetVersion() -> u32;
/// }
/// ```
///
/// The crate that uses it has `cfg(wdk)` from its build script when it is built with the kit; without it
/// the second argument is not looked at.
#[macro_export]
macro_rules! import {
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
            $($crate::same_prototype!(kit, $name($($argument),*));)*
        };
    };
}

// ddi:wdm/nf-wdm-*.
crate::import! {
    "ntoskrnl.exe", wdk_sys::ntddk:
    fn KeQueryInterruptTimePrecise(qpc: *mut u64) -> u64;
    fn KeQueryUnbiasedInterruptTimePrecise(qpc: *mut u64) -> u64;
    fn KeAcquireSpinLockRaiseToDpc(lock: *mut usize) -> u8;
    fn KeReleaseSpinLock(lock: *mut usize, irql: u8);
    fn KeInitializeEvent(event: *mut KEVENT, kind: EVENT_TYPE, state: u8);
    fn KeSetEvent(event: *mut KEVENT, increment: i32, wait: u8) -> i32;
    fn KeWaitForSingleObject(
        object: *mut KEVENT,
        reason: KWAIT_REASON,
        mode: MODE,
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
        class: KEY_VALUE_INFORMATION_CLASS,
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
