//! The flight recorder: the last records of all modules, whether a session listens or not. It survives
//! detach and attach, since it is the driver's; the miniport's LUID joins the records of one adapter.
//!
//! A record is a span, begun or ended, or a point. A span's start is written when it begins, so that one
//! that hangs is there, and its end behind it. Names are numbers, since a record is made of words.

use driver_abi::ndis::status::NDIS_STATUS;
use driver_kit::kernel::clock::{self, Moment};
use driver_kit::ring::{Filling, Ring};
use ndis_filter::condition::ConditionWord;
use ndis_filter::event::EventCode;

use crate::module::ModuleIdentity;
use crate::names;

/// Number of records that are kept.
const CAPACITY: usize = 4096;
/// Words of a record: of its start, of its end, of both.
const FIRST: usize = 10;
const LAST: usize = 4;
const WORDS: usize = FIRST + LAST;

static RING: Ring<CAPACITY, WORDS> = Ring::new();

const _: () = assert!(
    size_of::<Ring<CAPACITY, WORDS>>() <= 512 << 10,
    "the recorder is to stay below 512 KiB"
);

/// The kind of ETW event that a record stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum RecordKind {
    NetPnpEvent,
    DevicePnpEvent,
    Attach,
    Restart,
    Pause,
    Detach,
    Status,
    Query,
    Anomaly,
}

impl RecordKind {
    const ALL: [Self; 9] = [
        Self::NetPnpEvent,
        Self::DevicePnpEvent,
        Self::Attach,
        Self::Restart,
        Self::Pause,
        Self::Detach,
        Self::Status,
        Self::Query,
        Self::Anomaly,
    ];

    /// The name of the ETW event.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NetPnpEvent => "NetPnPEvent",
            Self::DevicePnpEvent => "DevicePnPEvent",
            Self::Attach => "Attach",
            Self::Restart => "Restart",
            Self::Pause => "Pause",
            Self::Detach => "Detach",
            Self::Status => "Status",
            Self::Query => "Query",
            Self::Anomaly => "Anomaly",
        }
    }

    /// Whether events of this kind are spans, with a start and an end.
    pub const fn is_span(self) -> bool {
        !matches!(self, Self::Status | Self::Query | Self::Anomaly)
    }
}

/// A record without its end: a span that has begun, a point, or the end of a span whose start is lost.
#[derive(Clone, Copy)]
pub struct Record {
    /// The moment of the start or of the point; if `is_end`, that of the end.
    pub moment: Moment,
    pub kind: RecordKind,
    /// Whether only the end of the span is recorded, since its start has been overwritten.
    pub is_end: bool,
    /// Number of the event's name ([`names`]); 0 for a network event, whose code names it. Of an anomaly,
    /// the reason.
    pub name: u8,
    pub code: u32,
    /// The most telling number of the payload.
    pub value: u32,
    pub before: ConditionWord,
    pub span: u64,
    pub parent: u64,
    pub if_index: u32,
    pub lower_if_index: u32,
    pub miniport_if_index: u32,
    pub miniport_luid: u64,
    pub luid: u64,
}

/// The end of a span, or the status of a point.
#[derive(Clone, Copy)]
pub struct End {
    pub moment: Moment,
    pub status: NDIS_STATUS,
    pub after: ConditionWord,
}

impl Record {
    /// A record of this module. Name, code and value are 0, and the caller sets those that there are.
    #[inline]
    pub fn new(
        kind: RecordKind,
        moment: Moment,
        identity: &ModuleIdentity<'_>,
        span: u64,
        parent: u64,
        now: ConditionWord,
    ) -> Self {
        Self {
            moment,
            kind,
            is_end: false,
            name: 0,
            code: 0,
            value: 0,
            before: now,
            span,
            parent,
            if_index: identity.if_index,
            lower_if_index: identity.lower_if_index,
            miniport_if_index: identity.miniport_if_index,
            miniport_luid: identity.miniport_luid,
            luid: identity.luid,
        }
    }

    /// The name of the event, or the reason of an anomaly.
    pub fn event(&self) -> &'static str {
        if self.kind == RecordKind::NetPnpEvent {
            EventCode::from_raw(self.code).map_or("Unknown", EventCode::name)
        } else {
            names::name(self.name)
        }
    }

    #[inline]
    fn words(&self) -> [u64; FIRST] {
        let pair = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
        let marks = self.before.word() << 16
            | u32::from(self.name) << 8
            | u32::from(self.is_end) << 7
            | self.kind as u32;
        [
            self.moment.counter,
            self.moment.interrupt_100ns,
            self.moment.unbiased_100ns,
            self.span,
            self.parent,
            self.miniport_luid,
            self.luid,
            pair(self.if_index, self.lower_if_index),
            pair(self.miniport_if_index, self.code),
            pair(self.value, marks),
        ]
    }
}

impl End {
    #[inline]
    fn words(&self) -> [u64; LAST] {
        [
            self.moment.counter,
            self.moment.interrupt_100ns,
            self.moment.unbiased_100ns,
            u64::from(self.status.0.cast_unsigned()) | u64::from(self.after.word()) << 32,
        ]
    }
}

/// Records the start of a span and gives the record's number. Any IRQL.
#[inline]
pub fn begin(record: &Record) -> u64 {
    RING.push(&record.words())
}

/// Records the end of a span. `record` makes its start again, in case that has been overwritten. Any IRQL.
#[inline]
pub fn end(number: u64, record: impl FnOnce() -> Record, end: &End) {
    if !RING.end(number, &end.words()) {
        overwritten(record(), end);
    }
}

/// Records the end of a span whose start has been overwritten, as a record of its own.
#[cold]
#[inline(never)]
fn overwritten(record: Record, end: &End) {
    push_complete(&Record { is_end: true, moment: end.moment, ..record }, end);
}

/// Records a point, with its status as an end. Any IRQL.
#[inline(never)]
pub fn point(record: &Record, status: NDIS_STATUS) {
    push_complete(record, &End { moment: record.moment, status, after: record.before });
}

fn push_complete(record: &Record, end: &End) {
    let mut words = [0; WORDS];
    for (to, from) in words.iter_mut().zip(record.words().into_iter().chain(end.words())) {
        *to = from;
    }
    RING.push(&words);
}

/// The current moment, for a point. Any IRQL.
pub fn now() -> Moment {
    clock::now()
}

/// The number of records that are kept. Any IRQL.
#[expect(clippy::cast_possible_truncation, reason = "a constant far below 4 Gi")]
pub const fn capacity() -> u32 {
    CAPACITY as u32
}

/// The record of that number, and its end if there is one; None when it is overwritten or being written.
/// Any IRQL.
pub fn get(number: u64) -> Option<(Record, Option<End>)> {
    let read = RING.get(number)?;
    let [
        counter,
        interrupt_100ns,
        unbiased_100ns,
        span,
        parent,
        miniport_luid,
        luid,
        indices,
        index_and_code,
        value_and_marks,
        end_counter,
        end_interrupt_100ns,
        end_unbiased_100ns,
        status_and_after,
    ] = read.words;
    let marks = high(value_and_marks);
    let kind = RecordKind::ALL.get((marks & 0x7F) as usize).copied()?;
    let record = Record {
        moment: Moment { counter, interrupt_100ns, unbiased_100ns },
        kind,
        is_end: marks & 0x80 != 0,
        name: (marks >> 8 & 0xFF) as u8,
        code: high(index_and_code),
        value: low(value_and_marks),
        before: ConditionWord::from_word(marks >> 16),
        span,
        parent,
        if_index: low(indices),
        lower_if_index: high(indices),
        miniport_if_index: low(index_and_code),
        miniport_luid,
        luid,
    };
    let moment = Moment {
        counter: end_counter,
        interrupt_100ns: end_interrupt_100ns,
        unbiased_100ns: end_unbiased_100ns,
    };
    let (status, after) = (low(status_and_after).cast_signed(), high(status_and_after));
    let end = End { moment, status: NDIS_STATUS(status), after: ConditionWord::from_word(after) };
    let has_end = read.is_ended || record.is_end || !kind.is_span();
    Some((record, has_end.then_some(end)))
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half")]
const fn low(word: u64) -> u32 {
    word as u32
}

const fn high(word: u64) -> u32 {
    low(word >> 32)
}

/// The range of record numbers that may be there now. Any IRQL.
pub fn filling() -> Filling {
    RING.filling()
}
