//! What the host cannot record: Windows's own events, real sleeps, foreign activities.

use super::{QUESTIONS, confirm};
use crate::decode::Event;
use crate::sample::Sample;

const MODULE: u32 = 9;

/// An end of one of our events, of the lowest module.
fn ours(name: &str, about: &str) -> Sample {
    Sample::event(name)
        .u32("IfIndex", 10)
        .u32("LowerIfIndex", 1)
        .u32("MiniportIfIndex", 1)
        .u32("MiniportLuid", 5)
        .u32("ModuleLuid", MODULE)
        .u32("SpanId", 1)
        .u32("ParentSpanId", 0)
        .text("Event", about)
}

/// SetPower, with what the machine's two clocks say.
fn power(state: &str, interrupt: u32, unbiased: u32) -> Event {
    ours("NetPnPEvent", "SetPower")
        .u32("InterruptTime100ns", interrupt)
        .u32("UnbiasedTime100ns", unbiased)
        .text("NewPower", state)
        .start(1)
        .at(interrupt.into())
}

fn kernel_power(number: u16, at: u64) -> Event {
    let mut event = Sample::event("").info(0).at(at);
    event.provider_guid = "{331c3b3a-2005-44c2-ac5e-77220c37d6b4}".into();
    event.name = format!("Event {number}").into();
    event
}

fn answer(events: &[Event], question: &str) -> String {
    let settled = confirm(events);
    let settled = settled.iter().find(|settled| settled.question == question);
    settled.expect("the question").answer.text().to_owned()
}

const NOT_SEEN: &str = "not seen in this recording";

#[test]
fn nothing_recorded_answers_nothing() {
    for settled in confirm(&[]) {
        assert_eq!(settled.answer.text(), NOT_SEEN, "{}", settled.question);
        assert_eq!(settled.evidence, [], "{}", settled.question);
    }
    assert_eq!(confirm(&[]).len(), QUESTIONS.len());
}

#[test]
fn set_power_in_a_machine_that_slept_is_not_idle() {
    let awake = [power("D3", 1_000_000, 1_000_000), power("D0", 9_000_000, 9_000_000)];
    assert_eq!(answer(&awake, "set-power-in-idle"), "yes");
    let asleep = [power("D3", 1_000_000, 1_000_000), power("D0", 9_000_000, 1_100_000)];
    assert_eq!(answer(&asleep, "set-power-in-idle"), NOT_SEEN);
}

#[test]
fn a_sleep_that_was_asked_for_or_that_pauses_is_not_idle() {
    let (down, up) = (power("D3", 1_000_000, 1_000_000), power("D0", 9_000_000, 9_000_000));
    let query = ours("NetPnPEvent", "QueryPower").start(1).at(5);
    assert_eq!(answer(&[query, down.clone(), up.clone()], "set-power-in-idle"), NOT_SEEN);
    let pause = ours("Pause", "").start(1).at(2_000_000);
    assert_eq!(answer(&[down, pause, up], "set-power-in-idle"), NOT_SEEN);
}

#[test]
fn a_connected_standby_without_set_power_says_no() {
    let status = ours("Status", "LinkState").info(1).at(5);
    let standby = [status, kernel_power(506, 10), kernel_power(507, 90)];
    assert_eq!(answer(&standby, "set-power-in-idle"), "no");
    assert_eq!(answer(&standby[..2], "set-power-in-idle"), NOT_SEEN);
    assert_eq!(answer(&standby[1..], "set-power-in-idle"), NOT_SEEN, "no module was there");
    let mut told = standby.to_vec();
    told.insert(2, power("D3", 50, 50));
    assert_eq!(answer(&told, "set-power-in-idle"), NOT_SEEN);
}

#[test]
fn a_shutdown_is_told_by_what_comes_after_the_kernels_word() {
    let pause = || ours("Pause", "").start(1).at(30);
    let begins = kernel_power(109, 20);
    let events = [begins.clone(), power("D3", 25, 25), pause()];
    assert_eq!(answer(&events, "shutdown"), "Pause, SetPower D3");
    assert_eq!(answer(std::slice::from_ref(&begins), "shutdown"), "none");
    assert_eq!(answer(&[pause(), begins], "shutdown"), "none", "what came before is no answer");
}

#[test]
fn a_foreign_activity_is_one_and_ours_is_not() {
    let event = || ours("NetPnPEvent", "SetPower").start(1);
    assert_eq!(answer(&[event().at(1)], "activity"), "no");
    assert_eq!(answer(&[event().related(7).at(1)], "activity"), "yes");
    let mut nested = event().related(7).at(1);
    nested.related = Some(*b"NetPnP\x01\0\x08\0\0\0\0\0\0\0");
    assert_eq!(answer(&[nested], "activity"), NOT_SEEN);
}

#[test]
fn a_registration_says_its_version_and_handlers() {
    let load = || Sample::event("Load").u32("NdisMajor", 6).u32("NdisMinor", 89).info(1).at(1);
    assert_eq!(answer(&[load()], "registration"), "6.89");
    let asked = ours("WakeSettings", "").info(1).at(9);
    assert_eq!(answer(&[load(), asked], "registration"), "6.89 with OID handlers");
    let refused = Sample::event("LoadFailed").status(0xC001_0004).text("Reason", "refused");
    assert_eq!(answer(&[refused.info(1).at(1)], "registration"), "refused with 0xc0010004");
}

#[test]
fn several_readings_in_one_recording_are_all_told() {
    let detach = |seen: u32, at| {
        ours("Detach", "").u32("PreDetachSeen", seen).text("Power", "D0").start(1).at(at)
    };
    let came = ours("NetPnPEvent", "FilterPreDetach").text("State", "Running").start(1).at(1);
    let attach = ours("Attach", "").start(1).at(5);
    let events = [came, detach(1, 2), attach, detach(0, 6)];
    assert_eq!(answer(&events, "predetach"), "absent, before-pause");
    assert_eq!(answer(&[detach(1, 2)], "predetach"), NOT_SEEN, "it came before the recording");
}
