//! Who held it: every event's time, divided among the layers that it went through.
//!
//! NDIS binds a module of a monitoring filter above the miniport and above every modifying filter. A
//! network event goes up through all of them, and a module's call of the layers above returns when
//! they are all done. So the difference between a module's call and the span of the next module is
//! the time of the one filter between them, and the call of the topmost module is the time of the
//! protocols. A device event goes down: the remainder is the miniport's.
//!
//! ```text
//! Event -> spans (Start and Stop joined, nested) -> chain (one event, layer by layer) -> totals
//! ```

mod chain;
pub mod spans;
mod totals;

use serde::Serialize;

pub use chain::{Chain, Component, Share};
pub use spans::{Module, Span, Spans};
pub use totals::Total;

use super::decode::Event;

/// A trace's events, each with who held it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Attribution {
    /// The slowest first; one that never came back before all others.
    pub events: Vec<Chain>,
    /// By component, the one that took most first.
    pub totals: Vec<Total>,
}

/// Attributes what a trace shows, in any order of its events.
pub fn attribute<'a>(events: impl IntoIterator<Item = &'a Event>) -> Attribution {
    of_spans(&Spans::of(events))
}

/// The attribution of spans that were gathered one by one.
#[must_use]
pub fn of_spans(spans: &Spans) -> Attribution {
    let mut events = chain::chains(spans);
    events.sort_by_key(|chain| {
        (chain.stopped, std::cmp::Reverse(chain.took_100ns), chain.start_100ns)
    });
    let totals = totals::totals(&events);
    Attribution { events, totals }
}

#[cfg(test)]
mod tests;
