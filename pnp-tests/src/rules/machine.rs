//! What a driver does to the machine: IRQL, handles, memory.

use super::{Rule, Severity};
use crate::journal::wait::WaitFact;
use crate::journal::{Fact, PoolFact};

pub const IRQL: Rule = Rule {
    id: "NV-30",
    severity: Severity::Contract,
    says: "Functions are called at or below their IRQL, and callbacks return at the IRQL they \
           were called at",
    source: "the IRQL line of each function's reference page",
    provoked_by: "status indications at DISPATCH_LEVEL",
    check: |history, report| {
        for (index, entry) in history.entries.iter().enumerate() {
            match &entry.fact {
                Fact::IrqlTooHigh { import, irql, allowed } => {
                    report.breach(index, format!("{import} at IRQL {irql}; it allows {allowed}"));
                }
                Fact::Wait(WaitFact::AtDispatch { import }) => {
                    report.breach(index, format!("{import} waits at DISPATCH_LEVEL or above"));
                }
                Fact::IrqlLeaked { callback, entered, left } => {
                    report.breach(
                        index,
                        format!("{callback} was called at IRQL {entered}, left at {left}"),
                    );
                }
                _ => {}
            }
        }
    },
};

pub const LEFT_BEHIND: Rule = Rule {
    id: "NV-43",
    severity: Severity::Contract,
    says: "Memory and handles are used and given back as they were taken, all of them by the end",
    source: "docs:network/unloading-a-filter-driver",
    provoked_by: "unloading, with modules or without",
    check: |history, report| {
        for (index, entry) in history.entries.iter().enumerate() {
            match &entry.fact {
                Fact::Leak { what } => report.breach(index, format!("left behind: {what}")),
                Fact::Pool(PoolFact::BadFree { what }) => {
                    report.breach(index, format!("freed {what}"));
                }
                Fact::Pool(PoolFact::Overrun { block }) => {
                    report.breach(index, format!("wrote outside pool block {block}"));
                }
                Fact::BadHandle { import } => {
                    report
                        .breach(index, format!("{import} with a handle that names nothing alive"));
                }
                _ => {}
            }
        }
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::Sample;

    #[test]
    fn nv30_catches_a_call_too_high_and_an_irql_left_behind() {
        let too_high = Fact::IrqlTooHigh { import: "NdisFNetPnPEvent", irql: 2, allowed: 0 };
        let leaked = Fact::IrqlLeaked { callback: "FilterStatus", entered: 0, left: 2 };
        Sample::new().fact(too_high).breaks(&IRQL);
        Sample::new().fact(leaked).breaks(&IRQL);
        let import = "KeWaitForSingleObject";
        Sample::new().fact(Fact::Wait(WaitFact::AtDispatch { import })).breaks(&IRQL);
        let waited = Fact::Wait(WaitFact::Waited { import, for_100ns: 5 });
        Sample::new().fact(waited).keeps(&IRQL);
        Sample::new().call("FilterStatus", None, None, []).keeps(&IRQL);
    }

    #[test]
    fn nv43_catches_leaks_wrong_frees_overruns_and_dead_handles() {
        for fact in [
            Fact::Leak { what: "pool block 1".to_owned() },
            Fact::Pool(PoolFact::BadFree { what: "NULL".to_owned() }),
            Fact::Pool(PoolFact::Overrun { block: 1 }),
            Fact::BadHandle { import: "NdisFNetPnPEvent" },
        ] {
            Sample::new().fact(fact).breaks(&LEFT_BEHIND);
        }
        Sample::new().fact(Fact::Pool(PoolFact::Freed { block: 1 })).keeps(&LEFT_BEHIND);
    }
}
