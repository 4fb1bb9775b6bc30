//! Escaping, and what the page is told.

use super::html;
use crate::decode::Event;
use crate::sample::Sample;

fn events() -> Vec<Event> {
    let module = |sample: Sample| {
        let sample = sample.u32("IfIndex", 2).u32("LowerIfIndex", 1).u32("MiniportIfIndex", 1);
        sample.u32("MiniportLuid", 7).text("Adapter", "Contoso")
    };
    vec![
        module(Sample::event("NetPnPEvent").start(1)).text("Event", "SetPower").at(10),
        module(Sample::event("NetPnPEvent").stop(1)).text("Event", "SetPower").at(30),
        module(Sample::event("NetPnPEvent").start(2)).text("Event", "</script><b>").at(40),
        Sample::event("Load").u64("Large", u64::MAX).at(50),
    ]
}

/// The document in the page's data element.
fn data(page: &str) -> serde_json::Value {
    let (_, rest) = page.split_once("type=\"application/json\"").expect("the data");
    let (_, rest) = rest.split_once('>').expect("the element's start");
    let (json, _) = rest.split_once("</script>").expect("the element's end");
    serde_json::from_str(json).expect("JSON")
}

#[test]
fn the_page_needs_nothing_else_and_is_the_same_for_the_same_events() {
    let page = html("night.etl", &events());
    assert_eq!(page, html("night.etl", &events()));
    assert!(!page.contains("{{"), "a slot is left");
    for outside in ["http://", "https://", "src=\"", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn what_the_trace_contains_cannot_end_the_data_or_become_markup() {
    let page = html("<img src=x>", &events());
    assert!(!page.contains("</script><b>"));
    assert!(!page.contains("<img"));
    let rows = data(&page)["rows"].as_array().expect("rows").clone();
    assert!(rows.iter().any(|row| row["name"] == "</script><b>"), "{rows:?}");
}

#[test]
fn spans_points_and_spans_without_an_end_are_told_apart_and_large_numbers_are_texts() {
    let document = data(&html("night.etl", &events()));
    let kinds: Vec<_> =
        document["rows"].as_array().expect("rows").iter().map(|r| &r["kind"]).collect();
    assert_eq!(kinds, ["span", "noStop", "point"]);
    assert!(document.to_string().contains("\"18446744073709551615\""));
    assert_eq!(document["adapters"][0]["name"], "Contoso");
}
