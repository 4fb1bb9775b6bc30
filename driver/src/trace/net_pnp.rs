//! A network event's way through a module: its span, and inside it the call of the layers above.

use ndis_abi::ndis::status::NDIS_STATUS;
use ndis_filter::condition::Packed;
use ndis_filter::etw::{Nothing, level, text};
use ndis_filter::event::{DevicePowerState, Notification};
use ndis_filter::kernel::clock::{self, Moment};
use ndis_filter::kernel::etw::Activity;

use super::span::{Ids, Nested, activity, of};
use super::{PROVIDER, payload};
use crate::events::{CallUpStart, CallUpStop, NetPnp, NetPnpStop, keyword};
use crate::module::Who;
use crate::observe::{Observation, Payload};
use crate::recorder::{self, Record};

const CALL: &str = "NdisFNetPnPEvent";

/// A network event on its way through the layers above.
pub struct Span {
    name: &'static str,
    code: u32,
    keyword: u64,
    ids: Ids,
    before: Packed,
    /// What wakes the adapter may be different now.
    asks: bool,
    entered: Moment,
    /// None: nobody listened when the event came.
    traced: Option<Traced>,
}

struct Traced {
    nested: Nested,
    called_100ns: u64,
}

impl Span {
    /// Whether to ask the adapter what wakes it, when the event has been everywhere.
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
pub fn net_pnp_start(
    who: &Who<'_>,
    observation: &Observation<'_>,
    notification: &Notification<'_>,
    before: Packed,
) -> Span {
    let keyword = keyword_of(&observation.payload);
    let entered = clock::now();
    let nested = PROVIDER.enabled(level::INFORMATIONAL, keyword).then(Nested::enter);
    let ids = nested.as_ref().map_or_else(Ids::alone, |nested| nested.outer);
    let mut span = Span {
        name: observation.name,
        code: notification.code,
        keyword,
        ids,
        before,
        asks: matches!(
            observation.payload,
            Payload::Power(DevicePowerState::D0) | Payload::WakeUp(_)
        ),
        entered,
        traced: None,
    };
    recorder::push(&Record {
        of: "NetPnPEvent",
        event: span.name,
        code: span.code,
        value: payload::value(&observation.payload),
        before,
        after: before,
        ..Record::start(entered, who, ids.span, ids.parent)
    });
    if let Some(nested) = nested {
        write_start(who, observation, notification, &span, &nested);
        let called_100ns = clock::now().interrupt_100ns;
        span.traced = Some(Traced { nested, called_100ns });
    }
    span
}

#[inline(never)]
fn write_start(
    who: &Who<'_>,
    observation: &Observation<'_>,
    notification: &Notification<'_>,
    span: &Span,
    nested: &Nested,
) {
    let before = span.before.condition();
    let shared = NetPnp {
        Event: text(span.name),
        Code: span.code,
        PortNumber: notification.port_number,
        Flags: notification.flags,
        PayloadBytes: notification.buffer_length,
        InterruptTime100ns: span.entered.interrupt_100ns,
        UnbiasedTime100ns: span.entered.unbiased_100ns,
        State: text(before.state.name()),
        Power: text(before.power.name()),
    };
    let id = activity(span.ids.span);
    let start = payload::Start {
        keyword: span.keyword,
        activity: Activity { id: &id, related: Some(&nested.enclosing) },
        head: span.ids.head(who),
        shared,
    };
    payload::write(&start, &observation.payload);
    write_call(who, span, nested, &id);
}

#[inline(never)]
fn write_call(who: &Who<'_>, span: &Span, nested: &Nested, around: &ndis_abi::nt::GUID) {
    let id = activity(nested.inner.span);
    let event = CallUpStart { Call: text(CALL), Event: text(span.name) };
    let activity = Activity { id: &id, related: Some(around) };
    PROVIDER.write(span.keyword, activity, &nested.inner.head(who), &Nothing, &event);
}

/// The event has been everywhere above. PASSIVE_LEVEL, on the thread of the Start.
pub fn net_pnp_stop(who: &Who<'_>, span: &Span, from_above: NDIS_STATUS, after: Packed) {
    let returned = clock::now();
    recorder::push(&Record {
        of: "NetPnPEvent",
        event: span.name,
        code: span.code,
        status: from_above.0,
        before: span.before,
        after,
        ..Record::stop(returned, who, span.ids.span, span.ids.parent)
    });
    if let Some(traced) = &span.traced {
        write_return(who, span, traced, from_above);
        write_stop(who, span, traced, returned, from_above, after);
    }
}

#[inline(never)]
fn write_return(who: &Who<'_>, span: &Span, traced: &Traced, from_above: NDIS_STATUS) {
    traced.nested.leave();
    let event = CallUpStop { Call: text(CALL), Event: text(span.name), Status: from_above.0 };
    let (inner, id) = (traced.nested.inner, activity(traced.nested.inner.span));
    PROVIDER.write(span.keyword, of(&id), &inner.head(who), &Nothing, &event);
}

#[inline(never)]
fn write_stop(
    who: &Who<'_>,
    span: &Span,
    traced: &Traced,
    returned: Moment,
    from_above: NDIS_STATUS,
    after: Packed,
) {
    let after = after.condition();
    let left = clock::now();
    let before_call = traced.called_100ns.saturating_sub(span.entered.interrupt_100ns);
    let after_call = left.interrupt_100ns.saturating_sub(returned.interrupt_100ns);
    let event = NetPnpStop {
        Event: text(span.name),
        Code: span.code,
        Status: from_above.0,
        OwnTime100ns: before_call.saturating_add(after_call),
        ForwardTime100ns: returned.interrupt_100ns.saturating_sub(traced.called_100ns),
        InterruptTime100ns: left.interrupt_100ns,
        UnbiasedTime100ns: left.unbiased_100ns,
        NewState: text(after.state.name()),
        NewPower: text(after.power.name()),
    };
    let id = activity(span.ids.span);
    PROVIDER.write(span.keyword, of(&id), &span.ids.head(who), &Nothing, &event);
}
