//! What a filter makes itself, and where: never while it attaches, nothing while it detaches.

use journal::history::History;
use journal::names::table;
use journal::{Fact, KernelFact, NdisFact, OidFact, PacketFact, PoolFact, ResourceFact};
use kernel::rules::{Rule, Severity, Stop};

pub const WHILE_ATTACHING: Rule = Rule {
    id: "NV-10",
    severity: Severity::Contract,
    says: "While a module attaches it originates no packets, no requests and no status; after \
           NdisFSetAttributes succeeded the sources disagree",
    source: "docs:network/attaching-a-filter-module, ddi:ndis/nf-ndis-ndisfindicatestatus",
    provoked_by: "any attach",
    bugchecks: &[],
    check: |history, report| {
        for call in history.of("FilterAttach") {
            for (index, entry) in history.own(call) {
                let (what, attributes_set) = match &entry.fact {
                    Fact::Ndis(NdisFact::Oid(OidFact::Own { oid, attributes_set, .. })) => {
                        (table::oid(*oid), *attributes_set)
                    }
                    Fact::Ndis(NdisFact::Packet(PacketFact::Originated { way, .. })) => {
                        (format!("a {way:?} of its own").to_lowercase(), false)
                    }
                    Fact::Ndis(NdisFact::OwnStatus { code, attributes_set, .. }) => {
                        (table::ndis_status(code.cast_signed()), *attributes_set)
                    }
                    _ => continue,
                };
                let severity = if attributes_set { Severity::Risky } else { Severity::Contract };
                report.graded(severity, index, format!("it sent {what}"));
            }
        }
    },
};

/// Functions of NDIS that only give back.
fn gives_back(import: &str) -> bool {
    import.starts_with("NdisFree")
        || matches!(
            import,
            "NdisCloseConfiguration"
                | "NdisCancelTimerObject"
                | "NdisWaitEvent"
                | "NdisSetEvent"
                | "NdisMSleep"
                | "NdisDeregisterDeviceEx"
        )
}

pub const WHILE_DETACHING: Rule = Rule {
    id: "NV-25",
    severity: Severity::Contract,
    says: "FilterDetach calls no NdisF function, and when it returns nothing is left that was taken \
           with the module's handle",
    source: "docs:network/detaching-a-filter-module, ddi:ndis/nc-ndis-filter_detach",
    provoked_by: "any detach",
    bugchecks: &[Stop::any(0xCE)],
    check: |history, report| {
        for call in history.of("FilterDetach") {
            for (index, entry) in history.own(call) {
                if let Fact::Kernel(KernelFact::Import { import }) = &entry.fact
                    && import.starts_with("NdisF")
                    && !gives_back(import)
                    && history.is_directly_in(call, index)
                {
                    report.breach(index, format!("it called {import}"));
                }
            }
        }
        for (taken, what) in left_at_detach(history) {
            report.breach(taken, format!("{what} is there after its module's detach"));
        }
    },
};

/// What was taken with a module's handle and was there when its FilterDetach returned.
fn left_at_detach(history: &History<'_>) -> Vec<(usize, String)> {
    let mut held: Vec<(usize, &str, String)> = Vec::new();
    let mut left = Vec::new();
    for (index, entry) in history.entries.iter().enumerate() {
        match &entry.fact {
            Fact::Kernel(KernelFact::Pool(PoolFact::Allocated {
                block,
                owner: Some(owner),
                ..
            })) => {
                held.push((index, owner, format!("pool block {block}")));
            }
            Fact::Kernel(KernelFact::Pool(PoolFact::Freed { block })) => {
                let freed = format!("pool block {block}");
                held.retain(|(_, _, what)| *what != freed);
            }
            Fact::Kernel(KernelFact::Resource(ResourceFact::Taken {
                kind,
                number,
                owner: Some(owner),
            })) => {
                held.push((index, owner, format!("{kind} {number}")));
            }
            Fact::Kernel(KernelFact::Resource(ResourceFact::Given { kind, number })) => {
                let given = format!("{kind} {number}");
                held.retain(|(_, _, what)| *what != given);
            }
            Fact::Kernel(KernelFact::Leave {
                callback: "FilterDetach",
                module: Some(module),
                ..
            }) => {
                let (gone, kept): (Vec<_>, Vec<_>) =
                    held.into_iter().partition(|(_, owner, _)| owner == module);
                left.extend(gone.into_iter().map(|(index, _, what)| (index, what)));
                held = kept;
            }
            _ => {}
        }
    }
    left
}

pub const OPTIONAL_HANDLERS: Rule = Rule {
    id: "NV-27",
    severity: Severity::Contract,
    says: "NdisSetOptionalHandlers is called for a module inside its FilterSetModuleOptions only",
    source: "ddi:ndis/nf-ndis-ndissetoptionalhandlers, ddi:ndis/nc-ndis-filter_set_module_options",
    provoked_by: "any call of it",
    bugchecks: &[],
    check: |history, report| {
        for (index, fact) in history.ndis() {
            if let NdisFact::Call {
                import: "NdisSetOptionalHandlers", module: Some(module), ..
            } = fact
            {
                let inside = history.around(index).is_some_and(|call| {
                    call.callback == "FilterSetModuleOptions"
                        && call.module == Some(module.as_str())
                });
                if !inside {
                    report.breach(index, format!("it was called for {module}"));
                }
            }
        }
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::{FilterCalls as _, Sample};

    fn module() -> String {
        "eth0.1".to_owned()
    }

    #[test]
    fn nv10_catches_requests_and_status_while_attaching() {
        let own = OidFact::Own { module: module(), oid: 1, set: false, attributes_set: false };
        let attach =
            Sample::new().call("FilterAttach", None, Some(0), [NdisFact::Oid(own.clone()).into()]);
        attach.breaks(&WHILE_ATTACHING);
        let restart =
            Sample::new().call("FilterRestart", None, Some(0), [NdisFact::Oid(own).into()]);
        restart.keeps(&WHILE_ATTACHING);
    }

    #[test]
    fn nv25_catches_a_call_into_ndis_and_what_is_left_behind() {
        let import = |import| KernelFact::Import { import }.into();
        let detach = |facts: Vec<Fact>| Sample::new().call("FilterDetach", None, None, facts);
        detach(vec![import("NdisFOidRequest")]).breaks(&WHILE_DETACHING);
        detach(vec![import("NdisFreeMemory"), import("NdisFreeCloneOidRequest")])
            .keeps(&WHILE_DETACHING);
        let owner = Some(module());
        let taken = || {
            let allocated =
                PoolFact::Allocated { block: 1, bytes: 8, tag: *b"test", owner: owner.clone() };
            Sample::new().fact(KernelFact::Pool(allocated))
        };
        taken().call("FilterDetach", None, None, []).breaks(&WHILE_DETACHING);
        let freed = KernelFact::Pool(PoolFact::Freed { block: 1 });
        taken().call("FilterDetach", None, None, [freed.into()]).keeps(&WHILE_DETACHING);
    }

    #[test]
    fn nv27_catches_optional_handlers_set_elsewhere() {
        let import = "NdisSetOptionalHandlers";
        let set = || NdisFact::Call { import, module: Some(module()), status: Some(0) }.into();
        Sample::new().call("FilterRestart", None, Some(0), [set()]).breaks(&OPTIONAL_HANDLERS);
        let right = Sample::new().call("FilterSetModuleOptions", None, Some(0), [set()]);
        right.keeps(&OPTIONAL_HANDLERS);
    }
}
