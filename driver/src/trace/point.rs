//! Points: status indications and anomalies.

use driver_abi::ndis::status::NDIS_STATUS_SUCCESS;
use driver_kit::etw::{NoFields, level, text};
use ndis_filter::condition::{Anomaly, Condition, ConditionWord};
use ndis_filter::event::{Notification, StatusDecodeError, StatusEvent, StatusIndication};

use super::span::{Ids, activity, own_activity};
use super::{PROVIDER, link_mbps};
use crate::events;
use crate::events::keyword;
use crate::module::{Module, ModuleIdentity};
use crate::names;
use crate::observe;
use crate::recorder::{self, Record, RecordKind};

/// Records and traces a status indication; one that says nothing about power and PnP is neither. At most
/// DISPATCH_LEVEL.
pub fn status(
    identity: &ModuleIdentity<'_>,
    event: &Result<Option<StatusEvent>, StatusDecodeError>,
    indication: &StatusIndication<'_>,
    condition: ConditionWord,
) {
    match event {
        Ok(None) => {}
        Ok(Some(event)) => write_status(identity, event, indication, condition),
        Err(_) => {
            let code = indication.code.cast_unsigned();
            event_anomaly(identity, 0, "malformed-status", "Status", code);
        }
    }
}

#[inline(never)]
fn write_status(
    identity: &ModuleIdentity<'_>,
    event: &StatusEvent,
    indication: &StatusIndication<'_>,
    condition: ConditionWord,
) {
    let ids = Ids::alone();
    let record = Record {
        name: names::number(event.name()),
        code: indication.code.cast_unsigned(),
        value: event.value().cast_unsigned(),
        ..Record::new(
            RecordKind::Status,
            recorder::now(),
            identity,
            ids.span,
            ids.parent,
            condition,
        )
    };
    recorder::point(&record, NDIS_STATUS_SUCCESS);
    if !PROVIDER.enabled(level::INFORMATIONAL, keyword::STATUS) {
        return;
    }
    let now = condition.condition();
    let id = activity(ids.span);
    if let StatusEvent::PmCapabilitiesChange(pm) | StatusEvent::PmHardwareCapabilities(pm) = event {
        let written = events::StatusPm {
            Event: text(event.name()),
            Code: indication.code.cast_unsigned(),
            PayloadBytes: indication.buffer_length,
            Flags: pm.flags,
            MagicPacket: text(pm.magic_packet.name()),
            Pattern: text(pm.pattern.name()),
            LinkChange: text(pm.link_change.name()),
            State: text(now.state.name()),
            Power: text(now.power.name()),
        };
        PROVIDER.write(
            keyword::STATUS,
            own_activity(&id),
            &ids.head(identity),
            &NoFields,
            &written,
        );
        return;
    }
    let speed = if let StatusEvent::LinkState(link) = event { link.xmit } else { 0 };
    let flags = if let StatusEvent::OperStatus(state) = event { state.flags } else { 0 };
    let written = events::Status {
        Event: text(event.name()),
        Code: indication.code.cast_unsigned(),
        PortNumber: indication.port_number,
        PayloadBytes: indication.buffer_length,
        Value: text(event.value_name()),
        RawValue: event.value(),
        Flags: flags,
        LinkMbps: link_mbps(speed),
        State: text(now.state.name()),
        Power: text(now.power.name()),
    };
    PROVIDER.write(keyword::STATUS, own_activity(&id), &ids.head(identity), &NoFields, &written);
}

/// Records and traces a network event or a status that should not have come, or not like this. `inside` is
/// the number of the span that it is about, 0 for none. At most DISPATCH_LEVEL.
#[cold]
#[inline(never)]
fn event_anomaly(
    identity: &ModuleIdentity<'_>,
    inside: u64,
    reason: &'static str,
    event: &str,
    code: u32,
) {
    let ids = Ids::inside(inside);
    let record = Record {
        name: names::number(reason),
        code,
        ..Record::new(
            RecordKind::Anomaly,
            recorder::now(),
            identity,
            ids.span,
            ids.parent,
            Condition::NEW.pack(),
        )
    };
    recorder::point(&record, NDIS_STATUS_SUCCESS);
    let written = events::Anomaly { Reason: text(reason), Event: text(event), Code: code };
    let id = activity(if inside == 0 { ids.span } else { inside });
    PROVIDER.write(keyword::ANOMALY, own_activity(&id), &ids.head(identity), &NoFields, &written);
}

/// Records and traces the anomalies of a network event: of itself, and of the change that it brought.
/// PASSIVE_LEVEL.
#[cold]
#[inline(never)]
pub fn net_pnp_anomaly(
    module: &Module,
    inside: u64,
    notification: &Notification<'_>,
    changed: Option<Anomaly>,
) {
    let identity = &module.identity();
    let description = observe::describe_notification(notification);
    if let Some(reason) = description.anomaly {
        event_anomaly(identity, inside, reason, description.name, notification.code);
    }
    condition_anomaly(identity, inside, changed);
}

/// Records and traces a change of the module's condition that should not have come. At most DISPATCH_LEVEL.
pub fn condition_anomaly(identity: &ModuleIdentity<'_>, inside: u64, anomaly: Option<Anomaly>) {
    let Some(anomaly) = anomaly else { return };
    let (event, code) = match anomaly {
        Anomaly::IllegalTransition { state, trigger } => (trigger.name(), state as u32),
        Anomaly::RepeatedQueryRemove
        | Anomaly::CancelWithoutQuery
        | Anomaly::RepeatedPreDetach
        | Anomaly::AfterDetach => ("", 0),
    };
    event_anomaly(identity, inside, anomaly.name(), event, code);
}
