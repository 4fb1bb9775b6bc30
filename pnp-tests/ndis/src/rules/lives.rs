//! Many lives of a module: what each leaves behind adds up.

use std::collections::BTreeMap;

use journal::history::History;
use journal::{Fact, KernelFact, PoolFact};
use kernel::rules::{Report, Rule, Severity};

/// As many lives in a row are no coincidence.
const LIVES: usize = 3;

pub const ADDS_UP: Rule = Rule {
    id: "NV-38",
    severity: Severity::Contract,
    says: "A module can be attached and detached for ever: no life leaves memory behind, and none \
           fails after others went well",
    source: "docs:network/attaching-a-filter-module, docs:network/detaching-a-filter-module",
    provoked_by: "adapters that are disabled and enabled many times",
    bugchecks: &[],
    check: adds_up,
};

fn adds_up(history: &History<'_>, report: &mut Report) {
    let mut kept: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut attached: BTreeMap<&str, usize> = BTreeMap::new();
    for call in history.returned("FilterAttach") {
        let Some(module) = call.module else { continue };
        if call.status != Some(0) {
            let before = attached.get(module).copied().unwrap_or(0);
            if before > 0 && !history.has_faults() {
                let at = call.leave.unwrap_or(call.enter);
                report.breach(at, format!("it failed after it had gone well {before} times"));
            }
            continue;
        }
        *attached.entry(module).or_default() += 1;
        let gone = history
            .returned("FilterDetach")
            .find(|detach| detach.module == Some(module) && detach.enter > call.enter);
        let Some(gone) = gone.and_then(|detach| detach.leave) else { continue };
        for (index, entry) in history.own(call) {
            if let Fact::Kernel(KernelFact::Pool(PoolFact::Allocated { block, .. })) = &entry.fact
                && !is_freed(history, *block, index, gone)
            {
                kept.entry(module).or_default().push(index);
                break;
            }
        }
    }
    for (module, lives) in kept {
        if lives.len() >= LIVES {
            let found = format!("{} lives of {module} left memory behind", lives.len());
            report.breach(lives[0], found);
        }
    }
}

fn is_freed(history: &History<'_>, block: u32, from: usize, to: usize) -> bool {
    history.entries[from..=to].iter().any(|entry| {
        matches!(&entry.fact, Fact::Kernel(KernelFact::Pool(PoolFact::Freed { block: freed })) if *freed == block)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::{FilterCalls as _, Sample};

    fn life(sample: Sample, number: u32, clean: bool) -> Sample {
        let allocated = KernelFact::Pool(PoolFact::Allocated {
            block: number,
            bytes: 8,
            tag: *b"test",
            owner: None,
        });
        let freed = KernelFact::Pool(PoolFact::Freed { block: number });
        let at_detach = if clean { vec![freed.into()] } else { vec![] };
        sample.numbered(2 * number, "FilterAttach", Some(0), vec![allocated.into()]).numbered(
            2 * number + 1,
            "FilterDetach",
            None,
            at_detach,
        )
    }

    #[test]
    fn nv38_catches_three_lives_that_each_leave_a_block_and_a_failure_after_success() {
        let lives = |clean| (1..=3).fold(Sample::new(), |s, number| life(s, number, clean));
        lives(false).breaks(&ADDS_UP);
        lives(true).keeps(&ADDS_UP);
        lives(true).numbered(90, "FilterAttach", Some(-1), vec![]).breaks(&ADDS_UP);
        life(Sample::new(), 1, false).keeps(&ADDS_UP);
    }
}
