//! What took too long, or for ever; what the driver itself or the layers above found wrong.

use super::{Rule, Severity, Story};
use crate::duration;

pub static NEVER_ENDED: Rule = Rule {
    id: "never-ended",
    says: "Every event that goes into a stack comes back out of it before the trace ends",
    severity: Severity::Breach,
    check: |story, findings| {
        for span in story.spans.spans.iter().filter(|span| span.stop_100ns.is_none()) {
            // The outermost one tells it; those inside it are its evidence.
            let inside = span.parent.is_some_and(|at| story.spans.spans[at].stop_100ns.is_none());
            let Some(start) = span.start_100ns.filter(|_| !inside && !span.kind.is_call()) else {
                continue;
            };
            let held = story.spans.to_100ns.saturating_sub(start);
            let holder = holder(story, start, story.luid(span))
                .map_or(String::new(), |holder| format!("; {holder} holds it"));
            let found =
                format!("{} has not come back after {}{holder}", span.event, duration(held));
            findings.module(span.module, start, found);
        }
    },
};

/// Who holds the event that began then.
fn holder(story: &Story<'_>, start_100ns: u64, luid: u64) -> Option<String> {
    let mut chains = story.attribution.events.iter();
    let chain =
        chains.find(|chain| chain.start_100ns == start_100ns && chain.miniport_luid == luid)?;
    chain.culprit().filter(|share| share.holds).map(|share| share.component.name())
}

pub static SLOW: Rule = Rule {
    id: "slow",
    says: "No event, pause or restart takes longer than the limit",
    severity: Severity::Breach,
    check: |story, findings| {
        for chain in &story.attribution.events {
            if !chain.stopped || chain.took_100ns <= story.limit_100ns {
                continue;
            }
            let who = chain.culprit().map_or(String::new(), |share| {
                format!(", {} of it in {}", duration(share.took_100ns), share.component.name())
            });
            let found = format!("{} took {}{who}", chain.title(), duration(chain.took_100ns));
            let mut modules = story.spans.modules.iter();
            if let Some(at) = modules.position(|m| m.miniport_luid == chain.miniport_luid) {
                findings.stack(at, chain.start_100ns, found);
            }
        }
    },
};

pub static ANOMALY: Rule = Rule {
    id: "anomaly",
    says: "The driver saw nothing that NDIS's contract excludes",
    severity: Severity::Breach,
    check: |story, findings| {
        for anomaly in &story.spans.anomalies {
            let about = match anomaly.event.as_str() {
                "" => String::new(),
                event => format!(" ({event})"),
            };
            findings.module(
                anomaly.module,
                anomaly.time_100ns,
                format!("{}{about}", anomaly.reason),
            );
        }
    },
};

pub static VETO: Rule = Rule {
    id: "veto",
    says: "Whether a layer above refused a QueryPower or a QueryRemoveDevice",
    severity: Severity::Remark,
    check: |story, findings| {
        for chain in &story.attribution.events {
            let asks = matches!(chain.event.as_str(), "QueryPower" | "QueryRemoveDevice");
            let Some(status) = chain.status.filter(|status| asks && *status != 0) else { continue };
            let mut modules = story.spans.modules.iter();
            let at = modules.position(|module| module.miniport_luid == chain.miniport_luid);
            let top = story
                .spans
                .spans
                .iter()
                .filter(|span| {
                    span.status == Some(status)
                        && span.event == chain.event
                        && !span.kind.is_call()
                        && story.luid(span) == chain.miniport_luid
                        && span.start_100ns >= Some(chain.start_100ns)
                        && span.start_100ns <= Some(chain.start_100ns + chain.took_100ns)
                })
                .map(|span| story.spans.modules[span.module].layer)
                .max();
            if let (Some(at), Some(layer)) = (at, top) {
                let title = chain.title();
                let found = format!("{title} was refused (0x{status:08X}) above L{layer}");
                findings.stack(at, chain.start_100ns, found);
            }
        }
    },
};
