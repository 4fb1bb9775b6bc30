//! The traits that a filter driver written with this crate implements.

use driver_abi::ndis::status::{
    NDIS_STATUS, NDIS_STATUS_FAILURE, NDIS_STATUS_RESOURCES, NDIS_STATUS_SUCCESS,
};

use super::list::ModuleList;
use super::own_request::Requests;
use super::parameters::{AttachParameters, PauseParameters, RestartParameters};
use super::pool::Pool;
use crate::condition::{Applied, ConditionCell};
use crate::event::{
    DecodeError, DeviceDecodeError, DeviceNotification, NetDevicePnpEvent, NetPnpEvent,
    Notification, StatusDecodeError, StatusEvent, StatusIndication,
};
use crate::gate::Query;

/// A filter driver: one value for the whole image, which makes a module for every FilterAttach.
pub trait FilterDriver: Sync + 'static {
    /// The driver's data of one filter module.
    type Module: FilterModule + Sync;
    /// The data that `attach_begins` hands over to `attach_ends`.
    type Attach;

    /// Pool tag of everything this driver allocates, as it reads in `!poolused`: `*b"NPnp"`.
    const POOL_TAG: [u8; 4];

    /// Whether modules send requests of their own. The layer asks in DriverEntry and at each attach, and
    /// the answer must always be the same, because NDIS fixes the handlers at registration. If false, no
    /// OID handler is registered, NDIS bypasses the filter for every request, and FilterPause never pends.
    fn sends_requests(&self) -> bool {
        false
    }

    /// The list in which the layer keeps the modules.
    fn modules(&self) -> &ModuleList<Self::Module>;

    /// FilterAttach has begun. PASSIVE_LEVEL.
    fn attach_begins(&self, parameters: &AttachParameters<'_>) -> Self::Attach;

    /// NDIS attaches a module to a stack.
    ///
    /// - IRQL: PASSIVE_LEVEL. May run before registration has returned, and for several adapters
    ///   at once.
    /// - Borrows: `parameters`, until return. Copy what is to stay into `pool`.
    /// - Errors: the layer gives everything back and reports the failure to NDIS; `detached` does
    ///   not follow.
    fn attach(
        &self,
        parameters: &AttachParameters<'_>,
        pool: Pool,
    ) -> Result<Self::Module, AttachError>;

    /// FilterAttach is about to return success, or a failure, here or in the layer, which leaves
    /// nothing of the module. `begun` is None when the parameters could not be read. PASSIVE_LEVEL.
    fn attach_ends(
        &self,
        begun: Option<(&AttachParameters<'_>, Self::Attach)>,
        result: Result<Applied, AttachError>,
    );
}

/// One filter module: one attachment of the driver to one stack.
///
/// All methods may run on several processors at once, apart from what each says it excludes.
/// The layer forwards every event, whatever these methods do, exactly once and unchanged.
pub trait FilterModule: Sized + 'static {
    /// The data that `net_pnp_event` hands over to `net_pnp_event_forwarded`.
    type Span;
    /// The data that `device_pnp_event` hands over to `device_pnp_event_forwarded`.
    type DeviceSpan;
    /// The data that `pausing` hands over to `paused`.
    type PauseSpan: Send;

    /// FilterRestart: the module runs from here on. PASSIVE_LEVEL; excludes pause and detach.
    fn restarted(
        &self,
        parameters: &RestartParameters<'_>,
        entered: Applied,
        done: Applied,
        requests: &Requests<'_, Self>,
    );

    /// FilterPause has begun. PASSIVE_LEVEL; excludes restart and detach.
    fn pausing(&self, parameters: &PauseParameters, entered: Applied) -> Self::PauseSpan;

    /// The module is paused from here on. At once, at PASSIVE_LEVEL; or, when a request of its own was
    /// out, with its end, at most at DISPATCH_LEVEL.
    fn paused(&self, span: Self::PauseSpan, done: Applied);

    /// A query that [`Requests::ask`] put is answered, with the bytes that the layers below wrote, or
    /// refused. At most DISPATCH_LEVEL.
    fn answered(
        &self,
        query: Query,
        answer: Result<&[u8], NDIS_STATUS>,
        condition: &ConditionCell,
    ) {
        // For modules that never ask.
        let _ = (query, answer, condition);
    }

    /// FilterDetach: the last call; the value is dropped afterwards. PASSIVE_LEVEL.
    fn detached(&self, applied: Applied);

    /// FilterNetPnPEvent, before the event is forwarded to the layers above. PASSIVE_LEVEL.
    ///
    /// Must not wait, least of all for SetPower and QueryPower: the machine's power transition
    /// stands still meanwhile (ddi:netpnp/ns-netpnp-_net_pnp_event).
    fn net_pnp_event(
        &self,
        event: &Result<NetPnpEvent<'_>, DecodeError>,
        notification: &Notification<'_>,
        condition: &ConditionCell,
    ) -> Self::Span;

    /// FilterNetPnPEvent, after every layer above has had the event. PASSIVE_LEVEL, on the same thread.
    ///
    /// The answer counts for QueryPower and QueryRemoveDevice only; for every other event the
    /// layer answers success, as ddi:ndis/nc-ndis-filter_net_pnp_event demands.
    fn net_pnp_event_forwarded(
        &self,
        span: Self::Span,
        from_above: NDIS_STATUS,
        condition: &ConditionCell,
        requests: &Requests<'_, Self>,
    ) -> Completion;

    /// FilterDevicePnPEventNotify, before the event is forwarded down. PASSIVE_LEVEL.
    fn device_pnp_event(
        &self,
        event: &Result<NetDevicePnpEvent, DeviceDecodeError>,
        notification: &DeviceNotification<'_>,
        condition: &ConditionCell,
    ) -> Self::DeviceSpan;

    /// FilterDevicePnPEventNotify, after every layer below has had the event. PASSIVE_LEVEL, on the same
    /// thread.
    fn device_pnp_event_forwarded(&self, span: Self::DeviceSpan, condition: &ConditionCell);

    /// FilterStatus, before the indication is forwarded up. At most DISPATCH_LEVEL.
    fn status(
        &self,
        event: &Result<Option<StatusEvent>, StatusDecodeError>,
        indication: &StatusIndication<'_>,
        condition: &ConditionCell,
    );
}

/// The answer to a network event. A filter cannot pend one, so that cannot be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Completion {
    /// The module agrees: NDIS_STATUS_SUCCESS.
    Success,
    /// The module vetoes: NDIS_STATUS_FAILURE, which counts for QueryPower and QueryRemoveDevice only.
    Failure,
}

impl Completion {
    /// The answer of a filter without an opinion: that of the layers above. Every status but SUCCESS,
    /// PENDING and RESOURCES included, becomes a failure; the reference allows NdisFNetPnPEvent SUCCESS and
    /// FAILURE only.
    pub fn from_above(from_above: NDIS_STATUS) -> Self {
        if from_above == NDIS_STATUS_SUCCESS { Self::Success } else { Self::Failure }
    }

    pub(super) const fn status(self) -> NDIS_STATUS {
        match self {
            Self::Success => NDIS_STATUS_SUCCESS,
            Self::Failure => NDIS_STATUS_FAILURE,
        }
    }
}

/// The reason why a module could not be attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttachError {
    /// There is no pool memory.
    Memory,
    /// The attach parameters have a foreign header or are too short.
    Parameters,
    /// NdisFSetAttributes refused, with this status.
    SetAttributes(NDIS_STATUS),
}

impl AttachError {
    /// The status FilterAttach returns: RESOURCES or FAILURE, the two the reference names
    /// (ddi:ndis/nc-ndis-filter_attach).
    pub const fn status(self) -> NDIS_STATUS {
        match self {
            Self::Memory => NDIS_STATUS_RESOURCES,
            Self::SetAttributes(status) if status.0 == NDIS_STATUS_RESOURCES.0 => status,
            Self::Parameters | Self::SetAttributes(_) => NDIS_STATUS_FAILURE,
        }
    }
}
