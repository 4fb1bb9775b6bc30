//! Network events up, device events down, status indications up.

use core::hint::black_box;
use core::ptr;
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

use driver_abi::ndis::status::{NDIS_STATUS, NDIS_STATUS_NOT_SUPPORTED, NDIS_STATUS_SUCCESS};

use crate::import::{
    ExAllocatePool2, ExAllocatePoolWithTag, ExFreePoolWithTag, KeBugCheckEx,
    KeStallExecutionProcessor, NdisAllocateIoWorkItem, NdisFDevicePnPEventNotify,
    NdisFIndicateStatus, NdisFNetPnPEvent, NdisFRestartFilter, NdisFreeIoWorkItem,
    NdisQueueIoWorkItem, RtlAssert, sleep_ms,
};
use crate::layout::{At, Pointer, Room, event, indication, oid as o};
use crate::lock::Lock;
use crate::module::Module;
use crate::publish::publish;
use crate::{DRIVER_HANDLE, TAG, oid};

/// FilterNetPnPEvent. PASSIVE_LEVEL, in every state. The answer of the layers above counts for
/// QueryPower and QueryRemoveDevice only.
pub unsafe extern "system" fn net_pnp_event(
    context: Pointer,
    notification: Pointer,
) -> NDIS_STATUS {
    // SAFETY: NDIS passes the module's context.
    let module = unsafe { Module::of(context) };
    // SAFETY: NDIS passes NET_PNP_EVENT_NOTIFICATION, which lives for the call.
    let at = unsafe { At::new(notification) };
    let code = at.u32(event::NET_EVENT);
    if cfg!(feature = "nv-23") && code >= event::NET_MAXIMUM {
        assertion_failed(code);
    }
    if cfg!(feature = "nv-59") {
        use_stack(3);
    }
    if cfg!(feature = "nv-30-dpr") {
        module.lock.with_dispatch(true, || ());
    }
    before_forward(module, at, code);
    let removal = code == event::QUERY_REMOVE_DEVICE || code == event::CANCEL_REMOVE_DEVICE;
    let answer = if cfg!(feature = "nv-19") && removal {
        NDIS_STATUS_SUCCESS
    } else {
        forward(module, notification)
    };
    after_forward(module, at, code);
    let silent = (cfg!(feature = "nv-47") && code == event::PNP_CAPABILITIES)
        || (cfg!(feature = "nv-51") && code == event::CANCEL_REMOVE_DEVICE);
    if !silent {
        publish(b"NetPnPEvent\0", module.if_index, code);
    }
    let counts = code == event::QUERY_POWER || code == event::QUERY_REMOVE_DEVICE;
    if counts && !cfg!(feature = "nv-21") {
        return answer;
    }
    if cfg!(feature = "nv-17") && code > event::CANCEL_REMOVE_DEVICE {
        return NDIS_STATUS_NOT_SUPPORTED;
    }
    NDIS_STATUS_SUCCESS
}

fn forward(module: &Module, notification: Pointer) -> NDIS_STATUS {
    if cfg!(feature = "nv-30") {
        // SAFETY: the module's handle, what NDIS passed, once; at DISPATCH_LEVEL: the mistake.
        return module.lock.with(|| unsafe { NdisFNetPnPEvent(module.handle, notification) });
    }
    // SAFETY: PASSIVE_LEVEL, the module's handle, what NDIS passed, once, no lock held.
    unsafe { NdisFNetPnPEvent(module.handle, notification) }
}

/// What wrong filters do before they forward.
fn before_forward(module: &Module, at: At, code: u32) {
    if cfg!(feature = "nv-18") && code == event::SET_POWER {
        sleep_ms(10);
        while !module.outstanding.load(Relaxed).is_null() {
            sleep_ms(10);
        }
    }
    if cfg!(feature = "nv-22") && code <= event::QUERY_POWER {
        // SAFETY: there is none for NULL and for short buffers: the mistake.
        black_box(unsafe { At::new(at.pointer(event::NET_BUFFER)) }.u32(0));
    }
    if cfg!(feature = "nv-28") && code == event::PNP_CAPABILITIES {
        let before = module.restarts.load(Relaxed);
        // SAFETY: the module's handle.
        let status = unsafe { NdisFRestartFilter(module.handle) };
        while status == NDIS_STATUS_SUCCESS && module.restarts.load(Relaxed) == before {
            sleep_ms(100);
        }
    }
}

/// What wrong filters do after they forwarded.
fn after_forward(module: &Module, at: At, code: u32) {
    if cfg!(feature = "nv-20") && code == event::SET_POWER {
        let buffer = at.pointer(event::NET_BUFFER);
        if !buffer.is_null() && at.u32(event::NET_BUFFER_LENGTH) >= 4 {
            // SAFETY: four bytes at least.
            if unsafe { At::new(buffer) }.u32(0) == event::D3 {
                oid::originate(module, o::QUERY, o::OID_GEN_LINK_STATE);
            }
        }
    }
    if cfg!(feature = "nv-24") && code == event::FILTER_PRE_DETACH {
        oid::originate(module, o::QUERY, o::OID_GEN_LINK_STATE);
    }
}

/// Three kilobytes a call, so that no call needs a probe of the stack.
#[inline(never)]
fn use_stack(depth: u32) {
    let mut room = [0_u8; 3072];
    black_box(&raw mut room);
    if depth > 1 {
        use_stack(depth - 1);
    }
    black_box(&raw mut room);
}

/// What an ASSERT of a debug build comes to.
fn assertion_failed(code: u32) -> ! {
    // SAFETY: any IRQL, does not return.
    unsafe { KeBugCheckEx(0xE2, code as usize, 0, 0, 0) }
}

/// FilterDevicePnPEventNotify. PASSIVE_LEVEL.
pub unsafe extern "system" fn device_pnp_event(context: Pointer, notification: Pointer) {
    // SAFETY: NDIS passes the module's context.
    let module = unsafe { Module::of(context) };
    // SAFETY: NDIS passes NET_DEVICE_PNP_EVENT, which lives for the call.
    let code = unsafe { At::new(notification) }.u32(event::DEVICE_EVENT);
    if cfg!(feature = "nv-65") && code != event::POWER_PROFILE_CHANGED {
        let (expression, file) = (c"DevicePnPEvent == Profile", c"event.c");
        // SAFETY: any IRQL; both texts are terminated and live for ever, a message may be NULL.
        unsafe { RtlAssert(expression.as_ptr().cast(), file.as_ptr().cast(), 142, ptr::null()) };
    }
    if cfg!(feature = "nv-23") && code >= event::DEVICE_MAXIMUM {
        assertion_failed(code);
    }
    publish(b"DevicePnPEvent\0", module.if_index, code);
    if cfg!(feature = "nv-26") && code == event::POWER_PROFILE_CHANGED {
        return;
    }
    // SAFETY: PASSIVE_LEVEL, the module's handle, what NDIS passed, once.
    unsafe { NdisFDevicePnPEventNotify(module.handle, notification) };
}

/// FilterStatus. At most DISPATCH_LEVEL.
#[cfg_attr(feature = "nv-54-code", unsafe(link_section = "PAGE"))]
pub unsafe extern "system" fn status(context: Pointer, indicated: Pointer) {
    // SAFETY: NDIS passes the module's context.
    let module = unsafe { Module::of(context) };
    // SAFETY: NDIS passes NDIS_STATUS_INDICATION, which lives for the call.
    let code = unsafe { At::new(indicated) }.u32(indication::STATUS_CODE);
    publish(b"Status\0", module.if_index, code);
    if cfg!(feature = "nv-60-status") {
        // SAFETY: there is none for NULL and for short buffers: the mistake.
        let buffer = unsafe { At::new(indicated) }.pointer(indication::STATUS_BUFFER);
        // SAFETY: as above.
        black_box(unsafe { At::new(buffer) }.u32(0));
    }
    if cfg!(feature = "nv-69") {
        // SAFETY: any IRQL.
        unsafe { KeStallExecutionProcessor(200) };
    }
    if cfg!(feature = "nv-25-work") {
        queue_work(module);
    }
    if cfg!(feature = "nv-48") {
        keep_record(module, code);
    }
    if cfg!(feature = "nv-54") {
        touch_paged(module);
    }
    let handle = if cfg!(feature = "nv-50") { DRIVER_HANDLE.load(Relaxed) } else { module.handle };
    // SAFETY: the module's handle, what NDIS passed, once.
    unsafe { NdisFIndicateStatus(handle, indicated) };
    if cfg!(feature = "nv-34") {
        // SAFETY: as above, but for the second time: the mistake.
        unsafe { NdisFIndicateStatus(handle, indicated) };
    }
    if cfg!(feature = "nv-53") {
        hold_lock();
    }
}

/// A lock that nothing else needs, so that holding it harms nobody else here.
static HELD: Lock = Lock::new();
static IS_HELD: AtomicBool = AtomicBool::new(false);

/// Acquires it once and never releases it: the mistake.
fn hold_lock() {
    if !IS_HELD.swap(true, Relaxed) {
        HELD.initialise();
        let _irql = HELD.acquire();
    }
}

/// Indicates a status of the filter's own, which no right filter here does.
pub fn indicate_own(handle: Pointer) {
    let mut room = Room::<{ indication::SIZE as usize }>::zeroed();
    let at = room.at();
    at.set_header(indication::KIND, 1, indication::SIZE);
    at.set_pointer(indication::SOURCE_HANDLE, handle);
    at.set_u32(indication::STATUS_CODE, indication::NDIS_STATUS_NETWORK_CHANGE);
    // SAFETY: the module's handle; the indication lives for the call.
    unsafe { NdisFIndicateStatus(handle, at.pointer_to(0)) };
}

/// Indicates a status of the filter's own of which a few members are written only: the mistake.
pub fn indicate_unwritten(handle: Pointer) {
    // SAFETY: NonPagedPoolNx at PASSIVE_LEVEL.
    let block = unsafe { ExAllocatePoolWithTag(512, indication::SIZE as usize, TAG) };
    if block.is_null() {
        return;
    }
    // SAFETY: a block of ours that is as long as the structure.
    let at = unsafe { At::new(block) };
    at.set_header(indication::KIND, 1, indication::SIZE);
    at.set_pointer(indication::SOURCE_HANDLE, handle);
    at.set_u32(indication::STATUS_CODE, indication::NDIS_STATUS_NETWORK_CHANGE);
    at.set_pointer(indication::STATUS_BUFFER, ptr::null_mut());
    at.set_u32(indication::STATUS_BUFFER_SIZE, 0);
    // SAFETY: the module's handle; the indication lives for the call.
    unsafe { NdisFIndicateStatus(handle, block) };
    // SAFETY: pool of ours with this tag, not used again.
    unsafe { ExFreePoolWithTag(block, TAG) };
}

/// Queues a work item that counts in the module, one at a time; nobody waits for it: the mistake.
fn queue_work(module: &Module) {
    // SAFETY: the module's handle at most at DISPATCH_LEVEL.
    let item = unsafe { NdisAllocateIoWorkItem(module.handle) };
    if !item.is_null() {
        let context = core::ptr::from_ref(module).cast_mut().cast();
        // SAFETY: a fresh item, which its routine frees.
        unsafe { NdisQueueIoWorkItem(item, count as Pointer, context) };
    }
}

/// An NDIS_IO_WORKITEM_FUNCTION. PASSIVE_LEVEL.
unsafe extern "system" fn count(context: Pointer, item: Pointer) {
    // SAFETY: there is none, the module may be freed: the mistake.
    let module = unsafe { Module::of(context) };
    module.restarts.fetch_add(1, Relaxed);
    // SAFETY: it is not queued any more.
    unsafe { NdisFreeIoWorkItem(item) };
}

/// At DISPATCH_LEVEL: the mistake.
fn touch_paged(module: &Module) {
    let paged = module.kept.load(Relaxed);
    if !paged.is_null() {
        module.lock.with(|| {
            // SAFETY: 64 bytes of ours, but paged.
            unsafe { paged.cast::<u8>().write_volatile(1) };
        });
    }
}

/// A record of 16 bytes: the next one, then the code.
fn keep_record(module: &Module, code: u32) {
    // SAFETY: POOL_FLAG_NON_PAGED at most at DISPATCH_LEVEL.
    let record = unsafe { ExAllocatePool2(0x40, 16, TAG) };
    if record.is_null() {
        return;
    }
    // SAFETY: 16 bytes of ours.
    let at = unsafe { At::new(record) };
    at.set_u32(8, code);
    module.lock.with(|| {
        at.set_pointer(0, module.kept.load(Relaxed));
        module.kept.store(record, Relaxed);
    });
}

/// FilterDetach.
pub fn free_records(module: &Module) {
    let mut record = module.kept.swap(ptr::null_mut(), Relaxed);
    while !record.is_null() {
        // SAFETY: a record of `keep_record`.
        let next = unsafe { At::new(record) }.pointer(0);
        // SAFETY: pool of ours, not used again.
        unsafe { ExFreePoolWithTag(record, TAG) };
        record = next;
    }
}
