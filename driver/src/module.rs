//! Per-module data: the names and interface numbers under which its events are traced. Its state and
//! power are kept by ndis-filter (`condition`).

use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use driver_abi::ndis::status::NDIS_STATUS;
use ndis_filter::condition::{Applied, Change, ConditionCell};
use ndis_filter::event::{
    DecodeError, DeviceDecodeError, DeviceNotification, NetDevicePnpEvent, NetPnpEvent,
    Notification, PmCapabilities, StatusDecodeError, StatusEvent, StatusIndication, WakeSettings,
};
use ndis_filter::gate::Query;
use ndis_filter::kernel::pool::{Pool, PoolBytes};
use ndis_filter::kernel::{
    AttachError, AttachParameters, Completion, FilterModule, PauseParameters, Requests,
    RestartParameters,
};

use crate::observe;
use crate::trace::{self, NoAnswer};

/// One filter module. Nothing in it is allocated after attach.
pub struct Module {
    /// UTF-16, the adapter's name for people.
    adapter: PoolBytes,
    /// UTF-16, `{adapter}-{filter}-nnnn`.
    pub guid_name: PoolBytes,
    /// UTF-16, `\DEVICE\{guid}` of the adapter.
    pub miniport_name: PoolBytes,
    /// Interface index of this module.
    if_index: u32,
    /// NET_LUID of this module.
    luid: u64,
    /// Interface index of the layer below; NDIS may change it at a restart.
    lower_if_index: AtomicU32,
    /// NET_LUID of the layer below; NDIS may change it at a restart.
    lower_luid: AtomicU64,
    /// Whether OID_PM_HARDWARE_CAPABILITIES was answered; hardware does not change.
    hardware_known: AtomicBool,
    /// Interface index of the adapter.
    miniport_if_index: u32,
    /// NET_LUID of the adapter, which stays the same across detach and attach.
    miniport_luid: u64,
    /// NDIS_MEDIUM of the adapter.
    pub medium: i32,
    /// NDIS_PHYSICAL_MEDIUM of the adapter.
    pub physical_medium: i32,
    /// NET_IF_MEDIA_CONNECT_STATE when the module was attached.
    pub media_connect_state: i32,
}

/// The names and interface numbers of a module, with which each of its events begins.
#[derive(Clone, Copy)]
pub struct ModuleIdentity<'a> {
    /// Interface index of this module.
    pub if_index: u32,
    /// Interface index of the layer below, as of the last restart.
    pub lower_if_index: u32,
    /// Interface index of the adapter.
    pub miniport_if_index: u32,
    /// NET_LUID of the adapter.
    pub miniport_luid: u64,
    /// NET_LUID of this module.
    pub luid: u64,
    /// UTF-16, the adapter's name for people.
    pub adapter: &'a [u8],
}

impl<'a> ModuleIdentity<'a> {
    /// The identity of a module that is about to be made. Its lower layer is that of the attach.
    pub fn of_parameters(parameters: &AttachParameters<'a>) -> Self {
        Self {
            if_index: parameters.if_index,
            lower_if_index: parameters.lower_if_index,
            miniport_if_index: parameters.miniport_if_index,
            miniport_luid: parameters.miniport_luid,
            luid: parameters.luid,
            adapter: parameters.miniport_instance_name.bytes(),
        }
    }
}

impl Module {
    /// Copies what the trace needs out of the attach parameters. PASSIVE_LEVEL.
    pub fn new(parameters: &AttachParameters<'_>, pool: Pool) -> Result<Self, AttachError> {
        Ok(Self {
            adapter: pool.copy(parameters.miniport_instance_name.bytes())?,
            guid_name: pool.copy(parameters.module_guid_name.bytes())?,
            miniport_name: pool.copy(parameters.miniport_name.bytes())?,
            if_index: parameters.if_index,
            luid: parameters.luid,
            lower_if_index: AtomicU32::new(parameters.lower_if_index),
            lower_luid: AtomicU64::new(parameters.lower_luid),
            hardware_known: AtomicBool::new(false),
            miniport_if_index: parameters.miniport_if_index,
            miniport_luid: parameters.miniport_luid,
            medium: parameters.medium,
            physical_medium: parameters.physical_medium,
            media_connect_state: parameters.media_connect_state,
        })
    }

    /// Sends the queries about wake-up, from the module directly above the adapter only: the others would
    /// ask the same.
    fn ask(&self, requests: &Requests<'_, Self>) {
        // Relaxed, here and below: numbers that stand for themselves.
        if self.lower_luid.load(Ordering::Relaxed) != self.miniport_luid {
            return;
        }
        if !self.hardware_known.load(Ordering::Relaxed) {
            requests.ask(Query::PmHardwareCapabilities);
        }
        requests.ask(Query::PmParameters);
    }

    /// The module's identity at this moment. Any IRQL.
    pub fn identity(&self) -> ModuleIdentity<'_> {
        ModuleIdentity {
            if_index: self.if_index,
            // Relaxed: one number that stands for itself.
            lower_if_index: self.lower_if_index.load(Ordering::Relaxed),
            miniport_if_index: self.miniport_if_index,
            miniport_luid: self.miniport_luid,
            luid: self.luid,
            adapter: &self.adapter,
        }
    }
}

/// Applies what an event changes, if it changes anything.
fn change(condition: &ConditionCell, change: Option<Change>) -> Applied {
    let Some(change) = change else {
        let unchanged = condition.packed();
        return Applied { before: unchanged, after: unchanged, anomaly: None };
    };
    condition.apply(change)
}

impl FilterModule for Module {
    type Span = trace::Span;
    type DeviceSpan = trace::DeviceSpan;
    type PauseSpan = trace::Pause;

    fn restarted(
        &self,
        parameters: &RestartParameters<'_>,
        entered: Applied,
        done: Applied,
        requests: &Requests<'_, Self>,
    ) {
        if let Some(lower) = parameters.lower {
            self.lower_if_index.store(lower.if_index, Ordering::Relaxed);
            self.lower_luid.store(lower.luid, Ordering::Relaxed);
        }
        let identity = self.identity();
        let span = trace::restart(&identity, parameters, entered, done);
        trace::condition_anomaly(&identity, span, entered.anomaly);
        trace::condition_anomaly(&identity, span, done.anomaly);
        self.ask(requests);
    }

    fn pausing(&self, parameters: &PauseParameters, entered: Applied) -> trace::Pause {
        let identity = self.identity();
        let span = trace::pause_start(&identity, *parameters, entered);
        trace::condition_anomaly(&identity, span.id(), entered.anomaly);
        span
    }

    fn paused(&self, span: trace::Pause, done: Applied) {
        let identity = self.identity();
        trace::pause_stop(&identity, span, done);
        trace::condition_anomaly(&identity, span.id(), done.anomaly);
    }

    fn answered(
        &self,
        query: Query,
        answer: Result<&[u8], NDIS_STATUS>,
        condition: &ConditionCell,
    ) {
        let (identity, now) = (self.identity(), condition.packed());
        let why = match (query, answer) {
            (_, Err(status)) => NoAnswer::Refused(status),
            (Query::PmParameters, Ok(bytes)) => match WakeSettings::from_bytes(bytes) {
                Ok(settings) => return trace::wake_settings(&identity, settings, now),
                Err(problem) => NoAnswer::Malformed(problem),
            },
            (Query::PmHardwareCapabilities, Ok(bytes)) => match PmCapabilities::from_bytes(bytes) {
                Ok(pm) => {
                    self.hardware_known.store(true, Ordering::Relaxed);
                    return trace::wake_hardware(&identity, pm, now);
                }
                Err(problem) => NoAnswer::Malformed(problem),
            },
        };
        trace::no_answer(&identity, query, why, now);
    }

    fn detached(&self, applied: Applied) {
        let identity = self.identity();
        let span = trace::detach(&identity, applied);
        trace::condition_anomaly(&identity, span, applied.anomaly);
    }

    fn net_pnp_event(
        &self,
        event: &Result<NetPnpEvent<'_>, DecodeError>,
        notification: &Notification<'_>,
        condition: &ConditionCell,
    ) -> Self::Span {
        let effect = observe::effect(event, notification.has_buffer());
        let applied = change(condition, effect.change);
        let span = trace::net_pnp_start(self, notification, effect, applied.before);
        if effect.is_odd || applied.anomaly.is_some() {
            trace::net_pnp_anomaly(self, span.id(), notification, applied.anomaly);
        }
        span
    }

    fn net_pnp_event_forwarded(
        &self,
        span: Self::Span,
        from_above: NDIS_STATUS,
        condition: &ConditionCell,
        requests: &Requests<'_, Self>,
    ) -> Completion {
        trace::net_pnp_stop(self, &span, from_above, condition.packed());
        if span.asks() && requests.are_possible() {
            self.ask(requests);
        }
        Completion::from_above(from_above)
    }

    fn device_pnp_event(
        &self,
        event: &Result<NetDevicePnpEvent, DeviceDecodeError>,
        notification: &DeviceNotification<'_>,
        condition: &ConditionCell,
    ) -> Self::DeviceSpan {
        let changes = event.as_ref().ok().and_then(observe::device_change);
        let applied = change(condition, changes);
        let (identity, after) = (self.identity(), applied.after);
        let span = trace::device_pnp_start(&identity, event, notification, after);
        trace::condition_anomaly(&identity, span.id(), applied.anomaly);
        span
    }

    fn device_pnp_event_forwarded(&self, span: Self::DeviceSpan, condition: &ConditionCell) {
        trace::device_pnp_stop(&self.identity(), &span, condition.packed());
    }

    fn status(
        &self,
        event: &Result<Option<StatusEvent>, StatusDecodeError>,
        indication: &StatusIndication<'_>,
        condition: &ConditionCell,
    ) {
        trace::status(&self.identity(), event, indication, condition.packed());
    }
}
