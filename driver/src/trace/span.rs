//! Numbers and activity ids of spans and points.

use core::sync::atomic::{AtomicU64, Ordering};

use driver_abi::nt::GUID;
use driver_kit::etw::{Prefix, wide};
use driver_kit::kernel::clock;
use driver_kit::kernel::etw::{Activity, swap_thread_activity};

use crate::events::Head;
use crate::module::ModuleIdentity;

/// The next span number. It is 0 (no span) until [`begin_numbers`], which runs before the first trace.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// Lets numbers begin at the time since boot in units of 100 ns. They ascend more slowly than that clock,
/// so a driver that is loaded again never repeats one.
pub(super) fn begin_numbers() {
    NEXT.store(clock::now().interrupt_100ns | 1, Ordering::Relaxed);
}

/// The numbers of a span: its own, and that of the span around it.
#[derive(Clone, Copy)]
pub(super) struct Ids {
    pub(super) span: u64,
    /// Number of the span around; 0 when there is none, or one of another driver.
    pub(super) parent: u64,
}

impl Ids {
    /// The ids of no span: both numbers are 0.
    pub(super) const NONE: Self = Self { span: 0, parent: 0 };

    /// The ids of a new span that is inside no other.
    pub(super) fn alone() -> Self {
        Self::inside(0)
    }

    /// The ids of a new span inside the span with that number.
    pub(super) fn inside(parent: u64) -> Self {
        // Relaxed: only the distinctness of the numbers matters.
        Self { span: NEXT.fetch_add(1, Ordering::Relaxed), parent }
    }

    /// The values that every event of this span begins with.
    #[inline(never)]
    pub(super) fn head<'a>(self, identity: &ModuleIdentity<'a>) -> Prefix<'a, Head<'a>> {
        let adapter = wide(identity.adapter);
        let head = Head {
            IfIndex: identity.if_index,
            LowerIfIndex: identity.lower_if_index,
            MiniportIfIndex: identity.miniport_if_index,
            MiniportLuid: identity.miniport_luid,
            ModuleLuid: identity.luid,
            SpanId: self.span,
            ParentSpanId: self.parent,
            Adapter: adapter,
        };
        Prefix::new(&head, adapter)
    }
}

/// First half of every activity id of this driver: "NetPnP", a version and 0, as a GUID has them.
const PREFIX: (u32, u16, u16) =
    (u32::from_be_bytes(*b"NetP"), u16::from_be_bytes(*b"nP"), u16::from_be_bytes([1, 0]));

/// The activity id of the span with that number.
pub(super) fn activity(span: u64) -> GUID {
    let (first, second, third) = PREFIX;
    GUID { Data1: first, Data2: second, Data3: third, Data4: span.to_be_bytes() }
}

/// The span number in an activity id; 0 for an id that is not this driver's.
fn number(id: &GUID) -> u64 {
    let same = (id.Data1, id.Data2, id.Data3) == PREFIX;
    if same { u64::from_be_bytes(id.Data4) } else { 0 }
}

/// The activity of an event that belongs to the span `id` and begins no span.
pub(super) fn own_activity(id: &GUID) -> Activity<'_> {
    Activity { id, related: None }
}

/// Two new spans, one inside the other, and the activity id that the thread had before.
pub(super) struct Nested {
    pub(super) outer: Ids,
    pub(super) inner: Ids,
    pub(super) enclosing: GUID,
}

impl Nested {
    /// Makes the inner span's activity id the thread's. At most APC_LEVEL.
    pub(super) fn enter() -> Self {
        let mut outer = Ids::alone();
        let inner = Ids::inside(outer.span);
        let enclosing = swap_thread_activity(&activity(inner.span));
        outer.parent = number(&enclosing);
        Self { outer, inner, enclosing }
    }

    /// Gives the thread its former activity id back. At most APC_LEVEL.
    pub(super) fn leave(&self) {
        let _ = swap_thread_activity(&self.enclosing);
    }
}
