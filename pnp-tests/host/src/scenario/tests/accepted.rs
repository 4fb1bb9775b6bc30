//! What each line of the grammar means.

use std::fmt::Write as _;

use insta::assert_snapshot;

use super::PREAMBLE;
use crate::scenario::ast::{Given, Step, When};
use crate::scenario::parse::parse;
use ndis::given::RawBuffer;
use ndis::words::ast::{AdapterVerb, When as NdisWhen};

use kernel::words;

/// What one `given` line means.
fn given(line: &str) -> Given {
    let text = format!("{PREAMBLE}given {line}\nwhen driver loads\n");
    let mut cases = parse("case.pnp", &text).unwrap_or_else(|errors| panic!("{errors}"));
    cases.remove(0).givens.pop().expect("a given").what
}

/// What one `when`, `then` or `never` line means.
fn step(line: &str) -> Step {
    let text = format!("{PREAMBLE}when driver loads\n{line}\n");
    let mut cases = parse("case.pnp", &text).unwrap_or_else(|errors| panic!("{errors}"));
    cases.remove(0).steps.pop().expect("a step").what
}

/// What happens to `eth0` on one `when` line.
fn verb(line: &str) -> AdapterVerb {
    match step(&format!("when eth0 {line}")) {
        Step::When(When::Ndis(NdisWhen::Adapter { does, .. })) => does,
        Step::When(_) | Step::Then(_) | Step::Never(_) => panic!("not about an adapter: {line}"),
    }
}

/// One item a line, as `Debug` writes it.
fn listed<T: std::fmt::Debug>(lines: &[&str], meaning: fn(&str) -> T) -> String {
    let mut list = String::new();
    for line in lines {
        writeln!(list, "{line} => {:?}", meaning(line)).unwrap();
    }
    list
}

#[test]
fn every_kind_of_given_is_accepted() {
    let lines = [
        "runtime 6.89",
        "adapter eth1",
        "adapter eth1 \"Contoso 2.5GbE\" no-pause-on-suspend halt-on-suspend absent",
        "filter qos on eth0",
        "protocol lltd on eth0",
        "tcpip on eth0 holds SetPower for 40ms",
        "acme on eth0 vetoes QueryPower",
        "acme on eth0 swallows SetPower",
        "acme on eth0 repeats SetPower",
        "fail allocation 2",
        "fail call NdisFSetAttributes 1 RESOURCES",
        "trace off",
        "predetach absent",
        "attach during-register",
        "query-power present",
        "restart-attributes null",
        "bind-events withheld",
        "halt-detach kept",
        "stack-change none",
    ];
    assert_snapshot!(listed(&lines, given), @r#"
    runtime 6.89 => Ndis(Runtime { major: 6, minor: 89 })
    adapter eth1 => Ndis(Adapter(Adapter { name: "eth1", instance_name: None, no_pause_on_suspend: false, halt_on_suspend: false, absent: false }))
    adapter eth1 "Contoso 2.5GbE" no-pause-on-suspend halt-on-suspend absent => Ndis(Adapter(Adapter { name: "eth1", instance_name: Some("Contoso 2.5GbE"), no_pause_on_suspend: true, halt_on_suspend: true, absent: true }))
    filter qos on eth0 => Ndis(Filter { filter: "qos", adapter: "eth0" })
    protocol lltd on eth0 => Ndis(Protocol { protocol: "lltd", adapter: "eth0" })
    tcpip on eth0 holds SetPower for 40ms => Ndis(Holds { component: "tcpip", adapter: "eth0", event: EventName(0), for_100ns: 400000 })
    acme on eth0 vetoes QueryPower => Ndis(Vetoes { component: "acme", adapter: "eth0", event: EventName(1) })
    acme on eth0 swallows SetPower => Ndis(Swallows { filter: "acme", adapter: "eth0", event: EventName(0) })
    acme on eth0 repeats SetPower => Ndis(Repeats { filter: "acme", adapter: "eth0", event: EventName(0) })
    fail allocation 2 => Kernel(FailAllocation { nth: 2 })
    fail call NdisFSetAttributes 1 RESOURCES => Kernel(FailCall { import: "NdisFSetAttributes", nth: 1, status: -1073741670 })
    trace off => Kernel(TraceOff)
    predetach absent => Ndis(Switch(Predetach(Absent)))
    attach during-register => Ndis(Switch(Attach(DuringRegister)))
    query-power present => Ndis(Switch(QueryPower(Present)))
    restart-attributes null => Ndis(Switch(RestartAttributes(Null)))
    bind-events withheld => Ndis(Switch(BindEvents(Withheld)))
    halt-detach kept => Ndis(Switch(HaltDetach(Kept)))
    stack-change none => Ndis(Switch(StackChange(None)))
    "#);
}

#[test]
fn everything_that_can_happen_is_accepted() {
    let lines = [
        "when driver loads",
        "when driver unloads",
        "when 8h pass",
        "when 40ms passes",
        "when 100ns pass",
        "when trace starts",
        "when trace stops",
        "when trace starts at 4 0x2",
        "when trace stops in 30s",
        "when trace captures",
        "when trace captures in 1ms",
    ];
    assert_snapshot!(listed(&lines, step), @r#"
    when driver loads => When(Kernel(DriverLoads))
    when driver unloads => When(Kernel(DriverUnloads))
    when 8h pass => When(Kernel(Passes { for_100ns: 288000000000 }))
    when 40ms passes => When(Kernel(Passes { for_100ns: 400000 }))
    when 100ns pass => When(Kernel(Passes { for_100ns: 1 }))
    when trace starts => When(Kernel(TraceStarts))
    when trace stops => When(Kernel(TraceStops))
    when trace starts at 4 0x2 => When(Kernel(TraceStartsAt { level: 4, keywords: 2 }))
    when trace stops in 30s => When(Kernel(TraceStopsIn { for_100ns: 300000000 }))
    when trace captures => When(Kernel(TraceCaptures))
    when trace captures in 1ms => When(Kernel(TraceCapturesIn { for_100ns: 10000 }))
    "#);
}

#[test]
fn everything_an_adapter_does_is_accepted() {
    let lines = [
        "appears",
        "disables",
        "enables",
        "sleeps D3",
        "resumes",
        "sleeps-and-resumes 10",
        "sleep-refused D1",
        "removal-refused",
        "surprise-removed",
        "rebinds tcpip",
        "activates-ports 1 2 0x10",
        "deactivates-ports 1",
        "gains-filter qos above acme",
        "gains-filter qos below acme",
        "gains-filter qos at-bottom",
        "gains-filter qos at-top",
        "loses-filter acme",
        "link down",
        "wakes media-connect",
        "power-profile battery",
        "event PnPCapabilities 07 00 00 00",
        "event 4294967295",
        "device-event SurpriseRemoved",
        "device-event 99 01000000",
        "indicates 0x40010018 02000000",
        "sends UploadGftFlowEntries",
    ];
    assert_snapshot!(listed(&lines, verb), @r#"
    appears => Appears
    disables => Disables
    enables => Enables
    sleeps D3 => Sleeps { state: D3 }
    resumes => Resumes
    sleeps-and-resumes 10 => CyclesPower { times: 10 }
    sleep-refused D1 => SleepRefused { state: D1 }
    removal-refused => RemovalRefused
    surprise-removed => SurpriseRemoved
    rebinds tcpip => Rebinds { protocol: "tcpip" }
    activates-ports 1 2 0x10 => ActivatesPorts { ports: [1, 2, 16] }
    deactivates-ports 1 => DeactivatesPorts { ports: [1] }
    gains-filter qos above acme => GainsFilter { filter: "qos", place: Above("acme") }
    gains-filter qos below acme => GainsFilter { filter: "qos", place: Below("acme") }
    gains-filter qos at-bottom => GainsFilter { filter: "qos", place: Bottom }
    gains-filter qos at-top => GainsFilter { filter: "qos", place: Top }
    loses-filter acme => LosesFilter { filter: "acme" }
    link down => Link { up: false }
    wakes media-connect => Wakes { reason: MediaConnect }
    power-profile battery => PowerProfile { ac: false }
    event PnPCapabilities 07 00 00 00 => Event { event: EventCode(7), buffer: Bytes([7, 0, 0, 0]) }
    event 4294967295 => Event { event: EventCode(4294967295), buffer: Absent }
    device-event SurpriseRemoved => DeviceEvent { event: DeviceEventCode(2), buffer: Absent }
    device-event 99 01000000 => DeviceEvent { event: DeviceEventCode(99), buffer: Bytes([1, 0, 0, 0]) }
    indicates 0x40010018 02000000 => Indicates { code: 1073807384, buffer: Bytes([2, 0, 0, 0]) }
    sends UploadGftFlowEntries => Sends { event: EventName(22) }
    "#);
}

#[test]
fn every_kind_of_expectation_is_accepted() {
    let lines = [
        "then trace Attach",
        "then trace NetPnPEvent stop on eth0 Event=SetPower Status=SUCCESS",
        "then trace Attach Adapter=\"Contoso 2.5GbE\"",
        "then eth0 running",
        "then driver not-loaded",
        "then driver refused 0xC000009A",
        "then tcpip on eth0 saw SetPower",
        "then result FAILURE",
        "then modules eth0 2",
        "then violation NV-19",
        "then bugcheck 0x50",
        "never trace Anomaly",
        "never FilterPause eth0",
        "never call KeBugCheckEx",
    ];
    assert_snapshot!(listed(&lines, step), @r#"
    then trace Attach => Then(Kernel(Trace(TracePattern { event: "Attach", on: None, opcode: None, fields: [] })))
    then trace NetPnPEvent stop on eth0 Event=SetPower Status=SUCCESS => Then(Kernel(Trace(TracePattern { event: "NetPnPEvent", on: Some(("Adapter", "eth0")), opcode: Some(Stop), fields: [("Event", "SetPower"), ("Status", "SUCCESS")] })))
    then trace Attach Adapter="Contoso 2.5GbE" => Then(Kernel(Trace(TracePattern { event: "Attach", on: None, opcode: None, fields: [("Adapter", "Contoso 2.5GbE")] })))
    then eth0 running => Then(Ndis(Adapter { adapter: "eth0", is: Running }))
    then driver not-loaded => Then(Kernel(Driver(NotLoaded)))
    then driver refused 0xC000009A => Then(Kernel(Driver(Refused { status: -1073741670 })))
    then tcpip on eth0 saw SetPower => Then(Ndis(Saw { component: "tcpip", adapter: "eth0", event: EventName(0) }))
    then result FAILURE => Then(Ndis(Result { status: -1073741823 }))
    then modules eth0 2 => Then(Ndis(Modules { adapter: "eth0", count: 2 }))
    then violation NV-19 => Then(Verdict(Violation { rule: "NV-19" }))
    then bugcheck 0x50 => Then(Verdict(Bugcheck { code: 80 }))
    never trace Anomaly => Never(Kernel(Trace(TracePattern { event: "Anomaly", on: None, opcode: None, fields: [] })))
    never FilterPause eth0 => Never(Ndis(Callback { callback: "FilterPause", adapter: "eth0" }))
    never call KeBugCheckEx => Never(Kernel(Call { import: "KeBugCheckEx" }))
    "#);
}

#[test]
fn a_buffer_is_absent_null_bytes_unaligned_or_a_claim() {
    let buffer = |words: &str| {
        let AdapterVerb::Event { buffer, .. } = verb(&format!("event SetPower {words}")) else {
            panic!("not a raw event: {words}");
        };
        buffer
    };
    assert_eq!(buffer(""), RawBuffer::Absent);
    assert_eq!(buffer("null 12"), RawBuffer::Null { length: 12 });
    assert_eq!(buffer("01 fF 0203"), RawBuffer::Bytes(vec![1, 255, 2, 3]));
    assert_eq!(buffer("unaligned 01 02"), RawBuffer::Unaligned(vec![1, 2]));
    assert_eq!(buffer("claims 64 01"), RawBuffer::Claims { length: 64, bytes: vec![1] });
}

#[test]
fn the_comment_at_the_top_is_the_summary_and_others_are_ignored() {
    let text = "\u{FEFF}\n# Two sentences.\r\n#\r\n# On two lines.\r\n\r\n# not this\r\n\
                given adapter eth0 \"A # B\"  # nor this\r\nwhen  driver   loads # or this\r\n";
    let case = parse("dir/sleep.pnp", text).unwrap().remove(0);
    assert_eq!(case.summary, "Two sentences. On two lines.");
    assert_eq!(case.name, "sleep");
    assert_eq!(case.givens[0].text, "adapter eth0 \"A # B\"");
    assert_eq!(case.steps[0].text, "driver   loads");
    assert_eq!(case.steps[0].number, 8);
}

#[test]
fn vary_lines_multiply_into_named_cases() {
    let text = "vary predetach absent after-pause\nwhen driver loads\n\
                vary attach during-register after-register\n";
    let cases = parse("load.pnp", text).unwrap();
    let names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_snapshot!(names.join("\n"), @r#"
    load[predetach=absent,attach=during-register]
    load[predetach=absent,attach=after-register]
    load[predetach=after-pause,attach=during-register]
    load[predetach=after-pause,attach=after-register]
    "#);
    assert_snapshot!(format!("{:?}", cases[3].givens), @r#"[Line { number: 1, text: "predetach after-pause", what: Ndis(Switch(Predetach(AfterPause))) }, Line { number: 3, text: "attach after-register", what: Ndis(Switch(Attach(AfterRegister))) }]"#);
}

#[test]
fn runtimes_and_failing_allocations_vary_too() {
    let text = "when driver loads\nvary runtime 6.1 6.89\nvary fail-allocation 1 2\n";
    let cases = parse("load.pnp", text).unwrap();
    assert_eq!(cases.len(), 4);
    assert_eq!(cases[1].name, "load[runtime=6.1,fail-allocation=2]");
    let runtime = ndis::words::ast::Given::Runtime { major: 6, minor: 1 };
    assert_eq!(cases[1].givens[0].what, Given::Ndis(runtime));
    let fails = words::ast::Given::FailAllocation { nth: 2 };
    assert_eq!(cases[1].givens[1].what, Given::Kernel(fails));
}
