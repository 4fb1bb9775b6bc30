//! Locks, and memory that may be paged out.

use super::rule::{Rule, Severity};
use super::stop::Stop;
use journal::{KernelFact, LockFact};

/// DRIVER_IRQL_NOT_LESS_OR_EQUAL.
const IRQL_NOT_LESS_OR_EQUAL: u32 = 0xD1;

pub const SPIN_LOCKS: Rule = Rule {
    id: "NV-53",
    severity: Severity::Contract,
    says: "A spin lock is taken once and given back by its owner before the callback returns; none is \
           held while other layers are called",
    source: "docs:kernel/introduction-to-spin-locks, ddi:wdm/nf-wdm-keacquirespinlock",
    provoked_by: "any callback, schedules that take turns away",
    bugchecks: &[Stop::any(0xF), Stop::with(0xC4, 0x32)],
    check: |history, report| {
        for (index, fact) in history.kernel() {
            if let KernelFact::IrqlMisused { import, to, locks: 1.., .. } = fact {
                report.breach(index, format!("{import} to IRQL {to} with a spin lock held"));
            }
            let KernelFact::Lock(fact) = fact else { continue };
            match fact {
                LockFact::Recursive => {
                    report.breach(index, "a spin lock was acquired by its owner".to_owned());
                }
                LockFact::NotHeld => {
                    report.breach(index, "a spin lock was released that is not held".to_owned());
                }
                LockFact::HeldAtReturn { count, .. } => {
                    report.breach(index, format!("it returned with {count} spin locks held"));
                }
                // It deadlocks only if the other side comes back for the same lock.
                LockFact::HeldAcross { import } => {
                    let found = format!("{import} was called with a spin lock held");
                    report.graded(Severity::Risky, index, found);
                }
            }
        }
    },
};

pub const PAGED: Rule = Rule {
    id: "NV-54",
    severity: Severity::Contract,
    says: "Paged memory is not touched at or above DISPATCH_LEVEL, and no code of a section PAGE runs there",
    source: "docs:devtest/irql-annotations-for-drivers, docs:kernel/making-drivers-pageable, bugcheck 0xD1",
    provoked_by: "paged pool that is out of bounds whenever the IRQL is raised",
    bugchecks: &[Stop::any(0xA), Stop::any(0xD1), Stop::with(0xC4, 0xE1)],
    check: |history, report| {
        for (index, fact) in history.kernel() {
            if let KernelFact::Bugcheck { code: IRQL_NOT_LESS_OR_EQUAL, what, .. } = fact {
                report.breach(index, what.clone());
            }
            if let KernelFact::PagedCode { name } = fact {
                let found = format!("code of a section PAGE runs at DISPATCH_LEVEL: {name}");
                report.breach(index, found);
            }
        }
    },
};

pub const EXECUTABLE: Rule = Rule {
    id: "NV-55",
    severity: Severity::Risky,
    says: "Pool is not executable: memory integrity (HVCI) does not allow it",
    source: "docs:kernel/nx-and-execute-pool-types",
    provoked_by: "any allocation",
    bugchecks: &[],
    check: |history, report| {
        for (index, fact) in history.kernel() {
            if let KernelFact::ExecutablePool { import } = fact {
                report.breach(index, format!("{import} of NonPagedPool, type 0"));
            }
        }
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::Sample;

    #[test]
    fn nv53_catches_locks_taken_twice_kept_and_given_back_by_others() {
        for fact in [
            LockFact::Recursive,
            LockFact::NotHeld,
            LockFact::HeldAtReturn { callback: "DPC", count: 1 },
            LockFact::HeldAcross { import: "IofCallDriver" },
        ] {
            Sample::new().fact(KernelFact::Lock(fact)).breaks(&SPIN_LOCKS);
        }
        Sample::new().driver_call("DPC", vec![]).keeps(&SPIN_LOCKS);
    }

    #[test]
    fn nv54_and_nv55_catch_paged_memory_too_high_and_executable_pool() {
        let bugcheck = |code| KernelFact::Bugcheck {
            code,
            what: String::new(),
            at: String::new(),
            freed: false,
        };
        Sample::new().fact(bugcheck(IRQL_NOT_LESS_OR_EQUAL)).breaks(&PAGED);
        Sample::new().fact(bugcheck(0x50)).keeps(&PAGED);
        let name = "IofCompleteRequest";
        Sample::new().fact(KernelFact::PagedCode { name }).breaks(&PAGED);
        let pool = KernelFact::ExecutablePool { import: "ExAllocatePoolWithTag" };
        Sample::new().fact(pool).breaks(&EXECUTABLE);
        Sample::new().fact(bugcheck(0x50)).keeps(&EXECUTABLE);
    }
}
