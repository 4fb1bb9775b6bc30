//! What each network event means: what it changes in the module's condition and what of it is recorded
//! (`brief`), what of it is traced and what about it is an anomaly (`net_pnp`).
//!
//! Both matches are exhaustive without a wildcard: a 24th event does not compile until it has an arm
//! in each. They are two because the first is for every event and the second only for a listener.

use ndis_filter::condition::Change;
use ndis_filter::event::{
    BindFailed, DecodeError, DevicePowerState, MultiSz, NetDevicePnpEvent, NetPnpEvent,
    Notification, PauseReason, PortNumbers, Ports, ProtocolRestart, Utf16, WakeUp,
};

/// What there is to say about one event.
#[derive(Clone, Copy)]
pub struct Description<'a> {
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
pub fn describe<'a>(
    event: &Result<NetPnpEvent<'a>, DecodeError>,
    has_buffer: bool,
) -> Description<'a> {
    match event {
        Ok(event) => decoded(event, has_buffer),
        Err(DecodeError::Unknown { .. }) => {
            Description { name: "Unknown", payload: Payload::None, anomaly: Some(UNKNOWN_CODE) }
        }
        Err(DecodeError::Malformed { code, reason, .. }) => Description {
            name: code.name(),
            payload: Payload::Malformed { problem: reason.name() },
            anomaly: Some("malformed-buffer"),
        },
    }
}

fn decoded<'a>(event: &NetPnpEvent<'a>, has_buffer: bool) -> Description<'a> {
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
    Description { name: event.code().name(), payload, anomaly: anomaly.or(surplus) }
}

/// The same, for whoever has the notification only.
#[must_use]
#[cold]
#[inline(never)]
pub fn describe_notification<'a>(notification: &Notification<'a>) -> Description<'a> {
    describe(&NetPnpEvent::decode(notification), notification.has_buffer())
}

/// What every event makes the driver do, listened to or not: in one match, because it is done for each.
#[derive(Clone, Copy)]
pub struct Effect {
    /// What it changes.
    pub change: Option<Change>,
    /// The most telling number of its payload, for the recorder.
    pub value: u32,
    /// What wakes the adapter may be different afterwards.
    pub asks: bool,
    /// Whether there is an anomaly to be told, which [`describe`] knows.
    pub is_odd: bool,
}

/// What `event` makes the driver do, given whether a buffer came with it.
#[must_use]
#[inline]
pub fn effect(event: &Result<NetPnpEvent<'_>, DecodeError>, has_buffer: bool) -> Effect {
    use NetPnpEvent as E;
    let plain = Effect { change: None, value: 0, asks: false, is_odd: false };
    let Ok(event) = event else { return Effect { is_odd: true, ..plain } };
    let of_state = |state: DevicePowerState| state.raw().cast_unsigned();
    match event {
        E::SetPower(state) => Effect {
            change: Some(Change::SetPower(*state)),
            value: of_state(*state),
            asks: *state == DevicePowerState::D0,
            ..plain
        },
        E::QueryPower(state) => {
            Effect { change: Some(Change::QueryPower(*state)), value: of_state(*state), ..plain }
        }
        E::QueryRemoveDevice => {
            Effect { change: Some(Change::QueryRemove), is_odd: has_buffer, ..plain }
        }
        E::CancelRemoveDevice => {
            Effect { change: Some(Change::CancelRemove), is_odd: has_buffer, ..plain }
        }
        E::FilterPreDetach => {
            Effect { change: Some(Change::PreDetach), is_odd: has_buffer, ..plain }
        }
        E::PnpCapabilities(flags) => Effect { value: flags.bits(), asks: true, ..plain },
        // Pause and Restart are meant for protocols; a module has callbacks of its own for that.
        E::Pause(reason) => Effect { value: reason.bits(), ..plain },
        E::Restart(restart) => {
            Effect { value: restart.map_or(0, |restart| restart.bound_if_index), ..plain }
        }
        E::PortDeactivation(ports) => {
            Effect { value: u32::try_from(ports.len()).unwrap_or(u32::MAX), ..plain }
        }
        E::Reconfigure(_)
        | E::BindList(_)
        | E::PortActivation(_)
        | E::ImReEnableDevice(_)
        | E::BindFailed(_)
        | E::UploadGftFlowEntries(_) => plain,
        E::BindsComplete | E::NdkEnable | E::NdkDisable | E::SwitchActivate => {
            Effect { is_odd: has_buffer, ..plain }
        }
        E::AllowBindsAbove | E::InhibitBindsAbove | E::AllowStart | E::RequirePause => {
            Effect { is_odd: true, ..plain }
        }
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
            let description = describe(&Ok(event), false);
            assert_eq!(description.anomaly, Some(NEVER_REACHES_FILTERS));
            assert!(effect(&Ok(event), false).change.is_none());
        }
    }

    #[test]
    fn a_buffer_where_none_belongs_is_reported() {
        let description = describe(&Ok(NetPnpEvent::QueryRemoveDevice), true);
        assert_eq!(description.anomaly, Some(UNEXPECTED_BUFFER));
        assert_eq!(
            effect(&Ok(NetPnpEvent::QueryRemoveDevice), true).change,
            Some(Change::QueryRemove)
        );
    }

    #[test]
    fn a_malformed_event_keeps_its_name_and_changes_nothing() {
        let error = DecodeError::Malformed {
            code: EventCode::SetPower,
            length: 2,
            reason: Malformed::Short { needed: 4 },
        };
        let description = describe(&Err(error), true);
        assert_eq!(description.name, "SetPower");
        assert!(effect(&Err(error), true).change.is_none());
        assert!(matches!(description.payload, Payload::Malformed { problem: "short-buffer" }));
    }

    /// Each of the 23 events, as one with an empty payload, by its name.
    fn every_event() -> impl Iterator<Item = NetPnpEvent<'static>> {
        use ndis_filter::event::Notification;
        struct Nowhere;
        impl ndis_filter::event::Memory for Nowhere {
            fn read(&self, _address: u64, length: usize) -> Option<&[u8]> {
                [0; 64].get(..0).filter(|_| length == 0).or(Some(&[0; 64][..length.min(64)]))
            }
        }
        static NOWHERE: Nowhere = Nowhere;
        (0..23).filter_map(|code| {
            let lengths = [0, 4, 12, 16, 56];
            lengths.into_iter().find_map(|buffer_length| {
                let notification = Notification {
                    code,
                    port_number: 0,
                    flags: 0,
                    buffer_address: u64::from(buffer_length > 0) << 12,
                    buffer_length,
                    memory: &NOWHERE,
                };
                NetPnpEvent::decode(&notification).ok()
            })
        })
    }

    #[test]
    fn effect_and_description_agree_about_what_is_odd() {
        let mut seen = 0;
        for event in every_event() {
            for has_buffer in [false, true] {
                let long = describe(&Ok(event), has_buffer).anomaly.is_some();
                assert_eq!(effect(&Ok(event), has_buffer).is_odd, long, "{}", event.code().name());
                seen += 1;
            }
        }
        assert!(seen >= 40, "{seen}");
    }

    #[test]
    fn an_unknown_code_is_an_anomaly() {
        let description = describe(&Err(DecodeError::Unknown { code: 99, length: 0 }), false);
        assert_eq!(description.anomaly, Some(UNKNOWN_CODE));
    }
}
