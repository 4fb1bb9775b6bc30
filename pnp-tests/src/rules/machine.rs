//! What a driver does to the machine: IRQL, handles, memory.

use super::history::History;
use super::{Rule, Severity};
use crate::journal::wait::WaitFact;
use crate::journal::{Entry, Fact, Left, PoolFact, ResourceFact};

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

pub const GARBAGE: Rule = Rule {
    id: "NV-62",
    severity: Severity::Contract,
    says: "Nothing that the driver does depends on memory that nobody has written",
    source: "ddi:wdm/nf-wdm-exallocatepool2",
    provoked_by: "the same run twice, with different garbage in fresh pool and on the stack",
    check: |history, report| {
        for (index, entry) in history.entries.iter().enumerate() {
            if let Fact::Garbage { what } = &entry.fact {
                report.breach(index, what.clone());
            }
        }
    },
};

pub const LEFT_BEHIND: Rule = Rule {
    id: "NV-43",
    severity: Severity::Contract,
    says: "Memory and everything else is given back as it was taken, all of it by the end",
    source: "docs:network/unloading-a-filter-driver",
    provoked_by: "unloading, with modules or without",
    check: |history, report| {
        for (index, entry) in history.entries.iter().enumerate() {
            match &entry.fact {
                Fact::Leak { what } => {
                    let taken = taken(history, index, what);
                    report.breach(taken, format!("left behind: {}", name(what)));
                }
                Fact::Pool(PoolFact::BadFree { what }) => {
                    report.breach(index, format!("freed {what}"));
                }
                Fact::Pool(PoolFact::Overrun { block }) => {
                    report.breach(index, format!("wrote outside pool block {block}"));
                }
                _ => {}
            }
        }
    },
};

/// The entry with which something began that was left behind: it tells where.
fn taken(history: &History<'_>, left: usize, what: &Left) -> usize {
    let began = |entry: &Entry| match (&entry.fact, what) {
        (Fact::Pool(PoolFact::Allocated { block, .. }), Left::Pool { block: wanted, .. }) => {
            block == wanted
        }
        (
            Fact::Resource(ResourceFact::Taken { kind, number, .. }),
            Left::Resource { kind: wanted, number: nth },
        ) => kind == wanted && number == nth,
        (Fact::Provider { registered, .. }, Left::EtwRegistration) => *registered,
        (Fact::Register(_), Left::FilterRegistration) => true,
        _ => false,
    };
    history.entries[..left].iter().rposition(began).unwrap_or(left)
}

fn name(left: &Left) -> String {
    match left {
        Left::Pool { block, bytes, tag } => format!("pool block {block}: {bytes} bytes, tag {tag}"),
        Left::Resource { kind, number } => format!("{kind} {number}"),
        Left::EtwRegistration => "an ETW registration".to_owned(),
        Left::FilterRegistration => "the registration as a filter driver".to_owned(),
    }
}

pub const HANDLES: Rule = Rule {
    id: "NV-50",
    severity: Severity::Contract,
    says: "Handles are used while they live, and for what they name: the module's for the module, the \
           driver's for the driver",
    source: "docs:network/detaching-a-filter-module, ddi:ndis/nf-ndis-ndisfregisterfilterdriver",
    provoked_by: "handles that nobody may touch and that differ for every module",
    check: |history, report| {
        for (index, entry) in history.entries.iter().enumerate() {
            if let Fact::BadHandle { import } = &entry.fact {
                report.breach(index, format!("{import} with a handle that names nothing alive"));
            }
        }
    },
};

pub const STACK: Rule = Rule {
    id: "NV-59",
    severity: Severity::Risky,
    says: "A callback uses at most 8 KiB of the kernel's stack, of which there are 24 KiB for all \
           drivers of a call chain",
    source: "docs:kernel/using-the-kernel-stack",
    provoked_by: "any callback; seen at its calls of the kernel",
    check: |history, report| {
        for (index, entry) in history.entries.iter().enumerate() {
            if let Fact::Stack { bytes, .. } = entry.fact {
                // More than there is: a double fault on Windows.
                let severity = if bytes > 24 * 1024 { Severity::Contract } else { Severity::Risky };
                report.graded(severity, index, format!("it used {bytes} bytes of stack"));
            }
        }
    },
};

pub const KEEPS_RUNNING: Rule = Rule {
    id: "NV-60",
    severity: Severity::Contract,
    says: "The driver does not stop the machine",
    source: "docs:debugger/bug-check-code-reference2, the bugcheck's own page",
    provoked_by: "anything",
    check: |history, report| {
        for (index, entry) in history.entries.iter().enumerate() {
            if let Fact::Bugcheck { code, what, at, .. } = &entry.fact {
                report.breach(index, format!("bugcheck {code:#x}: {what}; {at}"));
            }
        }
    },
};

pub const COMES_TO_AN_END: Rule = Rule {
    id: "NV-61",
    severity: Severity::Contract,
    says: "Every operation comes to an end",
    source: "docs:network/pausing-a-driver-stack, and the watchdogs of bugcheck 0x7C",
    provoked_by: "components that never answer, teardown in every state",
    check: |history, report| {
        for (index, entry) in history.entries.iter().enumerate() {
            if let Fact::Endless { import } = &entry.fact {
                let found = format!("the driver called the kernel without end, last {import}");
                report.breach(index, found);
            }
            if let Fact::Deadlock { waiting } = &entry.fact {
                let open = history.calls.iter().rev().find(|call| call.leave.is_none());
                let at = open.map_or(index, |call| call.enter);
                report.breach(at, format!("nothing can move; waiting: {}", waiting.join(", ")));
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
    fn nv62_catches_what_unwritten_memory_decided() {
        Sample::new().fact(Fact::Garbage { what: String::new() }).breaks(&GARBAGE);
        Sample::new().call("FilterStatus", None, None, []).keeps(&GARBAGE);
    }

    #[test]
    fn nv50_catches_dead_handles() {
        let import = "NdisFNetPnPEvent";
        Sample::new().fact(Fact::BadHandle { import }).breaks(&HANDLES);
        Sample::new().fact(Fact::Import { import }).keeps(&HANDLES);
    }

    #[test]
    fn nv59_catches_a_callback_that_uses_a_third_of_the_stack() {
        Sample::new().fact(Fact::Stack { callback: "FilterStatus", bytes: 9_000 }).breaks(&STACK);
        Sample::new().call("FilterStatus", None, None, []).keeps(&STACK);
    }

    #[test]
    fn nv60_and_nv61_catch_the_end_of_the_machine() {
        let bugcheck =
            Fact::Bugcheck { code: 0x50, what: String::new(), at: String::new(), freed: false };
        Sample::new().fact(bugcheck).breaks(&KEEPS_RUNNING);
        Sample::new().fact(Fact::Deadlock { waiting: vec![] }).breaks(&COMES_TO_AN_END);
        let endless = Fact::Endless { import: "KeGetCurrentIrql" };
        Sample::new().fact(endless).breaks(&COMES_TO_AN_END);
        let quiet = Sample::new().call("FilterPause", None, Some(0), []);
        quiet.keeps(&KEEPS_RUNNING);
        quiet.keeps(&COMES_TO_AN_END);
    }

    #[test]
    fn nv43_catches_leaks_wrong_frees_and_overruns() {
        for fact in [
            Fact::Leak { what: Left::EtwRegistration },
            Fact::Pool(PoolFact::BadFree { what: "NULL".to_owned() }),
            Fact::Pool(PoolFact::Overrun { block: 1 }),
        ] {
            Sample::new().fact(fact).breaks(&LEFT_BEHIND);
        }
        Sample::new().fact(Fact::Pool(PoolFact::Freed { block: 1 })).keeps(&LEFT_BEHIND);
    }
}
