use super::{chrome, csv, rows};
use crate::decode::Event;
use crate::etl::Session;
use crate::sample::Sample;

fn session() -> Session {
    Session {
        name: "test".to_owned(),
        start_filetime: 1_000_000,
        end_filetime: 2_000_000,
        boot_filetime: 0,
        frequency: 10_000_000,
        start_ticks: 500,
        processors: 1,
        os_build: 26100,
        events_lost: 0,
        buffers_lost: 0,
    }
}

fn events() -> Vec<Event> {
    let module = |sample: Sample| {
        let sample = sample.u32("IfIndex", 2).u32("LowerIfIndex", 1).u32("MiniportIfIndex", 1);
        let sample = sample.u64("MiniportLuid", 1 << 60).u32("SpanId", 3).u32("ParentSpanId", 0);
        sample.text("Adapter", "Contoso, \"2.5\"").text("Event", "SetPower")
    };
    vec![
        module(Sample::event("NetPnPEvent").start(1)).at(600),
        module(Sample::event("NetPnPEvent").stop(1)).status(0xC000_0001).at(900),
        Sample::event("Load").at(1000),
    ]
}

#[test]
fn a_row_has_the_columns_that_tables_are_joined_by() {
    let rows = rows(&session(), &events());
    let [start, stop, load] = &rows[..] else { panic!("three rows") };
    assert_eq!((start.filetime, start.time_100ns, start.layer), (1_000_100, 100, Some(1)));
    assert_eq!((stop.took_100ns, stop.status), (Some(300), Some(0xC000_0001)));
    assert_eq!((start.took_100ns, start.miniport_luid), (None, Some(1 << 60)));
    assert_eq!((load.event.as_str(), &load.adapter), ("Load", &None));
    assert!(start.fields.contains(r#""Event":"SetPower""#), "{}", start.fields);
}

#[test]
fn csv_quotes_what_needs_it_and_has_a_line_of_names() {
    let mut out = Vec::new();
    csv(&mut out, &rows(&session(), &events())).expect("memory");
    let text = String::from_utf8(out).expect("UTF-8");
    let mut lines = text.lines();
    assert!(lines.next().expect("names").starts_with("filetime,time_100ns,provider,name,opcode"));
    assert!(lines.next().expect("a row").contains("\"Contoso, \"\"2.5\"\"\""), "{text}");
    assert_eq!(text.lines().count(), 4);
}

#[test]
fn chromes_document_has_a_span_once_with_its_length_in_a_lane_of_its_adapter() {
    let document = chrome(&events());
    let list = document["traceEvents"].as_array().expect("a list");
    let span = &list[0];
    assert_eq!((&span["ph"], &span["name"]), (&"X".into(), &"SetPower".into()));
    assert_eq!((&span["ts"], &span["dur"]), (&0.0.into(), &30.0.into()));
    assert_eq!(span["args"]["Status"], "FAILURE");
    assert_eq!(span["args"]["MiniportLuid"], (1_u64 << 60).to_string(), "past 2^53 a text");
    let mut names = list.iter().filter(|entry| entry["name"] == "process_name");
    assert!(names.any(|name| name["args"]["name"] == "Contoso, \"2.5\""));
    let points = list.iter().filter(|entry| entry["ph"] == "i").count();
    assert_eq!(points, 1);
}
