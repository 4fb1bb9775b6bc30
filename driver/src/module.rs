//! What is kept for one filter module, from attach to detach: who it is. Its condition is kept by
//! the layer below.

use core::sync::atomic::{AtomicU32, Ordering};

use ndis_abi::ndis::status::NDIS_STATUS;
use ndis_filter::condition::{Anomaly, Applied, Change, ConditionCell};
use ndis_filter::event::{
    DecodeError, DeviceDecodeError, DeviceNotification, NetDevicePnpEvent, NetPnpEvent,
    Notification, StatusDecodeError, StatusEvent, StatusIndication,
};
use ndis_filter::kernel::pool::{Pool, PoolBytes};
use ndis_filter::kernel::{
    AttachError, AttachParameters, Completion, FilterModule, PauseParameters, RestartParameters,
};

use crate::observe;
use crate::trace;

/// One filter module. Nothing in it is allocated after attach.
pub struct Module {
    /// Who it is, for every trace event.
    pub identity: Identity,
    /// UTF-16, `{adapter}-{filter}-nnnn`.
    pub guid_name: PoolBytes,
    /// UTF-16, `\DEVICE\{guid}` of the adapter.
    pub miniport_name: PoolBytes,
    /// Of this module as an interface.
    pub luid: u64,
    /// NDIS_MEDIUM.
    pub medium: i32,
    /// NDIS_PHYSICAL_MEDIUM.
    pub physical_medium: i32,
    /// NET_IF_MEDIA_CONNECT_STATE when the module was attached.
    pub media_connect_state: i32,
}

/// The fields every trace event starts with.
pub struct Identity {
    /// Of this module as an interface.
    pub if_index: u32,
    /// Of the layer below; NDIS may change it at a restart.
    lower_if_index: AtomicU32,
    /// Of the adapter.
    pub miniport_if_index: u32,
    /// Of the adapter; the key that stays the same across detach and attach.
    pub miniport_luid: u64,
    /// UTF-16, the adapter's name for people.
    pub adapter: PoolBytes,
}

impl Identity {
    /// Of the layer below, as of the last restart.
    pub fn lower_if_index(&self) -> u32 {
        // Relaxed: one number that stands for itself.
        self.lower_if_index.load(Ordering::Relaxed)
    }
}

impl Module {
    /// Copies what the trace needs out of the attach parameters. PASSIVE_LEVEL.
    pub fn new(parameters: &AttachParameters<'_>, pool: Pool) -> Result<Self, AttachError> {
        Ok(Self {
            identity: Identity {
                if_index: parameters.if_index,
                lower_if_index: AtomicU32::new(parameters.lower_if_index),
                miniport_if_index: parameters.miniport_if_index,
                miniport_luid: parameters.miniport_luid,
                adapter: pool.copy(parameters.miniport_instance_name.bytes())?,
            },
            guid_name: pool.copy(parameters.module_guid_name.bytes())?,
            miniport_name: pool.copy(parameters.miniport_name.bytes())?,
            luid: parameters.luid,
            medium: parameters.medium,
            physical_medium: parameters.physical_medium,
            media_connect_state: parameters.media_connect_state,
        })
    }

    /// The listener's share of a network event.
    #[cold]
    fn trace_net_pnp(
        &self,
        event: &Result<NetPnpEvent<'_>, DecodeError>,
        notification: &Notification<'_>,
        applied: Applied,
    ) -> Option<trace::Span> {
        let has_buffer = notification.buffer_address != 0 || notification.buffer_length != 0;
        let observation = observe::net_pnp(event, has_buffer);
        let before = applied.before.condition();
        let span = trace::net_pnp_start(&self.identity, &observation, notification, before);
        if let Some(reason) = observation.anomaly {
            trace::event_anomaly(&self.identity, reason, observation.name, notification.code);
        }
        self.report(applied.anomaly);
        span
    }

    fn report(&self, anomaly: Option<Anomaly>) {
        if let Some(anomaly) = anomaly {
            trace::condition_anomaly(&self.identity, anomaly);
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
    /// None: nobody listened when the event came.
    type Span = Option<trace::Span>;

    fn attached(&self, applied: Applied) {
        trace::attach(self);
        self.report(applied.anomaly);
    }

    fn restarted(&self, parameters: &RestartParameters<'_>, entered: Applied, done: Applied) {
        if let Some((lower_if_index, _)) = parameters.lower {
            self.identity.lower_if_index.store(lower_if_index, Ordering::Relaxed);
        }
        trace::restart(
            &self.identity,
            parameters,
            entered.before.condition(),
            done.after.condition(),
        );
        self.report(entered.anomaly);
        self.report(done.anomaly);
    }

    fn paused(&self, parameters: &PauseParameters, entered: Applied, done: Applied) {
        trace::pause(
            &self.identity,
            *parameters,
            entered.before.condition(),
            done.after.condition(),
        );
        self.report(entered.anomaly);
        self.report(done.anomaly);
    }

    fn detached(&self, applied: Applied) {
        trace::detach(self, applied.before.condition());
        self.report(applied.anomaly);
    }

    fn net_pnp_event(
        &self,
        event: &Result<NetPnpEvent<'_>, DecodeError>,
        notification: &Notification<'_>,
        condition: &ConditionCell,
    ) -> Self::Span {
        let applied = change(condition, observe::change(event));
        if trace::is_off() { None } else { self.trace_net_pnp(event, notification, applied) }
    }

    fn net_pnp_event_forwarded(
        &self,
        span: Self::Span,
        from_above: NDIS_STATUS,
        condition: &ConditionCell,
    ) -> Completion {
        if let Some(span) = span {
            trace::net_pnp_stop(&self.identity, &span, from_above, condition.load());
        }
        Completion::from_above(from_above)
    }

    fn device_pnp_event(
        &self,
        event: &Result<NetDevicePnpEvent, DeviceDecodeError>,
        notification: &DeviceNotification<'_>,
        condition: &ConditionCell,
    ) {
        let changes = event.as_ref().ok().and_then(observe::device_change);
        let applied = change(condition, changes);
        trace::device_pnp(&self.identity, event, notification, applied.after.condition());
        self.report(applied.anomaly);
    }

    fn status(
        &self,
        event: &Result<Option<StatusEvent>, StatusDecodeError>,
        indication: &StatusIndication<'_>,
        condition: &ConditionCell,
    ) {
        trace::status(&self.identity, event, indication, condition.load());
    }
}
