//! One event as a row of a table, the same for every trace: what tables of a fleet are joined by in
//! columns of their own, the whole payload in one.

use parquet_derive::ParquetRecordWriter;
use serde::Serialize;

use crate::attribute::{Span, Spans};
use crate::decode::{Event, Opcode};
use crate::etl::Session;
use crate::value::{Value, serialize_fields};

/// A row; a column is empty where the event has no such field.
#[derive(Clone, Debug, PartialEq, Serialize, ParquetRecordWriter)]
pub struct Row {
    /// Units of 100 ns since 1601, UTC.
    pub filetime: u64,
    /// Units of 100 ns since the session began.
    pub time_100ns: u64,
    /// `Event::provider`.
    pub provider: String,
    /// `Event::name`.
    pub name: String,
    /// `Info`, `Start`, `Stop`, or a number.
    pub opcode: String,
    /// `Event::level`.
    pub level: u32,
    /// Number of the thread that wrote it.
    pub thread: u32,
    /// SetPower; the event's name where it has no such field.
    pub event: String,
    /// The adapter's name.
    pub adapter: Option<String>,
    /// `NET_LUID` of the adapter.
    pub miniport_luid: Option<u64>,
    /// The module's index as an interface.
    pub if_index: Option<u64>,
    /// 1 sits on the miniport.
    pub layer: Option<u32>,
    /// Number of its span.
    pub span_id: Option<u64>,
    /// Number of the span around that; 0 for none.
    pub parent_span_id: Option<u64>,
    /// The module's state before.
    pub state: Option<String>,
    /// The module's state after.
    pub new_state: Option<String>,
    /// The adapter's power state before.
    pub power: Option<String>,
    /// The adapter's power state after.
    pub new_power: Option<String>,
    /// The status that it ended with, or carries.
    pub status: Option<u64>,
    /// On a Stop: since its Start.
    pub took_100ns: Option<u64>,
    /// Whether the event was told as history.
    pub history: bool,
    /// Every field, as a JSON object.
    pub fields: String,
}

/// One row for each event, in their order.
#[must_use]
pub fn rows(session: &Session, events: &[Event]) -> Vec<Row> {
    let spans = Spans::of(events);
    events.iter().map(|event| row(session, &spans, event)).collect()
}

fn row(session: &Session, spans: &Spans, event: &Event) -> Row {
    let number = |name| event.field(name).and_then(Value::number);
    let text = |name| event.field(name).and_then(Value::text).map(str::to_owned);
    let span = number("SpanId").and_then(|id| spans.by_id(id));
    let took = span.filter(|_| event.opcode == Opcode::Stop).and_then(Span::took_100ns);
    let layer = number("IfIndex").zip(number("MiniportLuid")).and_then(|(index, luid)| {
        let is = |module: &&crate::attribute::Module| {
            module.if_index == index && module.miniport_luid == luid
        };
        spans.modules.iter().find(is).map(|module| module.layer)
    });
    let since = event.time_100ns.saturating_sub(session.start_100ns());
    Row {
        filetime: session.start_filetime.saturating_add(since),
        time_100ns: since,
        provider: event.provider.to_string(),
        name: event.name.to_string(),
        opcode: match event.opcode {
            Opcode::Info => "Info".to_owned(),
            Opcode::Start => "Start".to_owned(),
            Opcode::Stop => "Stop".to_owned(),
            Opcode::Other(number) => number.to_string(),
        },
        level: event.level.into(),
        thread: event.thread,
        event: text("Event").unwrap_or_else(|| event.name.to_string()),
        adapter: text("Adapter"),
        miniport_luid: number("MiniportLuid"),
        if_index: number("IfIndex"),
        layer,
        span_id: number("SpanId"),
        parent_span_id: number("ParentSpanId"),
        state: text("State"),
        new_state: text("NewState"),
        power: text("Power"),
        new_power: text("NewPower"),
        status: number("Status"),
        took_100ns: took,
        history: event.history,
        fields: fields(event),
    }
}

/// The payload as JSON; an event may name two fields alike, which an object may not.
fn fields(event: &Event) -> String {
    let mut out = Vec::new();
    let mut serializer = serde_json::Serializer::new(&mut out);
    // Writing to memory does not fail, and all keys are texts.
    let _ = serialize_fields(&event.fields, &mut serializer);
    String::from_utf8(out).unwrap_or_default()
}
