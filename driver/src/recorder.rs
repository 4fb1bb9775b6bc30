//! The flight recorder: the last spans and points of all modules, whether somebody listens or not. It
//! survives detach and attach, since it is the driver's; the miniport's LUID joins what belongs together.
//!
//! A span is one record: its start is written when it begins, so that one that hangs is there, and its
//! end behind it. Names are numbers, since a record is made of words.

use driver_abi::ndis::status::NDIS_STATUS;
use driver_kit::kernel::clock::{self, Moment};
use driver_kit::ring::{Filling, Ring};
use ndis_filter::condition::ConditionWord;
use ndis_filter::event::EventCode;

use crate::module::ModuleIdentity;
use crate::names;

/// Records that are kept.
const CAPACITY: usize = 4096;
/// Words of a start; those of an end; of both.
const FIRST: usize = 10;
const LAST: usize = 4;
const WORDS: usize = FIRST + LAST;

static RING: Ring<CAPACITY, WORDS> = Ring::new();

const _: () = assert!(size_of::<Ring<CAPACITY, WORDS>>() <= 512 << 10, "512 KiB");

/// What a record is a copy of.
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

    /// Name of the ETW event.
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

    /// Whether it has two ends.
    pub const fn is_span(self) -> bool {
        !matches!(self, Self::Status | Self::Query | Self::Anomaly)
    }
}

/// What a record says, but for its end.
#[derive(Clone, Copy)]
pub struct Record {
    /// When: of the end of a span that is only an end, of the start or the point otherwise.
    pub moment: Moment,
    pub kind: RecordKind,
    /// It is the end of a span whose start has been overwritten.
    pub is_end: bool,
    /// What happened; of a network event the code says it. The reason of an anomaly.
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

/// The end of a span, or what a point came to.
#[derive(Clone, Copy)]
pub struct End {
    pub moment: Moment,
    pub status: NDIS_STATUS,
    pub after: ConditionWord,
}

impl Record {
    /// Of a module. What else there is to say is set afterwards.
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

    /// What happened.
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

/// A span begins; gives the record's number. Any IRQL.
#[inline]
pub fn begin(record: &Record) -> u64 {
    RING.push(&record.words())
}

/// A span ends. `record` is what was begun. Any IRQL.
#[inline]
pub fn end(number: u64, record: impl FnOnce() -> Record, end: &End) {
    if !RING.end(number, &end.words()) {
        overwritten(record(), end);
    }
}

/// The span has seen 4,096 others begin: its end becomes a record of its own.
#[cold]
#[inline(never)]
fn overwritten(record: Record, end: &End) {
    push_complete(&Record { is_end: true, moment: end.moment, ..record }, end);
}

/// A point; it has an end at once, for its status. Any IRQL.
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

/// A moment for a point.
pub fn now() -> Moment {
    clock::now()
}

/// How many records are kept.
#[expect(clippy::cast_possible_truncation, reason = "4,096")]
pub const fn capacity() -> u32 {
    CAPACITY as u32
}

/// The record of that number, if it is still there, and its end, if it has one. Any IRQL.
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

/// Which records are there. Any IRQL.
pub fn filling() -> Filling {
    RING.filling()
}
