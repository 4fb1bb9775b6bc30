//! What a driver does to the machine: IRQL, handles, memory.

use super::rule::{Rule, Severity};
use super::stop::Stop;
use journal::history::History;
use journal::names::table::bugcheck;
use journal::{DriverFate, Fact, KernelFact, Leftover, PoolFact, WaitFact};

pub const IRQL: Rule = Rule {
    id: "NV-30",
    severity: Severity::Contract,
    says: "Functions are called at the IRQL that they allow, and callbacks return at the IRQL they \
           were called at",
    source: "the IRQL line of each function's reference page, ddi:wdm/nf-wdm-kelowerirql",
    provoked_by: "status indications at DISPATCH_LEVEL",
    bugchecks: &[
        Stop::any(0xA),
        Stop::any(0xD1),
        Stop::with(0x7C, 0x14),
        Stop::with(0xC4, 0x30),
        Stop::with(0xC4, 0x31),
        Stop::with(0xC4, 0x3B),
        Stop::with(0xC4, 0xE5),
        Stop::with(0xC4, 0x120),
        Stop::with(0xC4, 0x121),
    ],
    check: |history, report| {
        for (index, fact) in history.kernel() {
            match fact {
                KernelFact::IrqlTooHigh { import, irql, allowed } => {
                    report.breach(index, format!("{import} at IRQL {irql}; it allows {allowed}"));
                }
                KernelFact::IrqlTooLow { import, irql, needed } => {
                    // Without it another processor's DPC for the same lock runs on top: a deadlock.
                    let severity =
                        if import.contains("Lock") { Severity::Contract } else { Severity::Risky };
                    let found = format!("{import} at IRQL {irql}; it needs {needed}");
                    report.graded(severity, index, found);
                }
                KernelFact::Wait(WaitFact::AtDispatch { import }) => {
                    report.breach(index, format!("{import} waits at DISPATCH_LEVEL or above"));
                }
                KernelFact::IrqlMisused { import, from, to, locks: 0 } => {
                    report.breach(index, format!("{import} from IRQL {from} to {to}"));
                }
                KernelFact::IrqlLeaked { callback, entered, left } => {
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

pub const REGIONS: Rule = Rule {
    id: "NV-64",
    severity: Severity::Contract,
    says: "A critical or guarded region is left only by a thread that has entered it",
    source: "ddi:wdm/nf-wdm-keleavecriticalregion, ddi:wdm/nf-wdm-keleaveguardedregion",
    provoked_by: "any callback",
    bugchecks: &[Stop::any(0x20)],
    check: |history, report| {
        for (index, fact) in history.kernel() {
            if let KernelFact::RegionNotEntered { import } = fact {
                report.breach(index, format!("{import} without a region that was entered"));
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
    bugchecks: &[],
    check: |history, report| {
        for (index, fact) in history.kernel() {
            if let KernelFact::Garbage { what } = fact {
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
    bugchecks: &[
        Stop::any(0x19),
        Stop::any(0xC1),
        Stop::any(0xC2),
        Stop::any(0xC5),
        Stop::any(0xD6),
        Stop::with(0xC4, 0x10),
        Stop::with(0xC4, 0x16),
        Stop::with(0xC4, 0x51),
        Stop::with(0xC4, 0x52),
        Stop::with(0xC4, 0x53),
        Stop::with(0xC4, 0x54),
        Stop::with(0xC4, 0x60),
        Stop::with(0xC4, 0x62),
        Stop::with(0xC4, 0xDD),
    ],
    check: |history, report| {
        for (index, fact) in history.kernel() {
            match fact {
                KernelFact::Leak { what } => {
                    let taken = taken(history, index, what);
                    report.breach(taken, format!("left behind: {what}"));
                }
                KernelFact::Pool(PoolFact::BadFree { what }) => {
                    report.breach(index, format!("freed {what}"));
                }
                KernelFact::Pool(PoolFact::Overrun { block }) => {
                    report.breach(index, format!("wrote outside pool block {block}"));
                }
                _ => {}
            }
        }
    },
};

/// The entry with which something was taken that was left behind: it tells where.
fn taken(history: &History<'_>, left: usize, what: &Leftover) -> usize {
    history.entries[..left].iter().rposition(|entry| entry.fact.takes(what)).unwrap_or(left)
}

pub const HANDLES: Rule = Rule {
    id: "NV-50",
    severity: Severity::Contract,
    says: "Handles are used while they live, and for what they name: the module's for the module, the \
           driver's for the driver",
    source: "docs:network/detaching-a-filter-module, ddi:ndis/nf-ndis-ndisfregisterfilterdriver",
    provoked_by: "handles that nobody may touch and that differ for every module",
    bugchecks: &[
        Stop::any(0x18),
        Stop::with(0xC4, 0x3C),
        Stop::with(0xC4, 0xDC),
        Stop::with(0xC4, 0xF5),
    ],
    check: |history, report| {
        for (index, fact) in history.kernel() {
            if let KernelFact::BadHandle { import } = fact {
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
    bugchecks: &[Stop::with(0x7F, 0x8)],
    check: |history, report| {
        for (index, fact) in history.kernel() {
            if let KernelFact::Stack { bytes, .. } = *fact {
                // More than there is: a double fault on Windows.
                let severity = if bytes > 24 * 1024 { Severity::Contract } else { Severity::Risky };
                report.graded(severity, index, format!("it used {bytes} bytes of stack"));
            }
        }
    },
};

/// NV-63: the driver can be unloaded.
pub const UNLOADS: Rule = Rule {
    id: "NV-63",
    severity: Severity::Contract,
    says: "The driver sets DriverObject->DriverUnload",
    source: "docs:kernel/writing-an-unload-routine, docs:network/unloading-a-filter-driver",
    provoked_by: "unloading",
    bugchecks: &[],
    check: |history, report| {
        for (index, fact) in history.kernel() {
            if let KernelFact::Driver { what: DriverFate::Stays } = fact {
                let found = "DriverObject->DriverUnload is NULL: the driver can never be unloaded or \
                             updated without a restart";
                report.breach(index, found.to_owned());
            }
        }
    },
};

/// What a stretch at DISPATCH_LEVEL may take, microseconds.
const STALL_MAX: u64 = 100;

pub const STALLS: Rule = Rule {
    id: "NV-69",
    severity: Severity::Risky,
    says: "A callback keeps the processor at DISPATCH_LEVEL for at most 100 us",
    source: "docs:kernel/guidelines-for-writing-dpc-routines, bugchecks 0x133 and 0xC4, 0x92012",
    provoked_by: "packets and statuses at DISPATCH_LEVEL",
    bugchecks: &[Stop::any(0x133), Stop::with(0xC4, 0x92012)],
    check: |history, report| {
        for call in &history.calls {
            let mut stalled = 0;
            for (index, entry) in history.own(call) {
                let Fact::Kernel(KernelFact::Stalled { microseconds }) = entry.fact else {
                    continue;
                };
                let was_short = stalled <= STALL_MAX;
                stalled += microseconds;
                if was_short && stalled > STALL_MAX {
                    report.breach(index, "it stalled for more than 100 us".to_owned());
                }
            }
        }
    },
};

/// NV-60: the driver does not stop the machine.
pub const KEEPS_RUNNING: Rule = Rule {
    id: "NV-60",
    severity: Severity::Contract,
    says: "The driver does not stop the machine",
    source: "docs:debugger/bug-check-code-reference2, the bugcheck's own page",
    provoked_by: "anything",
    bugchecks: &[
        Stop::any(0xA),
        Stop::any(0x1E),
        Stop::any(0x3B),
        Stop::any(0x50),
        Stop::any(0x7E),
        Stop::any(0xD1),
        Stop::any(0x139),
    ],
    check: |history, report| {
        for (index, fact) in history.kernel() {
            if let KernelFact::Bugcheck { code, what, at, .. } = fact {
                // A site is told by itself.
                let at =
                    if history.site(index).is_some() { String::new() } else { format!("; {at}") };
                report.breach(index, format!("bugcheck {}: {what}{at}", bugcheck(*code)));
            }
        }
    },
};

/// NV-61: every operation comes to an end.
pub const COMES_TO_AN_END: Rule = Rule {
    id: "NV-61",
    severity: Severity::Contract,
    says: "Every operation comes to an end",
    source: "docs:network/pausing-a-driver-stack, and the watchdogs of bugcheck 0x7C",
    provoked_by: "components that never answer, teardown in every state",
    bugchecks: &[Stop::with(0x7C, 0x25), Stop::any(0x133)],
    check: |history, report| {
        for (index, fact) in history.kernel() {
            if let KernelFact::Endless { import } = fact {
                let found = format!("the driver called the kernel without end, last {import}");
                report.breach(index, found);
            }
            if let KernelFact::Deadlock { waiting } = fact {
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
        let too_high =
            KernelFact::IrqlTooHigh { import: "KeWaitForSingleObject", irql: 2, allowed: 0 };
        let leaked = KernelFact::IrqlLeaked { callback: "DPC", entered: 0, left: 2 };
        let import = "KeAcquireSpinLockAtDpcLevel";
        let too_low = KernelFact::IrqlTooLow { import, irql: 0, needed: 2 };
        Sample::new().fact(too_low).breaks(&IRQL);
        Sample::new().fact(too_high).breaks(&IRQL);
        Sample::new().fact(leaked).breaks(&IRQL);
        let import = "KeWaitForSingleObject";
        Sample::new().fact(KernelFact::Wait(WaitFact::AtDispatch { import })).breaks(&IRQL);
        let waited = KernelFact::Wait(WaitFact::Waited { import, for_100ns: 5 });
        Sample::new().fact(waited).keeps(&IRQL);
        Sample::new().driver_call("DPC", vec![]).keeps(&IRQL);
        let misused =
            |locks| KernelFact::IrqlMisused { import: "KeLowerIrql", from: 0, to: 2, locks };
        Sample::new().fact(misused(0)).breaks(&IRQL);
        Sample::new().fact(misused(1)).keeps(&IRQL);
    }

    #[test]
    fn nv64_catches_a_region_that_nobody_entered() {
        let import = "KeLeaveCriticalRegion";
        Sample::new().fact(KernelFact::RegionNotEntered { import }).breaks(&REGIONS);
        Sample::new().fact(KernelFact::Import { import }).keeps(&REGIONS);
    }

    #[test]
    fn nv63_catches_a_driver_that_has_no_unload_routine() {
        let fate = |what| Sample::new().fact(KernelFact::Driver { what });
        fate(DriverFate::Stays).breaks(&UNLOADS);
        fate(DriverFate::Unloaded).keeps(&UNLOADS);
    }

    #[test]
    fn nv62_catches_what_unwritten_memory_decided() {
        Sample::new().fact(KernelFact::Garbage { what: String::new() }).breaks(&GARBAGE);
        Sample::new().driver_call("DPC", vec![]).keeps(&GARBAGE);
    }

    #[test]
    fn nv69_catches_stalls_that_add_up_in_one_callback() {
        let stall = |microseconds| KernelFact::Stalled { microseconds }.into();
        Sample::new().driver_call("DPC", vec![stall(60), stall(60)]).breaks(&STALLS);
        let short = Sample::new().driver_call("DPC", vec![stall(60)]);
        short.driver_call("DPC", vec![stall(60)]).keeps(&STALLS);
    }

    #[test]
    fn nv50_catches_dead_handles() {
        let import = "ZwClose";
        Sample::new().fact(KernelFact::BadHandle { import }).breaks(&HANDLES);
        Sample::new().fact(KernelFact::Import { import }).keeps(&HANDLES);
    }

    #[test]
    fn nv59_catches_a_callback_that_uses_a_third_of_the_stack() {
        Sample::new().fact(KernelFact::Stack { callback: "DPC", bytes: 9_000 }).breaks(&STACK);
        Sample::new().driver_call("DPC", vec![]).keeps(&STACK);
    }

    #[test]
    fn nv60_and_nv61_catch_the_end_of_the_machine() {
        let bugcheck = KernelFact::Bugcheck {
            code: 0x50,
            what: String::new(),
            at: String::new(),
            freed: false,
        };
        Sample::new().fact(bugcheck).breaks(&KEEPS_RUNNING);
        Sample::new().fact(KernelFact::Deadlock { waiting: vec![] }).breaks(&COMES_TO_AN_END);
        let endless = KernelFact::Endless { import: "KeGetCurrentIrql" };
        Sample::new().fact(endless).breaks(&COMES_TO_AN_END);
        let quiet = Sample::new().driver_call("DPC", vec![]);
        quiet.keeps(&KEEPS_RUNNING);
        quiet.keeps(&COMES_TO_AN_END);
    }

    #[test]
    fn nv43_catches_leaks_wrong_frees_and_overruns() {
        for fact in [
            KernelFact::Leak { what: Leftover::EtwRegistration },
            KernelFact::Pool(PoolFact::BadFree { what: "NULL".to_owned() }),
            KernelFact::Pool(PoolFact::Overrun { block: 1 }),
        ] {
            Sample::new().fact(fact).breaks(&LEFT_BEHIND);
        }
        Sample::new().fact(KernelFact::Pool(PoolFact::Freed { block: 1 })).keeps(&LEFT_BEHIND);
    }
}
