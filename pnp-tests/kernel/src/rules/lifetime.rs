//! Memory after its end, and callbacks that run at the same time.

use super::rule::{Report, Rule, Severity};
use super::stop::Stop;
use journal::history::History;
use journal::{Fact, KernelFact, PoolFact};

pub const AFTER_FREE: Rule = Rule {
    id: "NV-37",
    severity: Severity::Contract,
    says: "Nothing is touched after it was given back, a module's context after its detach least \
           of all",
    source: "docs:network/detaching-a-filter-module",
    provoked_by: "guard pages over every freed block; detach with timers, work items and events on \
                  their way",
    bugchecks: &[Stop::any(0x50), Stop::any(0xC7), Stop::any(0xD5), Stop::with(0xC4, 0x15)],
    check: |history, report| {
        for (index, fact) in history.kernel() {
            // 0xC7 is a timer or a DPC in memory that was given back.
            if let KernelFact::Bugcheck { code, what, freed, .. } = fact
                && (*freed || *code == 0xC7)
            {
                report.breach(index, what.clone());
            }
        }
    },
};

pub const AT_THE_SAME_TIME: Rule = Rule {
    id: "NV-36",
    severity: Severity::Contract,
    says: "Callbacks are safe beside each other: on other modules, on other processors, between any \
           two calls of the kernel",
    source: "docs:network/filter-module-states-and-operations; contract a.2, a.3, a.4",
    provoked_by: "schedules that take the turn away at every call of the kernel",
    bugchecks: &[],
    check: |history, report| {
        let interleaved = history
            .entries
            .iter()
            .any(|entry| matches!(entry.fact, Fact::Kernel(KernelFact::Interleaved { .. })));
        if interleaved {
            damage(history, report);
        }
    },
};

/// Damage that was done while a second thread was inside a callback, too. DriverEntry and
/// DriverUnload only wait for the others.
fn damage(history: &History<'_>, report: &mut Report) {
    for (index, entry) in history.entries.iter().enumerate() {
        let what = match &entry.fact {
            Fact::Kernel(KernelFact::Bugcheck { what, .. }) => what.clone(),
            Fact::Kernel(KernelFact::Pool(PoolFact::BadFree { what })) => format!("freed {what}"),
            Fact::Kernel(KernelFact::Pool(PoolFact::Overrun { block })) => {
                format!("wrote outside pool block {block}")
            }
            _ => continue,
        };
        let other = history.calls.iter().find(|call| {
            call.thread != entry.thread
                && call.enter < index
                && call.leave.is_none_or(|leave| leave > index)
                && !call.callback.starts_with("Driver")
        });
        if let Some(other) = other {
            let module = other.module.map(|module| format!(" of {module}")).unwrap_or_default();
            let found = format!("{what}, while {}{module} ran on another thread", other.callback);
            report.breach(index, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::Sample;

    fn bugcheck(freed: bool) -> KernelFact {
        KernelFact::Bugcheck { code: 0x50, what: "access".to_owned(), at: String::new(), freed }
    }

    #[test]
    fn nv37_catches_a_touch_of_freed_memory_and_leaves_other_crashes_to_other_rules() {
        Sample::new().fact(bugcheck(true)).breaks(&AFTER_FREE);
        Sample::new().fact(bugcheck(false)).keeps(&AFTER_FREE);
    }

    #[test]
    fn nv36_catches_damage_with_two_threads_inside_and_only_when_turns_were_taken_away() {
        let module = Some("eth1.1".to_owned());
        let callback = "WorkItem";
        let other = || KernelFact::Enter { call: 9, callback, module: module.clone(), code: None };
        let interleaved = || Sample::new().fact(KernelFact::Interleaved { seed: 3 });
        interleaved().fact_on(2, other()).fact(bugcheck(false)).breaks(&AT_THE_SAME_TIME);
        Sample::new().fact_on(2, other()).fact(bugcheck(false)).keeps(&AT_THE_SAME_TIME);
        interleaved().fact(bugcheck(false)).keeps(&AT_THE_SAME_TIME);
    }
}
