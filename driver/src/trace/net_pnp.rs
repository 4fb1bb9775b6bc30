//! A network event's way through a module: its span, and inside it the call of the layers above.

use core::cell::Cell;

use driver_abi::ndis::status::NDIS_STATUS;
use driver_kit::etw::{Event, Nothing, Prefix, level, text};
use driver_kit::kernel::clock::{self, Moment};
use driver_kit::kernel::etw::Activity;
use ndis_filter::condition::Packed;
use ndis_filter::event::Notification;

use super::span::{Ids, Nested, activity, of};
use super::{PROVIDER, payload};
use crate::events::{CallUpStart, CallUpStop, Head, NetPnp, NetPnpStop, keyword};
use crate::module::{Module, Who};
use crate::observe::{self, Brief, Observation, Payload};
use crate::recorder::{self, End, Of, Record};

const CALL: &str = "NdisFNetPnPEvent";

/// A network event on its way through the layers above.
pub struct Span {
    code: u32,
    /// The most telling number of the payload.
    value: u32,
    before: Packed,
    ids: Ids,
    /// What wakes the adapter may be different now.
    asks: bool,
    /// Of the recorder.
    record: u64,
    /// None: nobody listened when the event came.
    traced: Option<Traced>,
}

/// What only a listener wants to know.
struct Traced {
    name: &'static str,
    keyword: u64,
    nested: Nested,
    entered: Moment,
    called_100ns: u64,
}

impl Span {
    #[inline]
    fn recorded(&self, who: &Who<'_>, moment: Moment) -> Record {
        let (span, parent) = (self.ids.span, self.ids.parent);
        Record {
            code: self.code,
            value: self.value,
            ..Record::new(Of::NetPnpEvent, moment, who, span, parent, self.before)
        }
    }

    /// Whether to ask the adapter what wakes it, when the event has been everywhere.
    #[inline]
    pub fn asks(&self) -> bool {
        self.asks
    }

    /// Its number, for what else there is to say about the event.
    pub fn id(&self) -> u64 {
        self.ids.span
    }
}

/// The keyword under which everything about an event is written.
fn keyword_of(payload: &Payload<'_>) -> u64 {
    match payload {
        Payload::Power(_) => keyword::POWER,
        Payload::Names(_)
        | Payload::Pause(_)
        | Payload::Restart(_)
        | Payload::Device(_)
        | Payload::BindFailed(_) => keyword::BINDING,
        Payload::Ports(_) | Payload::PortNumbers(_) => keyword::PORTS,
        Payload::None | Payload::WakeUp(_) | Payload::Malformed { .. } => keyword::PNP,
    }
}

/// An event arrived. PASSIVE_LEVEL.
#[inline]
pub fn net_pnp_start(
    module: &Module,
    notification: &Notification<'_>,
    brief: Brief,
    before: Packed,
) -> Span {
    let (code, Brief { value, asks, .. }) = (notification.code, brief);
    let mut span = Span { code, value, before, ids: Ids::NONE, asks, record: 0, traced: None };
    if PROVIDER.is_heard() {
        heard(module, notification, &mut span);
    } else {
        (span.ids.span, span.record) = begin(module, code, value, before);
    }
    span
}

/// Records the start of a span inside of nothing; gives its number and the record's. A function of its
/// own, because registers are few.
#[inline(never)]
fn begin(module: &Module, code: u32, value: u32, before: Packed) -> (u64, u64) {
    let ids = Ids::alone();
    let (span, parent) = (ids.span, ids.parent);
    let new = Record::new(Of::NetPnpEvent, clock::now(), &module.who(), span, parent, before);
    (span, recorder::begin(&Record { code, value, ..new }))
}

/// Somebody listens, if perhaps not to this.
#[cold]
#[inline(never)]
fn heard(module: &Module, notification: &Notification<'_>, span: &mut Span) {
    let entered = clock::now();
    let who = &module.who();
    let observation = observe::notified(notification);
    let (name, keyword) = (observation.name, keyword_of(&observation.payload));
    if !PROVIDER.enabled(level::INFORMATIONAL, keyword) {
        span.ids = Ids::alone();
        span.record = recorder::begin(&span.recorded(who, entered));
        return;
    }
    let nested = Nested::enter();
    span.ids = nested.outer;
    span.record = recorder::begin(&span.recorded(who, entered));
    let mut traced = Traced { name, keyword, nested, entered, called_100ns: 0 };
    write_start(who, &observation, notification, span, &traced);
    traced.called_100ns = clock::now().interrupt_100ns;
    span.traced = Some(traced);
}

#[inline(never)]
fn write_start(
    who: &Who<'_>,
    observation: &Observation<'_>,
    notification: &Notification<'_>,
    span: &Span,
    traced: &Traced,
) {
    let before = span.before.condition();
    let shared = NetPnp {
        Event: text(traced.name),
        Code: span.code,
        PortNumber: notification.port_number,
        Flags: notification.flags,
        PayloadBytes: notification.buffer_length,
        InterruptTime100ns: traced.entered.interrupt_100ns,
        UnbiasedTime100ns: traced.entered.unbiased_100ns,
        State: text(before.state.name()),
        Power: text(before.power.name()),
    };
    let id = activity(span.ids.span);
    let start = payload::Start {
        keyword: traced.keyword,
        activity: Activity { id: &id, related: Some(&traced.nested.enclosing) },
        head: span.ids.head(who),
        shared,
        schema: Cell::new(&[]),
    };
    payload::write(&start, &observation.payload);
    write_call(who, traced, &id);
}

#[inline(never)]
fn write_call(who: &Who<'_>, traced: &Traced, around: &driver_abi::nt::GUID) {
    let inner = traced.nested.inner;
    let id = activity(inner.span);
    let event = CallUpStart { Call: text(CALL), Event: text(traced.name) };
    let activity = Activity { id: &id, related: Some(around) };
    write(traced.keyword, activity, &inner.head(who), &event);
}

/// Writes an event of a span whose Start somebody wanted.
fn write<E: Event<Head = Head<'static>, Kind = Nothing>>(
    keyword: u64,
    activity: Activity<'_>,
    head: &Prefix<'_, Head<'_>>,
    event: &E,
) {
    PROVIDER.write_enabled(E::SCHEMA, keyword, activity, head, &Nothing, event);
}

/// The event has been everywhere above. PASSIVE_LEVEL, on the thread of the Start.
#[inline]
pub fn net_pnp_stop(module: &Module, span: &Span, from_above: NDIS_STATUS, after: Packed) {
    if span.traced.is_some() {
        write_end(module, span, from_above, after);
    } else {
        let _ = end(module, span, from_above, after);
    }
}

/// Records the end of a span, now.
#[inline(never)]
fn end(module: &Module, span: &Span, status: NDIS_STATUS, after: Packed) -> u64 {
    let moment = clock::now();
    // Of a start that is overwritten, only its time is forgotten.
    let start = || span.recorded(&module.who(), moment);
    recorder::end(span.record, start, &End { moment, status, after });
    moment.interrupt_100ns
}

#[cold]
#[inline(never)]
fn write_end(module: &Module, span: &Span, from_above: NDIS_STATUS, after: Packed) {
    let returned_100ns = end(module, span, from_above, after);
    let who = &module.who();
    if let Some(traced) = &span.traced {
        write_return(who, traced, from_above);
        write_stop(who, span, traced, (returned_100ns, from_above, after));
    }
}

#[inline(never)]
fn write_return(who: &Who<'_>, traced: &Traced, from_above: NDIS_STATUS) {
    traced.nested.leave();
    let event = CallUpStop { Call: text(CALL), Event: text(traced.name), Status: from_above.0 };
    let (inner, id) = (traced.nested.inner, activity(traced.nested.inner.span));
    write(traced.keyword, of(&id), &inner.head(who), &event);
}

#[inline(never)]
fn write_stop(
    who: &Who<'_>,
    span: &Span,
    traced: &Traced,
    (returned_100ns, status, after): (u64, NDIS_STATUS, Packed),
) {
    let after = after.condition();
    let left = clock::now();
    let before_call = traced.called_100ns.saturating_sub(traced.entered.interrupt_100ns);
    let after_call = left.interrupt_100ns.saturating_sub(returned_100ns);
    let event = NetPnpStop {
        Event: text(traced.name),
        Code: span.code,
        Status: status.0,
        OwnTime100ns: before_call.saturating_add(after_call),
        ForwardTime100ns: returned_100ns.saturating_sub(traced.called_100ns),
        InterruptTime100ns: left.interrupt_100ns,
        UnbiasedTime100ns: left.unbiased_100ns,
        NewState: text(after.state.name()),
        NewPower: text(after.power.name()),
    };
    let id = activity(span.ids.span);
    write(traced.keyword, of(&id), &span.ids.head(who), &event);
}
