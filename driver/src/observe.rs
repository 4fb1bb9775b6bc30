//! What each network event means: what it changes in the module's condition (`change`), what of it
//! is traced and what about it is an anomaly (`net_pnp`).
//!
//! Both matches are exhaustive without a wildcard: a 24th event does not compile until it has an arm
//! in each. They are two because the first is for every event and the second only for a listener.

use ndis_filter::condition::Change;
use ndis_filter::event::{
    BindFailed, DecodeError, DevicePowerState, MultiSz, NetDevicePnpEvent, NetPnpEvent,
    PauseReason, PortNumbers, Ports, ProtocolRestart, Utf16, WakeUp,
};

/// What there is to say about one event.
#[derive(Clone, Copy)]
pub struct Observation<'a> {
    /// The event's Windows name without its prefix; "Unknown" for a code without one.
    pub name: &'static str,
    /// What to trace of its buffer.
    pub payload: Payload<'a>,
    /// Why it is remarkable that it came, or came like this.
    pub anomaly: Option<&'static str>,
}

/// What to trace of an event's buffer, by shape.
#[derive(Clone, Copy)]
pub enum Payload<'a> {
    /// The event carries nothing that can be named.
    None,
    /// SetPower, QueryPower.
    Power(DevicePowerState),
    /// BindList.
    Names(MultiSz<'a>),
    /// PnPCapabilities.
    WakeUp(WakeUp),
    /// Pause.
    Pause(PauseReason),
    /// Restart.
    Restart(Option<ProtocolRestart<'a>>),
    /// PortActivation.
    Ports(Ports<'a>),
    /// PortDeactivation.
    PortNumbers(PortNumbers<'a>),
    /// IMReEnableDevice.
    Device(Utf16<'a>),
    /// BindFailed.
    BindFailed(BindFailed),
    /// The buffer cannot be what the event promises.
    Malformed {
        /// What is wrong with it.
        problem: &'static str,
    },
}

/// The event says it carries nothing, and a buffer came with it.
const UNEXPECTED_BUFFER: &str = "unexpected-buffer";
/// NDIS says that filters never receive this event.
const NEVER_REACHES_FILTERS: &str = "never-reaches-filters";
/// The code is newer than this driver, or nonsense.
const UNKNOWN_CODE: &str = "unknown-code";

/// What `event` means, given whether a buffer came with it.
#[must_use]
pub fn net_pnp<'a>(
    event: &Result<NetPnpEvent<'a>, DecodeError>,
    has_buffer: bool,
) -> Observation<'a> {
    match event {
        Ok(event) => decoded(event, has_buffer),
        Err(DecodeError::Unknown { .. }) => {
            Observation { name: "Unknown", payload: Payload::None, anomaly: Some(UNKNOWN_CODE) }
        }
        Err(DecodeError::Malformed { code, reason, .. }) => Observation {
            name: code.name(),
            payload: Payload::Malformed { problem: reason.name() },
            anomaly: Some("malformed-buffer"),
        },
    }
}

fn decoded<'a>(event: &NetPnpEvent<'a>, has_buffer: bool) -> Observation<'a> {
    use NetPnpEvent as E;
    let (payload, anomaly) = match *event {
        E::SetPower(state) | E::QueryPower(state) => (Payload::Power(state), None),
        E::BindList(names) => (Payload::Names(names), None),
        E::PnpCapabilities(wake_up) => (Payload::WakeUp(wake_up), None),
        E::Pause(reason) => (Payload::Pause(reason), None),
        E::Restart(restart) => (Payload::Restart(restart), None),
        E::PortActivation(ports) => (Payload::Ports(ports), None),
        E::PortDeactivation(ports) => (Payload::PortNumbers(ports), None),
        E::ImReEnableDevice(device) => (Payload::Device(device), None),
        E::BindFailed(failed) => (Payload::BindFailed(failed), None),
        E::QueryRemoveDevice
        | E::CancelRemoveDevice
        | E::BindsComplete
        | E::NdkEnable
        | E::NdkDisable
        | E::FilterPreDetach
        | E::SwitchActivate
        // Component-private bytes: their number is traced with every event, the bytes are not.
        | E::Reconfigure(_)
        | E::UploadGftFlowEntries(_) => (Payload::None, None),
        E::AllowBindsAbove | E::InhibitBindsAbove | E::AllowStart | E::RequirePause => {
            (Payload::None, Some(NEVER_REACHES_FILTERS))
        }
    };
    let surplus = (has_buffer && event.carries_nothing()).then_some(UNEXPECTED_BUFFER);
    Observation { name: event.code().name(), payload, anomaly: anomaly.or(surplus) }
}

/// What a network event does to the module, listened to or not.
#[must_use]
pub fn change(event: &Result<NetPnpEvent<'_>, DecodeError>) -> Option<Change> {
    use NetPnpEvent as E;
    match event.as_ref().ok()? {
        E::SetPower(state) => Some(Change::SetPower(*state)),
        E::QueryPower(state) => Some(Change::QueryPower(*state)),
        E::QueryRemoveDevice => Some(Change::QueryRemove),
        E::CancelRemoveDevice => Some(Change::CancelRemove),
        E::FilterPreDetach => Some(Change::PreDetach),
        // Pause and Restart are meant for protocols; a module has callbacks of its own for that.
        E::Pause(_)
        | E::Restart(_)
        | E::Reconfigure(_)
        | E::BindList(_)
        | E::BindsComplete
        | E::PnpCapabilities(_)
        | E::PortActivation(_)
        | E::PortDeactivation(_)
        | E::ImReEnableDevice(_)
        | E::NdkEnable
        | E::NdkDisable
        | E::BindFailed(_)
        | E::SwitchActivate
        | E::AllowBindsAbove
        | E::InhibitBindsAbove
        | E::AllowStart
        | E::RequirePause
        | E::UploadGftFlowEntries(_) => None,
    }
}

/// What a device event does to the module.
#[must_use]
pub fn device_change(event: &NetDevicePnpEvent) -> Option<Change> {
    use NetDevicePnpEvent as E;
    match event {
        E::SurpriseRemoved => Some(Change::SurpriseRemoved),
        E::QueryRemoved
        | E::Removed
        | E::QueryStopped
        | E::Stopped
        | E::PowerProfileChanged(_)
        | E::FilterListChanged => None,
    }
}

#[cfg(test)]
mod tests {
    use ndis_filter::event::{EventCode, Malformed};

    use super::*;

    #[test]
    fn events_that_never_reach_filters_are_anomalies_and_change_nothing() {
        for event in [
            NetPnpEvent::AllowBindsAbove,
            NetPnpEvent::InhibitBindsAbove,
            NetPnpEvent::AllowStart,
            NetPnpEvent::RequirePause,
        ] {
            let observation = net_pnp(&Ok(event), false);
            assert_eq!(observation.anomaly, Some(NEVER_REACHES_FILTERS));
            assert!(change(&Ok(event)).is_none());
        }
    }

    #[test]
    fn a_buffer_where_none_belongs_is_reported() {
        let observation = net_pnp(&Ok(NetPnpEvent::QueryRemoveDevice), true);
        assert_eq!(observation.anomaly, Some(UNEXPECTED_BUFFER));
        assert_eq!(change(&Ok(NetPnpEvent::QueryRemoveDevice)), Some(Change::QueryRemove));
    }

    #[test]
    fn a_malformed_event_keeps_its_name_and_changes_nothing() {
        let error = DecodeError::Malformed {
            code: EventCode::SetPower,
            length: 2,
            reason: Malformed::Short { needed: 4 },
        };
        let observation = net_pnp(&Err(error), true);
        assert_eq!(observation.name, "SetPower");
        assert!(change(&Err(error)).is_none());
        assert!(matches!(observation.payload, Payload::Malformed { problem: "short-buffer" }));
    }

    #[test]
    fn an_unknown_code_is_an_anomaly() {
        let observation = net_pnp(&Err(DecodeError::Unknown { code: 99, length: 0 }), false);
        assert_eq!(observation.anomaly, Some(UNKNOWN_CODE));
    }
}
