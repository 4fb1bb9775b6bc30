//! Single events: device PnP events, status indications, anomalies.

use ndis_filter::condition::{Anomaly, Condition};
use ndis_filter::event::{
    DeviceDecodeError, DeviceNotification, NetDevicePnpEvent, StatusDecodeError, StatusEvent,
    StatusIndication,
};
use tracelogging::{Level, write_event};

use super::{PROVIDER, counted, keyword, link_mbps};
use crate::module::Identity;

/// A device event passed on its way down.
#[inline(never)]
pub fn device_pnp(
    identity: &Identity,
    event: &Result<NetDevicePnpEvent, DeviceDecodeError>,
    notification: &DeviceNotification<'_>,
    after: Condition,
) {
    let (name, detail) = match event {
        Ok(NetDevicePnpEvent::PowerProfileChanged(profile)) => {
            ("PowerProfileChanged", profile.name())
        }
        Ok(event) => (event.name(), ""),
        Err(error) => (error.name(), "undecoded"),
    };
    let adapter = counted(&identity.adapter);
    write_event!(
        PROVIDER,
        "DevicePnPEvent",
        level(Informational),
        keyword(keyword::PNP),
        u32("IfIndex", &identity.if_index),
        u32("LowerIfIndex", &identity.lower_if_index()),
        u32("MiniportIfIndex", &identity.miniport_if_index),
        u64_hex("MiniportLuid", &identity.miniport_luid),
        raw_meta("Adapter", Str16),
        raw_data(&adapter.length),
        raw_data(adapter.bytes),
        str8("Event", name),
        u32("Code", &notification.code),
        u32("PayloadBytes", &notification.buffer_length),
        str8("Detail", detail),
        str8("State", after.state.name()),
        str8("Power", after.power.name()),
    );
}

/// A status indication passed on its way up; those that say nothing about power and PnP are not
/// traced. At most DISPATCH_LEVEL.
pub fn status(
    identity: &Identity,
    event: &Result<Option<StatusEvent>, StatusDecodeError>,
    indication: &StatusIndication<'_>,
    condition: Condition,
) {
    if !PROVIDER.enabled(Level::Informational, keyword::STATUS) {
        return;
    }
    match event {
        Ok(None) => {}
        Ok(Some(event)) => write_status(identity, event, indication, condition),
        Err(_) => {
            event_anomaly(identity, "malformed-status", "Status", indication.code.cast_unsigned());
        }
    }
}

#[inline(never)]
fn write_status(
    identity: &Identity,
    event: &StatusEvent,
    indication: &StatusIndication<'_>,
    condition: Condition,
) {
    let (value, speed) = match event {
        StatusEvent::LinkState(link) => (link.connect, link.xmit),
        StatusEvent::PmWakeReason(wake) => (wake.reason, 0),
        StatusEvent::OperStatus
        | StatusEvent::NetworkChange
        | StatusEvent::PmCapabilitiesChange
        | StatusEvent::PmHardwareCapabilities
        | StatusEvent::PortState
        | StatusEvent::ResetStart
        | StatusEvent::ResetEnd => (0, 0),
    };
    let adapter = counted(&identity.adapter);
    write_event!(
        PROVIDER,
        "Status",
        level(Informational),
        keyword(keyword::STATUS),
        u32("IfIndex", &identity.if_index),
        u32("LowerIfIndex", &identity.lower_if_index()),
        u32("MiniportIfIndex", &identity.miniport_if_index),
        u64_hex("MiniportLuid", &identity.miniport_luid),
        raw_meta("Adapter", Str16),
        raw_data(&adapter.length),
        raw_data(adapter.bytes),
        str8("Event", event.name()),
        u32_hex("Code", &indication.code.cast_unsigned()),
        u32("PortNumber", &indication.port_number),
        u32("PayloadBytes", &indication.buffer_length),
        str8("Value", event.value_name()),
        i32("RawValue", &value),
        u64("LinkMbps", &link_mbps(speed)),
        str8("State", condition.state.name()),
        str8("Power", condition.power.name()),
    );
}

/// A network event or a status should not have come, or not like this.
#[inline(never)]
pub fn event_anomaly(identity: &Identity, reason: &str, event: &str, code: u32) {
    let adapter = counted(&identity.adapter);
    write_event!(
        PROVIDER,
        "Anomaly",
        level(Warning),
        keyword(keyword::ANOMALY),
        u32("IfIndex", &identity.if_index),
        u32("LowerIfIndex", &identity.lower_if_index()),
        u32("MiniportIfIndex", &identity.miniport_if_index),
        u64_hex("MiniportLuid", &identity.miniport_luid),
        raw_meta("Adapter", Str16),
        raw_data(&adapter.length),
        raw_data(adapter.bytes),
        str8("Reason", reason),
        str8("Event", event),
        u32("Code", &code),
    );
}

/// The module's condition should not have changed like this.
pub fn condition_anomaly(identity: &Identity, anomaly: Anomaly) {
    let (event, code) = match anomaly {
        Anomaly::IllegalTransition { state, trigger } => (trigger.name(), state as u32),
        Anomaly::RepeatedQueryRemove
        | Anomaly::CancelWithoutQuery
        | Anomaly::RepeatedPreDetach
        | Anomaly::AfterDetach => ("", 0),
    };
    event_anomaly(identity, anomaly.name(), event, code);
}
