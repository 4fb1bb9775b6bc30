use super::{Finding, RULES, Severity, check};
use crate::attribute::Spans;
use crate::decode::Event;
use crate::sample::Sample;

const SECOND: u64 = 10_000_000;
/// The adapter's lowest module, and one above a filter.
const L1: u32 = 10;
const L2: u32 = 12;

fn end(name: &str, opcode: u8, span: u32, adapter: u32, module: u32) -> Sample {
    let sample = Sample::event(name);
    let sample = match opcode {
        1 => sample.start(1),
        2 => sample.stop(1),
        _ => sample.info(1),
    };
    let index = 100 * adapter;
    sample
        .u32("IfIndex", index + module)
        .u32("LowerIfIndex", index + if module == L1 { 1 } else { 11 })
        .u32("MiniportIfIndex", index + 1)
        .u32("MiniportLuid", adapter)
        .u32("SpanId", span)
        .u32("ParentSpanId", 0)
        .text("Adapter", "Contoso")
}

/// A story as it is told, event by event.
#[derive(Default)]
struct Story {
    events: Vec<Event>,
    at: u64,
    span: u32,
}

impl Story {
    fn wait(mut self, time_100ns: u64) -> Self {
        self.at += time_100ns;
        self
    }

    fn push(&mut self, sample: &Sample) {
        self.events.push(sample.at(self.at));
    }

    /// A span from now on; no length, no end.
    fn span(
        mut self,
        name: &str,
        adapter: u32,
        module: u32,
        took: Option<u64>,
        more: &[(&str, &str)],
    ) -> Self {
        self.span += 1;
        let fields = |sample: Sample| {
            more.iter().fold(sample, |sample, (key, value)| sample.text(key, value))
        };
        let (span, start) = (self.span, self.at);
        self.push(&fields(end(name, 1, span, adapter, module)));
        if let Some(took) = took {
            self.at = start + took;
            self.push(&fields(end(name, 2, span, adapter, module).status(0)));
        }
        self
    }

    fn event(self, name: &str, adapter: u32) -> Self {
        self.span("NetPnPEvent", adapter, L1, Some(0), &[("Event", name)])
    }

    fn power(self, state: &str, adapter: u32) -> Self {
        let fields = [("Event", "SetPower"), ("NewPower", state)];
        self.span("NetPnPEvent", adapter, L1, Some(0), &fields)
    }

    fn life(self, name: &str, adapter: u32, module: u32) -> Self {
        self.span(name, adapter, module, Some(0), &[("State", "Paused")])
    }

    /// The trace goes on for so long.
    fn ends(mut self, after: u64) -> Vec<Finding> {
        self.at += after;
        let last = Sample::event("Last").at(self.at);
        self.events.push(last);
        check(&Spans::of(&self.events), SECOND)
    }
}

/// What a rule found.
fn found(findings: &[Finding], rule: &str) -> Vec<String> {
    let of_rule = findings.iter().filter(|finding| finding.rule == rule);
    of_rule.map(|finding| finding.found.clone()).collect()
}

fn breaches(findings: &[Finding]) -> Vec<&str> {
    let breaches = findings.iter().filter(|finding| finding.severity == Severity::Breach);
    breaches.map(|finding| finding.rule).collect()
}

#[test]
fn an_event_that_never_ends_is_told_with_its_age() {
    let story = || Story::default().span("NetPnPEvent", 1, L1, None, &[("Event", "SetPower")]);
    let findings = story().ends(30 * SECOND);
    let told = found(&findings, "never-ended");
    assert_eq!(told, ["SetPower has not come back after 30.00s; protocols above L1 holds it"]);
    let done = Story::default().event("SetPower", 1).ends(30 * SECOND);
    assert!(found(&done, "never-ended").is_empty());
}

#[test]
fn what_takes_longer_than_the_limit_is_slow_and_what_does_not_is_not() {
    let story = |took| {
        Story::default().span("NetPnPEvent", 1, L1, Some(took), &[("Event", "BindList")]).ends(0)
    };
    assert_eq!(
        found(&story(2 * SECOND), "slow"),
        ["BindList took 2.00s, 2.00s of it in protocols above L1"]
    );
    assert!(breaches(&story(SECOND)).is_empty());
}

#[test]
fn an_anomaly_of_the_driver_is_a_breach() {
    let mut story = Story::default();
    let anomaly =
        end("Anomaly", 0, 9, 1, L1).text("Reason", "unknown-code").text("Event", "Unknown");
    story.push(&anomaly);
    assert_eq!(found(&story.ends(0), "anomaly"), ["unknown-code (Unknown)"]);
}

#[test]
fn a_pause_that_does_not_come_down_to_the_lowest_module_is_unfinished() {
    let up = || {
        let story = Story::default().life("Attach", 1, L1).life("Attach", 1, L2);
        story.life("Restart", 1, L1).life("Restart", 1, L2)
    };
    let findings = up().life("Pause", 1, L2).ends(10 * SECOND);
    assert_eq!(found(&findings, "pause-unfinished").len(), 1, "{findings:?}");
    let whole = up().life("Pause", 1, L2).life("Pause", 1, L1).ends(10 * SECOND);
    assert!(breaches(&whole).is_empty(), "{whole:?}");
    // A trace that ends right then says nothing.
    assert!(breaches(&up().life("Pause", 1, L2).ends(0)).is_empty());
}

#[test]
fn an_adapter_that_is_not_told_d0_while_others_wake_is_found() {
    let night = || Story::default().power("D3", 1).power("D3", 2).wait(8 * 3600 * SECOND);
    let findings = night().power("D0", 1).ends(60 * SECOND);
    assert_eq!(found(&findings, "no-d0"), ["no SetPower D0 for 1m00.0s after others woke"]);
    assert!(breaches(&night().power("D0", 1).power("D0", 2).ends(60 * SECOND)).is_empty());
    // Asleep when the trace ends is nobody's fault.
    assert!(breaches(&night().ends(0)).is_empty());
}

#[test]
fn a_module_that_stays_paused_after_d0_is_found() {
    let story = || Story::default().power("D3", 1).life("Pause", 1, L1).wait(SECOND).power("D0", 1);
    let findings = story().ends(60 * SECOND);
    assert_eq!(found(&findings, "no-restart"), ["it is still paused 1m00.0s after D0"]);
    let restarted = story().life("Restart", 1, L1).ends(60 * SECOND);
    assert!(breaches(&restarted).is_empty(), "{restarted:?}");
}

#[test]
fn a_detach_while_running_and_a_storm_of_attaches_are_found() {
    let running =
        |state| Story::default().span("Detach", 1, L1, Some(0), &[("State", state)]).ends(0);
    assert_eq!(
        found(&running("Running"), "detach-without-pause"),
        ["it was detached while Running"]
    );
    assert!(breaches(&running("Paused")).is_empty());
    let attaches = |times: u32, apart: u64| {
        let story =
            (0..times).fold(Story::default(), |story, _| story.life("Attach", 1, L1).wait(apart));
        found(&story.ends(0), "attach-storm").len()
    };
    assert_eq!([attaches(10, SECOND), attaches(9, SECOND), attaches(10, 2 * SECOND)], [1, 0, 0]);
}

#[test]
fn a_refused_query_is_a_remark_with_the_layer_below_the_refusal() {
    let mut story = Story::default();
    story.push(&end("NetPnPEvent", 1, 1, 1, L1).text("Event", "QueryRemoveDevice"));
    story.push(
        &end("NetPnPEvent", 2, 1, 1, L1).text("Event", "QueryRemoveDevice").status(0xC000_0001),
    );
    let findings = story.ends(0);
    assert_eq!(found(&findings, "veto"), ["QueryRemoveDevice was refused (0xC0000001) above L1"]);
    assert_eq!(found(&findings, "removal"), ["QueryRemoveDevice: refused by a layer above"]);
    assert!(breaches(&findings).is_empty());
}

#[test]
fn what_a_query_remove_was_for_shows_in_what_comes_next() {
    let cause = |story: Story| found(&story.ends(0), "removal").remove(0);
    let query = || Story::default().event("QueryRemoveDevice", 1);
    let device = |name| query().span("DevicePnPEvent", 1, L1, Some(0), &[("Event", name)]);
    assert!(cause(query().event("CancelRemoveDevice", 1)).ends_with("cancelled"));
    assert!(cause(device("SurpriseRemoved")).ends_with("pulled out"));
    assert!(cause(device("Stopped")).ends_with("rebalance"));
    assert!(cause(query().life("Detach", 1, L1)).contains("disabled"));
    assert!(cause(query()).ends_with("not in the trace"));
}

#[test]
fn how_a_stack_sleeps_is_told_once() {
    let way = |story: Story| found(&story.ends(0), "suspend");
    let sleep = || Story::default().power("D3", 1);
    let twice = sleep().power("D0", 1).power("D3", 1).power("D0", 1);
    assert_eq!(way(twice).len(), 1);
    assert!(way(sleep().power("D0", 1))[0].contains("without a pause"));
    let paused = sleep().life("Pause", 1, L1).life("Restart", 1, L1).power("D0", 1);
    assert!(way(paused)[0].contains("is paused for a sleep"));
    let halted =
        sleep().life("Pause", 1, L1).life("Detach", 1, L1).life("Attach", 1, L1).power("D0", 1);
    assert!(way(halted)[0].contains("halted"));
}

#[test]
fn why_a_stack_was_paused_is_told_with_how_sure_that_is() {
    let cause = |story: Story| found(&story.ends(0), "pause-cause").remove(0);
    let pause = |story: Story| story.life("Pause", 1, L1);
    assert!(cause(pause(Story::default().power("D3", 1))).contains("for a sleep (certain"));
    let removed = Story::default().event("QueryRemoveDevice", 1).event("FilterPreDetach", 1);
    assert!(cause(pause(removed)).contains("to be removed (certain"));
    assert!(cause(pause(Story::default().event("FilterPreDetach", 1))).contains("to be detached"));
    assert!(cause(pause(Story::default()).life("Attach", 1, L2)).contains("(likely"));
    assert!(cause(pause(Story::default()).life("Restart", 1, L1)).contains("a guess"));
    assert!(cause(pause(Story::default())).contains("unknown"));
}

#[test]
fn every_rule_is_tried_here_and_has_an_id_of_its_own() {
    let text = include_str!("tests.rs");
    let mut ids: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
    for id in &ids {
        assert!(text.contains(&format!("\"{id}\"")), "{id}");
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), RULES.len());
}
