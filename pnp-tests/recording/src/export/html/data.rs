//! What the page is told: lanes and rows, with all that needs the events already worked out. Times
//! are decimal strings in units of 100 ns since the first event: JavaScript's numbers are doubles.

use serde::{Serialize, Serializer};

use super::super::super::decode::{Event, Opcode};
use super::super::super::duration::time;
use super::super::super::layer::Layers;
use super::super::super::row::{Rows, Took};
use super::super::super::span::{Point, Span, pair};
use super::super::super::value::{Value, guid_text};
use super::stack::{LaneKey, Stacks};

#[derive(Serialize)]
pub(super) struct Data {
    adapters: Vec<Adapter>,
    /// Those of one adapter stand together, the lowest layer first.
    lanes: Vec<Lane>,
    /// In time order.
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Adapter {
    name: String,
    key: String,
}

#[derive(Serialize)]
struct Lane {
    adapter: usize,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    module: Option<String>,
    state: Vec<Change>,
    power: Vec<Change>,
}

/// From when on, what.
#[derive(Serialize)]
struct Change(#[serde(serialize_with = "as_text")] u64, String);

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
enum Kind {
    Span,
    NoStop,
    NoStart,
    Point,
}

#[derive(Serialize)]
struct Row {
    kind: Kind,
    lane: usize,
    #[serde(serialize_with = "as_text")]
    start: u64,
    #[serde(serialize_with = "as_optional_text", skip_serializing_if = "Option::is_none")]
    stop: Option<u64>,
    /// The event's own name; `name` is the one to show.
    event: String,
    name: String,
    time: String,
    took: String,
    status: String,
    change: String,
    failed: bool,
    anomaly: bool,
    /// Index of the row whose span is around this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<usize>,
    depth: u32,
    payload: Vec<Part>,
}

/// The fields of one event under what that event is to the row.
#[derive(Serialize)]
struct Part(&'static str, Vec<(String, String)>);

impl Data {
    pub(super) fn of(events: &[Event]) -> Self {
        let mut order: Vec<usize> = (0..events.len()).collect();
        order.sort_by_key(|index| events[*index].time_100ns);
        let pairing = pair(order.iter().map(|index| (*index, &events[*index])));
        let entries = entries(events, &pairing.spans, &pairing.points);

        let mut stacks = Stacks::default();
        let own: Vec<_> = order.iter().map(|at| (*at, stacks.place(&events[*at]))).collect();
        let mut places: Vec<LaneKey> = Vec::with_capacity(entries.len());
        for entry in &entries {
            let event = &events[entry.first];
            let place = match (stacks.place(event), entry.parent) {
                (Some(place), _) => place,
                (None, Some(around)) => places[around],
                (None, None) => stacks.place_of_provider(&event.provider),
            };
            places.push(place);
        }
        let lanes_in_order = stacks.order();
        let lane_of =
            |place: LaneKey| lanes_in_order.iter().position(|other| *other == place).unwrap_or(0);

        let origin = order.first().map_or(0, |index| events[*index].time_100ns);
        let mut lanes: Vec<Lane> =
            lanes_in_order.iter().map(|place| lane(&stacks, *place)).collect();
        for (index, place) in own {
            if let Some(place) = place {
                lanes[lane_of(place)].note(&events[index], origin);
            }
        }
        let provider = order.first().map_or("", |index| &events[*index].provider);
        let mut cells = Rows { layers: Layers::default(), provider };
        let rows = entries.iter().zip(places);
        let rows = rows.map(|(e, place)| row(events, e, lane_of(place), origin, &mut cells));
        Data { rows: rows.collect(), adapters: adapters(&stacks), lanes }
    }
}

/// A span or a point, in the order of the rows.
struct Entry {
    kind: Kind,
    /// The event that gives the row its place.
    first: usize,
    stop: Option<usize>,
    took_100ns: Option<u64>,
    /// As a row.
    parent: Option<usize>,
    depth: u32,
}

fn entries(events: &[Event], spans: &[Span], points: &[Point]) -> Vec<Entry> {
    let spans = spans.iter().enumerate().map(|(at, span)| {
        let kind = if span.stop.is_some() { Kind::Span } else { Kind::NoStop };
        let Span { start: first, stop, took_100ns, parent, depth } = *span;
        (Some(at), Entry { kind, first, stop, took_100ns, parent, depth })
    });
    let points = points.iter().map(|point| {
        let kind = if point.unmatched_stop { Kind::NoStart } else { Kind::Point };
        let Point { event: first, parent, depth, .. } = *point;
        (None, Entry { kind, first, stop: None, took_100ns: None, parent, depth })
    });
    let mut all: Vec<(Option<usize>, Entry)> = spans.chain(points).collect();
    all.sort_by_key(|(_, entry)| (events[entry.first].time_100ns, entry.first));
    let mut row_of_span = vec![0; all.len()];
    for (row, (span, _)) in all.iter().enumerate() {
        if let Some(span) = span {
            row_of_span[*span] = row;
        }
    }
    let with_row = |(_, entry): (_, Entry)| Entry {
        parent: entry.parent.map(|span| row_of_span[span]),
        ..entry
    };
    all.into_iter().map(with_row).collect()
}

fn row(events: &[Event], entry: &Entry, lane: usize, origin: u64, cells: &mut Rows) -> Row {
    let first = &events[entry.first];
    let stop = entry.stop.map(|index| &events[index]);
    let (opening, closing) = match entry.kind {
        Kind::Span | Kind::NoStop => (Some(first), stop),
        Kind::NoStart | Kind::Point => (None, Some(first)),
    };
    let took = match entry.kind {
        Kind::Span => Took::Span(entry.took_100ns.unwrap_or(0)),
        Kind::NoStop => Took::NeverStopped,
        Kind::NoStart => Took::NeverStarted,
        Kind::Point => Took::Nothing,
    };
    let shown = cells.row(opening, closing, usize::try_from(entry.depth).unwrap_or(0), &took);
    let both = || [opening, closing].into_iter().flatten();
    Row {
        kind: entry.kind,
        lane,
        start: first.time_100ns - origin,
        stop: stop.map(|stop| stop.time_100ns - origin),
        event: first.name.to_string(),
        name: shown.event,
        time: time(first.time_100ns - origin),
        took: shown.took,
        status: shown.status,
        change: shown.state.join(" "),
        failed: both().any(has_failed),
        // Warnings and worse; 0 is a level that no filter holds back.
        anomaly: both().any(|event| {
            &*event.name == "Anomaly" || matches!(event.level, 1..=3) || event.problem.is_some()
        }),
        parent: entry.parent,
        depth: entry.depth,
        payload: payload(opening, closing),
    }
}

/// All fields, but for those of a Stop that say what its Start has said.
fn payload(opening: Option<&Event>, closing: Option<&Event>) -> Vec<Part> {
    let said: &[_] = opening.map_or(&[], |event| &event.fields);
    let title = if opening.is_some() { "Stop" } else { "Event" };
    let mut parts = Vec::new();
    if let Some(event) = opening {
        let fields = event.fields.iter().map(|f| (f.name.to_string(), full(&f.value))).collect();
        parts.push(Part("Start", fields));
    }
    if let Some(event) = closing {
        let new = event.fields.iter().filter(|field| !said.contains(field));
        parts.push(Part(title, new.map(|f| (f.name.to_string(), full(&f.value))).collect()));
    }
    if let Some(event) = opening.or(closing) {
        let mut about = vec![("Thread".to_owned(), event.thread.to_string())];
        about.extend(event.activity.map(|id| ("Activity".to_owned(), guid_text(&id))));
        about.extend(event.related.map(|id| ("Related".to_owned(), guid_text(&id))));
        let problems = [opening, closing].into_iter().flatten().filter_map(|e| e.problem.clone());
        about.extend(problems.map(|problem| ("Damaged".to_owned(), problem)));
        parts.push(Part("Written by", about));
    }
    parts
}

/// As displayed, but with all bytes of binary data.
fn full(value: &Value) -> String {
    match value {
        Value::Binary(bytes) => {
            let bytes: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            bytes.join(" ")
        }
        value => value.to_string(),
    }
}

/// As `NT_ERROR` and `NT_WARNING` say it. A Start carries no outcome, and has no such field.
fn has_failed(event: &Event) -> bool {
    matches!(event.field("Status"), Some(Value::NtStatus(status)) if *status >= 0x8000_0000)
}

fn adapters(stacks: &Stacks) -> Vec<Adapter> {
    let adapter =
        |group: &super::stack::Group| Adapter { name: group.name.clone(), key: group.key.clone() };
    stacks.groups.iter().map(adapter).collect()
}

fn lane(stacks: &Stacks, place: LaneKey) -> Lane {
    let module = &stacks.groups[place.group].modules[place.module];
    Lane {
        adapter: place.group,
        name: module.name.clone(),
        module: module.index.map(|index| index.to_string()),
        state: Vec::new(),
        power: Vec::new(),
    }
}

impl Lane {
    /// What an event says about its module's state and its adapter's power.
    fn note(&mut self, event: &Event, origin: u64) {
        let at = event.time_100ns - origin;
        note(&mut self.state, at, event, ["State", "NewState"]);
        note(&mut self.power, at, event, ["Power", "NewPower"]);
    }
}

/// What a Start calls new is asked for, not yet so.
fn note(changes: &mut Vec<Change>, at: u64, event: &Event, [before, after]: [&str; 2]) {
    let outcome = Some(after).filter(|_| event.opcode != Opcode::Start);
    for name in [Some(before), outcome].into_iter().flatten() {
        let Some(Value::Text(text)) = event.field(name) else { continue };
        if !text.is_empty() && changes.last().is_none_or(|Change(_, last)| last != text) {
            changes.push(Change(at, text.clone()));
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn as_text<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

#[expect(clippy::ref_option, reason = "serde's signature")]
fn as_optional_text<S: Serializer>(n: &Option<u64>, serializer: S) -> Result<S::Ok, S::Error> {
    n.map(|number| number.to_string()).serialize(serializer)
}
