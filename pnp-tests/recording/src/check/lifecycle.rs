//! Attach, pause and detach, and what they were for.

use std::collections::BTreeMap;

use super::{Rule, Severity, is_set_power};
use crate::attribute::spans::{Kind, Span};
use crate::duration;

/// So many attaches of one adapter within `STORM_100NS` are a storm.
const STORM: usize = 10;
const STORM_100NS: u64 = 10 * 10_000_000;

pub static PAUSE_UNFINISHED: Rule = Rule {
    id: "pause-unfinished",
    says: "When the modules of a stack are paused from the top down, the lowest one is reached",
    severity: Severity::Breach,
    check: |story, findings| {
        for (at, lower) in story.spans.unfinished_pauses() {
            let span = &story.spans.spans[at];
            let Some(paused) = span.stop_100ns else { continue };
            let waited = story.spans.to_100ns.saturating_sub(paused);
            if waited > story.limit_100ns {
                let below = story.spans.modules[lower].layer;
                let found = format!(
                    "it was paused and L{below} was not in {}: the filter between them holds the \
                     pause",
                    duration(waited)
                );
                findings.module(span.module, paused, found);
            }
        }
    },
};

pub static DETACH_WITHOUT_PAUSE: Rule = Rule {
    id: "detach-without-pause",
    says: "A module is paused before it is detached",
    severity: Severity::Breach,
    check: |story, findings| {
        for span in story.of_kind(Kind::Detach) {
            let (Some(start), Some(state)) = (span.start_100ns, &span.state) else { continue };
            if state.as_str() != "Paused" {
                findings.module(span.module, start, format!("it was detached while {state}"));
            }
        }
    },
};

pub static ATTACH_STORM: Rule = Rule {
    id: "attach-storm",
    says: "An adapter's modules are not attached again and again",
    severity: Severity::Breach,
    check: |story, findings| {
        let mut attaches: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
        for span in story.of_kind(Kind::Attach) {
            attaches.entry(span.module).or_default().extend(span.start_100ns);
        }
        for (module, times) in attaches {
            let mut windows = times.windows(STORM);
            let within = |window: &&[u64]| window[STORM - 1] - window[0] <= STORM_100NS;
            if let Some(window) = windows.find(within) {
                let found = format!(
                    "{STORM} attaches within {}, {} in the trace",
                    duration(window[STORM - 1] - window[0]),
                    times.len()
                );
                findings.module(module, window[0], found);
            }
        }
    },
};

pub static REMOVAL_CAUSE: Rule = Rule {
    id: "removal",
    says: "What a QueryRemoveDevice was for: cancelled, surprise, stop for a rebalance, or disable",
    severity: Severity::Remark,
    check: |story, findings| {
        for stack in story.stacks() {
            let spans = story.of_stack(&stack);
            for (at, span) in spans.iter().enumerate() {
                let asks = span.kind == Kind::NetPnp && span.event.as_str() == "QueryRemoveDevice";
                let Some(start) = span.start_100ns.filter(|_| asks && span.parent.is_none()) else {
                    continue;
                };
                findings.stack(
                    span.module,
                    start,
                    format!("QueryRemoveDevice: {}", cause(span, &spans[at + 1..])),
                );
            }
        }
    },
};

/// The first thing behind a query that decides.
fn cause(query: &Span, behind: &[&Span]) -> &'static str {
    if query.status.is_some_and(|status| status != 0) {
        return "refused by a layer above";
    }
    for span in behind {
        match (span.kind, span.event.as_str()) {
            (Kind::NetPnp, "CancelRemoveDevice") => return "cancelled",
            (Kind::NetPnp, "QueryRemoveDevice") if span.parent.is_none() => break,
            (Kind::DevicePnp, "SurpriseRemoved") => return "the device was pulled out",
            (Kind::DevicePnp, "Stopped" | "QueryStopped") => {
                return "the device was stopped for a rebalance";
            }
            (Kind::Detach, _) => return "the adapter was disabled, removed or stopped",
            _ => {}
        }
    }
    "what it was for is not in the trace"
}

pub static PAUSE_CAUSE: Rule = Rule {
    id: "pause-cause",
    says: "Why a stack was paused, as far as what came before and after tells",
    severity: Severity::Remark,
    check: |story, findings| {
        for stack in story.stacks() {
            let spans = story.of_stack(&stack);
            let mut last_layer = u32::MAX;
            for (at, span) in spans.iter().enumerate() {
                let layer = story.spans.modules[span.module].layer;
                match span.kind {
                    // Lower and lower: still the same pause.
                    Kind::Pause if layer < last_layer && last_layer != u32::MAX => {
                        last_layer = layer;
                    }
                    Kind::Pause => {
                        last_layer = layer;
                        let (cause, confidence) = pause_cause(&spans[..at], &spans[at + 1..]);
                        if let Some(start) = span.start_100ns {
                            findings.stack(
                                span.module,
                                start,
                                format!("paused {cause} ({confidence})"),
                            );
                        }
                    }
                    Kind::Restart => last_layer = u32::MAX,
                    _ => {}
                }
            }
        }
    },
};

/// What a pause was for, and how sure that is.
fn pause_cause(before: &[&Span], behind: &[&Span]) -> (&'static str, &'static str) {
    let mut back = before.iter().rev().filter(|span| {
        matches!(span.kind, Kind::NetPnp | Kind::DevicePnp | Kind::Restart | Kind::Attach)
    });
    // A detach is announced after the query that it is for, where there was one.
    let announced = |span: &&&Span| span.event.as_str() == "FilterPreDetach";
    let going = back.clone().next().is_some_and(|span| announced(&span));
    let event = back.find(|span| !announced(span));
    if let Some(event) = event {
        if is_set_power(event, false) {
            return ("for a sleep", "certain: SetPower came right before");
        }
        match event.event.as_str() {
            "QueryRemoveDevice" => {
                return ("to be removed", "certain: QueryRemoveDevice came before");
            }
            "SurpriseRemoved" => return ("to be removed", "certain: the device was pulled out"),
            _ => {}
        }
    }
    if going {
        return ("to be detached", "certain: FilterPreDetach came right before");
    }
    let next = behind.iter().find(|span| {
        matches!(span.kind, Kind::Restart | Kind::Detach | Kind::Attach)
            || is_set_power(span, false)
    });
    match next.map(|span| span.kind) {
        Some(Kind::Attach) => ("for a filter that came", "likely: a module was attached next"),
        Some(Kind::Detach) => {
            ("for a filter or the adapter that goes", "likely: a module was detached next")
        }
        Some(Kind::NetPnp) => ("for a sleep", "likely: SetPower came next"),
        Some(Kind::Restart) => {
            ("for a change of bindings or of the miniport", "a guess: it restarted next")
        }
        _ => ("for a reason that the trace does not show", "unknown"),
    }
}
