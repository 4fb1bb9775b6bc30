//! Spans of network events: a Start on arrival, a Stop when every layer above has had the event.
//!
//! The activity id of a span is made here, and while the event is above us it is the thread's
//! activity. The next module of this driver up the stack, called on the same thread, finds it
//! there and names it as its related activity: so neighbouring layers nest, and what a foreign
//! driver traces meanwhile without an activity of its own carries ours.

use core::sync::atomic::{AtomicU64, Ordering};

use ndis_abi::ndis::status::NDIS_STATUS;
use ndis_filter::condition::Condition;
use ndis_filter::event::Notification;
use ndis_filter::kernel::clock;
use tracelogging::{Guid, Level, Provider, write_event};

use super::{PROVIDER, counted, keyword, payload};
use crate::module::Identity;
use crate::observe::{Observation, Payload};

/// First half of every activity id of this driver: "NetPnP" and a version.
const ACTIVITY_PREFIX: u64 = u64::from_be_bytes(*b"NetPnP\x01\x00");

/// Second half: counts spans since the driver was loaded.
static NEXT_SPAN: AtomicU64 = AtomicU64::new(1);

/// Writes the Stop under one keyword. A macro, because an event's keyword is part of a static, which
/// no generic parameter reaches.
macro_rules! stop {
    ($keyword:ident, $identity:expr, $span:expr, $from_above:expr, $after:expr, $forward:expr) => {{
        let adapter = counted(&$identity.adapter);
        write_event!(
            PROVIDER,
            "NetPnPEvent",
            level(Informational),
            keyword(keyword::$keyword),
            opcode(Stop),
            activity_id(&$span.activity),
            u32("IfIndex", &$identity.if_index),
            u32("LowerIfIndex", &$identity.lower_if_index()),
            u32("MiniportIfIndex", &$identity.miniport_if_index),
            u64_hex("MiniportLuid", &$identity.miniport_luid),
            raw_meta("Adapter", Str16),
            raw_data(&adapter.length),
            raw_data(adapter.bytes),
            str8("Event", $span.name),
            u32("Code", &$span.code),
            win_ntstatus("Status", &$from_above.0),
            u64("ForwardTime100ns", &$forward),
            str8("NewState", $after.state.name()),
            str8("NewPower", $after.power.name()),
        );
    }};
}

/// A network event on its way through the layers above.
pub struct Span {
    name: &'static str,
    code: u32,
    keyword: u64,
    activity: Guid,
    enclosing: Guid,
    start_100ns: u64,
}

/// What a Start says about every event, whatever its payload.
pub(super) struct Head<'a> {
    pub identity: &'a Identity,
    pub name: &'static str,
    pub code: u32,
    pub port_number: u32,
    pub flags: u32,
    pub payload_bytes: u32,
    pub before: Condition,
    pub activity: &'a Guid,
    pub enclosing: &'a Guid,
}

/// The keyword under which both ends of a span are written.
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

fn next_activity() -> Guid {
    // Relaxed: only the distinctness of the numbers matters.
    let number = NEXT_SPAN.fetch_add(1, Ordering::Relaxed);
    let id = u128::from(ACTIVITY_PREFIX) << 64 | u128::from(number);
    Guid::from_bytes_be(&id.to_be_bytes())
}

/// An event arrived. None when nobody listens for it. PASSIVE_LEVEL.
pub fn net_pnp_start(
    identity: &Identity,
    observation: &Observation<'_>,
    notification: &Notification<'_>,
    before: Condition,
) -> Option<Span> {
    let keyword = keyword_of(&observation.payload);
    if !PROVIDER.enabled(Level::Informational, keyword) {
        return None;
    }
    Some(start(identity, observation, notification, before, keyword))
}

#[inline(never)]
fn start(
    identity: &Identity,
    observation: &Observation<'_>,
    notification: &Notification<'_>,
    before: Condition,
    keyword: u64,
) -> Span {
    let activity = next_activity();
    let enclosing = Provider::set_current_thread_activity_id(&activity);
    let head = Head {
        identity,
        name: observation.name,
        code: notification.code,
        port_number: notification.port_number,
        flags: notification.flags,
        payload_bytes: notification.buffer_length,
        before,
        activity: &activity,
        enclosing: &enclosing,
    };
    let start_100ns = clock::interrupt_time_100ns();
    payload::start(&head, &observation.payload);
    Span {
        name: observation.name,
        code: notification.code,
        keyword,
        activity,
        enclosing,
        start_100ns,
    }
}

/// The event has been everywhere above. PASSIVE_LEVEL, on the thread of the Start.
#[inline(never)]
pub fn net_pnp_stop(identity: &Identity, span: &Span, from_above: NDIS_STATUS, after: Condition) {
    let forward_100ns = clock::interrupt_time_100ns().saturating_sub(span.start_100ns);
    let _ = Provider::set_current_thread_activity_id(&span.enclosing);
    match span.keyword {
        keyword::POWER => stop!(POWER, identity, span, from_above, after, forward_100ns),
        keyword::BINDING => stop!(BINDING, identity, span, from_above, after, forward_100ns),
        keyword::PORTS => stop!(PORTS, identity, span, from_above, after, forward_100ns),
        _ => stop!(PNP, identity, span, from_above, after, forward_100ns),
    }
}
