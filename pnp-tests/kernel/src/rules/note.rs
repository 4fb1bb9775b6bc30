//! What belongs to a breach and stands elsewhere in the run: who allocated a block and who freed it, where
//! each thread waits.

use journal::history::History;
use journal::{Fact, KernelFact, PoolFact, WaitFact};

/// A note about a second place in the run of a breach.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Note {
    /// The event there, in a few words.
    pub says: String,
    /// Virtual time since boot.
    pub time_100ns: u64,
    /// The owner of the callback.
    pub module: Option<String>,
    /// The callback in which it happened.
    pub callback: Option<String>,
    /// Where the driver called from, an RVA.
    pub site: Option<u32>,
}

/// The notes to the breach that the entry at `at` shows.
pub(super) fn about(history: &History<'_>, at: usize) -> Vec<Note> {
    if let Some(block) = block(history, at) {
        return life(history, block, at);
    }
    // A deadlock stands at the end, and is told at the call that never returned.
    let end = history.entries.len().checked_sub(1);
    let stands = end.is_some_and(|end| is_deadlock(&history.entries[end].fact));
    let tells = match &history.entries[at].fact {
        Fact::Kernel(KernelFact::Enter { .. }) => {
            history.around(at).is_some_and(|call| call.leave.is_none())
        }
        fact => is_deadlock(fact),
    };
    if stands && tells { waits(history) } else { Vec::new() }
}

fn is_deadlock(fact: &Fact) -> bool {
    matches!(fact, Fact::Kernel(KernelFact::Deadlock { .. }))
}

/// The block of pool memory that an entry is about.
fn block(history: &History<'_>, at: usize) -> Option<u32> {
    match &history.entries[at].fact {
        Fact::Kernel(KernelFact::Pool(PoolFact::Overrun { block })) => Some(*block),
        Fact::Kernel(KernelFact::Pool(PoolFact::BadFree { .. }) | KernelFact::Bugcheck { .. }) => {
            match &history.entries[at.checked_sub(1)?].fact {
                Fact::Kernel(KernelFact::Pool(PoolFact::Touched { block })) => Some(*block),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Who took a block and who gave it back, before `at`.
fn life(history: &History<'_>, block: u32, at: usize) -> Vec<Note> {
    let mut notes = Vec::new();
    for (index, entry) in history.entries[..at].iter().enumerate() {
        match &entry.fact {
            Fact::Kernel(KernelFact::Pool(PoolFact::Allocated { block: b, bytes, .. }))
                if *b == block =>
            {
                let says = format!("pool block {block} of {bytes} bytes was allocated");
                notes.push(note(history, index, says));
            }
            Fact::Kernel(KernelFact::Pool(PoolFact::Freed { block: b })) if *b == block => {
                notes.push(note(history, index, format!("pool block {block} was freed")));
            }
            _ => {}
        }
    }
    notes
}

/// The threads that are in a wait of the driver's when the run ends.
fn waits(history: &History<'_>) -> Vec<Note> {
    let mut last = std::collections::BTreeMap::new();
    for (index, fact) in history.kernel() {
        if let KernelFact::Wait(wait) = fact {
            let thread = history.entries[index].thread;
            match wait {
                WaitFact::Blocks { import, on } => last.insert(thread, (index, *import, *on)),
                WaitFact::Waited { .. } => last.remove(&thread),
                WaitFact::AtDispatch { .. } => None,
            };
        }
    }
    let told = |(index, import, on): &(usize, &str, &str)| {
        note(history, *index, format!("it waits in {import} for {}", article(on)))
    };
    last.values().map(told).collect()
}

/// `an event`
fn article(on: &str) -> String {
    match on {
        "time" => "a time".to_owned(),
        on if on.starts_with(['a', 'e', 'i', 'o', 'u']) => format!("an {on}"),
        on => format!("a {on}"),
    }
}

fn note(history: &History<'_>, index: usize, says: String) -> Note {
    let around = history.around(index);
    Note {
        says,
        time_100ns: history.time(index),
        module: around.and_then(|call| call.module).map(str::to_owned),
        callback: around.map(|call| call.callback.to_owned()),
        site: history.site(index),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::Sample;
    use crate::rules::{COMES_TO_AN_END, KEEPS_RUNNING, LEFT_BEHIND, Rule};

    fn notes(sample: &Sample, rule: &Rule) -> Vec<String> {
        let violations = sample.violations(rule);
        let notes = violations.into_iter().flat_map(|violation| violation.notes);
        notes.map(|note| format!("{} in {:?}", note.says, note.callback)).collect()
    }

    fn pool(fact: PoolFact) -> Fact {
        KernelFact::Pool(fact).into()
    }

    fn allocated(block: u32) -> Fact {
        pool(PoolFact::Allocated { block, bytes: 24, tag: *b"tagg", owner: None })
    }

    #[test]
    fn a_freed_block_names_who_allocated_and_who_freed_it() {
        let bugcheck = || KernelFact::Bugcheck {
            code: 0x50,
            what: String::new(),
            at: String::new(),
            freed: true,
        };
        let used = Sample::new()
            .driver_call("FilterAttach", vec![allocated(1), allocated(2)])
            .driver_call("FilterDetach", vec![pool(PoolFact::Freed { block: 2 })]);
        let touched = used.fact(pool(PoolFact::Touched { block: 2 })).fact(bugcheck());
        assert_eq!(
            notes(&touched, &KEEPS_RUNNING),
            [
                "pool block 2 of 24 bytes was allocated in Some(\"FilterAttach\")",
                "pool block 2 was freed in Some(\"FilterDetach\")",
            ]
        );
        let elsewhere = Sample::new().driver_call("FilterAttach", vec![allocated(1)]);
        assert!(notes(&elsewhere.fact(bugcheck()), &KEEPS_RUNNING).is_empty());
    }

    #[test]
    fn a_double_free_and_an_overrun_name_the_block_s_life() {
        let freed = || pool(PoolFact::Freed { block: 1 });
        let bad = pool(PoolFact::BadFree { what: "offset 0 of freed pool block 1".to_owned() });
        let twice = Sample::new()
            .fact(allocated(1))
            .fact(freed())
            .fact(pool(PoolFact::Touched { block: 1 }))
            .fact(bad);
        assert_eq!(notes(&twice, &LEFT_BEHIND).len(), 2);
        let overrun = Sample::new()
            .fact(allocated(1))
            .fact(pool(PoolFact::Overrun { block: 1 }))
            .fact(freed());
        assert_eq!(notes(&overrun, &LEFT_BEHIND).len(), 1);
    }

    #[test]
    fn a_deadlock_names_where_each_thread_waits_and_none_that_moved_on() {
        let import = "KeWaitForSingleObject";
        let blocks = |on| Fact::from(KernelFact::Wait(WaitFact::Blocks { import, on }));
        let waited = KernelFact::Wait(WaitFact::Waited { import, for_100ns: 1 });
        let dead = Sample::new()
            .fact_on(2, blocks("mutex"))
            .fact_on(2, waited)
            .fact_on(3, blocks("event"))
            .fact(KernelFact::Deadlock { waiting: vec!["System".to_owned()] });
        let told = notes(&dead, &COMES_TO_AN_END);
        assert_eq!(told, ["it waits in KeWaitForSingleObject for an event in None"]);
    }
}
