//! The data path: what a module that sees packets implements, and the trampolines around it.
//!
//! Every chain goes on exactly once, synchronously, by the trampoline and after the module has seen
//! it: a module cannot keep a packet, drop it or pass it on itself. So nothing is ever held back,
//! and a pause is complete when FilterPause returns.

use core::ffi::c_void;

use driver_abi::ndis::object::{NDIS_HANDLE, NDIS_PORT_NUMBER};
use driver_abi::ndis::packet::NET_BUFFER_LIST;
use driver_abi::ndis::status::NDIS_STATUS_PAUSED;

use super::context::ModuleContext;
use super::filter::FilterModule;
use super::import::{
    NdisFCancelSendNetBufferLists, NdisFIndicateReceiveNetBufferLists, NdisFReturnNetBufferLists,
    NdisFSendNetBufferLists, NdisFSendNetBufferListsComplete,
};
use super::memory::IssuerMemory;
use super::module_options::Tap;
use crate::packet::{Packets, STRUCTURES_MAX};
use crate::state::State;

/// NDIS_SEND_FLAGS_DISPATCH_LEVEL, and the same bit of the flags of a completion, a receive and a
/// return (docs:network/dispatch-irql-tracking).
const DISPATCH_LEVEL: u32 = 1;
/// NDIS_RECEIVE_FLAGS_RESOURCES: the lists are the issuer's again when the call returns
/// (ddi:ndis/nc-ndis-filter_receive_net_buffer_lists).
const RESOURCES: u32 = 2;

/// A module that sees packets while it wants to. Registered with
/// [`register_with_data_path`](super::register_with_data_path).
pub trait DataPath: FilterModule + 'static {
    /// The layer's switch for the packets of this module, which the module makes and keeps.
    fn tap(&self) -> &Tap;

    /// Whether packets are to come by from the next restart on. At most DISPATCH_LEVEL, at any
    /// time. When the answer changes, call
    /// [`ModuleList::restart_changed`](super::ModuleList::restart_changed).
    fn wants_packets(&self) -> bool;

    /// Packets on their way down, before they are passed on. At most DISPATCH_LEVEL; never while
    /// the module is not Running.
    fn sending(&self, packets: Packets<'_>);

    /// Packets on their way up, before they are passed on. At most DISPATCH_LEVEL; never while the
    /// module is not Running.
    fn received(&self, packets: Packets<'_>);
}

/// The chain at `lists`, for as long as the call lasts in which `memory` lives.
fn packets(lists: *mut NET_BUFFER_LIST, memory: &IssuerMemory) -> Packets<'_> {
    Packets::at(lists.expose_provenance() as u64, memory)
}

/// `FilterSendNetBufferLists`: packets on their way down.
///
/// - IRQL: at most DISPATCH_LEVEL.
/// - State: any. What comes outside Running is completed with PAUSED.
/// - Excludes: nothing.
/// - Owes: NdisFSendNetBufferLists or NdisFSendNetBufferListsComplete, once, for the whole chain.
/// - Borrows: the chain, until it is passed on; never written, but for Status when it is refused.
/// - Calls: NdisFSendNetBufferLists; NdisFSendNetBufferListsComplete.
/// - Source: ddi:ndis/nc-ndis-filter_send_net_buffer_lists; NV-15.
///
/// # Safety
///
/// Called by NDIS only, with the context of an attached module of type `M`.
pub(super) unsafe extern "system" fn filter_send_net_buffer_lists<M: DataPath>(
    context: NDIS_HANDLE,
    lists: *mut NET_BUFFER_LIST,
    port: NDIS_PORT_NUMBER,
    flags: u32,
) {
    // SAFETY: the context of an attached module, used in this call only.
    let context = unsafe { ModuleContext::<M>::of(context) };
    if context.condition.load().state != State::Running {
        // SAFETY: the very chain that NDIS passed, and nobody else has been given it.
        unsafe { refuse(context.handle, lists, flags) };
        return;
    }
    // SAFETY: dies with this call, is used on the chain only, and not after it is passed on.
    let memory = unsafe { IssuerMemory::new() };
    context.module.sending(packets(lists, &memory));
    // SAFETY: the module's own handle, the very chain, port and flags that NDIS passed, once.
    unsafe { NdisFSendNetBufferLists(context.handle, lists, port, flags) };
}

/// Completes a chain of sends with PAUSED. At most DISPATCH_LEVEL.
///
/// # Safety
///
/// `lists` is the chain of the FilterSendNetBufferLists that is under way, with its `flags`; it has
/// not been passed on, and is not used afterwards.
unsafe fn refuse(handle: NDIS_HANDLE, lists: *mut NET_BUFFER_LIST, flags: u32) {
    let mut list = lists;
    for _ in 0..STRUCTURES_MAX {
        if list.is_null() {
            break;
        }
        // SAFETY: a list of the chain, which is ours until it is completed.
        unsafe { (*list).Status = NDIS_STATUS_PAUSED };
        // SAFETY: as above.
        list = unsafe { (*list).Next };
    }
    // SAFETY: the module's own handle and the very chain, once; it completes at the IRQL at which
    // it came.
    unsafe { NdisFSendNetBufferListsComplete(handle, lists, flags & DISPATCH_LEVEL) };
}

/// `FilterSendNetBufferListsComplete`: packets that were sent, on their way back up.
///
/// - IRQL: at most DISPATCH_LEVEL.
/// - State: Running or Pausing; Paused where a layer below is slow. Passed on in each.
/// - Excludes: nothing.
/// - Owes: NdisFSendNetBufferListsComplete once, for the whole chain.
/// - Borrows: nothing; the chain is not looked at.
/// - Calls: NdisFSendNetBufferListsComplete.
/// - Source: ddi:ndis/nc-ndis-filter_send_net_buffer_lists_complete; NV-57.
///
/// # Safety
///
/// Called by NDIS only, with the context of an attached module of type `M`.
pub(super) unsafe extern "system" fn filter_send_net_buffer_lists_complete<M: DataPath>(
    context: NDIS_HANDLE,
    lists: *mut NET_BUFFER_LIST,
    flags: u32,
) {
    // SAFETY: the context of an attached module, used in this call only.
    let context = unsafe { ModuleContext::<M>::of(context) };
    // SAFETY: the module's own handle, the very chain and flags that NDIS passed, once.
    unsafe { NdisFSendNetBufferListsComplete(context.handle, lists, flags) };
}

/// `FilterCancelSendNetBufferLists`: a protocol takes back what it sent. Nothing of it is here.
///
/// - IRQL: at most DISPATCH_LEVEL.
/// - State: any; unchanged.
/// - Excludes: nothing.
/// - Owes: NdisFCancelSendNetBufferLists once: what is meant may be further down.
/// - Borrows: nothing.
/// - Calls: NdisFCancelSendNetBufferLists.
/// - Source: ddi:ndis/nc-ndis-filter_cancel_send_net_buffer_lists.
///
/// # Safety
///
/// Called by NDIS only, with the context of an attached module of type `M`.
pub(super) unsafe extern "system" fn filter_cancel_send_net_buffer_lists<M: DataPath>(
    context: NDIS_HANDLE,
    cancel_id: *mut c_void,
) {
    // SAFETY: the context of an attached module, used in this call only.
    let context = unsafe { ModuleContext::<M>::of(context) };
    // SAFETY: the module's own handle and the id that NDIS passed.
    unsafe { NdisFCancelSendNetBufferLists(context.handle, cancel_id) };
}

/// `FilterReceiveNetBufferLists`: packets on their way up.
///
/// - IRQL: at most DISPATCH_LEVEL.
/// - State: any. What comes outside Running is returned, or with RESOURCES left alone.
/// - Excludes: nothing.
/// - Owes: NdisFIndicateReceiveNetBufferLists or NdisFReturnNetBufferLists, once, for the whole
///   chain; with RESOURCES never the latter, and nothing after return.
/// - Borrows: the chain, until it is passed on; never written.
/// - Calls: NdisFIndicateReceiveNetBufferLists; NdisFReturnNetBufferLists.
/// - Source: ddi:ndis/nc-ndis-filter_receive_net_buffer_lists; NV-15.
///
/// # Safety
///
/// Called by NDIS only, with the context of an attached module of type `M`.
pub(super) unsafe extern "system" fn filter_receive_net_buffer_lists<M: DataPath>(
    context: NDIS_HANDLE,
    lists: *mut NET_BUFFER_LIST,
    port: NDIS_PORT_NUMBER,
    count: u32,
    flags: u32,
) {
    // SAFETY: the context of an attached module, used in this call only.
    let context = unsafe { ModuleContext::<M>::of(context) };
    if context.condition.load().state != State::Running {
        if flags & RESOURCES == 0 {
            // SAFETY: the module's own handle and the very chain, once, at the IRQL at which it
            // came; without RESOURCES it is the module's to return.
            unsafe { NdisFReturnNetBufferLists(context.handle, lists, flags & DISPATCH_LEVEL) };
        }
        return;
    }
    // SAFETY: dies with this call, is used on the chain only, and not after it is passed on.
    let memory = unsafe { IssuerMemory::new() };
    context.module.received(packets(lists, &memory));
    // SAFETY: the module's own handle; the very chain, port, count and flags that NDIS passed, once.
    unsafe { NdisFIndicateReceiveNetBufferLists(context.handle, lists, port, count, flags) };
}

/// `FilterReturnNetBufferLists`: packets that were received, on their way back down.
///
/// - IRQL: at most DISPATCH_LEVEL.
/// - State: Running or Pausing; Paused where a layer above is slow. Passed on in each.
/// - Excludes: nothing.
/// - Owes: NdisFReturnNetBufferLists once, for the whole chain.
/// - Borrows: nothing; the chain is not looked at.
/// - Calls: NdisFReturnNetBufferLists.
/// - Source: ddi:ndis/nc-ndis-filter_return_net_buffer_lists; NV-57.
///
/// # Safety
///
/// Called by NDIS only, with the context of an attached module of type `M`.
pub(super) unsafe extern "system" fn filter_return_net_buffer_lists<M: DataPath>(
    context: NDIS_HANDLE,
    lists: *mut NET_BUFFER_LIST,
    flags: u32,
) {
    // SAFETY: the context of an attached module, used in this call only.
    let context = unsafe { ModuleContext::<M>::of(context) };
    // SAFETY: the module's own handle, the very chain and flags that NDIS passed, once.
    unsafe { NdisFReturnNetBufferLists(context.handle, lists, flags) };
}
