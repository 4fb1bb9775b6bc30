//! The flight recorder: the last events of all modules, whether somebody listens or not. It survives
//! detach and attach, since it is the driver's; the miniport's LUID joins what belongs together.

use ndis_filter::condition::{Condition, Packed};
use ndis_filter::etw::Opcode;
use ndis_filter::kernel::clock::{self, Moment};
use ndis_filter::kernel::ring::{Filling, Ring};

use crate::module::Who;

/// Records that are kept.
const CAPACITY: u32 = 4096;

static RING: Ring<Record> = Ring::new(*b"NPnp");

/// One end of a span, or a point.
#[derive(Clone, Copy)]
pub struct Record {
    /// When.
    pub moment: Moment,
    /// Name of the ETW event that it is a copy of.
    pub of: &'static str,
    /// The network, device or status event; the reason of an anomaly.
    pub event: &'static str,
    pub opcode: Opcode,
    pub code: u32,
    /// The most telling number of the payload.
    pub value: u32,
    pub status: i32,
    pub before: Packed,
    pub after: Packed,
    pub span: u64,
    pub parent: u64,
    pub if_index: u32,
    pub lower_if_index: u32,
    pub miniport_if_index: u32,
    pub miniport_luid: u64,
    pub luid: u64,
}

impl Record {
    /// A span begins.
    #[inline]
    pub fn start(moment: Moment, who: &Who<'_>, span: u64, parent: u64) -> Self {
        Self::new(Opcode::Start, moment, who, span, parent)
    }

    /// A span ends.
    #[inline]
    pub fn stop(moment: Moment, who: &Who<'_>, span: u64, parent: u64) -> Self {
        Self::new(Opcode::Stop, moment, who, span, parent)
    }

    /// A point, now.
    #[inline]
    pub fn point(who: &Who<'_>, span: u64, parent: u64) -> Self {
        Self::new(Opcode::Info, clock::now(), who, span, parent)
    }

    #[inline]
    fn new(opcode: Opcode, moment: Moment, who: &Who<'_>, span: u64, parent: u64) -> Self {
        const NEW: Packed = Condition::NEW.pack();
        Self {
            moment,
            of: "",
            event: "",
            opcode,
            code: 0,
            value: 0,
            status: 0,
            before: NEW,
            after: NEW,
            span,
            parent,
            if_index: who.if_index,
            lower_if_index: who.lower_if_index,
            miniport_if_index: who.miniport_if_index,
            miniport_luid: who.miniport_luid,
            luid: who.luid,
        }
    }
}

/// Takes the memory. Without it, records are counted and lost. PASSIVE_LEVEL, in DriverEntry.
pub fn open() {
    let _ = RING.open(CAPACITY as usize);
}

/// Gives the memory back. PASSIVE_LEVEL, when nobody records any more.
pub fn close() {
    RING.close();
}

/// How many records are kept; 0 when there was no memory.
pub fn capacity() -> u32 {
    u32::try_from(RING.capacity()).unwrap_or(0)
}

/// Keeps a record, in place of the oldest. At most DISPATCH_LEVEL.
#[inline(never)]
pub fn push(record: &Record) {
    RING.push(record);
}

/// The record of that number, if it is still there. At most DISPATCH_LEVEL.
pub fn get(number: u64) -> Option<Record> {
    RING.get(number)
}

/// Which records are there. At most DISPATCH_LEVEL.
pub fn filling() -> Filling {
    RING.filling()
}
