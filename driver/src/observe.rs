//! The meaning of each network event: its effect on the module and the recorder (`effect`), and its
//! description for a trace, anomaly included (`describe`).
//!
//! Both matches are exhaustive without a wildcard: a new event does not compile until it has an arm
//! in each. They are two because the first is for every event and the second only for a session.

use crate::events::keyword;
use ndis_filter::condition::Change;
use ndis_filter::event::{
    BindFailed, DecodeError, DevicePowerState, MultiSz, NetDevicePnpEvent, NetPnpEvent,
    Notification, PauseReason, PortNumbers, Ports, ProtocolRestart, Utf16, WakeUp,
};

/// The description of one network event, for a trace.
#[derive(Clone, Copy)]
pub struct Description<'a> {
    /// The event's Windows name without its prefix; "Unknown" for a code without one.
    pub name: &'static str,
    /// The part of the buffer that is traced.
    pub payload: Payload<'a>,
    /// The reason why the event should not have come, or not like this.
    pub anomaly: Option<&'static str>,
}

/// The part of an event's buffer that is traced, by shape.
#[derive(Clone, Copy)]
pub enum Payload<'a> {
    /// The event carries nothing that can be named.
    None,
    /// The power state of SetPower and QueryPower.
    Power(DevicePowerState),
    /// The names of BindList.
    Names(MultiSz<'a>),
    /// The wake-up bits of PnPCapabilities.
    WakeUp(WakeUp),
    /// The reason of Pause.
    Pause(PauseReason),
    /// The parameters of Restart.
    Restart(Option<ProtocolRestart<'a>>),
    /// The ports of PortActivation.
    Ports(Ports<'a>),
    /// The port numbers of PortDeactivation.
    PortNumbers(PortNumbers<'a>),
    /// The device name of IMReEnableDevice.
    Device(Utf16<'a>),
    /// The adapter of BindFailed.
    BindFailed(BindFailed),
    /// The buffer cannot be what the event promises.
    Malformed {
        /// The defect of the buffer.
        problem: &'static str,
    },
}

impl Payload<'_> {
    /// The keyword under which everything about an event with this payload is written.
    #[must_use]
    pub const fn keyword(&self) -> u64 {
        match self {
            Self::Power(_) => keyword::POWER,
            Self::Names(_)
            | Self::Pause(_)
            | Self::Restart(_)
            | Self::Device(_)
            | Self::BindFailed(_) => keyword::BINDING,
            Self::Ports(_) | Self::PortNumbers(_) => keyword::PORTS,
            Self::None | Self::WakeUp(_) | Self::Malformed { .. } => keyword::PNP,
        }
    }
}

/// Anomaly: the event is documented to carry nothing, and a buffer came with it.
const UNEXPECTED_BUFFER: &str = "unexpected-buffer";
/// Anomaly: NDIS documents that filters never receive this event.
const NEVER_REACHES_FILTERS: &str = "never-reaches-filters";
/// Anomaly: the code is newer than this driver, or nonsense.
const UNKNOWN_CODE: &str = "unknown-code";

/// Describes a network event, given whether a buffer came with it.
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

/// Describes the event of a notification, for callers that have not kept the decoded event.
#[must_use]
#[cold]
#[inline(never)]
pub fn describe_notification<'a>(notification: &Notification<'a>) -> Description<'a> {
    describe(&NetPnpEvent::decode(notification), notification.has_buffer())
}

/// The part of an event's meaning that is needed even when no session listens. One match, because it runs
/// for every event.
#[derive(Clone, Copy)]
pub struct Effect {
    /// The change of the module's condition.
    pub change: Option<Change>,
    /// The most telling number of the payload, for the recorder.
    pub value: u32,
    /// Whether the answer to the wake-up queries may be different afterwards.
    pub asks: bool,
    /// Whether there is an anomaly; [`describe`] names it.
    pub is_odd: bool,
}

/// The effect of an event, given whether a buffer came with it.
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

/// The change of the module's condition by a device event.
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

    /// Memory that repeats the same 16 bytes.
    struct Repeats([u8; 16]);

    impl ndis_filter::event::Memory for Repeats {
        fn read(&self, _address: u64, length: usize) -> Option<&[u8]> {
            static ZEROS: [u8; 128] = [0; 128];
            if self.0 == [0; 16] { ZEROS.get(..length) } else { self.0.get(..length) }
        }
    }

    /// Zeros, and an object header that covers every structure.
    static MEMORIES: [Repeats; 2] = {
        let mut header = [0; 16];
        [header[0], header[1], header[2], header[3]] = [0x80, 1, 0xFF, 0xFF];
        [Repeats([0; 16]), Repeats(header)]
    };

    /// Every event, with some payload that decodes.
    fn every_event() -> impl Iterator<Item = NetPnpEvent<'static>> {
        EventCode::ALL.into_iter().map(|code| {
            let lengths = [0, 4, 12, 16, 96].into_iter();
            let mut tries = lengths.flat_map(|length| MEMORIES.iter().map(move |at| (length, at)));
            let decoded = tries.find_map(|(buffer_length, memory)| {
                let notification = Notification {
                    code: code.raw(),
                    port_number: 0,
                    flags: 0,
                    buffer_address: u64::from(buffer_length > 0) << 12,
                    buffer_length,
                    memory,
                };
                NetPnpEvent::decode(&notification).ok()
            });
            decoded.unwrap_or_else(|| panic!("no buffer here decodes as {}", code.name()))
        })
    }

    #[test]
    fn effect_and_description_agree_about_what_is_odd() {
        for event in every_event() {
            for has_buffer in [false, true] {
                let described = describe(&Ok(event), has_buffer).anomaly.is_some();
                let name = event.code().name();
                assert_eq!(effect(&Ok(event), has_buffer).is_odd, described, "{name}");
            }
        }
    }

    /// The keyword of each event by its subject: a new one does not compile until it has been thought of.
    fn keyword_of(code: EventCode) -> u64 {
        use EventCode as C;
        match code {
            C::SetPower | C::QueryPower => keyword::POWER,
            C::BindList | C::Pause | C::Restart | C::ImReEnableDevice | C::BindFailed => {
                keyword::BINDING
            }
            C::PortActivation | C::PortDeactivation => keyword::PORTS,
            // Binding and configuration of others: without a payload that is traced, they are with the rest.
            C::Reconfigure | C::BindsComplete | C::AllowBindsAbove | C::InhibitBindsAbove => {
                keyword::PNP
            }
            C::QueryRemoveDevice
            | C::CancelRemoveDevice
            | C::PnpCapabilities
            | C::NdkEnable
            | C::NdkDisable
            | C::FilterPreDetach
            | C::SwitchActivate
            | C::AllowStart
            | C::RequirePause
            | C::UploadGftFlowEntries => keyword::PNP,
        }
    }

    #[test]
    fn every_event_is_written_under_the_keyword_of_its_subject() {
        for event in every_event() {
            let found = describe(&Ok(event), false).payload.keyword();
            assert_eq!(found, keyword_of(event.code()), "{}", event.code().name());
        }
    }

    #[test]
    fn an_unknown_code_is_an_anomaly() {
        let description = describe(&Err(DecodeError::Unknown { code: 99, length: 0 }), false);
        assert_eq!(description.anomaly, Some(UNKNOWN_CODE));
    }
}
