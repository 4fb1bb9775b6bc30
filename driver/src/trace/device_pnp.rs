//! A device event's way down through a module: its span, and inside it the call of the layers below.

use driver_abi::ndis::status::NDIS_STATUS_SUCCESS;
use driver_abi::nt::GUID;
use driver_kit::etw::{Nothing, level, text};
use driver_kit::kernel::clock::{self, Moment};
use driver_kit::kernel::etw::Activity;
use ndis_filter::condition::Packed;
use ndis_filter::event::{DeviceDecodeError, DeviceNotification, NetDevicePnpEvent};

use super::PROVIDER;
use super::span::{Ids, Nested, activity, of};
use crate::events::{CallDownStart, CallDownStop, DevicePnpStart, DevicePnpStop, keyword};
use crate::module::Who;
use crate::names;
use crate::recorder::{self, End, Of, Record};

const CALL: &str = "NdisFDevicePnPEventNotify";

/// A device event on its way through the layers below.
pub struct DeviceSpan {
    name: &'static str,
    code: u32,
    ids: Ids,
    before: Packed,
    entered: Moment,
    /// Of the recorder.
    record: u64,
    /// None: nobody listened when the event came.
    nested: Option<Nested>,
}

impl DeviceSpan {
    fn recorded(&self, who: &Who<'_>) -> Record {
        let (span, parent) = (self.ids.span, self.ids.parent);
        Record {
            name: names::number(self.name),
            code: self.code,
            ..Record::new(Of::DevicePnpEvent, self.entered, who, span, parent, self.before)
        }
    }

    /// Its number, for what else there is to say about the event.
    pub fn id(&self) -> u64 {
        self.ids.span
    }
}

/// A device event arrived. PASSIVE_LEVEL.
pub fn device_pnp_start(
    who: &Who<'_>,
    event: &Result<NetDevicePnpEvent, DeviceDecodeError>,
    notification: &DeviceNotification<'_>,
    condition: Packed,
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
    span.record = recorder::begin(&span.recorded(who));
    if let Some(nested) = &span.nested {
        write_start(who, &span, nested, notification.buffer_length, detail);
    }
    span
}

#[inline(never)]
fn write_start(
    who: &Who<'_>,
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
    PROVIDER.write(keyword::PNP, related, &span.ids.head(who), &Nothing, &event);
    write_call(who, span, nested, &id);
}

#[inline(never)]
fn write_call(who: &Who<'_>, span: &DeviceSpan, nested: &Nested, around: &GUID) {
    let event = CallDownStart { Call: text(CALL), Event: text(span.name) };
    let id = activity(nested.inner.span);
    let activity = Activity { id: &id, related: Some(around) };
    PROVIDER.write(keyword::PNP, activity, &nested.inner.head(who), &Nothing, &event);
}

/// The event has been everywhere below. PASSIVE_LEVEL, on the thread of the Start.
pub fn device_pnp_stop(who: &Who<'_>, span: &DeviceSpan, after: Packed) {
    let end = End { moment: clock::now(), status: NDIS_STATUS_SUCCESS, after };
    recorder::end(span.record, || span.recorded(who), &end);
    if let Some(nested) = &span.nested {
        nested.leave();
        write_stop(who, span, nested, after);
    }
}

#[inline(never)]
fn write_stop(who: &Who<'_>, span: &DeviceSpan, nested: &Nested, after: Packed) {
    let after = after.condition();
    let call = CallDownStop { Call: text(CALL), Event: text(span.name) };
    let id = activity(nested.inner.span);
    PROVIDER.write(keyword::PNP, of(&id), &nested.inner.head(who), &Nothing, &call);
    let event = DevicePnpStop {
        Event: text(span.name),
        Code: span.code,
        NewState: text(after.state.name()),
        NewPower: text(after.power.name()),
    };
    let id = activity(span.ids.span);
    PROVIDER.write(keyword::PNP, of(&id), &span.ids.head(who), &Nothing, &event);
}
