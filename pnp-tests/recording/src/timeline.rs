//! A run as a person reads it: one line for each span and each event, scenario steps between them.

use super::decode::Event;
use super::duration::time;
use super::layer::Layers;
use super::row::{CALLS, Row, Rows, Took};
use super::span::{Pairing, Span, pair};
use super::table::{self, Cell, Column, MIN_WIDTH, wrap};
use super::value::shown;

/// A heading, a remark or an event. Lists of them are in time order.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A step of the scenario, such as `when eth0 sleeps D3`.
    Heading {
        /// When, on the clock of the session.
        time_100ns: u64,
        /// The step.
        text: String,
    },
    /// A remark on what happened, such as a line of `DbgPrint`.
    Note {
        /// When, on the clock of the session.
        time_100ns: u64,
        /// The remark, one line.
        text: String,
    },
    /// An event.
    Event(Event),
}

impl Item {
    /// When, on the clock of the session.
    #[must_use]
    pub fn time_100ns(&self) -> u64 {
        match self {
            Item::Heading { time_100ns, .. } | Item::Note { time_100ns, .. } => *time_100ns,
            Item::Event(event) => event.time_100ns,
        }
    }

    /// The event that it is, if it is one.
    #[must_use]
    pub fn event(&self) -> Option<&Event> {
        if let Item::Event(event) = self { Some(event) } else { None }
    }
}

const COLUMNS: [Column; 8] = [
    Column { title: "time", right: true, widest: 20, comfortable: 20, narrowest: 20, gives: 7 },
    Column { title: "adapter", right: false, widest: 20, comfortable: 8, narrowest: 3, gives: 1 },
    Column { title: "layer", right: false, widest: 6, comfortable: 5, narrowest: 2, gives: 5 },
    Column { title: "event", right: false, widest: 48, comfortable: 19, narrowest: 14, gives: 2 },
    Column {
        title: "payload",
        right: false,
        widest: usize::MAX,
        comfortable: 22,
        narrowest: 8,
        gives: 0,
    },
    Column { title: "state", right: false, widest: 32, comfortable: 10, narrowest: 3, gives: 3 },
    Column { title: "took", right: true, widest: 16, comfortable: 8, narrowest: 3, gives: 6 },
    Column { title: "status", right: false, widest: 24, comfortable: 9, narrowest: 3, gives: 4 },
];

/// What a line of the output is made of.
enum Line<'a> {
    Heading(&'a str),
    Note { time: String, text: &'a str },
    Row(Vec<Cell>),
}

/// The timeline as a table, times counting from the first item. No line is longer than `width`
/// characters; a width below 70 counts as 70.
#[must_use]
pub fn render(items: &[Item], width: usize) -> String {
    let width = width.max(MIN_WIDTH);
    let lines = lines(items);
    // A heading spans all columns, a note all but the first.
    let rows: Vec<Vec<Cell>> = lines
        .iter()
        .map(|line| match line {
            Line::Heading(_) => vec![Cell::default(); COLUMNS.len()],
            Line::Note { time, .. } => cells(time.clone(), Row::default()),
            Line::Row(row) => row.clone(),
        })
        .collect();
    let widths = table::widths(&COLUMNS, &rows, width);
    let mut out = table::titles(&COLUMNS, &widths);
    for line in lines {
        match line {
            Line::Heading(text) => out.extend(heading(text, width)),
            Line::Note { time, text } => out.extend(note(&time, widths[0], text, width)),
            Line::Row(row) => out.extend(table::line(&COLUMNS, &widths, &row)),
        }
    }
    out.iter().flat_map(|line| [line, "\n"]).collect()
}

/// One for each item, but for Stops that found their Start.
fn lines(items: &[Item]) -> Vec<Line<'_>> {
    let origin = items.iter().map(Item::time_100ns).min().unwrap_or(0);
    let mut events = items.iter().filter_map(Item::event);
    let provider = events.next().map_or("", |event| &event.provider);
    let mut rows = Rows { layers: Layers::default(), provider };
    let indexed = items.iter().enumerate();
    let pairing = pair(indexed.clone().filter_map(|(i, item)| Some((i, item.event()?))));
    let (mut spans, mut points) =
        (pairing.spans.iter().enumerate().peekable(), pairing.points.iter().peekable());
    let folded = fold(items, &pairing);
    let shown = |parent: Option<usize>| {
        let up = |at: &usize| pairing.spans[*at].parent;
        std::iter::successors(parent, up).filter(|at| !folded[*at]).count()
    };
    let mut lines = Vec::new();
    for (index, item) in indexed {
        let time = time(item.time_100ns() - origin);
        match item {
            Item::Heading { text, .. } => lines.push(Line::Heading(text)),
            Item::Note { text, .. } => lines.push(Line::Note { time, text }),
            Item::Event(event) => {
                let row = if let Some((at, span)) = spans.next_if(|(_, span)| span.start == index) {
                    if folded[at] {
                        continue;
                    }
                    let stop = span.stop.and_then(|stop| items[stop].event());
                    let took = span.took_100ns.map_or(Took::NeverStopped, Took::Span);
                    rows.row(Some(event), stop, shown(span.parent), &took)
                } else if let Some(point) = points.next_if(|point| point.event == index) {
                    let took =
                        if point.unmatched_stop { Took::NeverStarted } else { Took::Nothing };
                    rows.row(None, Some(event), shown(point.parent), &took)
                } else {
                    continue;
                };
                lines.push(Line::Row(cells(time, row)));
            }
        }
    }
    lines
}

/// Which spans have no line of their own: the part of an event's time that it spent in the layers
/// above or below, unless it never came back.
fn fold(items: &[Item], pairing: &Pairing) -> Vec<bool> {
    let is_call = |event: &Event| CALLS.contains(&&*event.name);
    let folds = |span: &Span| span.stop.is_some() && items[span.start].event().is_some_and(is_call);
    pairing.spans.iter().map(folds).collect()
}

/// In the order of `COLUMNS`.
fn cells(time: String, row: Row) -> Vec<Cell> {
    vec![
        time.into(),
        row.adapter.into(),
        row.layer.into(),
        Cell { lead: row.indentation, pieces: vec![row.event] },
        Cell { lead: String::new(), pieces: row.payload },
        Cell { lead: String::new(), pieces: row.state },
        row.took.into(),
        row.status.into(),
    ]
}

/// `── when eth0 sleeps D3 ───────`
fn heading(text: &str, width: usize) -> Vec<String> {
    let lines = wrap(&[shown(text)], width - 6);
    let rule = |line: String| format!("{:─<width$}", format!("── {line} "));
    lines.into_iter().map(rule).collect()
}

/// `  0.412000  · text`, across all columns.
fn note(time: &str, time_width: usize, text: &str, width: usize) -> Vec<String> {
    let lines = wrap(&[shown(text)], width - time_width - 4).into_iter().enumerate();
    let put = |(i, line)| {
        let (time, mark) = if i == 0 { (time, "·") } else { ("", " ") };
        format!("{time:>time_width$}  {mark} {line}")
    };
    lines.map(put).collect()
}

#[cfg(test)]
mod tests;
