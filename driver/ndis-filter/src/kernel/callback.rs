//! The FilterXxx trampolines: raw in, one safe call, raw out. No decision is made here.

use driver_abi::ndis::device_pnp::NET_DEVICE_PNP_EVENT;
use driver_abi::ndis::filter::{
    NDIS_FILTER_ATTACH_PARAMETERS, NDIS_FILTER_ATTRIBUTES, NDIS_FILTER_ATTRIBUTES_REVISION_1,
    NDIS_FILTER_PAUSE_PARAMETERS, NDIS_FILTER_RESTART_PARAMETERS,
    NDIS_SIZEOF_FILTER_ATTRIBUTES_REVISION_1,
};
use driver_abi::ndis::indication::NDIS_STATUS_INDICATION;
use driver_abi::ndis::net_pnp::NET_PNP_EVENT_NOTIFICATION;
use driver_abi::ndis::object::{
    NDIS_HANDLE, NDIS_OBJECT_HEADER, NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES,
};
use driver_abi::ndis::status::{NDIS_STATUS, NDIS_STATUS_PENDING, NDIS_STATUS_SUCCESS};

use super::context::ModuleContext;
use super::filter::{AttachError, Completion, FilterDriver, FilterModule};
use super::import::{
    NdisFDevicePnPEventNotify, NdisFIndicateStatus, NdisFNetPnPEvent, NdisFSetAttributes,
};
use super::memory::{IssuerMemory, device_pnp_view, net_pnp_view, status_view};
use super::own_request::{Requests, create_if_wanted};
use super::parameters::{AttachParameters, PauseParameters, RestartParameters};
use super::pool::Pool;
use crate::condition::{Applied, Change, ConditionCell};
use crate::event::{EventCode, NetDevicePnpEvent, NetPnpEvent, StatusEvent};
use crate::gate::{Closed, Move};
use crate::state::Trigger;
use driver_kit::sync::list::Link;

/// `FilterAttach`: NDIS adds a module of this driver to a stack.
///
/// - IRQL: PASSIVE_LEVEL.
/// - State: Detached on entry; Paused on success, Detached on failure.
/// - Excludes: every other callback of this module, until NdisFSetAttributes has succeeded.
/// - Owes: exactly one NdisFSetAttributes before success; on failure everything given back.
/// - Borrows: `parameters` and all it points at, until return.
/// - Calls: NdisAllocateMemoryWithTagPriority, NdisFSetAttributes last, since it has no inverse.
/// - Source: ddi:ndis/nc-ndis-filter_attach; NV-06, NV-07, NV-08.
///
/// # Safety
///
/// Called by NDIS only, with the context that `register` gave it for `D`.
pub(super) unsafe extern "system" fn filter_attach<D: FilterDriver>(
    handle: NDIS_HANDLE,
    driver: NDIS_HANDLE,
    parameters: *mut NDIS_FILTER_ATTACH_PARAMETERS,
) -> NDIS_STATUS {
    // SAFETY: `register::<D>` passed a `&'static D` as the driver context.
    let driver = unsafe { &*driver.cast::<D>() };
    // SAFETY: dropped at the end of this call and used on `parameters` only.
    let memory = unsafe { IssuerMemory::new() };
    // SAFETY: `parameters` is this call's own.
    let view = unsafe { AttachParameters::view(parameters, &memory) };
    let result = match &view {
        Ok(parameters) => {
            let begun = driver.attach_begins(parameters);
            let result = attach(driver, handle, parameters);
            driver.attach_ends(Some((parameters, begun)), result);
            result
        }
        Err(error) => {
            driver.attach_ends(None, Err(*error));
            Err(*error)
        }
    };
    result.map_or_else(AttachError::status, |_| NDIS_STATUS_SUCCESS)
}

/// Everything of FilterAttach that can fail, NdisFSetAttributes last.
fn attach<D: FilterDriver>(
    driver: &'static D,
    handle: NDIS_HANDLE,
    parameters: &AttachParameters<'_>,
) -> Result<Applied, AttachError> {
    let pool = Pool::new(handle, u32::from_le_bytes(D::POOL_TAG));
    let module = driver.attach(parameters, pool)?;
    let condition = ConditionCell::new();
    let _ = condition.apply(Change::Lifecycle(Trigger::AttachEntered));
    let (modules, link) = (driver.modules(), Link::new());
    let own = create_if_wanted(driver.sends_requests(), handle, pool)?;
    let context =
        pool.place(ModuleContext { handle, pool, condition, modules, link, own, module })?;
    let mut attributes = NDIS_FILTER_ATTRIBUTES {
        Header: NDIS_OBJECT_HEADER {
            Type: NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES,
            Revision: NDIS_FILTER_ATTRIBUTES_REVISION_1,
            Size: NDIS_SIZEOF_FILTER_ATTRIBUTES_REVISION_1,
        },
        Flags: 0,
    };
    // SAFETY: inside FilterAttach with its own handle, at PASSIVE_LEVEL, once; the context is
    // complete, because callbacks may use it from here on; `attributes` outlives the call.
    let status =
        unsafe { NdisFSetAttributes(handle, context.as_ptr().cast(), &raw mut attributes) };
    if status != NDIS_STATUS_SUCCESS {
        return Err(AttachError::SetAttributes(status));
    }
    let applied = context.condition.apply(Change::Lifecycle(Trigger::AttachSucceeded));
    // SAFETY: NDIS owns the block from here on, where it is; FilterDetach takes it out of the list
    // before it gives it back. Both come once.
    unsafe { modules.insert(context.into_raw()) };
    Ok(applied)
}

/// `FilterDetach`: NDIS removes a module.
///
/// - IRQL: PASSIVE_LEVEL.
/// - State: Paused on entry, Detached.
/// - Excludes: every other callback of this module, for good.
/// - Owes: all of the module's memory given back; it cannot fail.
/// - Borrows: nothing.
/// - Calls: ExWaitForRundownProtectionRelease, for as long as one rundown event is written;
///   ExDeleteTimer, for as long as its callback runs; NdisFreeMemoryWithTagPriority.
/// - Source: ddi:ndis/nc-ndis-filter_detach; NV-25, NV-37.
///
/// # Safety
///
/// Called by NDIS only, once, with the context of a module of `D`.
pub(super) unsafe extern "system" fn filter_detach<D: FilterDriver>(context: NDIS_HANDLE) {
    // SAFETY: NDIS passes the context given to NdisFSetAttributes, after the last other callback.
    let taken = unsafe { ModuleContext::<D::Module>::take_back(context) };
    if let Some(context) = taken {
        if let Some(own) = &context.own {
            // Nothing is out, since the module is paused; if something were, its memory could not go.
            own.leave();
        }
        // SAFETY: put in by FilterAttach, taken out here, once.
        unsafe { context.modules.remove(context.place()) };
        let applied = context.condition.apply(Change::Lifecycle(Trigger::DetachEntered));
        context.module.detached(applied);
    }
}

/// `FilterRestart`: NDIS lets a module run.
///
/// - IRQL: PASSIVE_LEVEL.
/// - State: Paused on entry, Running when we return.
/// - Excludes: attach, pause and detach of this module. Not net events, not status.
/// - Owes: one synchronous success. We never pend, so NdisFRestartComplete is never owed.
/// - Borrows: `parameters`, until return; the attributes are read, never written.
/// - Calls: NdisFOidRequest, if the module asks something.
/// - Source: ddi:ndis/nc-ndis-filter_restart; NV-11, NV-29, NV-31.
///
/// # Safety
///
/// Called by NDIS only, with the context of an attached module of `D`.
pub(super) unsafe extern "system" fn filter_restart<D: FilterDriver>(
    context: NDIS_HANDLE,
    parameters: *mut NDIS_FILTER_RESTART_PARAMETERS,
) -> NDIS_STATUS {
    // SAFETY: the context of an attached module, used in this call only.
    let context = unsafe { ModuleContext::<D::Module>::of(context) };
    // SAFETY: dropped at the end of this call and used on `parameters` only.
    let memory = unsafe { IssuerMemory::new() };
    // SAFETY: `parameters` is this call's own.
    let parameters = unsafe { RestartParameters::view(parameters, &memory) };
    let entered = context.condition.apply(Change::Lifecycle(Trigger::RestartEntered));
    let done = context.condition.apply(Change::Lifecycle(Trigger::RestartSucceeded));
    if let Some(own) = &context.own {
        own.open(Closed::PAUSED);
    }
    context.module.restarted(&parameters, entered, done, &Requests(context));
    NDIS_STATUS_SUCCESS
}

/// `FilterPause`: NDIS asks a module to stop originating traffic.
///
/// - IRQL: PASSIVE_LEVEL.
/// - State: Running on entry, Paused when it is over: on return, or with NdisFPauseComplete.
/// - Excludes: attach, restart and detach of this module. Not net events, not status.
/// - Owes: success; or PENDING, with a request of the module's own out, and then one
///   NdisFPauseComplete when it is back. It is taken back after two seconds.
/// - Borrows: `parameters`, until return.
/// - Calls: ExSetTimer, if a request is out.
/// - Source: ddi:ndis/nc-ndis-filter_pause; NV-11, NV-12.
///
/// # Safety
///
/// Called by NDIS only, with the context of an attached module of `D`.
pub(super) unsafe extern "system" fn filter_pause<D: FilterDriver>(
    context: NDIS_HANDLE,
    parameters: *mut NDIS_FILTER_PAUSE_PARAMETERS,
) -> NDIS_STATUS {
    // SAFETY: the context of an attached module, used in this call only.
    let context = unsafe { ModuleContext::<D::Module>::of(context) };
    // SAFETY: `parameters` is this call's own.
    let parameters = unsafe { PauseParameters::view(parameters) };
    let entered = context.condition.apply(Change::Lifecycle(Trigger::PauseEntered));
    let mut span = context.module.pausing(&parameters, entered);
    if let Some(own) = &context.own {
        match own.pause(span) {
            Some(over) => span = over,
            None => return NDIS_STATUS_PENDING,
        }
    }
    let done = context.condition.apply(Change::Lifecycle(Trigger::PauseCompleted));
    context.module.paused(span, done);
    NDIS_STATUS_SUCCESS
}

/// `FilterNetPnPEvent`: a network PnP or power event on its way up.
///
/// - IRQL: PASSIVE_LEVEL.
/// - State: any from the end of attach to the start of detach; unchanged.
/// - Excludes: nothing.
/// - Owes: NdisFNetPnPEvent exactly once, with the same pointer, before return; then success, or
///   for QueryPower and QueryRemoveDevice the answer from above.
/// - Borrows: `notification` and what it points at, until return; never written.
/// - Calls: NdisFNetPnPEvent. Layers above may take seconds in it; nothing is held meanwhile. In
///   FilterPreDetach it waits for the module's own request, which it has cancelled.
/// - Source: ddi:ndis/nc-ndis-filter_net_pnp_event; NV-17, NV-19, NV-21, NV-22, NV-23.
///
/// # Safety
///
/// Called by NDIS only, with the context of an attached module of `D`.
pub(super) unsafe extern "system" fn filter_net_pnp_event<D: FilterDriver>(
    context: NDIS_HANDLE,
    notification: *mut NET_PNP_EVENT_NOTIFICATION,
) -> NDIS_STATUS {
    // SAFETY: the context of an attached module, used in this call only.
    let context = unsafe { ModuleContext::<D::Module>::of(context) };
    // SAFETY: dies with this call, is used on `notification` only, and not after the forward.
    let memory = unsafe { IssuerMemory::new() };
    // SAFETY: NDIS passes a notification of revision 1 or later.
    let view = unsafe { net_pnp_view(notification, &memory) };
    let event = NetPnpEvent::decode(&view);
    let leaves = context.own.as_ref().is_some_and(|own| own.apply_move(Move::of(&event)));
    let span = context.module.net_pnp_event(&event, &view, &context.condition);
    let code = EventCode::from_raw(view.code);
    // SAFETY: PASSIVE_LEVEL, the module's own handle, the very notification NDIS passed, once.
    let from_above = unsafe { NdisFNetPnPEvent(context.handle, notification) };
    if let Some(own) = context.own.as_ref().filter(|_| leaves) {
        // The OID path works until FilterDetach; waiting is allowed here, unlike in power events.
        own.leave();
    }
    let (condition, requests) = (&context.condition, Requests(context));
    let answer = context.module.net_pnp_event_forwarded(span, from_above, condition, &requests);
    let counts = code.is_some_and(EventCode::return_is_significant);
    if counts { answer.status() } else { Completion::Success.status() }
}

/// `FilterDevicePnPEventNotify`: a device PnP event on its way down.
///
/// - IRQL: PASSIVE_LEVEL.
/// - State: any from the end of attach to the start of detach; unchanged.
/// - Excludes: nothing.
/// - Owes: NdisFDevicePnPEventNotify exactly once, with the same pointer, before return.
/// - Borrows: `event` and what it points at, until return; never written.
/// - Calls: NdisFDevicePnPEventNotify.
/// - Source: ddi:ndis/nc-ndis-filter_device_pnp_event_notify; NV-23, NV-26.
///
/// # Safety
///
/// Called by NDIS only, with the context of an attached module of `D`.
pub(super) unsafe extern "system" fn filter_device_pnp_event_notify<D: FilterDriver>(
    context: NDIS_HANDLE,
    event: *mut NET_DEVICE_PNP_EVENT,
) {
    // SAFETY: the context of an attached module, used in this call only.
    let context = unsafe { ModuleContext::<D::Module>::of(context) };
    // SAFETY: dies with this call, is used on `event` only, and not after the forward.
    let memory = unsafe { IssuerMemory::new() };
    // SAFETY: NDIS passes an event of revision 1 or later.
    let view = unsafe { device_pnp_view(event, &memory) };
    let decoded = NetDevicePnpEvent::decode(&view);
    if let (Some(own), Ok(NetDevicePnpEvent::SurpriseRemoved)) = (&context.own, &decoded) {
        own.close(Closed::GONE);
    }
    let span = context.module.device_pnp_event(&decoded, &view, &context.condition);
    // SAFETY: PASSIVE_LEVEL, the module's own handle, the very event NDIS passed, once.
    unsafe { NdisFDevicePnPEventNotify(context.handle, event) };
    context.module.device_pnp_event_forwarded(span, &context.condition);
}

/// `FilterStatus`: a status indication on its way up.
///
/// - IRQL: at most DISPATCH_LEVEL.
/// - State: any from NdisFSetAttributes to the start of detach; unchanged.
/// - Excludes: nothing.
/// - Owes: NdisFIndicateStatus exactly once, with the same pointer, before return.
/// - Borrows: `indication` and its buffer, until return; never written.
/// - Calls: NdisFIndicateStatus.
/// - Source: ddi:ndis/nc-ndis-filter_status; NV-34.
///
/// # Safety
///
/// Called by NDIS only, with the context of an attached module of `D`.
pub(super) unsafe extern "system" fn filter_status<D: FilterDriver>(
    context: NDIS_HANDLE,
    indication: *mut NDIS_STATUS_INDICATION,
) {
    // SAFETY: the context of an attached module, used in this call only.
    let context = unsafe { ModuleContext::<D::Module>::of(context) };
    // SAFETY: dies with this call, is used on `indication` only, and not after the forward.
    let memory = unsafe { IssuerMemory::new() };
    // SAFETY: NDIS passes an indication of revision 1.
    let view = unsafe { status_view(indication, &memory) };
    let decoded = StatusEvent::decode(&view);
    context.module.status(&decoded, &view, &context.condition);
    // SAFETY: at most DISPATCH_LEVEL, the module's own handle, the very indication NDIS passed.
    unsafe { NdisFIndicateStatus(context.handle, indication) };
}
