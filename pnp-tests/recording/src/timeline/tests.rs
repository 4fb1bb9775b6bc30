use proptest::prelude::{Just, Strategy, any, prop_assert, prop_oneof, proptest};

use super::{Item, render};
use crate::json::events_json;
use crate::sample::Sample;

const MS: u64 = 10_000;
const HOUR: u64 = 36_000_000_000;

fn heading(time_100ns: u64, text: &str) -> Item {
    Item::Heading { time_100ns, text: text.to_owned() }
}

fn at(time_100ns: u64, sample: &Sample) -> Item {
    Item::Event(sample.at(time_100ns))
}

/// As the driver writes events: bookkeeping first. Layer 1 sits on miniport 7.
fn module(name: &str, layer: u32) -> Sample {
    let lower = if layer == 1 { 7 } else { 10 * (layer - 1) };
    Sample::event(name)
        .text("Adapter", "eth0")
        .u64("MiniportLuid", 0x1234)
        .u32("IfIndex", 10 * layer)
        .u32("LowerIfIndex", lower)
        .u32("MiniportIfIndex", 7)
}

fn net_pnp(event: &str, layer: u32) -> Sample {
    module("NetPnPEvent", layer).u32("Code", 0).text("Event", event)
}

fn outcome(layer: u32, status: u32) -> Sample {
    module("NetPnPEvent", layer).u64("ForwardTime100ns", 99).status(status)
}

fn check(items: &[Item]) -> String {
    let text = render(items, 100);
    for line in text.lines() {
        assert!(line.chars().count() <= 100, "{line}");
        assert_eq!(line, line.trim_end());
    }
    text
}

#[test]
fn nested_layers_stand_below_one_another_with_their_outcome() {
    let start = |layer| {
        let sample = net_pnp("SetPower", layer).text("State", "Running").text("Power", "D0");
        sample.text("NewPower", "D3").u32("PortNumber", 0).u32("Flags", 0)
    };
    let [one, two, three] = [1, 2, 3];
    let items = [
        heading(0, "when eth0 sleeps D3"),
        at(412 * MS, &start(1).start(one)),
        at(412 * MS + 5, &start(2).start(two).related(one)),
        at(413 * MS, &start(3).start(three).related(two)),
        at(463 * MS, &outcome(3, 0).text("NewPower", "D3").stop(three)),
        at(463 * MS + 421, &outcome(2, 0).text("NewPower", "D3").stop(two)),
        at(464 * MS, &outcome(1, 0).text("NewPower", "D3").stop(one)),
        at(465 * MS, &module("GateClosed", 1).text("Reason", "low power").info(one)),
    ];
    insta::assert_snapshot!(check(&items), @r##"
        time  adapter  layer  event         payload             state            took  status
    ── when eth0 sleeps D3 ─────────────────────────────────────────────────────────────────────────────
    0.412000  eth0     L1     SetPower      NewPower=D3         Running D0>D3  52.0ms  SUCCESS
    0.412000  eth0     L2     └ SetPower    NewPower=D3         Running D0>D3  51.0ms  SUCCESS
    0.413000  eth0     L3       └ SetPower  NewPower=D3         Running D0>D3  50.0ms  SUCCESS
    0.465000  eth0     L1     GateClosed    Reason="low power"
    "##);
}

#[test]
fn a_span_that_never_ended_says_who_held_it() {
    let items = [
        at(0, &net_pnp("QueryPower", 1).text("State", "Running").start(1)),
        at(MS, &net_pnp("QueryPower", 2).text("State", "Running").start(2).related(1)),
        at(2 * MS, &outcome(3, 0x103).stop(3)),
        Item::Note { time_100ns: HOUR, text: "the world stopped: nothing left to do".into() },
    ];
    insta::assert_snapshot!(check(&items), @r##"
            time  adapter  layer  event         payload              state        took  status
        0.000000  eth0     L1     QueryPower                         Running   no stop
        0.001000  eth0     L2     └ QueryPower                       Running   no stop
        0.002000  eth0     L3     NetPnPEvent   ForwardTime100ns=99           no start  PENDING
    1h00m00.000s  · the world stopped: nothing left to do
    "##);
}

#[test]
fn a_long_night_shows_hours_and_states_show_what_they_became() {
    let resume = 8 * HOUR + 12_345 * MS;
    let items = [
        heading(0, "when driver starts"),
        at(1, &module("Attach", 1).text("NewState", "Paused").u32("Mtu", 1500)),
        at(2, &module("Restart", 1).text("State", "Paused").start(1)),
        at(2, &module("Restart", 1).text("NewState", "Running").status(0).stop(1)),
        heading(2, "when 8h pass"),
        at(resume, &net_pnp("SetPower", 1).text("State", "Running").text("Power", "D3").start(2)),
        at(resume + 25 * 1000 * MS, &outcome(1, 0xC000_0001).text("NewPower", "D0").stop(2)),
    ];
    insta::assert_snapshot!(check(&items), @r##"
            time  adapter  layer  event     payload   state             took  status
    ── when driver starts ──────────────────────────────────────────────────────────────────────────────
        0.000000  eth0     L1     Attach    Mtu=1500  >Paused
        0.000000  eth0     L1     Restart             Paused>Running       0  SUCCESS
    ── when 8h pass ────────────────────────────────────────────────────────────────────────────────────
    8h00m12.345s  eth0     L1     SetPower            Running D3>D0   25.00s  FAILURE
    "##);
}

#[test]
fn a_long_payload_goes_on_below_and_an_endless_one_is_folded_with_a_count() {
    let devices = "\\Device\\{4D36E972-E325-11CE-BFC1-08002BE10318}\0".repeat(4);
    let endless = "x".repeat(2000);
    let items = [
        at(0, &net_pnp("BindList", 1).text("Names", &devices).u32("Count", 4).info(0)),
        at(9, &net_pnp("Reconfigure", 1).text("Bytes", &endless).u32("Length", 2000).info(0)),
    ];
    insta::assert_snapshot!(check(&items), @r##"
        time  adapter  layer  event        payload
    0.000000  eth0     L1     BindList     Names="\Device\{4D36E972-E325-11CE-BFC1-08002BE10318},
                                           \Device\{4D36E972-E325-11CE-BFC1-08002BE10318},
                                           \Device\{4D36E972-E325-11CE-BFC1-08002BE10318},
                                           \Device\{4D36E972-E325-11CE-BFC1-08002BE10318}" Count=4
    0.000000  eth0     L1     Reconfigure  Bytes=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
                                           xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
                                           xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
                                           xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
                                           xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
                                           xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
                                           xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
                                           … 1590 more characters
    "##);
}

#[test]
fn where_space_is_short_every_column_wraps_and_none_is_cut() {
    let module = Sample::event("NetPnPEvent")
        .text("Adapter", "Microsoft Hyper-V Network Adapter #2")
        .u32("IfIndex", 20)
        .u32("LowerIfIndex", 10)
        .u32("MiniportIfIndex", 7);
    let start = module
        .clone()
        .text("Event", "RegisterForVeryUnusualNotifications")
        .text("State", "Restarting")
        .text("Power", "D3")
        .text("Attributes", "MacOptions MaxXmitLinkSpeed MaxRcvLinkSpeed LookaheadSize");
    let stop = module.text("NewState", "Running").text("NewPower", "D0").status(0xC001_0005);
    let items = [at(0, &start.start(1)), at(12_345, &stop.stop(1))];
    insta::assert_snapshot!(check(&items), @r##"
        time  adapter   layer  event                payload                 state        took  status
    0.000000  Microsof  L2     RegisterForVeryUnus  Attributes="MacOptions  Restarting  1.2ms  BAD_
              t                ualNotifications     MaxXmitLinkSpeed        >Running           CHARACTER
              Hyper-V                               MaxRcvLinkSpeed         D3>D0              ISTICS
              Network                               LookaheadSize"
              Adapter
              #2
    "##);
}

#[test]
fn a_strangers_events_print_all_their_fields() {
    let items = [
        at(0, &Sample::event("Init").u32("Code", 3).u32("IfIndex", 4).text("Event", "two words")),
        at(7, &Sample::event("Work").text("Status", "busy").text("Module", "").start(1)),
        at(8, &Sample::event("Broken").u32("A", 1).data(&[0])),
        at(60, &Sample::event("Work").text("Result", "done").stop(1)),
    ];
    insta::assert_snapshot!(check(&items), @r##"
        time  event   payload                                                                     took
    0.000000  Init    Code=3 IfIndex=4 Event="two words"
    0.000000  Work    Status=busy Result=done                                                    5.3us
    0.000000  Broken  A=1 (damaged: no field takes the payload from offset 4 on (1 of 5 bytes))
    "##);
}

#[test]
fn an_event_of_another_provider_and_an_odd_opcode_are_named() {
    let mut other = Sample::event("Send").write();
    other.provider = [0xCD; 16];
    other.traits.clear();
    other.descriptor.opcode = 9;
    let other = Item::Event(crate::decode(&other, 0, 0));
    insta::assert_snapshot!(check(&[at(0, &Sample::event("First")), other]), @r##"
        time  event  payload
    0.000000  First
    0.000000  Send   (opcode 9) (provider {cdcdcdcd-cdcd-cdcd-cdcd-cdcdcdcdcdcd})
    "##);
}

#[test]
fn spans_nested_very_deep_say_their_depth() {
    let items: Vec<Item> =
        (0..12).map(|n| at(u64::from(n), &Sample::event("Call").start(n + 1).related(n))).collect();
    insta::assert_snapshot!(check(&items), @r##"
        time  event                took
    0.000000  Call              no stop
    0.000000  └ Call            no stop
    0.000000    └ Call          no stop
    0.000000      └ Call        no stop
    0.000000        └ Call      no stop
    0.000000          └ Call    no stop
    0.000000          └6 Call   no stop
    0.000000          └7 Call   no stop
    0.000000          └8 Call   no stop
    0.000000          └9 Call   no stop
    0.000001          └10 Call  no stop
    0.000001          └11 Call  no stop
    "##);
}

#[test]
fn nothing_renders_as_nothing() {
    assert_eq!(render(&[], 100), "");
}

#[test]
fn json_lists_every_item_in_order() {
    let items = [
        heading(0, "when driver starts"),
        at(5, &Sample::event("Attach").u32("IfIndex", 7)),
        Item::Note { time_100ns: 6, text: "loaded".into() },
    ];
    insta::assert_snapshot!(format!("{:#}", events_json(&items)), @r##"
    {
      "events": [
        {
          "heading": "when driver starts",
          "time_100ns": 0
        },
        {
          "time_100ns": 5,
          "thread": 4,
          "provider": "Provider",
          "provider_guid": "{abababab-abab-abab-abab-abababababab}",
          "name": "Attach",
          "level": 5,
          "opcode": "Info",
          "keyword": "0x1",
          "activity": null,
          "related": null,
          "fields": {
            "IfIndex": 7
          },
          "problem": null
        },
        {
          "note": "loaded",
          "time_100ns": 6
        }
      ]
    }
    "##);
}

fn item() -> impl Strategy<Value = Item> {
    let names =
        prop_oneof![Just("NetPnPEvent"), Just("A"), Just("AVeryLongNameForAnEventOfThisKind")];
    let text = "[a-z\u{0}-\u{20}└é]{0,60}";
    (any::<u32>(), 0..4_u8, names, text, 0..4_u8, 0..4_u8).prop_map(
        |(time, kind, name, text, activity, related)| {
            let time_100ns = u64::from(time) * 1000;
            let sample = module(name, u32::from(activity) + 1)
                .text("Event", &text)
                .text("State", &text)
                .text("Other", &text.repeat(9));
            match kind {
                0 => Item::Heading { time_100ns, text },
                1 => Item::Note { time_100ns, text },
                2 => at(time_100ns, &sample.start(activity).related(related)),
                _ => at(time_100ns, &sample.status(u32::from(related)).stop(activity)),
            }
        },
    )
}

proptest! {
    #[test]
    fn no_line_is_wider_than_asked(
        mut items in proptest::collection::vec(item(), 0..12),
        width in 0..200_usize,
    ) {
        items.sort_by_key(Item::time_100ns);
        for line in render(&items, width).lines() {
            prop_assert!(line.chars().count() <= width.max(70), "{}", line);
        }
    }
}
