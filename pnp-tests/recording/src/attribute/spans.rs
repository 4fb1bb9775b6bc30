//! The spans of our driver's events: Start and Stop joined by their numbers, whatever the order they
//! are given in, and each inside the span around it.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use serde::Serialize;

use crate::decode::{Event, Opcode};
use crate::value::Value;

/// A text that many spans share, in one word.
pub type Text = Rc<String>;

/// The kind of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Kind {
    /// FilterAttach.
    Attach,
    /// FilterRestart.
    Restart,
    /// FilterPause.
    Pause,
    /// FilterDetach.
    Detach,
    /// FilterNetPnPEvent.
    NetPnp,
    /// FilterDevicePnPEventNotify.
    DevicePnp,
    /// The layers above, called with an event.
    CallUp,
    /// The layers below, called with an event.
    CallDown,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "Attach" => Self::Attach,
            "Restart" => Self::Restart,
            "Pause" => Self::Pause,
            "Detach" => Self::Detach,
            "NetPnPEvent" => Self::NetPnp,
            "DevicePnPEvent" => Self::DevicePnp,
            "CallUp" => Self::CallUp,
            "CallDown" => Self::CallDown,
            _ => return None,
        })
    }

    /// Whether it is the part of another span that the layers above or below took.
    #[must_use]
    pub fn is_call(self) -> bool {
        matches!(self, Self::CallUp | Self::CallDown)
    }
}

/// One filter module of our driver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Module {
    /// The adapter's name.
    pub adapter: Text,
    /// `NET_LUID` of the adapter.
    pub miniport_luid: u64,
    /// The adapter's index as an interface.
    pub miniport_if_index: u64,
    /// The module's own index as an interface.
    pub if_index: u64,
    /// Index of the interface that it sits on.
    pub lower_if_index: u64,
    /// 1 sits on the miniport.
    pub layer: u32,
}

/// From a Start to its Stop.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// The span's number, as traced.
    pub id: u64,
    /// The number of the one around it, as traced; 0 for none.
    pub parent_id: u64,
    /// The span's kind.
    pub kind: Kind,
    /// SetPower, or the kind's name.
    pub event: Text,
    /// Place in `Spans::modules`.
    pub module: usize,
    /// None: the trace has the end only.
    pub start_100ns: Option<u64>,
    /// None: it never ended, as far as the trace goes.
    pub stop_100ns: Option<u64>,
    /// The `NDIS_STATUS` or `NTSTATUS` on the Stop.
    pub status: Option<u32>,
    /// On the Start: what a power event asks for.
    pub asked: Option<Text>,
    /// The module's state at the Start.
    pub state: Option<Text>,
    /// The module's state at the Stop.
    pub new_state: Option<Text>,
    /// The adapter's power state at the Start.
    pub power: Option<Text>,
    /// The adapter's power state at the Stop.
    pub new_power: Option<Text>,
    /// Whether the span was told as history, to a session that began later.
    pub history: bool,
    /// Place in `Spans::spans` of the one around it.
    pub parent: Option<usize>,
    /// When its ends came among all ends: what happens at the same time still has an order.
    start_order: u32,
    stop_order: u32,
}

/// An anomaly that the driver reports: an event that should not have happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anomaly {
    /// When, on the clock of the session.
    pub time_100ns: u64,
    /// Place in `Spans::modules`.
    pub module: usize,
    /// The reason for which the event is an anomaly.
    pub reason: Text,
    /// The event that showed it; empty for one told as history.
    pub event: Text,
}

/// Orders of what was not told as history begin here.
const LIVE: u32 = 1 << 31;

/// A trace's spans.
#[derive(Default)]
pub struct Spans {
    /// By start, once finished.
    pub spans: Vec<Span>,
    /// The modules, in the order in which the trace first names them.
    pub modules: Vec<Module>,
    /// The anomalies, in the order of the trace.
    pub anomalies: Vec<Anomaly>,
    /// When the trace begins; none without an event.
    pub from_100ns: Option<u64>,
    /// When the trace ends.
    pub to_100ns: u64,
    ends: u32,
    by_id: HashMap<u64, usize>,
    by_module: HashMap<(u64, u64), usize>,
    texts: HashMap<String, Text>,
}

impl Spans {
    /// Takes an event in; one that is not of our driver's spans only says how long the trace is.
    pub fn add(&mut self, event: &Event) {
        if !event.history {
            self.to_100ns = self.to_100ns.max(event.time_100ns);
            self.from_100ns =
                Some(self.from_100ns.map_or(event.time_100ns, |from| from.min(event.time_100ns)));
        }
        if &*event.name == "Anomaly" {
            self.add_anomaly(event);
        }
        let (Some(kind), Opcode::Start | Opcode::Stop) = (Kind::of(&event.name), event.opcode)
        else {
            return;
        };
        let mut fields = Fields::of(event);
        let Some((id, module)) = fields.span_id.zip(self.module(&fields)) else { return };
        let index = *self.by_id.entry(id).or_insert(self.spans.len());
        if index == self.spans.len() {
            let event = fields.event.take().unwrap_or(&event.name);
            let event = self.text(event);
            self.spans.push(Span::new(id, fields.parent_span_id, kind, event, module));
        }
        let texts = [fields.state, fields.new_state, fields.power, fields.new_power];
        let [state, new_state, power, new_power] =
            texts.map(|text| text.map(|text| self.text(text)));
        self.ends += 1;
        // The past came before everything else, whenever it is told.
        let order = if event.history { self.ends } else { self.ends + LIVE };
        let span = &mut self.spans[index];
        let known = if event.opcode == Opcode::Start { span.start_100ns } else { span.stop_100ns };
        if event.history && known.is_some() {
            return;
        }
        span.history = event.history;
        if event.opcode == Opcode::Start {
            span.start_100ns = Some(event.time_100ns);
            span.start_order = order;
            (span.asked, span.state, span.power) = (new_power, state, power);
        } else {
            span.stop_100ns = Some(event.time_100ns);
            span.stop_order = order;
            span.status = fields.status.and_then(|status| u32::try_from(status).ok());
            (span.new_state, span.new_power) = (new_state, new_power);
        }
    }

    fn add_anomaly(&mut self, event: &Event) {
        let fields = Fields::of(event);
        let Some(module) = self.module(&fields) else { return };
        // A record of the past keeps the reason where the event's name is.
        let text = |name| event.field(name).and_then(Value::text);
        let name = fields.event.unwrap_or("");
        let (reason, name) = text("Reason").map_or((name, ""), |reason| (reason, name));
        let (reason, event_name) = (self.text(reason), self.text(name));
        let time_100ns = event.time_100ns;
        self.anomalies.push(Anomaly { time_100ns, module, reason, event: event_name });
    }

    fn text(&mut self, text: &str) -> Text {
        if let Some(known) = self.texts.get(text) {
            return Rc::clone(known);
        }
        let new = Rc::new(text.to_owned());
        self.texts.insert(text.to_owned(), Rc::clone(&new));
        new
    }

    fn module(&mut self, fields: &Fields<'_>) -> Option<usize> {
        let key = (fields.miniport_luid?, fields.if_index?);
        let index = *self.by_module.entry(key).or_insert(self.modules.len());
        let adapter = fields.adapter.map(|text| self.text(text));
        if index == self.modules.len() {
            self.modules.push(Module {
                adapter: Text::default(),
                miniport_luid: key.0,
                miniport_if_index: fields.miniport_if_index.unwrap_or(0),
                if_index: key.1,
                lower_if_index: 0,
                layer: 0,
            });
        }
        let module = &mut self.modules[index];
        if let Some(adapter) = adapter.filter(|name| !name.is_empty()) {
            module.adapter = adapter;
        }
        if let Some(lower) = fields.lower_if_index {
            module.lower_if_index = lower;
        }
        Some(index)
    }

    /// The spans of these events, whose order does not matter.
    pub fn of<'a>(events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut spans = Self::default();
        for event in events {
            spans.add(event);
        }
        spans.finish()
    }

    /// The span of that number; once finished.
    #[must_use]
    pub fn by_id(&self, id: u64) -> Option<&Span> {
        self.by_id.get(&id).and_then(|at| self.spans.get(*at))
    }

    /// Puts the spans in order and into one another, and numbers the layers.
    #[must_use]
    pub fn finish(mut self) -> Self {
        // In place: a stable sort would take half as much memory again.
        self.spans
            .sort_unstable_by_key(|span| (span.start_100ns.or(span.stop_100ns), span.start_order));
        self.by_id.clear();
        self.by_id.extend(self.spans.iter().enumerate().map(|(at, span)| (span.id, at)));
        self.nest();
        self.number_layers();
        self
    }

    /// By the number of the span around where the trace has it; else by time: an adapter is told one
    /// event at a time, so what begins while the same event is open on another module is inside.
    fn nest(&mut self) {
        let mut open: BTreeMap<(u64, Text), Vec<usize>> = BTreeMap::new();
        for at in 0..self.spans.len() {
            let span = &self.spans[at];
            let parent = self.by_id.get(&span.parent_id).copied().filter(|parent| *parent != at);
            if !matches!(span.kind, Kind::NetPnp | Kind::DevicePnp) {
                self.spans[at].parent = parent;
                continue;
            }
            let key = (self.modules[span.module].miniport_luid, Rc::clone(&span.event));
            let stack = open.entry(key).or_default();
            let (start, stop) = (span.start_order, span.stop_order);
            stack.retain(|outer| self.spans[*outer].stop_order > start);
            let around = stack.iter().rev().copied().find(|outer| {
                let outer = &self.spans[*outer];
                outer.module != span.module && outer.stop_order >= stop
            });
            stack.push(at);
            self.spans[at].parent = parent.or(around);
        }
    }

    /// The module on the miniport is 1; another one is above the module that its events come from, or
    /// else counts on in the order of appearance.
    fn number_layers(&mut self) {
        let mut below: BTreeMap<usize, usize> = BTreeMap::new();
        for span in self.spans.iter().filter(|span| span.kind == Kind::NetPnp) {
            if let Some(outer) = self.outer_module(span) {
                below.insert(span.module, outer);
            }
        }
        let mut next: BTreeMap<u64, u32> = BTreeMap::new();
        for at in 0..self.modules.len() {
            let chain = std::iter::successors(Some(at), |module| below.get(module).copied());
            let height = chain.take(self.modules.len()).count();
            let module = &mut self.modules[at];
            let bottom = module.lower_if_index == module.miniport_if_index;
            module.layer = match u32::try_from(height).unwrap_or(u32::MAX) {
                _ if bottom => 1,
                1 => *next.entry(module.miniport_luid).or_insert(2),
                height => height,
            };
            let free = next.entry(module.miniport_luid).or_insert(2);
            *free = (*free).max(module.layer + 1);
        }
    }

    /// Stacks whose pause stands still when the trace ends: the span of the lowest module that was
    /// paused, and the next module below it, which runs.
    #[must_use]
    pub fn unfinished_pauses(&self) -> Vec<(usize, usize)> {
        let mut last: BTreeMap<usize, usize> = BTreeMap::new();
        for (at, span) in self.spans.iter().enumerate() {
            if matches!(span.kind, Kind::Attach | Kind::Restart | Kind::Pause | Kind::Detach) {
                last.insert(span.module, at);
            }
        }
        let mut stacks: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for at in last.into_values().filter(|at| self.spans[*at].kind != Kind::Detach) {
            stacks.entry(self.modules[self.spans[at].module].miniport_luid).or_default().push(at);
        }
        let layer = |at: &usize| self.modules[self.spans[*at].module].layer;
        let of = |stack: &[usize], kind| -> Vec<usize> {
            stack.iter().copied().filter(|at| self.spans[*at].kind == kind).collect()
        };
        let stands = |stack: Vec<usize>| {
            let paused = of(&stack, Kind::Pause).into_iter().min_by_key(layer)?;
            let mut below = of(&stack, Kind::Restart);
            below.retain(|at| layer(at) < layer(&paused));
            let below = below.into_iter().max_by_key(layer)?;
            Some((paused, self.spans[below].module))
        };
        stacks.into_values().filter_map(stands).collect()
    }

    /// The module whose span is around that of another module.
    fn outer_module(&self, span: &Span) -> Option<usize> {
        let mut outer = &self.spans[span.parent?];
        if outer.kind.is_call() {
            outer = &self.spans[outer.parent?];
        }
        (outer.module != span.module).then_some(outer.module)
    }
}

impl Span {
    fn new(id: u64, parent_id: u64, kind: Kind, event: Text, module: usize) -> Self {
        Self {
            id,
            parent_id,
            kind,
            event,
            module,
            start_100ns: None,
            stop_100ns: None,
            status: None,
            asked: None,
            state: None,
            new_state: None,
            power: None,
            new_power: None,
            history: false,
            parent: None,
            start_order: 0,
            stop_order: u32::MAX,
        }
    }

    /// The span's duration, when both ends are known, units of 100 ns.
    #[must_use]
    pub fn took_100ns(&self) -> Option<u64> {
        Some(self.stop_100ns?.saturating_sub(self.start_100ns?))
    }
}

/// What a span needs of an event's fields, found in one pass.
#[derive(Default)]
struct Fields<'a> {
    if_index: Option<u64>,
    lower_if_index: Option<u64>,
    miniport_if_index: Option<u64>,
    miniport_luid: Option<u64>,
    span_id: Option<u64>,
    parent_span_id: u64,
    status: Option<u64>,
    adapter: Option<&'a str>,
    event: Option<&'a str>,
    state: Option<&'a str>,
    new_state: Option<&'a str>,
    power: Option<&'a str>,
    new_power: Option<&'a str>,
}

impl<'a> Fields<'a> {
    fn of(event: &'a Event) -> Self {
        let mut found = Self::default();
        for field in &event.fields {
            let text = || Value::text(&field.value);
            match &*field.name {
                "IfIndex" => found.if_index = field.value.number(),
                "LowerIfIndex" => found.lower_if_index = field.value.number(),
                "MiniportIfIndex" => found.miniport_if_index = field.value.number(),
                "MiniportLuid" => found.miniport_luid = field.value.number(),
                "SpanId" => found.span_id = field.value.number(),
                "ParentSpanId" => found.parent_span_id = field.value.number().unwrap_or(0),
                "Status" => found.status = field.value.number(),
                "Adapter" => found.adapter = text(),
                "Event" => found.event = text(),
                "State" => found.state = text(),
                "NewState" => found.new_state = text(),
                "Power" => found.power = text(),
                "NewPower" => found.new_power = text(),
                _ => {}
            }
        }
        found
    }
}
