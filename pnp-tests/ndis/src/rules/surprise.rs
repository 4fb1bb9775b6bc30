//! Hardware that is gone.

use journal::history::History;
use journal::{Fact, KernelFact, ModuleState, NdisFact};
use kernel::rules::{Report, Rule, Severity};

/// What the pause of a filter may take (contract a.2).
const TOO_LONG_100NS: u64 = 10 * 10_000_000;
/// NdisDevicePnPEventSurpriseRemoved.
const SURPRISE_REMOVED: u32 = 2;

pub const TEARDOWN: Rule = Rule {
    id: "NV-46",
    severity: Severity::Contract,
    says: "After a surprise removal the stack is torn down within seconds, whatever the dead \
           miniport leaves unanswered",
    source: "docs:network/processing-the-surprise-removal-of-a-nic--windows-7-and-later-versions-",
    provoked_by: "removals with a miniport that answers nothing until it is halted",
    bugchecks: &[],
    check: teardown,
};

fn teardown(history: &History<'_>, report: &mut Report) {
    let surprises =
        history.of("FilterDevicePnPEventNotify").filter(|call| call.code == Some(SURPRISE_REMOVED));
    for call in surprises {
        // The scenario's own bytes: a notice of nothing.
        if is_scripted(history, call.enter) {
            continue;
        }
        let Some(module) = call.module else { continue };
        let detached = (call.enter..history.entries.len()).find(|&index| {
            matches!(&history.entries[index].fact,
                Fact::Ndis(NdisFact::Module { module: m, state: ModuleState::Detached, .. }) if m == module)
        });
        let stopped = history
            .entries
            .iter()
            .any(|e| matches!(e.fact, Fact::Kernel(KernelFact::Bugcheck { .. })));
        match detached {
            Some(at) if history.time(at) - history.time(call.enter) > TOO_LONG_100NS => {
                let seconds = (history.time(at) - history.time(call.enter)) / 10_000_000;
                report.breach(at, format!("{module} was detached {seconds} s after the removal"));
            }
            None if !stopped => {
                report.breach(call.enter, format!("{module} was never detached"));
            }
            _ => {}
        }
    }
}

/// Whether an event whose bytes the scenario gave is being delivered in this step.
fn is_scripted(history: &History<'_>, index: usize) -> bool {
    let begin = history.step_index(index).unwrap_or(0);
    history.entries[begin..=index]
        .iter()
        .any(|entry| matches!(entry.fact, Fact::Ndis(NdisFact::Scripted { .. })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::{FilterCalls as _, Sample};

    #[test]
    fn nv46_catches_a_teardown_that_takes_too_long_or_never_ends() {
        let callback = "FilterDevicePnPEventNotify";
        let removed = || Sample::new().call(callback, Some(SURPRISE_REMOVED), None, []);
        let (module, adapter) = ("eth0.1".to_owned(), "eth0".to_owned());
        let detached = NdisFact::Module { module, adapter, state: ModuleState::Detached };
        removed().breaks(&TEARDOWN);
        removed().later(TOO_LONG_100NS + 1).fact(detached.clone()).breaks(&TEARDOWN);
        removed().later(5).fact(detached).keeps(&TEARDOWN);
    }
}
