//! One event, from the module that it reached first to the last, and what each component took.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Serialize;

use super::spans::{Kind, Module, Span, Spans, Text};

/// A component in which an event's time can be spent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "component")]
pub enum Component {
    /// The filter between two of our modules, which is what the upper one sits on.
    Filter {
        /// Layer of the module above it.
        above: u32,
        /// Layer of the module below it.
        below: u32,
        /// Its index as an interface.
        if_index: u64,
    },
    /// What is above the topmost module.
    Protocols {
        /// Layer of the topmost module.
        above: u32,
    },
    /// What is below the lowest module.
    Miniport,
    /// Our own module.
    Monitor {
        /// Its layer; 1 sits on the miniport.
        layer: u32,
    },
}

impl Component {
    /// For people.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Filter { above, below, if_index } => {
                format!("filter between L{above} and L{below} (IfIndex {if_index})")
            }
            Self::Protocols { above } => format!("protocols above L{above}"),
            Self::Miniport => "miniport".to_owned(),
            Self::Monitor { layer } => format!("netpnplwf L{layer}"),
        }
    }
}

/// The time that one component took of one event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Share {
    /// The component.
    #[serde(flatten)]
    pub component: Component,
    /// How long it had the event.
    pub took_100ns: u64,
    /// Whether the component still has the event when the trace ends; it took at least this.
    pub holds: bool,
}

/// One event on its way through a stack.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Chain {
    /// SetPower, or the kind of span.
    pub event: Text,
    /// The state that a power event asks for: `D3`.
    pub asked: Option<Text>,
    /// The adapter's name.
    pub adapter: Text,
    /// `NET_LUID` of the adapter.
    pub miniport_luid: u64,
    /// When it reached the first module, on the clock of the session.
    pub start_100ns: u64,
    /// From there until it came back, or until the trace ended.
    pub took_100ns: u64,
    /// False: it did not come back before the trace ended.
    pub stopped: bool,
    /// The status that it came back with.
    pub status: Option<u32>,
    /// Whether the event was told as history, to a session that began later.
    pub history: bool,
    /// In the order in which the event reached them.
    pub shares: Vec<Share>,
}

impl Chain {
    /// The component that took most of the event, or the one that still holds it.
    #[must_use]
    pub fn culprit(&self) -> Option<&Share> {
        self.shares.iter().rev().max_by_key(|share| (share.holds, share.took_100ns))
    }

    /// `SetPower D3`.
    #[must_use]
    pub fn title(&self) -> String {
        match &self.asked {
            Some(asked) => format!("{} {asked}", self.event),
            None => self.event.to_string(),
        }
    }
}

/// Every network and device event of the trace, and every pause and restart of a whole stack.
pub(super) fn chains(spans: &Spans) -> Vec<Chain> {
    let mut inside: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, span) in spans.spans.iter().enumerate() {
        if let Some(parent) = span.parent {
            inside.entry(parent).or_default().push(at);
        }
    }
    let walk = Walk { spans, inside };
    let roots = spans.spans.iter().enumerate().filter(|(_, span)| {
        matches!(span.kind, Kind::NetPnp | Kind::DevicePnp) && span.parent.is_none()
    });
    let mut chains: Vec<Chain> = roots.filter_map(|(at, _)| walk.chain(at)).collect();
    chains.extend(brackets(spans, Kind::Pause));
    chains.extend(brackets(spans, Kind::Restart));
    chains.extend(
        spans
            .unfinished_pauses()
            .iter()
            .filter_map(|(upper, lower)| unfinished(spans, &spans.spans[*upper], *lower)),
    );
    chains
}

/// A pause that did not come down to the next module before the trace ended.
fn unfinished(spans: &Spans, upper: &Span, lower: usize) -> Option<Chain> {
    let (module, below) = (&spans.modules[upper.module], &spans.modules[lower]);
    let start_100ns = upper.start_100ns?;
    let took_100ns = spans.to_100ns.saturating_sub(upper.stop_100ns?);
    let component = Component::Filter {
        above: below.layer,
        below: module.layer,
        if_index: module.lower_if_index,
    };
    Some(Chain {
        event: Rc::new("Pause of the stack".to_owned()),
        asked: None,
        adapter: Rc::clone(&module.adapter),
        miniport_luid: module.miniport_luid,
        start_100ns,
        took_100ns,
        stopped: false,
        status: None,
        history: upper.history,
        shares: vec![Share { component, took_100ns, holds: true }],
    })
}

struct Walk<'a> {
    spans: &'a Spans,
    inside: BTreeMap<usize, Vec<usize>>,
}

/// A module's visit: its span, the part in which it called on, and the next module's visit.
struct Visit<'a> {
    span: &'a Span,
    call: Option<&'a Span>,
    next: Option<usize>,
}

impl<'a> Walk<'a> {
    fn children(&self, at: usize) -> impl Iterator<Item = usize> {
        self.inside.get(&at).into_iter().flatten().copied()
    }

    fn visit(&self, at: usize) -> Visit<'a> {
        let span = &self.spans.spans[at];
        let call = self.children(at).find(|child| self.spans.spans[*child].kind.is_call());
        let same = |child: &usize| {
            let child = &self.spans.spans[*child];
            child.kind == span.kind && child.event == span.event && child.module != span.module
        };
        // The next module's span is inside the call; without one, as in the history, inside ours.
        let next = call
            .and_then(|call| self.children(call).find(same))
            .or_else(|| self.children(at).find(same));
        Visit { span, call: call.map(|call| &self.spans.spans[call]), next }
    }

    fn chain(&self, root: usize) -> Option<Chain> {
        let span = &self.spans.spans[root];
        let start_100ns = span.start_100ns?;
        let end = self.spans.to_100ns.max(start_100ns);
        let module = &self.spans.modules[span.module];
        let mut shares = Vec::new();
        let mut at = Some(root);
        // Spans nest without a cycle, since a parent starts first; the count makes sure.
        for _ in 0..self.spans.modules.len() {
            let Some(here) = at else { break };
            let visit = self.visit(here);
            self.shares(&visit, end, &mut shares);
            at = visit.next;
        }
        Some(Chain {
            event: Rc::clone(&span.event),
            asked: span.asked.clone(),
            adapter: Rc::clone(&module.adapter),
            miniport_luid: module.miniport_luid,
            start_100ns,
            took_100ns: span.stop_100ns.unwrap_or(end).saturating_sub(start_100ns),
            stopped: span.stop_100ns.is_some(),
            status: span.status,
            history: span.history,
            shares,
        })
    }

    /// What the module itself took, and what the component behind it took.
    fn shares(&self, visit: &Visit<'_>, end: u64, shares: &mut Vec<Share>) {
        let took = |span: &Span| {
            let start = span.start_100ns.unwrap_or(end);
            span.stop_100ns.unwrap_or(end).saturating_sub(start)
        };
        let layer = self.spans.modules[visit.span.module].layer;
        let call = visit.call.unwrap_or(visit.span);
        let next = visit.next.map(|next| &self.spans.spans[next]);
        let own = took(visit.span).saturating_sub(took(call));
        let own_holds = visit.span.stop_100ns.is_none() && call.stop_100ns.is_some();
        shares.push(Share {
            component: Component::Monitor { layer },
            took_100ns: own,
            holds: own_holds,
        });
        let down = visit.span.kind == Kind::DevicePnp;
        let component = match next {
            Some(next) => between(layer, &self.spans.modules[visit.span.module], next, self.spans),
            None if down => Component::Miniport,
            None => Component::Protocols { above: layer },
        };
        // The module behind it has not come back either: then that one, or what is behind it, holds.
        let next_holds = next.is_some_and(|next| next.stop_100ns.is_none());
        shares.push(Share {
            component,
            took_100ns: took(call).saturating_sub(next.map_or(0, took)),
            holds: call.stop_100ns.is_none() && !next_holds,
        });
    }
}

fn between(layer: u32, module: &Module, next: &Span, spans: &Spans) -> Component {
    let other = &spans.modules[next.module];
    let (upper, below, above) = if other.layer > layer {
        (other, layer, other.layer)
    } else {
        (module, other.layer, layer)
    };
    Component::Filter { above: below, below: above, if_index: upper.lower_if_index }
}

/// The modules of a stack are paused from the top down and restarted from the bottom up; what lies
/// between two of them is the time of the filter between. One chain for each time that the whole
/// stack goes down or up.
fn brackets(spans: &Spans, kind: Kind) -> Vec<Chain> {
    let mut by_adapter: BTreeMap<u64, Vec<&Span>> = BTreeMap::new();
    for span in spans.spans.iter().filter(|span| span.kind == kind && span.took_100ns().is_some()) {
        by_adapter.entry(spans.modules[span.module].miniport_luid).or_default().push(span);
    }
    let mut chains = Vec::new();
    for modules in by_adapter.values() {
        let mut group: Vec<&Span> = Vec::new();
        for span in modules {
            let goes_on = group.last().is_some_and(|last| {
                let (last, here) =
                    (spans.modules[last.module].layer, spans.modules[span.module].layer);
                if kind == Kind::Pause { here < last } else { here > last }
            });
            if !goes_on {
                chains.extend(bracket(spans, &group));
                group.clear();
            }
            group.push(span);
        }
        chains.extend(bracket(spans, &group));
    }
    chains
}

/// One module alone says nothing about anybody else.
fn bracket(spans: &Spans, group: &[&Span]) -> Option<Chain> {
    let [first, .., last] = group else { return None };
    let start_100ns = first.start_100ns?;
    let module = &spans.modules[first.module];
    let mut shares = Vec::new();
    for pair in group.windows(2) {
        let [one, other] = pair else { continue };
        let layer = spans.modules[one.module].layer;
        let component = between(layer, &spans.modules[one.module], other, spans);
        let took_100ns = other.start_100ns?.saturating_sub(one.stop_100ns?);
        shares.push(Share { component, took_100ns, holds: false });
    }
    Some(Chain {
        event: Rc::new(format!("{} of the stack", first.event)),
        asked: None,
        adapter: Rc::clone(&module.adapter),
        miniport_luid: module.miniport_luid,
        start_100ns,
        took_100ns: last.stop_100ns?.saturating_sub(start_100ns),
        stopped: true,
        status: last.status,
        history: first.history,
        shares,
    })
}
