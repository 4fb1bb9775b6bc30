//! The Trace Event Format of Chromium: opens in ui.perfetto.dev, chrome://tracing, and through
//! Microsoft's Perfetto plugin in WPA. A process is an adapter, a thread is a layer of its stack.
//! Source: "Trace Event Format", the document by Chromium's authors.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use crate::attribute::Spans;
use crate::decode::{Event, Opcode};
use crate::value::Value;

/// Numbers past this are texts: a reader in JavaScript would round them.
const EXACT: u64 = 1 << 53;

/// The document. Times are in microseconds since the first event.
#[must_use]
pub fn chrome(events: &[Event]) -> Json {
    let spans = Spans::of(events);
    let origin = events.iter().map(|event| event.time_100ns).min().unwrap_or(0);
    let mut lanes = Lanes::default();
    let mut list: Vec<Json> =
        events.iter().filter_map(|event| one(event, &spans, origin, &mut lanes)).collect();
    list.extend(lanes.names());
    json!({ "displayTimeUnit": "ms", "traceEvents": list })
}

/// Adapters and layers that have something in them.
#[derive(Default)]
struct Lanes {
    adapters: BTreeMap<u64, (usize, String)>,
    layers: BTreeSet<(usize, u32)>,
}

impl Lanes {
    /// Process and thread of an event; 0 for what is of no adapter.
    fn of(&mut self, event: &Event, spans: &Spans) -> (usize, u32) {
        let number = |name| event.field(name).and_then(Value::number);
        let Some(luid) = number("MiniportLuid") else {
            self.adapters.entry(0).or_insert((0, "driver".to_owned()));
            return (0, 0);
        };
        let next = self.adapters.len() + 1;
        let (process, name) = self.adapters.entry(luid).or_insert((next, format!("{luid:#x}")));
        if let Some(adapter) = event.field("Adapter").and_then(Value::text)
            && !adapter.is_empty()
        {
            adapter.clone_into(name);
        }
        let index = number("IfIndex");
        let is = |module: &&crate::attribute::Module| {
            Some(module.if_index) == index && module.miniport_luid == luid
        };
        let layer = spans.modules.iter().find(is).map_or(0, |module| module.layer);
        self.layers.insert((*process, layer));
        (*process, layer)
    }

    fn names(&self) -> Vec<Json> {
        let name = |kind: &str, process: usize, thread: u32, name: String| json!({"ph": "M", "name": kind, "pid": process, "tid": thread, "args": {"name": name}});
        let adapters = self.adapters.values();
        let adapters =
            adapters.map(|(process, text)| name("process_name", *process, 0, text.clone()));
        let layers = self.layers.iter();
        let layers = layers
            .map(|(process, layer)| name("thread_name", *process, *layer, format!("L{layer}")));
        adapters.chain(layers).collect()
    }
}

/// A span on its Start, with its length; a span that never ended as a beginning alone; a point.
fn one(event: &Event, spans: &Spans, origin: u64, lanes: &mut Lanes) -> Option<Json> {
    let (process, layer) = lanes.of(event, spans);
    let title = event.field("Event").and_then(Value::text).filter(|name| !name.is_empty());
    let name = match &*event.name {
        "CallUp" | "CallDown" => event.name.to_string(),
        name => title.unwrap_or(name).to_owned(),
    };
    let mut entry = json!({
        "name": name,
        "cat": &*event.provider,
        "ts": microseconds(event.time_100ns.saturating_sub(origin)),
        "pid": process,
        "tid": layer,
        "args": arguments(event),
    });
    let span = event.field("SpanId").and_then(Value::number).and_then(|id| spans.by_id(id));
    match (event.opcode, span) {
        (Opcode::Stop, Some(span)) if span.start_100ns.is_some() => return None,
        (Opcode::Start, Some(span)) => match span.took_100ns() {
            Some(took) => {
                entry["ph"] = json!("X");
                entry["dur"] = microseconds(took);
                if let Some(status) = span.status {
                    entry["args"]["Status"] = json!(Value::NtStatus(status));
                }
            }
            None => entry["ph"] = json!("B"),
        },
        _ => {
            entry["ph"] = json!("i");
            entry["s"] = json!("t");
        }
    }
    Some(entry)
}

/// Exact to 100 ns for the first 28 years.
fn microseconds(time_100ns: u64) -> Json {
    #[expect(clippy::cast_precision_loss, reason = "a trace is shorter than 28 years")]
    let microseconds = time_100ns as f64 / 10.0;
    json!(microseconds)
}

fn arguments(event: &Event) -> Json {
    let mut arguments = Map::new();
    for field in &event.fields {
        let value = match &field.value {
            Value::Unsigned(number) if *number > EXACT => json!(number.to_string()),
            value => json!(value),
        };
        arguments.insert(field.name.to_string(), value);
    }
    Json::Object(arguments)
}
