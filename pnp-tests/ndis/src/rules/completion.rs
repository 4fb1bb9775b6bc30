//! FilterPause and FilterRestart, and their completion functions.

use driver_abi::ndis::status::{
    NDIS_STATUS_FAILURE, NDIS_STATUS_PENDING, NDIS_STATUS_RESOURCES, NDIS_STATUS_SUCCESS,
};

use journal::history::History;
use journal::names::table::ndis_status;
use journal::{Fact, KernelFact, NdisFact};
use kernel::rules::{Report, Rule, Severity, Stop};

pub const STATUS: Rule = Rule {
    id: "NV-11",
    severity: Severity::Contract,
    says: "FilterPause returns SUCCESS or PENDING; FilterRestart SUCCESS, PENDING, RESOURCES or \
           FAILURE",
    source: "ddi:ndis/nc-ndis-filter_pause, ddi:ndis/nc-ndis-filter_restart",
    provoked_by: "any pause or restart",
    bugchecks: &[],
    check: |history, report| {
        let pause = [NDIS_STATUS_SUCCESS, NDIS_STATUS_PENDING].as_slice();
        let restart =
            [NDIS_STATUS_SUCCESS, NDIS_STATUS_PENDING, NDIS_STATUS_RESOURCES, NDIS_STATUS_FAILURE];
        for (callback, allowed) in [("FilterPause", pause), ("FilterRestart", restart.as_slice())] {
            for call in history.returned(callback) {
                let status = call.status.unwrap_or(0);
                if !allowed.iter().any(|allowed| allowed.0 == status) {
                    let at = call.leave.unwrap_or(call.enter);
                    report.breach(at, format!("it returned {}", ndis_status(status)));
                }
            }
        }
    },
};

pub const ONCE: Rule = Rule {
    id: "NV-12",
    severity: Severity::Contract,
    says: "NdisFPauseComplete and NdisFRestartComplete are called exactly once, and only for a \
           call that returned PENDING",
    source: "ddi:ndis/nf-ndis-ndisfpausecomplete, ddi:ndis/nf-ndis-ndisfrestartcomplete",
    provoked_by: "a pause or restart that pends",
    bugchecks: &[Stop::with(0x7C, 0x25)],
    check: once,
};

/// Counts what is owed and what is paid, module by module: each PENDING owes one completion.
fn once(history: &History<'_>, report: &mut Report) {
    for (callback, import) in
        [("FilterPause", "NdisFPauseComplete"), ("FilterRestart", "NdisFRestartComplete")]
    {
        let calls: Vec<_> = history.returned(callback).collect();
        let mut modules: Vec<_> = calls.iter().filter_map(|call| call.module).collect();
        modules.sort_unstable();
        modules.dedup();
        for module in modules {
            let pending = Some(NDIS_STATUS_PENDING.0);
            let owed = calls.iter().filter(|c| c.module == Some(module) && c.status == pending);
            let last = calls.iter().rev().find(|call| call.module == Some(module));
            let owed = owed.count();
            let paid: Vec<usize> = (0..history.entries.len())
                .filter(|&index| {
                    matches!(&history.entries[index].fact,
                        Fact::Ndis(NdisFact::Call { import: called, module: Some(m), .. })
                            if *called == import && m == module)
                })
                .collect();
            // The machine stopped in the middle: what it owed is not the driver's fault.
            let stopped = history
                .entries
                .iter()
                .any(|e| matches!(e.fact, Fact::Kernel(KernelFact::Bugcheck { .. })));
            if paid.len() > owed || (paid.len() < owed && !stopped) {
                let at = match paid.last() {
                    Some(&index) if paid.len() > owed => index,
                    _ => last.map_or(0, |call| call.enter),
                };
                let paid = paid.len();
                report.breach(
                    at,
                    format!("{module}: {callback} pended {owed} times, {import} came {paid} times"),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::{FilterCalls as _, Sample};

    fn complete() -> Fact {
        let module = Some("eth0.1".to_owned());
        NdisFact::Call { import: "NdisFPauseComplete", module, status: None }.into()
    }

    #[test]
    fn nv11_catches_a_failing_pause_and_leaves_a_failing_restart_alone() {
        let failure = Some(NDIS_STATUS_FAILURE.0);
        Sample::new().call("FilterPause", None, failure, []).breaks(&STATUS);
        Sample::new().call("FilterRestart", None, failure, []).keeps(&STATUS);
    }

    #[test]
    fn nv12_catches_a_completion_nobody_owed_and_one_that_never_came() {
        Sample::new().call("FilterPause", None, Some(0), [complete()]).breaks(&ONCE);
        let pending = Some(NDIS_STATUS_PENDING.0);
        Sample::new().call("FilterPause", None, pending, []).breaks(&ONCE);
        Sample::new().call("FilterPause", None, pending, [complete()]).keeps(&ONCE);
    }
}
