//! Packets, which pass as they are. At most DISPATCH_LEVEL everywhere; the flags say whether it
//! is DISPATCH_LEVEL.

use core::hint::black_box;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering::Relaxed};

use driver_abi::ndis::status::NDIS_STATUS_PAUSED;

use crate::TAG;
use crate::import::{
    NdisAllocateMdl, NdisAllocateNetBufferAndNetBufferList, NdisAllocateNetBufferListPool,
    NdisFCancelSendNetBufferLists, NdisFIndicateReceiveNetBufferLists, NdisFReturnNetBufferLists,
    NdisFSendNetBufferLists, NdisFSendNetBufferListsComplete, NdisFreeMdl, NdisFreeNetBufferList,
    NdisFreeNetBufferListPool,
};
use crate::layout::{At, Pointer, Room, packet as p};
use crate::module::Module;
use crate::race;

/// The flags for giving packets back from where `flags` came.
fn completion_flags(flags: u32) -> u32 {
    if cfg!(feature = "nv-58") { p::DISPATCH } else { flags & p::DISPATCH }
}

/// FilterSendNetBufferLists.
pub unsafe extern "system" fn send(context: Pointer, packets: Pointer, port: u32, flags: u32) {
    // SAFETY: NDIS passes the module's context.
    let module = unsafe { Module::of(context) };
    let running = module.is_running(flags & p::DISPATCH != 0);
    if running || cfg!(feature = "nv-15") {
        if cfg!(feature = "nv-57-source") {
            // SAFETY: a NET_BUFFER_LIST of the chain, but the member is its sender's: the mistake.
            unsafe { At::new(packets) }.set_pointer(p::SOURCE_HANDLE, module.handle);
        }
        // SAFETY: the module's handle, what NDIS passed, with no lock held.
        unsafe { NdisFSendNetBufferLists(module.handle, packets, port, flags) };
        if cfg!(feature = "nv-37-send") {
            look_at(packets);
        }
        if cfg!(feature = "nv-13-own") && running {
            send_own(module);
        }
        return;
    }
    let mut packet = packets;
    while !packet.is_null() {
        // SAFETY: a NET_BUFFER_LIST of the chain, ours until it is completed.
        let at = unsafe { At::new(packet) };
        at.set_u32(p::STATUS, NDIS_STATUS_PAUSED.0.cast_unsigned());
        packet = at.pointer(p::NEXT);
    }
    let flags = completion_flags(flags);
    // SAFETY: the module's handle; the whole chain goes back, once.
    unsafe { NdisFSendNetBufferListsComplete(module.handle, packets, flags) };
}

/// FilterSendNetBufferListsComplete.
pub unsafe extern "system" fn send_complete(context: Pointer, packets: Pointer, flags: u32) {
    // SAFETY: NDIS passes the module's context.
    let module = unsafe { Module::of(context) };
    let has_own = cfg!(any(feature = "nv-16", feature = "nv-13-own"));
    let packets = if has_own { take_own(module, packets) } else { packets };
    if packets.is_null() {
        return;
    }
    let flags = if cfg!(feature = "nv-58") { flags | p::DISPATCH } else { flags };
    // SAFETY: the module's handle, what NDIS passed, once.
    unsafe { NdisFSendNetBufferListsComplete(module.handle, packets, flags) };
    if cfg!(feature = "nv-57") {
        // SAFETY: there is none, they are gone: the mistake.
        unsafe { NdisFSendNetBufferListsComplete(module.handle, packets, flags) };
    }
}

/// FilterCancelSendNetBufferLists: nothing is queued here.
pub unsafe extern "system" fn cancel_send(context: Pointer, cancel_id: Pointer) {
    // SAFETY: NDIS passes the module's context.
    let module = unsafe { Module::of(context) };
    if cfg!(feature = "nv-66") {
        return;
    }
    // SAFETY: the module's handle, what NDIS passed.
    unsafe { NdisFCancelSendNetBufferLists(module.handle, cancel_id) };
}

/// FilterReceiveNetBufferLists.
pub unsafe extern "system" fn receive(
    context: Pointer,
    packets: Pointer,
    port: u32,
    count: u32,
    flags: u32,
) {
    race::receive();
    // SAFETY: NDIS passes the module's context.
    let module = unsafe { Module::of(context) };
    if !module.is_running(flags & p::DISPATCH != 0) {
        // With RESOURCES set the packets go back by returning.
        if flags & p::RESOURCES == 0 {
            let flags = completion_flags(flags);
            // SAFETY: the module's handle; the whole chain goes back, once.
            unsafe { NdisFReturnNetBufferLists(module.handle, packets, flags) };
        }
        return;
    }
    if cfg!(feature = "nv-37-resources") {
        let before = LENT.swap(ptr::null_mut(), Relaxed);
        if !before.is_null() {
            look_at(before);
        }
        if flags & p::RESOURCES != 0 {
            LENT.store(packets, Relaxed);
        }
    }
    let (packets, count) = if cfg!(feature = "nv-13") && flags & p::RESOURCES == 0 {
        hold_first(module, packets, count, flags)
    } else {
        (packets, count)
    };
    if !packets.is_null() {
        // SAFETY: the module's handle, what NDIS passed, with no lock held.
        unsafe {
            NdisFIndicateReceiveNetBufferLists(module.handle, packets, port, count, flags);
        }
    }
}

/// FilterReturnNetBufferLists.
pub unsafe extern "system" fn give_back(context: Pointer, packets: Pointer, flags: u32) {
    // SAFETY: NDIS passes the module's context.
    let module = unsafe { Module::of(context) };
    let flags = if cfg!(feature = "nv-58") { flags | p::DISPATCH } else { flags };
    // SAFETY: the module's handle, what NDIS passed, once.
    unsafe { NdisFReturnNetBufferLists(module.handle, packets, flags) };
    if cfg!(feature = "nv-37-return") {
        look_at(packets);
    }
}

/// A list that was lent for an indication that is over, for `nv-37-resources`.
static LENT: AtomicPtr<core::ffi::c_void> = AtomicPtr::new(ptr::null_mut());

/// Reads a list that is somebody else's by now: the mistake.
fn look_at(packet: Pointer) {
    // SAFETY: there is none: the mistake.
    black_box(unsafe { At::new(packet) }.u32(p::STATUS));
}

/// Keeps the first packet of a chain until the next chain comes, over a pause if need be: the
/// mistake. Gives the rest of the chain.
fn hold_first(module: &Module, packets: Pointer, count: u32, flags: u32) -> (Pointer, u32) {
    // SAFETY: a NET_BUFFER_LIST of the chain, ours until it is returned.
    let at = unsafe { At::new(packets) };
    let rest = at.pointer(p::NEXT);
    at.set_pointer(p::NEXT, ptr::null_mut());
    let before = module.kept.swap(packets, Relaxed);
    if !before.is_null() {
        // SAFETY: the packet that was held, once.
        unsafe { NdisFReturnNetBufferLists(module.handle, before, flags & p::DISPATCH) };
    }
    (rest, count - 1)
}

/// What a packet of the filter's own carries, and the pool and the MDL of the one that is out.
static DATA: [u8; 64] = [0xFF; 64];
static POOL: AtomicPtr<core::ffi::c_void> = AtomicPtr::new(ptr::null_mut());
static MDL: AtomicPtr<core::ffi::c_void> = AtomicPtr::new(ptr::null_mut());

/// Sends a packet of the filter's own, one at a time: while the filter is paused, or with nobody who waits for it.
pub fn send_own(module: &Module) {
    if !POOL.load(Relaxed).is_null() {
        return;
    }
    let mut room = Room::<{ p::POOL_SIZE_1 as usize }>::zeroed();
    let at = room.at();
    at.set_header(p::POOL_KIND, 1, p::POOL_SIZE_1);
    at.set_u8(p::POOL_ALLOCATE_NET_BUFFER, 1);
    at.set_u32(p::POOL_TAG, TAG);
    // SAFETY: the module's handle; the parameters live for the call.
    let pool = unsafe { NdisAllocateNetBufferListPool(module.handle, at.pointer_to(0)) };
    if pool.is_null() {
        return;
    }
    let data = DATA.as_ptr().cast_mut().cast();
    // SAFETY: the module's handle and static, resident memory.
    let mdl = unsafe { NdisAllocateMdl(module.handle, data, DATA.len() as u32) };
    // SAFETY: a pool with net buffers of its own and an MDL of this length.
    let packet =
        unsafe { NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, mdl, 0, DATA.len() as u64) };
    POOL.store(pool, Relaxed);
    MDL.store(mdl, Relaxed);
    if packet.is_null() {
        free_own();
        return;
    }
    // SAFETY: a packet of the module's own.
    unsafe { At::new(packet) }.set_pointer(p::SOURCE_HANDLE, module.handle);
    // SAFETY: the module's handle and its own packet.
    unsafe { NdisFSendNetBufferLists(module.handle, packet, 0, 0) };
}

/// Takes the module's own packets out of a chain of completed ones; gives what remains.
fn take_own(module: &Module, packets: Pointer) -> Pointer {
    let mut packet = packets;
    let mut first: Pointer = ptr::null_mut();
    let mut last: Pointer = ptr::null_mut();
    while !packet.is_null() {
        // SAFETY: a NET_BUFFER_LIST of the chain.
        let at = unsafe { At::new(packet) };
        let next = at.pointer(p::NEXT);
        if at.pointer(p::SOURCE_HANDLE) == module.handle {
            // SAFETY: the module's own packet, back from below.
            unsafe { NdisFreeNetBufferList(packet) };
            free_own();
        } else {
            at.set_pointer(p::NEXT, ptr::null_mut());
            if first.is_null() {
                first = packet;
            } else {
                // SAFETY: the packet before, which stays in the chain.
                unsafe { At::new(last) }.set_pointer(p::NEXT, packet);
            }
            last = packet;
        }
        packet = next;
    }
    first
}

fn free_own() {
    let mdl = MDL.swap(ptr::null_mut(), Relaxed);
    if !mdl.is_null() {
        // SAFETY: of NdisAllocateMdl; its packet is freed.
        unsafe { NdisFreeMdl(mdl) };
    }
    // SAFETY: of NdisAllocateNetBufferListPool; all its packets are freed.
    unsafe { NdisFreeNetBufferListPool(POOL.swap(ptr::null_mut(), Relaxed)) };
}
