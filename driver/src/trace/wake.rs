//! Answers to the wake-up queries: settings, hardware abilities, refusals.

use driver_abi::ndis::status::NDIS_STATUS;
use driver_kit::etw::{NoFields, text};
use ndis_filter::condition::ConditionWord;
use ndis_filter::event::{Malformed, PmCapabilities, WakeSettings};
use ndis_filter::gate::Query;

use super::PROVIDER;
use super::span::{Ids, activity, own_activity};
use crate::events::{self, keyword};
use crate::module::ModuleIdentity;
use crate::names;
use crate::recorder::{self, Record, RecordKind};

/// The reason why a query has no answer to trace.
#[derive(Clone, Copy)]
pub enum NoAnswer {
    /// The layers below refused, with this status.
    Refused(NDIS_STATUS),
    /// The layers below answered, and the answer has this defect.
    Malformed(Malformed),
}

const fn name(query: Query) -> &'static str {
    match query {
        Query::PmHardwareCapabilities => "PmHardwareCapabilities",
        Query::PmParameters => "PmParameters",
    }
}

fn record(
    identity: &ModuleIdentity<'_>,
    ids: Ids,
    query: Query,
    value: u32,
    status: i32,
    now: ConditionWord,
) {
    let record = Record {
        name: names::number(name(query)),
        value,
        ..Record::new(RecordKind::Query, recorder::now(), identity, ids.span, ids.parent, now)
    };
    recorder::point(&record, NDIS_STATUS(status));
}

/// Records and traces the answer to OID_PM_PARAMETERS. At most DISPATCH_LEVEL.
#[inline(never)]
pub fn wake_settings(identity: &ModuleIdentity<'_>, settings: WakeSettings, now: ConditionWord) {
    let ids = Ids::alone();
    record(identity, ids, Query::PmParameters, settings.wake_up, 0, now);
    let event = events::WakeSettings {
        PacketPatterns: settings.packet_patterns,
        ProtocolOffloads: settings.protocol_offloads,
        WakeUpFlags: settings.wake_up,
    };
    let id = activity(ids.span);
    PROVIDER.write(keyword::POWER, own_activity(&id), &ids.head(identity), &NoFields, &event);
}

/// Records and traces the answer to OID_PM_HARDWARE_CAPABILITIES. At most DISPATCH_LEVEL.
#[inline(never)]
pub fn wake_hardware(identity: &ModuleIdentity<'_>, pm: PmCapabilities, now: ConditionWord) {
    let ids = Ids::alone();
    let value = pm.magic_packet.raw().cast_unsigned();
    record(identity, ids, Query::PmHardwareCapabilities, value, 0, now);
    let event = events::WakeHardware {
        Flags: pm.flags,
        MagicPacket: text(pm.magic_packet.name()),
        Pattern: text(pm.pattern.name()),
        LinkChange: text(pm.link_change.name()),
    };
    let id = activity(ids.span);
    PROVIDER.write(keyword::POWER, own_activity(&id), &ids.head(identity), &NoFields, &event);
}

/// Records and traces that a query was not answered, which is expected while the adapter sleeps or goes. At
/// most DISPATCH_LEVEL.
#[inline(never)]
pub fn no_answer(identity: &ModuleIdentity<'_>, query: Query, why: NoAnswer, now: ConditionWord) {
    let ids = Ids::alone();
    let (status, reason) = match why {
        NoAnswer::Refused(status) => (status.0, "refused"),
        NoAnswer::Malformed(problem) => (0, problem.name()),
    };
    record(identity, ids, query, 0, status, now);
    let event =
        events::QueryFailed { Query: text(name(query)), Status: status, Reason: text(reason) };
    let id = activity(ids.span);
    PROVIDER.write(keyword::POWER, own_activity(&id), &ids.head(identity), &NoFields, &event);
}
