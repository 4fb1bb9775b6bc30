//! A network event's way through a module: its span, and inside it the call of the layers above.

use core::cell::Cell;

use driver_abi::ndis::status::NDIS_STATUS;
use driver_kit::etw::{Event, NoFields, Prefix, level, text};
use driver_kit::kernel::clock::{self, Moment};
use driver_kit::kernel::etw::Activity;
use ndis_filter::condition::ConditionWord;
use ndis_filter::event::Notification;

use super::span::{Ids, Nested, activity, own_activity};
use super::{PROVIDER, payload};
use crate::events::{CallUpStart, CallUpStop, Head, NetPnp, NetPnpStop};
use crate::module::{Module, ModuleIdentity};
use crate::observe::{self, Description, Effect};
use crate::recorder::{self, End, Record, RecordKind};

const CALL: &str = "NdisFNetPnPEvent";

/// A network event on its way through the layers above.
pub struct Span {
    code: u32,
    /// The most telling number of the payload.
    value: u32,
    before: ConditionWord,
    ids: Ids,
    /// Whether the answer to the wake-up queries may be different now.
    asks: bool,
    /// Number of the record in the recorder.
    record: u64,
    /// The part that only a session needs; None when no session had enabled the event at its start.
    traced: Option<Traced>,
}

/// The part of a span that only a session needs.
struct Traced {
    name: &'static str,
    keyword: u64,
    nested: Nested,
    entered: Moment,
    called_100ns: u64,
}

impl Span {
    #[inline]
    fn recorded(&self, identity: &ModuleIdentity<'_>, moment: Moment) -> Record {
        let (span, parent) = (self.ids.span, self.ids.parent);
        Record {
            code: self.code,
            value: self.value,
            ..Record::new(RecordKind::NetPnpEvent, moment, identity, span, parent, self.before)
        }
    }

    /// Whether the module is to send its wake-up queries when the event has been everywhere.
    #[inline]
    pub fn asks(&self) -> bool {
        self.asks
    }

    /// The span's number, which anomalies of the event name.
    pub fn id(&self) -> u64 {
        self.ids.span
    }
}

/// Records and traces that a network event arrived. PASSIVE_LEVEL.
#[inline]
pub fn net_pnp_start(
    module: &Module,
    notification: &Notification<'_>,
    effect: Effect,
    before: ConditionWord,
) -> Span {
    let (code, Effect { value, asks, .. }) = (notification.code, effect);
    let mut span = Span { code, value, before, ids: Ids::NONE, asks, record: 0, traced: None };
    if PROVIDER.has_listener() {
        start_with_listener(module, notification, &mut span);
    } else {
        (span.ids.span, span.record) = begin(module, code, value, before);
    }
    span
}

/// Records the start of a span that is inside no other; gives its number and the record's. A function of
/// its own, because registers are few.
#[inline(never)]
fn begin(module: &Module, code: u32, value: u32, before: ConditionWord) -> (u64, u64) {
    let ids = Ids::alone();
    let (span, parent) = (ids.span, ids.parent);
    let new = Record::new(
        RecordKind::NetPnpEvent,
        clock::now(),
        &module.identity(),
        span,
        parent,
        before,
    );
    (span, recorder::begin(&Record { code, value, ..new }))
}

/// The start of an event while there is a session, which may have enabled other events than this.
#[cold]
#[inline(never)]
fn start_with_listener(module: &Module, notification: &Notification<'_>, span: &mut Span) {
    let entered = clock::now();
    let identity = &module.identity();
    let description = observe::describe_notification(notification);
    let (name, keyword) = (description.name, description.payload.keyword());
    if !PROVIDER.enabled(level::INFORMATIONAL, keyword) {
        span.ids = Ids::alone();
        span.record = recorder::begin(&span.recorded(identity, entered));
        return;
    }
    let nested = Nested::enter();
    span.ids = nested.outer;
    span.record = recorder::begin(&span.recorded(identity, entered));
    let mut traced = Traced { name, keyword, nested, entered, called_100ns: 0 };
    write_start(identity, &description, notification, span, &traced);
    traced.called_100ns = clock::now().interrupt_100ns;
    span.traced = Some(traced);
}

#[inline(never)]
fn write_start(
    identity: &ModuleIdentity<'_>,
    description: &Description<'_>,
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
        head: span.ids.head(identity),
        shared,
        schema: Cell::new(&[]),
    };
    payload::write(&start, &description.payload);
    write_call(identity, traced, &id);
}

#[inline(never)]
fn write_call(identity: &ModuleIdentity<'_>, traced: &Traced, around: &driver_abi::nt::GUID) {
    let inner = traced.nested.inner;
    let id = activity(inner.span);
    let event = CallUpStart { Call: text(CALL), Event: text(traced.name) };
    let activity = Activity { id: &id, related: Some(around) };
    write(traced.keyword, activity, &inner.head(identity), &event);
}

/// Writes an event of a span whose Start was written.
fn write<E: Event<Head = Head<'static>, Kind = NoFields>>(
    keyword: u64,
    activity: Activity<'_>,
    head: &Prefix<'_, Head<'_>>,
    event: &E,
) {
    PROVIDER.write_enabled(E::SCHEMA, keyword, activity, head, &NoFields, event);
}

/// Records and traces that the layers above have had the event. PASSIVE_LEVEL, on the thread of the Start.
#[inline]
pub fn net_pnp_stop(module: &Module, span: &Span, from_above: NDIS_STATUS, after: ConditionWord) {
    if span.traced.is_some() {
        write_end(module, span, from_above, after);
    } else {
        let _ = end(module, span, from_above, after);
    }
}

/// Records the end of a span, now.
#[inline(never)]
fn end(module: &Module, span: &Span, status: NDIS_STATUS, after: ConditionWord) -> u64 {
    let moment = clock::now();
    // Of a start that is overwritten, only its time is forgotten.
    let start = || span.recorded(&module.identity(), moment);
    recorder::end(span.record, start, &End { moment, status, after });
    moment.interrupt_100ns
}

#[cold]
#[inline(never)]
fn write_end(module: &Module, span: &Span, from_above: NDIS_STATUS, after: ConditionWord) {
    let returned_100ns = end(module, span, from_above, after);
    let identity = &module.identity();
    if let Some(traced) = &span.traced {
        write_return(identity, traced, from_above);
        write_stop(identity, span, traced, (returned_100ns, from_above, after));
    }
}

#[inline(never)]
fn write_return(identity: &ModuleIdentity<'_>, traced: &Traced, from_above: NDIS_STATUS) {
    traced.nested.leave();
    let event = CallUpStop { Call: text(CALL), Event: text(traced.name), Status: from_above.0 };
    let (inner, id) = (traced.nested.inner, activity(traced.nested.inner.span));
    write(traced.keyword, own_activity(&id), &inner.head(identity), &event);
}

#[inline(never)]
fn write_stop(
    identity: &ModuleIdentity<'_>,
    span: &Span,
    traced: &Traced,
    (returned_100ns, status, after): (u64, NDIS_STATUS, ConditionWord),
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
    write(traced.keyword, own_activity(&id), &span.ids.head(identity), &event);
}
