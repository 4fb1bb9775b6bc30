//! What the filter calls: prototypes from Microsoft's reference pages, all of them imports by
//! name from ntoskrnl.exe and ndis.sys.

use driver_abi::ndis::status::NDIS_STATUS;

use crate::layout::Pointer;

#[link(name = "ndis.sys", kind = "raw-dylib", modifiers = "+verbatim")]
#[allow(dead_code, reason = "which are called depends on the features")]
unsafe extern "system" {
    pub fn NdisFRegisterFilterDriver(
        object: Pointer,
        context: Pointer,
        characteristics: Pointer,
        handle: *mut Pointer,
    ) -> NDIS_STATUS;
    pub fn NdisFDeregisterFilterDriver(handle: Pointer);
    pub fn NdisGetVersion() -> u32;
    pub fn NdisFSetAttributes(
        handle: Pointer,
        context: Pointer,
        attributes: Pointer,
    ) -> NDIS_STATUS;
    pub fn NdisSetOptionalHandlers(handle: Pointer, handlers: Pointer) -> NDIS_STATUS;
    pub fn NdisFPauseComplete(handle: Pointer);
    pub fn NdisFRestartFilter(handle: Pointer) -> NDIS_STATUS;

    pub fn NdisAllocateIoWorkItem(handle: Pointer) -> Pointer;
    pub fn NdisQueueIoWorkItem(item: Pointer, routine: Pointer, context: Pointer);
    pub fn NdisFreeIoWorkItem(item: Pointer);

    pub fn NdisFNetPnPEvent(handle: Pointer, notification: Pointer) -> NDIS_STATUS;
    pub fn NdisFDevicePnPEventNotify(handle: Pointer, event: Pointer);
    pub fn NdisFIndicateStatus(handle: Pointer, indication: Pointer);

    pub fn NdisAllocateCloneOidRequest(
        handle: Pointer,
        request: Pointer,
        tag: u32,
        clone: *mut Pointer,
    ) -> NDIS_STATUS;
    pub fn NdisFreeCloneOidRequest(handle: Pointer, clone: Pointer);
    pub fn NdisFOidRequest(handle: Pointer, request: Pointer) -> NDIS_STATUS;
    pub fn NdisFOidRequestComplete(handle: Pointer, request: Pointer, status: NDIS_STATUS);
    pub fn NdisFCancelOidRequest(handle: Pointer, request_id: Pointer);

    pub fn NdisFSendNetBufferLists(handle: Pointer, packets: Pointer, port: u32, flags: u32);
    pub fn NdisFSendNetBufferListsComplete(handle: Pointer, packets: Pointer, flags: u32);
    pub fn NdisFCancelSendNetBufferLists(handle: Pointer, cancel_id: Pointer);
    pub fn NdisFIndicateReceiveNetBufferLists(
        handle: Pointer,
        packets: Pointer,
        port: u32,
        count: u32,
        flags: u32,
    );
    pub fn NdisFReturnNetBufferLists(handle: Pointer, packets: Pointer, flags: u32);
    pub fn NdisAllocateNetBufferListPool(handle: Pointer, parameters: Pointer) -> Pointer;
    pub fn NdisFreeNetBufferListPool(pool: Pointer);
    pub fn NdisAllocateNetBufferAndNetBufferList(
        pool: Pointer,
        context_size: u16,
        context_back_fill: u16,
        mdl: Pointer,
        data_offset: u32,
        data_length: u64,
    ) -> Pointer;
    pub fn NdisFreeNetBufferList(packet: Pointer);
    pub fn NdisAllocateMdl(handle: Pointer, address: Pointer, length: u32) -> Pointer;
    pub fn NdisFreeMdl(mdl: Pointer);

    pub fn NdisAllocateMemoryWithTagPriority(
        handle: Pointer,
        length: u32,
        tag: u32,
        priority: i32,
    ) -> Pointer;
    pub fn NdisFreeMemory(address: Pointer, length: u32, flags: u32);

    pub fn NdisRegisterDeviceEx(
        handle: Pointer,
        attributes: Pointer,
        device: *mut Pointer,
        device_handle: *mut Pointer,
    ) -> NDIS_STATUS;
    pub fn NdisDeregisterDeviceEx(device_handle: Pointer);
    pub fn NdisWriteEventLogEntry(
        log: Pointer,
        code: i32,
        unique: u32,
        string_count: u16,
        strings: Pointer,
        length: u32,
        data: Pointer,
    ) -> NDIS_STATUS;
}

#[link(name = "ntoskrnl.exe", kind = "raw-dylib", modifiers = "+verbatim")]
#[allow(dead_code, reason = "which are called depends on the features and the compiler")]
unsafe extern "system" {
    pub fn RtlAssert(expression: *const u8, file: *const u8, line: u32, message: *const u8);
    pub fn KeBugCheckEx(code: u32, p1: usize, p2: usize, p3: usize, p4: usize) -> !;
    pub safe fn KeGetCurrentIrql() -> u8;
    pub safe fn KeLeaveCriticalRegion();
    pub fn KeInitializeSpinLock(lock: *mut usize);
    pub fn KeAcquireSpinLockRaiseToDpc(lock: *mut usize) -> u8;
    pub fn KeReleaseSpinLock(lock: *mut usize, irql: u8);
    pub fn KeAcquireSpinLockAtDpcLevel(lock: *mut usize);
    pub fn KeReleaseSpinLockFromDpcLevel(lock: *mut usize);
    /// Mode 0 is KernelMode; a negative interval is relative, in 100 ns.
    pub fn KeDelayExecutionThread(mode: i8, alertable: u8, interval: *const i64) -> i32;
    pub fn KeInitializeTimer(timer: Pointer);
    pub fn KeInitializeDpc(dpc: Pointer, routine: Pointer, context: Pointer);
    /// A LARGE_INTEGER by value is an i64 in a register.
    pub fn KeSetTimer(timer: Pointer, due: i64, dpc: Pointer) -> u8;

    pub fn KeStallExecutionProcessor(microseconds: u32);

    pub fn ExAllocatePool2(flags: u64, length: usize, tag: u32) -> Pointer;
    pub fn ExAllocatePoolWithTag(kind: i32, length: usize, tag: u32) -> Pointer;
    pub fn ExFreePoolWithTag(address: Pointer, tag: u32);

    /// The function that the macro IoCompleteRequest expands to.
    pub fn IofCompleteRequest(irp: Pointer, boost: i8);
    pub fn IoReleaseCancelSpinLock(irql: u8);

    pub fn EtwRegister(
        provider: *const driver_abi::nt::GUID,
        callback: Pointer,
        context: Pointer,
        handle: *mut u64,
    ) -> i32;
    pub fn EtwSetInformation(handle: u64, class: i32, data: *const u8, length: u32) -> i32;
    pub fn EtwUnregister(handle: u64) -> i32;
    pub fn EtwWriteTransfer(
        handle: u64,
        descriptor: Pointer,
        activity: Pointer,
        related: Pointer,
        count: u32,
        data: Pointer,
    ) -> i32;

    pub fn memset(to: Pointer, value: i32, length: usize) -> Pointer;
    pub fn memcpy(to: Pointer, from: Pointer, length: usize) -> Pointer;
    pub fn memmove(to: Pointer, from: Pointer, length: usize) -> Pointer;
    pub fn memcmp(one: Pointer, other: Pointer, length: usize) -> i32;
}

/// KernelMode, not alertable, relative: PASSIVE_LEVEL.
#[allow(dead_code, reason = "only wrong filters sleep")]
pub fn sleep_ms(milliseconds: i64) {
    let interval = -10_000 * milliseconds;
    // SAFETY: called at PASSIVE_LEVEL without locks; the interval lives for the call.
    let _woken = unsafe { KeDelayExecutionThread(0, 0, &raw const interval) };
}
