//! Start and Stop events paired into spans, and spans placed inside one another.

use std::collections::BTreeMap;

use super::decode::{Event, Opcode};

/// From a Start to its Stop. Events go by the indices they were given with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The Start.
    pub start: usize,
    /// `None`: it never ended, which answers who held things up.
    pub stop: Option<usize>,
    /// The time from the span's Start to its Stop, units of 100 ns; `None` when it never ended.
    pub took_100ns: Option<u64>,
    /// Position in `Pairing::spans` of the span around it.
    pub parent: Option<usize>,
    /// How many spans are around it.
    pub depth: u32,
}

/// An event that opens nothing: neither Start nor Stop, or a Stop whose Start is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// The event.
    pub event: usize,
    /// Position in `Pairing::spans` of the span around it.
    pub parent: Option<usize>,
    /// How many spans are around it.
    pub depth: u32,
    /// A Stop without a Start.
    pub unmatched_stop: bool,
}

/// Every event once: as a span's start or stop, or as a point. Both lists are in the events' order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairing {
    /// The spans, by their Starts.
    pub spans: Vec<Span>,
    /// The points.
    pub points: Vec<Point>,
}

/// What a Stop shares with its Start. Without an activity id, only the thread tells spans of one
/// name apart.
type Key<'a> = (&'a str, &'a str, Result<[u8; 16], u32>);

#[derive(Default)]
struct Open<'a> {
    by_key: BTreeMap<Key<'a>, Vec<usize>>,
    by_activity: BTreeMap<[u8; 16], Vec<usize>>,
}

/// Pairs events in time order by provider, name and activity, the innermost first.
pub fn pair<'a>(events: impl IntoIterator<Item = (usize, &'a Event)>) -> Pairing {
    let mut pairing = Pairing::default();
    let mut open = Open::default();
    let mut started_100ns = Vec::new();
    for (index, event) in events {
        let key = (&*event.provider_guid, &*event.name, event.activity.ok_or(event.thread));
        if event.opcode == Opcode::Stop
            && let Some(span) = open.by_key.get_mut(&key).and_then(Vec::pop)
        {
            let took = event.time_100ns.saturating_sub(started_100ns[span]);
            pairing.spans[span].stop = Some(index);
            pairing.spans[span].took_100ns = Some(took);
            if let Some(spans) = event.activity.and_then(|id| open.by_activity.get_mut(&id))
                && let Some(place) = spans.iter().rposition(|other| *other == span)
            {
                spans.remove(place);
            }
            continue;
        }
        let inside = |id: Option<[u8; 16]>| open.by_activity.get(&id?)?.last().copied();
        // A Start's activity is its own and `related` the one around it; any other event's activity
        // is the one that it happens in.
        let parent = if event.opcode == Opcode::Start {
            inside(event.related).or_else(|| inside(event.activity))
        } else {
            inside(event.activity).or_else(|| inside(event.related))
        };
        let depth = parent.map_or(0, |parent| pairing.spans[parent].depth + 1);
        if event.opcode == Opcode::Start {
            let span = pairing.spans.len();
            pairing.spans.push(Span { start: index, stop: None, took_100ns: None, parent, depth });
            started_100ns.push(event.time_100ns);
            open.by_key.entry(key).or_default().push(span);
            if let Some(id) = event.activity {
                open.by_activity.entry(id).or_default().push(span);
            }
        } else {
            let unmatched_stop = event.opcode == Opcode::Stop;
            pairing.points.push(Point { event: index, parent, depth, unmatched_stop });
        }
    }
    pairing
}

#[cfg(test)]
mod tests {
    use super::{Pairing, Point, Span, pair};
    use crate::decode::Event;
    use crate::sample::Sample;

    /// Each event one unit after the one before.
    fn check(events: &[Sample], spans: &[Span], points: &[Point]) {
        let events: Vec<Event> = (0..).zip(events).map(|(time, s)| s.at(time)).collect();
        let expected = Pairing { spans: spans.to_vec(), points: points.to_vec() };
        assert_eq!(pair(events.iter().enumerate()), expected);
    }

    fn span(start: usize, stop: usize, parent: Option<usize>, depth: u32) -> Span {
        let took = u64::try_from(stop - start).unwrap();
        Span { start, stop: Some(stop), took_100ns: Some(took), parent, depth }
    }

    #[test]
    fn a_start_and_its_stop_are_one_span() {
        let events = [Sample::event("A").start(1), Sample::event("A").stop(1)];
        check(&events, &[span(0, 1, None, 0)], &[]);
    }

    #[test]
    fn a_related_activity_puts_a_span_inside_the_one_that_is_open() {
        let events = [
            Sample::event("A").start(1),
            Sample::event("A").start(2).related(1),
            Sample::event("A").start(3).related(2),
            Sample::event("A").stop(3),
            Sample::event("A").stop(2),
            Sample::event("A").stop(1),
            Sample::event("A").start(4).related(1),
            Sample::event("A").stop(4),
        ];
        let spans = [
            span(0, 5, None, 0),
            span(1, 4, Some(0), 1),
            span(2, 3, Some(1), 2),
            span(6, 7, None, 0),
        ];
        check(&events, &spans, &[]);
    }

    #[test]
    fn a_span_that_never_stops_is_kept_without_a_duration() {
        let events = [Sample::event("A").start(1), Sample::event("B").stop(1)];
        let held = Span { start: 0, stop: None, took_100ns: None, parent: None, depth: 0 };
        let stop = Point { event: 1, parent: Some(0), depth: 1, unmatched_stop: true };
        check(&events, &[held], &[stop]);
    }

    #[test]
    fn a_stop_whose_start_was_not_recorded_is_a_point() {
        let stop = Point { event: 0, parent: None, depth: 0, unmatched_stop: true };
        check(&[Sample::event("A").stop(1)], &[], &[stop]);
    }

    #[test]
    fn an_info_event_stands_inside_the_span_of_its_activity() {
        let events =
            [Sample::event("A").start(1), Sample::event("B").info(1), Sample::event("A").stop(1)];
        let info = Point { event: 1, parent: Some(0), depth: 1, unmatched_stop: false };
        check(&events, &[span(0, 2, None, 0)], &[info]);
    }

    #[test]
    fn one_activity_started_twice_stops_from_the_inside_out() {
        let events = [
            Sample::event("A").start(1),
            Sample::event("A").start(1),
            Sample::event("A").stop(1),
            Sample::event("A").stop(1),
        ];
        check(&events, &[span(0, 3, None, 0), span(1, 2, Some(0), 1)], &[]);
    }

    #[test]
    fn without_an_activity_spans_pair_on_their_thread() {
        let events = [
            Sample::event("A").start(0).thread(7),
            Sample::event("A").start(0).thread(8),
            Sample::event("A").stop(0).thread(7),
            Sample::event("A").stop(0).thread(8),
        ];
        check(&events, &[span(0, 2, None, 0), span(1, 3, None, 0)], &[]);
    }
}
