use super::{Attribution, Component, attribute};
use crate::decode::Event;
use crate::sample::Sample;

/// An end of a span of the module with that index on an adapter whose index is 1; `lower` is what the
/// module sits on.
fn end(name: &str, start: bool, span: u32, parent: u32, module: (u32, u32)) -> Sample {
    let sample = Sample::event(name);
    let sample = if start { sample.start(1) } else { sample.stop(1) };
    sample
        .u32("IfIndex", module.0)
        .u32("LowerIfIndex", module.1)
        .u32("MiniportIfIndex", 1)
        .u32("MiniportLuid", 7)
        .u32("SpanId", span)
        .u32("ParentSpanId", parent)
        .text("Adapter", "Contoso")
}

/// Our two modules: L1 on the miniport, L2 on a filter whose index is 11.
const L1: (u32, u32) = (10, 1);
const L2: (u32, u32) = (12, 11);

fn set_power(start: bool, span: u32, parent: u32, module: (u32, u32)) -> Sample {
    let sample = end("NetPnPEvent", start, span, parent, module).text("Event", "SetPower");
    if start { sample.text("NewPower", "D3") } else { sample.status(0) }
}

fn call(start: bool, span: u32, parent: u32, module: (u32, u32)) -> Sample {
    end("CallUp", start, span, parent, module).text("Event", "SetPower")
}

/// L1 takes 1, the filter 12, L2 2, the protocols 40.
fn down() -> Vec<Event> {
    vec![
        set_power(true, 1, 0, L1).at(0),
        call(true, 2, 1, L1).at(1),
        set_power(true, 3, 2, L2).at(13),
        call(true, 4, 3, L2).at(14),
        call(false, 4, 3, L2).at(54),
        set_power(false, 3, 2, L2).at(55),
        call(false, 2, 1, L1).at(55),
        set_power(false, 1, 0, L1).at(55),
    ]
}

/// Who took what of the first event; an exclamation mark for who still holds it.
fn shares(attribution: &Attribution) -> Vec<String> {
    let shares = attribution.events[0].shares.iter();
    shares
        .map(|share| {
            let holds = if share.holds { "!" } else { "" };
            format!("{} {}{holds}", share.component.name(), share.took_100ns)
        })
        .collect()
}

#[test]
fn the_difference_between_neighbours_is_the_filters_and_the_remainder_the_protocols() {
    let attribution = attribute(&down());
    assert_eq!(
        shares(&attribution),
        [
            "netpnplwf L1 1",
            "filter between L1 and L2 (IfIndex 11) 12",
            "netpnplwf L2 2",
            "protocols above L2 40",
        ]
    );
    let chain = &attribution.events[0];
    assert_eq!(
        (chain.title().as_str(), chain.took_100ns, chain.stopped),
        ("SetPower D3", 55, true)
    );
    assert_eq!(chain.culprit().map(|share| share.took_100ns), Some(40));
    let total: u64 = attribution.totals.iter().map(|total| total.total_100ns).sum();
    assert_eq!(total, 55, "every moment is somebody's");
}

#[test]
fn without_numbers_of_spans_around_an_adapters_event_nests_by_its_order() {
    let mut events: Vec<Event> = down();
    for event in &mut events {
        for field in &mut event.fields {
            if &*field.name == "ParentSpanId" {
                field.value = crate::value::Value::Unsigned(0);
            }
        }
    }
    // The history has no calls.
    events.retain(|event| &*event.name != "CallUp");
    let attribution = attribute(&events);
    assert_eq!(
        shares(&attribution),
        [
            "netpnplwf L1 0",
            "filter between L1 and L2 (IfIndex 11) 13",
            "netpnplwf L2 0",
            "protocols above L2 42",
        ]
    );
}

#[test]
fn who_never_came_back_holds_the_event() {
    // The filter between: L1 called, L2 never saw it.
    let mut events = down()[..2].to_vec();
    events.push(Sample::event("Later").at(100));
    let attribution = attribute(&events);
    let protocols = Component::Protocols { above: 1 };
    assert_eq!(attribution.events[0].culprit().map(|s| &s.component), Some(&protocols));
    // The protocols: L2 called, and nothing came back.
    let mut events = down()[..4].to_vec();
    events.push(Sample::event("Later").at(100));
    let attribution = attribute(&events);
    assert_eq!(shares(&attribution)[3], "protocols above L2 86!");
    assert!(!attribution.events[0].stopped);
    // The filter, on the way back: L2 is done, L1's call is not.
    let mut events = down()[..6].to_vec();
    events.push(Sample::event("Later").at(100));
    let attribution = attribute(&events);
    assert_eq!(shares(&attribution)[1], "filter between L1 and L2 (IfIndex 11) 57!");
}

#[test]
fn the_gap_between_two_pauses_is_the_filters_between() {
    let pause = |start, span, module| end("Pause", start, span, 0, module);
    let events = [
        pause(true, 21, L2).at(0),
        pause(false, 21, L2).at(0),
        pause(true, 22, L1).at(30),
        pause(false, 22, L1).at(30),
    ];
    // Which module is which layer shows in the events that went up before.
    let mut all = down();
    all.extend(
        events.into_iter().map(|event| Event { time_100ns: event.time_100ns + 60, ..event }),
    );
    let attribution = attribute(&all);
    let chain = attribution.events.iter().find(|chain| chain.took_100ns == 30).expect("the pause");
    assert_eq!(chain.title(), "Pause of the stack");
    assert_eq!(chain.shares[0].component.name(), "filter between L1 and L2 (IfIndex 11)");
}

#[test]
fn totals_know_the_worst_and_the_95th_percentile() {
    let mut events = Vec::new();
    for round in 0..100_u32 {
        let at = u64::from(round) * 1000;
        let took = u64::from(round + 1);
        events.push(set_power(true, 10 * round + 1, 0, L1).at(at));
        events.push(call(true, 10 * round + 2, 10 * round + 1, L1).at(at));
        events.push(call(false, 10 * round + 2, 10 * round + 1, L1).at(at + took));
        events.push(set_power(false, 10 * round + 1, 0, L1).at(at + took));
    }
    let attribution = attribute(&events);
    let protocols = &attribution.totals[0];
    assert_eq!(protocols.component, Component::Protocols { above: 1 });
    assert_eq!((protocols.events, protocols.p95_100ns, protocols.worst_100ns), (100, 95, 100));
    assert_eq!(protocols.total_100ns, 5050);
    assert_eq!(attribution.events[0].took_100ns, 100, "the slowest first");
}

#[test]
fn a_device_event_goes_down_and_the_remainder_is_the_miniports() {
    let device = |start, span, parent, module| {
        end("DevicePnPEvent", start, span, parent, module).text("Event", "Removed")
    };
    let call = |start, span, parent, module| end("CallDown", start, span, parent, module);
    let events = [
        device(true, 21, 0, L2).at(0),
        call(true, 22, 21, L2).at(0),
        device(true, 23, 22, L1).at(5),
        call(true, 24, 23, L1).at(5),
        call(false, 24, 23, L1).at(9),
        device(false, 23, 22, L1).at(9),
        call(false, 22, 21, L2).at(9),
        device(false, 21, 0, L2).at(9),
    ];
    let mut all = down();
    all.extend(
        events.into_iter().map(|event| Event { time_100ns: event.time_100ns + 60, ..event }),
    );
    let attribution = attribute(&all);
    let chain = attribution.events.iter().find(|chain| chain.title() == "Removed").expect("it");
    let names: Vec<_> = chain.shares.iter().map(|s| (s.component.name(), s.took_100ns)).collect();
    assert_eq!(
        names,
        [
            ("netpnplwf L2".to_owned(), 0),
            ("filter between L1 and L2 (IfIndex 11)".to_owned(), 5),
            ("netpnplwf L1".to_owned(), 0),
            ("miniport".to_owned(), 4),
        ]
    );
}
