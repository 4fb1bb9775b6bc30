//! FilterAttach.

use ndis_abi::ndis::status::{NDIS_STATUS_FAILURE, NDIS_STATUS_RESOURCES, NDIS_STATUS_SUCCESS};

use super::{Report, Rule, Severity, returned};
use crate::journal::{Fact, Journal, PoolFact};
use crate::scenario::names::status_name;

pub const STATUS: Rule = Rule {
    id: "NV-06",
    severity: Severity::Contract,
    says: "FilterAttach returns SUCCESS, RESOURCES or FAILURE, and never PENDING",
    source: "ddi:ndis/nc-ndis-filter_attach",
    provoked_by: "failing each allocation and each call in turn",
    check: |journal, report| {
        let allowed = [NDIS_STATUS_SUCCESS, NDIS_STATUS_RESOURCES, NDIS_STATUS_FAILURE];
        for call in returned(journal, "FilterAttach") {
            let status = call.status.unwrap_or(0);
            if !allowed.iter().any(|allowed| allowed.0 == status) {
                report.breach(format!("{} returned {}", call.place(), status_name(status)));
            }
        }
    },
};

pub const SET_ATTRIBUTES: Rule = Rule {
    id: "NV-07",
    severity: Severity::Contract,
    says: "FilterAttach calls NdisFSetAttributes exactly once before it returns SUCCESS",
    source: "docs:network/attaching-a-filter-module",
    provoked_by: "any attach",
    check: |journal, report| {
        for call in returned(journal, "FilterAttach") {
            let set = call.during.iter().filter(|entry| {
                matches!(&entry.fact, Fact::Call { import: "NdisFSetAttributes", module, .. }
                    if module.as_deref() == Some(call.module))
            });
            let count = set.count();
            if call.status == Some(NDIS_STATUS_SUCCESS.0) && count != 1 {
                report.breach(format!("{} called it {count} times", call.place()));
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
    check: failed_attach_leaks,
};

fn failed_attach_leaks(journal: &Journal, report: &mut Report) {
    for call in returned(journal, "FilterAttach") {
        if call.status == Some(NDIS_STATUS_SUCCESS.0) {
            continue;
        }
        let thread = call.during.first().map(|entry| entry.thread);
        let own = call.during.iter().filter(|entry| Some(entry.thread) == thread);
        let mut live = Vec::new();
        for entry in own {
            match &entry.fact {
                Fact::Pool(PoolFact::Allocated { block, .. }) => live.push(*block),
                Fact::Pool(PoolFact::Freed { block }) => live.retain(|live| live != block),
                _ => {}
            }
        }
        for block in live {
            report.breach(format!("{} kept pool block {block}", call.place()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::Sample;

    const PENDING: i32 = 0x103;

    fn set_attributes() -> Fact {
        let module = Some("eth0.1".to_owned());
        Fact::Call { import: "NdisFSetAttributes", module, status: Some(0) }
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
        let allocated = Fact::Pool(PoolFact::Allocated { block: 1, bytes: 16, tag: *b"test" });
        let freed = Fact::Pool(PoolFact::Freed { block: 1 });
        let failed = Some(NDIS_STATUS_RESOURCES.0);
        Sample::new()
            .call("FilterAttach", None, failed, [allocated.clone()])
            .breaks(&FAILED_ATTACH_LEAKS);
        Sample::new()
            .call("FilterAttach", None, failed, [allocated, freed])
            .keeps(&FAILED_ATTACH_LEAKS);
    }
}
