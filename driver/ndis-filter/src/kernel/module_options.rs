//! Switching a module's data path on and off: at a restart, and by asking NDIS for one.
//!
//! The handlers of the data path are NULL when the driver registers, so NDIS bypasses it; at every
//! restart FilterSetModuleOptions sets them for as long as the module wants packets. A module that
//! changed its mind asks for a restart, which comes later, or not: then the next one serves.
//! Source: docs:network/data-bypass-mode.

use core::ptr;
use core::sync::atomic::{AtomicBool, Ordering};

use driver_abi::ndis::filter::NDIS_FILTER_RESTART_PARAMETERS;
use driver_abi::ndis::net_pnp::NET_PNP_EVENT_NOTIFICATION;
use driver_abi::ndis::object::{
    NDIS_HANDLE, NDIS_OBJECT_HEADER, NDIS_OBJECT_TYPE_FILTER_PARTIAL_CHARACTERISTICS,
};
use driver_abi::ndis::packet::{
    NDIS_FILTER_PARTIAL_CHARACTERISTICS, NDIS_FILTER_PARTIAL_CHARACTERISTICS_REVISION_1,
    NDIS_SIZEOF_FILTER_PARTIAL_CHARACTERISTICS_REVISION_1,
};
use driver_abi::ndis::status::{NDIS_STATUS, NDIS_STATUS_SUCCESS};

use super::callback;
use super::context::ModuleContext;
use super::data_path::{self, DataPath};
use super::filter::FilterDriver;
use super::import::{NdisFRestartFilter, NdisSetOptionalHandlers};
use super::list::ModuleList;
use crate::state::State;

/// The switch of a module's data path: whether packets come by.
#[derive(Debug)]
pub struct Tap {
    open: AtomicBool,
    /// The module's wish when it was asked last.
    wanted: AtomicBool,
    /// Whether NDIS has been asked for a restart that has not come yet.
    restart_requested: AtomicBool,
}

impl Tap {
    /// The switch of a module that is about to be made: no packets come by.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "beside the module that it belongs to")]
    pub const fn new() -> Self {
        Self {
            open: AtomicBool::new(false),
            wanted: AtomicBool::new(false),
            restart_requested: AtomicBool::new(false),
        }
    }

    /// Whether packets come by, as of the last restart. Any IRQL.
    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }
}

impl<M: DataPath> ModuleList<M> {
    /// Asks NDIS to restart every module that wants packets and gets none, or gets them and wants
    /// none. PASSIVE_LEVEL. Returns at once: the restarts come later, on other threads. What NDIS
    /// refuses is asked for again at the module's next restart or network event.
    ///
    /// A restart pauses the whole stack for a moment, and packets may be lost meanwhile
    /// (docs:network/data-bypass-mode).
    pub fn restart_changed(&self) {
        self.visit_contexts(restart_if_changed);
    }
}

/// Asks for a restart if the module changed its mind since the last one. PASSIVE_LEVEL.
///
/// A module that is not Running is on its way there, or to its end: it is asked at its restart.
fn restart_if_changed<M: DataPath>(context: &ModuleContext<M>) {
    let tap = context.module.tap();
    let changed = tap.wanted.load(Ordering::Relaxed) != context.module.wants_packets();
    if !changed || context.condition.load().state != State::Running {
        return;
    }
    if tap.restart_requested.swap(true, Ordering::Relaxed) {
        return;
    }
    // SAFETY: PASSIVE_LEVEL; the handle is the module's, and FilterDetach has not returned: the
    // caller is a callback of the module, or visits it. Nobody waits for the restart (NV-28).
    let status = unsafe { NdisFRestartFilter(context.handle) };
    if status != NDIS_STATUS_SUCCESS {
        tap.restart_requested.store(false, Ordering::Relaxed);
    }
}

/// `FilterSetModuleOptions`: a module may choose its handlers; its restart follows.
///
/// - IRQL: PASSIVE_LEVEL.
/// - State: Paused; unchanged.
/// - Excludes: attach, restart, pause and detach of this module.
/// - Owes: nothing. Success even where NDIS refuses the handlers: with those it had, the module
///   works as it did, and the stack starts.
/// - Borrows: nothing.
/// - Calls: NdisSetOptionalHandlers, which is legal here only, on this thread.
/// - Source: ddi:ndis/nc-ndis-filter_set_module_options; NV-27.
///
/// # Safety
///
/// Called by NDIS only, with the context of an attached module of type `M`.
pub(super) unsafe extern "system" fn filter_set_module_options<M: DataPath>(
    context: NDIS_HANDLE,
) -> NDIS_STATUS {
    // SAFETY: the context of an attached module, used in this call only.
    let context = unsafe { ModuleContext::<M>::of(context) };
    let tap = context.module.tap();
    tap.restart_requested.store(false, Ordering::Relaxed);
    let wanted = context.module.wants_packets();
    tap.wanted.store(wanted, Ordering::Relaxed);
    let mut characteristics = characteristics::<M>(wanted);
    // SAFETY: inside FilterSetModuleOptions with the module's own handle, at PASSIVE_LEVEL; the
    // characteristics are complete and live for the call.
    let status = unsafe {
        NdisSetOptionalHandlers(context.handle, ptr::from_mut(&mut characteristics).cast())
    };
    if status == NDIS_STATUS_SUCCESS {
        tap.open.store(wanted, Ordering::Relaxed);
    }
    NDIS_STATUS_SUCCESS
}

/// All handlers of the data path, or none of them: what passes a packet on must be there to have it
/// back (docs:network/data-bypass-mode).
fn characteristics<M: DataPath>(open: bool) -> NDIS_FILTER_PARTIAL_CHARACTERISTICS {
    let closed = NDIS_FILTER_PARTIAL_CHARACTERISTICS {
        Header: NDIS_OBJECT_HEADER {
            Type: NDIS_OBJECT_TYPE_FILTER_PARTIAL_CHARACTERISTICS,
            Revision: NDIS_FILTER_PARTIAL_CHARACTERISTICS_REVISION_1,
            Size: NDIS_SIZEOF_FILTER_PARTIAL_CHARACTERISTICS_REVISION_1,
        },
        Flags: 0,
        SendNetBufferListsHandler: None,
        SendNetBufferListsCompleteHandler: None,
        CancelSendNetBufferListsHandler: None,
        ReceiveNetBufferListsHandler: None,
        ReturnNetBufferListsHandler: None,
    };
    if !open {
        return closed;
    }
    NDIS_FILTER_PARTIAL_CHARACTERISTICS {
        SendNetBufferListsHandler: Some(data_path::filter_send_net_buffer_lists::<M>),
        SendNetBufferListsCompleteHandler: Some(
            data_path::filter_send_net_buffer_lists_complete::<M>,
        ),
        CancelSendNetBufferListsHandler: Some(data_path::filter_cancel_send_net_buffer_lists::<M>),
        ReceiveNetBufferListsHandler: Some(data_path::filter_receive_net_buffer_lists::<M>),
        ReturnNetBufferListsHandler: Some(data_path::filter_return_net_buffer_lists::<M>),
        ..closed
    }
}

/// `FilterRestart` of a module with a data path: as that of any other, and then a look whether it
/// changed its mind since FilterSetModuleOptions.
///
/// # Safety
///
/// The conditions of [`callback::filter_restart`].
pub(super) unsafe extern "system" fn filter_restart<D: FilterDriver>(
    context: NDIS_HANDLE,
    parameters: *mut NDIS_FILTER_RESTART_PARAMETERS,
) -> NDIS_STATUS
where
    D::Module: DataPath,
{
    // SAFETY: the arguments of NDIS's call (caller).
    let status = unsafe { callback::filter_restart::<D>(context, parameters) };
    // SAFETY: the context of an attached module, used in this call only.
    restart_if_changed(unsafe { ModuleContext::<D::Module>::of(context) });
    status
}

/// `FilterNetPnPEvent` of a module with a data path: as that of any other, and then a look whether
/// a restart is owed that was refused.
///
/// # Safety
///
/// The conditions of [`callback::filter_net_pnp_event`].
pub(super) unsafe extern "system" fn filter_net_pnp_event<D: FilterDriver>(
    context: NDIS_HANDLE,
    notification: *mut NET_PNP_EVENT_NOTIFICATION,
) -> NDIS_STATUS
where
    D::Module: DataPath,
{
    // SAFETY: the arguments of NDIS's call (caller).
    let status = unsafe { callback::filter_net_pnp_event::<D>(context, notification) };
    // SAFETY: the context of an attached module, used in this call only.
    restart_if_changed(unsafe { ModuleContext::<D::Module>::of(context) });
    status
}
