//! FilterAttach.

use driver_abi::ndis::status::{NDIS_STATUS_FAILURE, NDIS_STATUS_RESOURCES, NDIS_STATUS_SUCCESS};

use journal::history::History;
use journal::names::table::ndis_status;
use journal::{Fact, KernelFact, NdisFact, PoolFact, ResourceFact};
use kernel::rules::{Report, Rule, Severity};

pub const STATUS: Rule = Rule {
    id: "NV-06",
    severity: Severity::Contract,
    says: "FilterAttach returns SUCCESS, RESOURCES or FAILURE, and never PENDING",
    source: "ddi:ndis/nc-ndis-filter_attach",
    provoked_by: "failing each allocation and each call in turn",
    bugchecks: &[],
    check: |history, report| {
        let allowed = [NDIS_STATUS_SUCCESS, NDIS_STATUS_RESOURCES, NDIS_STATUS_FAILURE];
        for call in history.returned("FilterAttach") {
            let status = call.status.unwrap_or(0);
            if allowed.iter().any(|allowed| allowed.0 == status) {
                continue;
            }
            // Filters of the first party return other errors, and NDIS takes them (contract a.2).
            let is_error = status < 0;
            let severity = if is_error { Severity::Risky } else { Severity::Contract };
            let at = call.leave.unwrap_or(call.enter);
            report.graded(severity, at, format!("it returned {}", ndis_status(status)));
        }
    },
};

pub const SET_ATTRIBUTES: Rule = Rule {
    id: "NV-07",
    severity: Severity::Contract,
    says: "FilterAttach calls NdisFSetAttributes exactly once before it returns SUCCESS",
    source: "docs:network/attaching-a-filter-module",
    provoked_by: "any attach",
    bugchecks: &[],
    check: |history, report| {
        for call in history.returned("FilterAttach") {
            let set = history.during(call).filter(|(_, entry)| {
                matches!(&entry.fact, Fact::Ndis(NdisFact::Call { import: "NdisFSetAttributes", module, .. })
                    if module.as_deref() == call.module)
            });
            let count = set.count();
            if call.status == Some(NDIS_STATUS_SUCCESS.0) && count != 1 {
                let at = call.leave.unwrap_or(call.enter);
                report.breach(at, format!("it returned SUCCESS and called it {count} times"));
            }
        }
    },
};

pub const FAILED_ATTACH_LEAKS: Rule = Rule {
    id: "NV-08",
    severity: Severity::Contract,
    says: "A failed FilterAttach leaves nothing behind",
    source: "docs:network/attaching-a-filter-module",
    provoked_by: "failing each allocation and NdisFSetAttributes",
    bugchecks: &[],
    check: failed_attach_leaks,
};

fn failed_attach_leaks(history: &History<'_>, report: &mut Report) {
    for call in history.returned("FilterAttach") {
        if call.status == Some(NDIS_STATUS_SUCCESS.0) {
            continue;
        }
        let mut live: Vec<(usize, String)> = Vec::new();
        // It may give back on any thread: one that it started ends on its own.
        for (index, entry) in history.during(call) {
            let own = entry.thread == call.thread;
            match &entry.fact {
                Fact::Kernel(KernelFact::Pool(PoolFact::Allocated { block, bytes, .. })) if own => {
                    live.push((index, format!("pool block {block} of {bytes} bytes")));
                }
                Fact::Kernel(KernelFact::Pool(PoolFact::Freed { block })) => {
                    let prefix = format!("pool block {block} ");
                    live.retain(|(_, what)| !what.starts_with(&prefix));
                }
                Fact::Kernel(KernelFact::Resource(ResourceFact::Taken {
                    kind, number, ..
                })) if own => {
                    live.push((index, format!("{kind} {number}")));
                }
                Fact::Kernel(KernelFact::Resource(ResourceFact::Given { kind, number })) => {
                    let given = format!("{kind} {number}");
                    live.retain(|(_, what)| *what != given);
                }
                _ => {}
            }
        }
        for (index, what) in live {
            report.breach(index, format!("it failed and kept {what}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::{FilterCalls as _, Sample};

    const PENDING: i32 = 0x103;

    fn set_attributes() -> Fact {
        let module = Some("eth0.1".to_owned());
        NdisFact::Call { import: "NdisFSetAttributes", module, status: Some(0) }.into()
    }

    #[test]
    fn nv06_catches_a_pending_attach_and_leaves_a_failed_one_alone() {
        let pending = Sample::new().call("FilterAttach", None, Some(PENDING), []);
        pending.breaks(&STATUS);
        let failed = NDIS_STATUS_RESOURCES.0;
        Sample::new().call("FilterAttach", None, Some(failed), []).keeps(&STATUS);
    }

    #[test]
    fn nv07_catches_no_and_two_calls_and_leaves_one_alone() {
        let attach = |calls: Vec<Fact>| Sample::new().call("FilterAttach", None, Some(0), calls);
        attach(vec![]).breaks(&SET_ATTRIBUTES);
        attach(vec![set_attributes(), set_attributes()]).breaks(&SET_ATTRIBUTES);
        attach(vec![set_attributes()]).keeps(&SET_ATTRIBUTES);
    }

    #[test]
    fn nv08_catches_a_block_that_a_failed_attach_kept() {
        let allocated = KernelFact::Pool(PoolFact::Allocated {
            block: 1,
            bytes: 16,
            tag: *b"test",
            owner: None,
        });
        let freed = KernelFact::Pool(PoolFact::Freed { block: 1 });
        let failed = Some(NDIS_STATUS_RESOURCES.0);
        Sample::new()
            .call("FilterAttach", None, failed, [allocated.clone().into()])
            .breaks(&FAILED_ATTACH_LEAKS);
        Sample::new()
            .call("FilterAttach", None, failed, [allocated.clone().into(), freed.into()])
            .keeps(&FAILED_ATTACH_LEAKS);
        // A thread that it started, and that has ended when it returns.
        let module = || Some("eth0.1".to_owned());
        let (call, callback) = (1, "FilterAttach");
        let attach = |given_on: &[u32]| {
            let enter = KernelFact::Enter { call, callback, module: module(), code: None };
            let kind = "system thread";
            let taken = ResourceFact::Taken { kind, number: 11, owner: None };
            let given = || KernelFact::Resource(ResourceFact::Given { kind, number: 11 });
            let mut sample = Sample::new().fact(enter).fact(KernelFact::Resource(taken));
            for thread in given_on {
                sample = sample.fact_on(*thread, given());
            }
            sample.fact(KernelFact::Leave { call, callback, module: module(), status: failed })
        };
        attach(&[14]).keeps(&FAILED_ATTACH_LEAKS);
        attach(&[]).breaks(&FAILED_ATTACH_LEAKS);
    }
}
