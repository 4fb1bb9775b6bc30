//! A module's life: Attach, Restart, Pause, Detach, each a span.

use driver_abi::ndis::status::NDIS_STATUS_SUCCESS;
use driver_kit::etw::{NoFields, text, wide};
use driver_kit::kernel::clock::{self, Moment};
use ndis_filter::condition::{Applied, Condition, ConditionWord};
use ndis_filter::kernel::{AttachError, AttachParameters, PauseParameters, RestartParameters};

use super::span::{Ids, activity, own_activity};
use super::{PROVIDER, link_mbps};
use crate::events::{
    AttachFailed, AttachStart, AttachStop, DetachStart, DetachStop, PauseStart, PauseStop,
    RestartStart, RestartStop, keyword,
};
use crate::module::ModuleIdentity;
use crate::recorder::{self, End, Record, RecordKind};

/// An attach that is under way.
pub struct Attach {
    ids: Ids,
    entered: Moment,
    /// Number of the record in the recorder.
    record: u64,
}

impl Attach {
    fn recorded(&self, identity: &ModuleIdentity<'_>) -> Record {
        record(RecordKind::Attach, self.entered, identity, self.ids, Condition::NEW.pack())
    }
}

fn record(
    kind: RecordKind,
    moment: Moment,
    identity: &ModuleIdentity<'_>,
    ids: Ids,
    before: ConditionWord,
) -> Record {
    Record::new(kind, moment, identity, ids.span, ids.parent, before)
}

/// Records and traces that FilterAttach has begun. PASSIVE_LEVEL.
pub fn attach_start(parameters: &AttachParameters<'_>) -> Attach {
    let (ids, identity) = (Ids::alone(), ModuleIdentity::of_parameters(parameters));
    let mut attach = Attach { ids, entered: clock::now(), record: 0 };
    attach.record = recorder::begin(&attach.recorded(&identity));
    let event = AttachStart {
        Module: wide(parameters.module_guid_name.bytes()),
        Miniport: wide(parameters.miniport_name.bytes()),
        Medium: parameters.medium,
        PhysicalMedium: parameters.physical_medium,
        MediaConnectState: parameters.media_connect_state,
        State: text(Condition::NEW.state.name()),
    };
    PROVIDER.write(
        keyword::LIFECYCLE,
        own_activity(&activity(ids.span)),
        &ids.head(&identity),
        &NoFields,
        &event,
    );
    attach
}

/// Records and traces that FilterAttach returns. PASSIVE_LEVEL.
pub fn attach_stop(
    parameters: &AttachParameters<'_>,
    attach: &Attach,
    result: Result<Applied, AttachError>,
) {
    let (ids, identity) = (attach.ids, ModuleIdentity::of_parameters(parameters));
    let after = result.map_or(Condition::NEW, |applied| applied.after.condition());
    let status = result.map_or_else(AttachError::status, |_| NDIS_STATUS_SUCCESS);
    let end = End { moment: clock::now(), status, after: after.pack() };
    recorder::end(attach.record, || attach.recorded(&identity), &end);
    let event = AttachStop {
        Status: status.0,
        Reason: text(result.err().map_or("", reason)),
        NewState: text(after.state.name()),
    };
    PROVIDER.write(
        keyword::LIFECYCLE,
        own_activity(&activity(ids.span)),
        &ids.head(&identity),
        &NoFields,
        &event,
    );
}

/// Traces that FilterAttach returns a failure. PASSIVE_LEVEL.
pub fn attach_failed(error: AttachError) {
    let event = AttachFailed { Reason: text(reason(error)), Status: error.status().0 };
    let id = activity(Ids::alone().span);
    PROVIDER.write(
        keyword::LIFECYCLE | keyword::ANOMALY,
        own_activity(&id),
        &NoFields,
        &NoFields,
        &event,
    );
}

const fn reason(error: AttachError) -> &'static str {
    match error {
        AttachError::Memory => "no-memory",
        AttachError::Parameters => "foreign-parameters",
        AttachError::SetAttributes(_) => "set-attributes-refused",
    }
}

/// Records a span whose start and end are now, for a callback that the module answers at once.
fn record_instant_span(
    kind: RecordKind,
    identity: &ModuleIdentity<'_>,
    ids: Ids,
    value: u32,
    entered: ConditionWord,
    after: ConditionWord,
) {
    let moment = clock::now();
    let begun = Record { value, ..record(kind, moment, identity, ids, entered) };
    let end = End { moment, status: NDIS_STATUS_SUCCESS, after };
    recorder::end(recorder::begin(&begun), || begun, &end);
}

/// Records and traces a restart, and gives its span's number. PASSIVE_LEVEL.
#[inline(never)]
pub fn restart(
    identity: &ModuleIdentity<'_>,
    parameters: &RestartParameters<'_>,
    entered: Applied,
    done: Applied,
) -> u64 {
    let (ids, before, after) = (Ids::alone(), entered.before.condition(), done.after.condition());
    let general = parameters.attributes.and_then(|attributes| attributes.general());
    let (mtu_bytes, speed) =
        general.map_or((0, 0), |general| (general.mtu_size, general.max_xmit_link_speed));
    record_instant_span(RecordKind::Restart, identity, ids, mtu_bytes, entered.before, done.after);
    let (id, head) = (activity(ids.span), ids.head(identity));
    let start = RestartStart {
        AttributesChanged: parameters.attributes.is_some(),
        MtuBytes: mtu_bytes,
        LinkMbps: link_mbps(speed),
        State: text(before.state.name()),
        Power: text(before.power.name()),
    };
    PROVIDER.write(keyword::LIFECYCLE, own_activity(&id), &head, &NoFields, &start);
    let stop = RestartStop {
        Status: NDIS_STATUS_SUCCESS.0,
        NewState: text(after.state.name()),
        NewPower: text(after.power.name()),
    };
    PROVIDER.write(keyword::LIFECYCLE, own_activity(&id), &head, &NoFields, &stop);
    ids.span
}

/// A pause that is under way.
#[derive(Clone, Copy)]
pub struct Pause {
    ids: Ids,
    before: ConditionWord,
    reason: u32,
    entered: Moment,
    /// Number of the record in the recorder.
    record: u64,
}

impl Pause {
    fn recorded(&self, identity: &ModuleIdentity<'_>) -> Record {
        let record = record(RecordKind::Pause, self.entered, identity, self.ids, self.before);
        Record { value: self.reason, ..record }
    }

    /// The span's number, which anomalies of the pause name.
    pub fn id(&self) -> u64 {
        self.ids.span
    }
}

/// Records and traces that FilterPause has begun. PASSIVE_LEVEL.
#[inline(never)]
pub fn pause_start(
    identity: &ModuleIdentity<'_>,
    parameters: PauseParameters,
    entered: Applied,
) -> Pause {
    let (ids, before) = (Ids::alone(), entered.before.condition());
    let (reason, now) = (parameters.reason.bits(), clock::now());
    let mut pause = Pause { ids, before: entered.before, reason, entered: now, record: 0 };
    pause.record = recorder::begin(&pause.recorded(identity));
    let event = PauseStart {
        PauseReason: reason,
        State: text(before.state.name()),
        Power: text(before.power.name()),
    };
    PROVIDER.write(
        keyword::LIFECYCLE,
        own_activity(&activity(ids.span)),
        &ids.head(identity),
        &NoFields,
        &event,
    );
    pause
}

/// Records and traces the end of a pause: FilterPause returns, or NdisFPauseComplete follows. At most
/// DISPATCH_LEVEL.
#[inline(never)]
pub fn pause_stop(identity: &ModuleIdentity<'_>, pause: Pause, done: Applied) {
    let (ids, after) = (pause.ids, done.after.condition());
    let end = End { moment: clock::now(), status: NDIS_STATUS_SUCCESS, after: done.after };
    recorder::end(pause.record, || pause.recorded(identity), &end);
    let event = PauseStop {
        Status: NDIS_STATUS_SUCCESS.0,
        NewState: text(after.state.name()),
        NewPower: text(after.power.name()),
    };
    PROVIDER.write(
        keyword::LIFECYCLE,
        own_activity(&activity(ids.span)),
        &ids.head(identity),
        &NoFields,
        &event,
    );
}

/// Records and traces a detach, and gives its span's number. PASSIVE_LEVEL.
#[inline(never)]
pub fn detach(identity: &ModuleIdentity<'_>, applied: Applied) -> u64 {
    let (ids, before, after) =
        (Ids::alone(), applied.before.condition(), applied.after.condition());
    let pre_detached = u32::from(before.pre_detached);
    record_instant_span(
        RecordKind::Detach,
        identity,
        ids,
        pre_detached,
        applied.before,
        applied.after,
    );
    let (id, head) = (activity(ids.span), ids.head(identity));
    let start = DetachStart {
        PreDetachSeen: before.pre_detached,
        Removal: text(before.removal.name()),
        State: text(before.state.name()),
        Power: text(before.power.name()),
    };
    PROVIDER.write(keyword::LIFECYCLE, own_activity(&id), &head, &NoFields, &start);
    let stop = DetachStop { NewState: text(after.state.name()) };
    PROVIDER.write(keyword::LIFECYCLE, own_activity(&id), &head, &NoFields, &stop);
    ids.span
}
