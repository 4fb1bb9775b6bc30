//! One line of the timeline: where an event's fields go.
//!
//! A timeline has to know where to put things, so this is the one file that knows names of fields. A
//! field that found its place is not repeated in the payload; every other field prints there as
//! `Name=value`, in order. An event without any of these names is complete all the same.
//!
//! | field | goes to |
//! |---|---|
//! | `Adapter` | adapter |
//! | `IfIndex`, `LowerIfIndex`, `MiniportIfIndex` | layer, see `layer` |
//! | `Event`, of the event names in `NAMED_BY_FIELD` | event |
//! | `State`, `Power`, and the outcome's `NewState`, `NewPower` | state: `Running>Paused D0>D3` |
//! | the outcome's `Status` | status |
//! | the outcome's `ForwardTime100ns` | nowhere when there is a span: took has it |
//! | `REPEATS` | nowhere when the column that says it better is filled |
//! | `NOTHING_WHEN_ZERO` | nowhere when zero |
//!
//! An outcome is a Stop or an event without duration. What a Start calls `NewPower` is a request, not
//! yet a fact, and stays in the payload.

use super::decode::{Event, Opcode};
use super::duration::duration;
use super::layer::Layers;
use super::value::{Field, Value, shown};

/// Events that stand for many, told apart by their field `Event`.
const NAMED_BY_FIELD: [&str; 3] = ["NetPnPEvent", "DevicePnPEvent", "Status"];

/// Spans inside an event's: what it spent in the layers above, or below.
pub(super) const CALLS: [&str; 2] = ["CallUp", "CallDown"];

/// Numbers behind what a column shows by name.
const REPEATS: [(&str, Column); 12] = [
    ("Code", Column::Event),
    ("MiniportLuid", Column::Adapter),
    ("LuidOfModule", Column::Layer),
    ("ModuleLuid", Column::Layer),
    ("Module", Column::Layer),
    ("SpanId", Column::Nesting),
    ("ParentSpanId", Column::Nesting),
    ("ForwardTime100ns", Column::Took),
    ("OwnTime100ns", Column::Took),
    ("InterruptTime100ns", Column::Time),
    ("UnbiasedTime100ns", Column::Time),
    ("RawValue", Column::Event),
];

const NOTHING_WHEN_ZERO: [&str; 5] =
    ["PayloadBytes", "PortNumber", "Flags", "LinkMbps", "MtuBytes"];

/// Beyond this depth the indentation stands still and says the depth as a number.
const DEEPEST_INDENTATION: usize = 5;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    /// Always filled.
    Time,
    Adapter,
    Layer,
    Event,
    /// The tree in the event column.
    Nesting,
    Took,
}

/// The cells but for the time.
#[derive(Default)]
pub(super) struct Row {
    pub(super) adapter: String,
    pub(super) layer: String,
    /// Tree glyphs in front of the event's name.
    pub(super) indentation: String,
    pub(super) event: String,
    /// One string for each field: lines break between them if they can.
    pub(super) payload: Vec<String>,
    /// The module's state, then its power.
    pub(super) state: Vec<String>,
    pub(super) took: String,
    pub(super) status: String,
}

/// How long a line's event lasted.
pub(super) enum Took {
    /// It is no span.
    Nothing,
    Span(u64),
    NeverStopped,
    NeverStarted,
}

/// What lines share.
pub(super) struct Rows<'a> {
    pub(super) layers: Layers,
    /// Only events of another provider name theirs.
    pub(super) provider: &'a str,
}

impl Rows<'_> {
    /// A span has two events, Start and Stop; everything else has one.
    pub(super) fn row(
        &mut self,
        opening: Option<&Event>,
        closing: Option<&Event>,
        depth: usize,
        took: &Took,
    ) -> Row {
        let Some(event) = opening.or(closing) else { return Row::default() };
        let mut fields = Fields::of(opening, closing);
        let mut row = Row { indentation: indentation(depth), ..Row::default() };
        row.adapter = fields.take_text("Adapter");
        row.layer = self.layer(&mut fields);
        let named = if NAMED_BY_FIELD.contains(&&*event.name) {
            fields.take_text("Event")
        } else {
            String::new()
        };
        row.event = if named.is_empty() { shown(&event.name) } else { named.clone() };
        row.status = fields.take_outcome("Status");
        let state = (fields.take_text("State"), fields.take_outcome("NewState"));
        let power = (fields.take_text("Power"), fields.take_outcome("NewPower"));
        row.state =
            [change(&state), change(&power)].into_iter().filter(|s| !s.is_empty()).collect();
        row.took = match took {
            Took::Nothing => String::new(),
            Took::Span(took) => duration(*took),
            Took::NeverStopped => "no stop".to_owned(),
            Took::NeverStarted => "no start".to_owned(),
        };
        fields.drop_repetitions(|column| match column {
            Column::Time => true,
            Column::Adapter => !row.adapter.is_empty(),
            Column::Layer => !row.layer.is_empty(),
            Column::Event => !named.is_empty(),
            Column::Nesting => event.activity.is_some(),
            Column::Took => matches!(took, Took::Span(_)),
        });
        // An empty text says nothing; `--json` has it.
        let says = |field: &Field| !matches!(&field.value, Value::Text(text) if text.is_empty());
        let left = fields.left.iter().map(|(_, field)| *field);
        row.payload = left.filter(|field| says(field)).map(named_value).collect();
        if event.history {
            row.payload.push("(history)".to_owned());
        }
        if let Opcode::Other(opcode) = event.opcode {
            row.payload.push(format!("(opcode {opcode})"));
        }
        if *event.provider != *self.provider {
            row.payload.push(format!("(provider {})", shown(&event.provider)));
        }
        for problem in [opening, closing].into_iter().flatten().filter_map(|e| e.problem.as_ref()) {
            row.payload.push(format!("(damaged: {})", shown(problem)));
        }
        row
    }

    /// Takes the indices only if they tell the layer.
    fn layer(&mut self, fields: &mut Fields) -> String {
        let (Some(miniport), Some(module)) =
            (fields.number("MiniportIfIndex"), fields.number("IfIndex"))
        else {
            return String::new();
        };
        let lower = fields.number("LowerIfIndex");
        for name in ["MiniportIfIndex", "IfIndex", "LowerIfIndex"] {
            fields.take(name, &[Side::Opening, Side::Closing]);
        }
        self.layers.name(miniport, lower, module)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    /// Of a Start.
    Opening,
    /// The outcome: of a Stop, or of an event without duration.
    Closing,
}

/// The fields that have no place yet.
struct Fields<'a> {
    left: Vec<(Side, &'a Field)>,
}

impl<'a> Fields<'a> {
    fn of(opening: Option<&'a Event>, closing: Option<&'a Event>) -> Self {
        let side = |side, event: Option<&'a Event>| {
            event.into_iter().flat_map(|event| &event.fields).map(move |field| (side, field))
        };
        let left = side(Side::Opening, opening).chain(side(Side::Closing, closing)).collect();
        Fields { left }
    }

    /// Takes the first field of that name, and what repeats it.
    fn take(&mut self, name: &str, sides: &[Side]) -> Option<&'a Value> {
        let wanted = |(side, field): &(Side, &Field)| *field.name == *name && sides.contains(side);
        let (_, found) = *self.left.iter().find(|entry| wanted(entry))?;
        self.left.retain(|entry| !wanted(entry) || entry.1.value != found.value);
        Some(&found.value)
    }

    fn take_text(&mut self, name: &str) -> String {
        self.take(name, &[Side::Opening, Side::Closing])
            .map(ToString::to_string)
            .unwrap_or_default()
    }

    fn take_outcome(&mut self, name: &str) -> String {
        self.take(name, &[Side::Closing]).map(ToString::to_string).unwrap_or_default()
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.left.iter().find(|(_, field)| *field.name == *name).and_then(|(_, field)| {
            if let Value::Unsigned(number) = field.value { Some(number) } else { None }
        })
    }

    /// Leaves what the payload has to say.
    fn drop_repetitions(&mut self, filled: impl Fn(Column) -> bool) {
        let opening: Vec<_> =
            self.left.iter().filter(|(side, _)| *side == Side::Opening).map(|(_, f)| *f).collect();
        self.left.retain(|(side, field)| {
            let name = &*field.name;
            let repeats = REPEATS.iter().any(|(other, column)| *other == name && filled(*column))
                || *side == Side::Closing && opening.contains(field);
            let zero = matches!(field.value, Value::Unsigned(0) | Value::Signed(0) | Value::Hex(0));
            !(repeats || zero && NOTHING_WHEN_ZERO.contains(&name))
        });
    }
}

/// `Running`, `Running>Paused`, or `>Paused` when only the outcome is known.
fn change((old, new): &(String, String)) -> String {
    if new.is_empty() || new == old { old.clone() } else { format!("{old}>{new}") }
}

fn indentation(depth: usize) -> String {
    match depth {
        0 => String::new(),
        depth @ 1..=DEEPEST_INDENTATION => "  ".repeat(depth - 1) + "└ ",
        depth => format!("{}└{depth} ", "  ".repeat(DEEPEST_INDENTATION - 1)),
    }
}

/// A text that has blanks, or nothing, is quoted: it must not be mistaken for the next field.
fn named_value(field: &Field) -> String {
    let value = field.value.to_string();
    let is_text = matches!(field.value, Value::Text(_));
    let quote = if is_text && (value.is_empty() || value.contains(' ')) { "\"" } else { "" };
    format!("{}={quote}{value}{quote}", shown(&field.name))
}
