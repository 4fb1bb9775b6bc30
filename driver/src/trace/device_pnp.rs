//! A device event's way down through a module: its span, and inside it the call of the layers below.

use driver_abi::ndis::status::NDIS_STATUS_SUCCESS;
use driver_abi::nt::GUID;
use driver_kit::etw::{NoFields, level, text};
use driver_kit::kernel::clock::{self, Moment};
use driver_kit::kernel::etw::Activity;
use ndis_filter::condition::ConditionWord;
use ndis_filter::event::{DeviceDecodeError, DeviceNotification, NetDevicePnpEvent};

use super::PROVIDER;
use super::span::{Ids, Nested, activity, own_activity};
use crate::events::{CallDownStart, CallDownStop, DevicePnpStart, DevicePnpStop, keyword};
use crate::module::ModuleIdentity;
use crate::names;
use crate::recorder::{self, End, Record, RecordKind};

const CALL: &str = "NdisFDevicePnPEventNotify";

/// A device event on its way through the layers below.
pub struct DeviceSpan {
    name: &'static str,
    code: u32,
    ids: Ids,
    before: ConditionWord,
    entered: Moment,
    /// Number of the record in the recorder.
    record: u64,
    /// The nested spans of the trace; None when no session listened at the start.
    nested: Option<Nested>,
}

impl DeviceSpan {
    fn recorded(&self, identity: &ModuleIdentity<'_>) -> Record {
        let (span, parent) = (self.ids.span, self.ids.parent);
        Record {
            name: names::number(self.name),
            code: self.code,
            ..Record::new(
                RecordKind::DevicePnpEvent,
                self.entered,
                identity,
                span,
                parent,
                self.before,
            )
        }
    }

    /// The span's number, which anomalies of the event name.
    pub fn id(&self) -> u64 {
        self.ids.span
    }
}

/// Records and traces that a device event arrived. PASSIVE_LEVEL.
pub fn device_pnp_start(
    identity: &ModuleIdentity<'_>,
    event: &Result<NetDevicePnpEvent, DeviceDecodeError>,
    notification: &DeviceNotification<'_>,
    condition: ConditionWord,
) -> DeviceSpan {
    let (name, detail) = match event {
        Ok(NetDevicePnpEvent::PowerProfileChanged(profile)) => {
            ("PowerProfileChanged", profile.name())
        }
        Ok(event) => (event.name(), ""),
        Err(error) => (error.name(), "undecoded"),
    };
    let nested = PROVIDER.enabled(level::INFORMATIONAL, keyword::PNP).then(Nested::enter);
    let ids = nested.as_ref().map_or_else(Ids::alone, |nested| nested.outer);
    let entered = clock::now();
    let code = notification.code;
    let mut span = DeviceSpan { name, code, ids, before: condition, entered, record: 0, nested };
    span.record = recorder::begin(&span.recorded(identity));
    if let Some(nested) = &span.nested {
        write_start(identity, &span, nested, notification.buffer_length, detail);
    }
    span
}

#[inline(never)]
fn write_start(
    identity: &ModuleIdentity<'_>,
    span: &DeviceSpan,
    nested: &Nested,
    payload_bytes: u32,
    detail: &str,
) {
    let before = span.before.condition();
    let event = DevicePnpStart {
        Event: text(span.name),
        Code: span.code,
        PayloadBytes: payload_bytes,
        Detail: text(detail),
        State: text(before.state.name()),
        Power: text(before.power.name()),
    };
    let id = activity(span.ids.span);
    let related = Activity { id: &id, related: Some(&nested.enclosing) };
    PROVIDER.write(keyword::PNP, related, &span.ids.head(identity), &NoFields, &event);
    write_call(identity, span, nested, &id);
}

#[inline(never)]
fn write_call(identity: &ModuleIdentity<'_>, span: &DeviceSpan, nested: &Nested, around: &GUID) {
    let event = CallDownStart { Call: text(CALL), Event: text(span.name) };
    let id = activity(nested.inner.span);
    let activity = Activity { id: &id, related: Some(around) };
    PROVIDER.write(keyword::PNP, activity, &nested.inner.head(identity), &NoFields, &event);
}

/// Records and traces that the layers below have had the event. PASSIVE_LEVEL, on the thread of the Start.
pub fn device_pnp_stop(identity: &ModuleIdentity<'_>, span: &DeviceSpan, after: ConditionWord) {
    let end = End { moment: clock::now(), status: NDIS_STATUS_SUCCESS, after };
    recorder::end(span.record, || span.recorded(identity), &end);
    if let Some(nested) = &span.nested {
        nested.leave();
        write_stop(identity, span, nested, after);
    }
}

#[inline(never)]
fn write_stop(
    identity: &ModuleIdentity<'_>,
    span: &DeviceSpan,
    nested: &Nested,
    after: ConditionWord,
) {
    let after = after.condition();
    let call = CallDownStop { Call: text(CALL), Event: text(span.name) };
    let id = activity(nested.inner.span);
    PROVIDER.write(keyword::PNP, own_activity(&id), &nested.inner.head(identity), &NoFields, &call);
    let event = DevicePnpStop {
        Event: text(span.name),
        Code: span.code,
        NewState: text(after.state.name()),
        NewPower: text(after.power.name()),
    };
    let id = activity(span.ids.span);
    PROVIDER.write(keyword::PNP, own_activity(&id), &span.ids.head(identity), &NoFields, &event);
}
