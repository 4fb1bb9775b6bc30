//! A finished journal with its calls paired up: what rules look at.
//!
//! A history adds nothing that the entries do not say, and asks nobody but them.

use std::collections::BTreeMap;

use super::{Entry, Journal, KernelFact, NdisFact};

/// A journal and the calls into the image that it tells of.
pub struct History<'a> {
    pub entries: &'a [Entry],
    /// In the order in which they were entered.
    pub calls: Vec<Call<'a>>,
    /// For each entry the innermost call that is open on its thread, as an index into `calls`.
    around: Vec<Option<usize>>,
    /// Where steps begin, in order: a filter that loops has a finding for each of its rounds.
    steps: Vec<usize>,
}

/// One call into the image.
pub struct Call<'a> {
    pub number: u32,
    pub callback: &'static str,
    /// None for DriverEntry and the like.
    pub module: Option<&'a str>,
    /// Event, OID or status code.
    pub code: Option<u32>,
    pub thread: u32,
    /// Index of the entry.
    pub enter: usize,
    /// Index of the return; none when it never returned.
    pub leave: Option<usize>,
    pub status: Option<i32>,
}

impl<'a> History<'a> {
    /// The history of a finished journal.
    #[must_use]
    pub fn new(journal: &'a Journal) -> Self {
        let entries = journal.entries();
        let mut calls: Vec<Call<'a>> = Vec::new();
        let mut numbers = BTreeMap::new();
        let mut steps = Vec::new();
        let mut around = Vec::with_capacity(entries.len());
        let mut open: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (index, entry) in entries.iter().enumerate() {
            match entry.fact.kernel() {
                Some(KernelFact::Enter { call, callback, module, code }) => {
                    numbers.insert(*call, calls.len());
                    open.entry(entry.thread).or_default().push(calls.len());
                    calls.push(Call {
                        number: *call,
                        callback,
                        module: module.as_deref(),
                        code: *code,
                        thread: entry.thread,
                        enter: index,
                        leave: None,
                        status: None,
                    });
                }
                Some(KernelFact::Leave { call, status, .. }) => {
                    if let Some(&at) = numbers.get(call) {
                        calls[at].leave = Some(index);
                        calls[at].status = *status;
                    }
                }
                Some(KernelFact::Step { .. }) => steps.push(index),
                _ => {}
            }
            let own = open.get_mut(&entry.thread);
            around.push(own.as_ref().and_then(|own| own.last().copied()));
            if let (Some(KernelFact::Leave { call, .. }), Some(own)) = (entry.fact.kernel(), own) {
                own.retain(|at| calls[*at].number != *call);
            }
        }
        Self { entries, calls, around, steps }
    }

    /// The kernel's facts, with indices.
    pub fn kernel(&self) -> impl Iterator<Item = (usize, &'a KernelFact)> {
        let facts = self.entries.iter().enumerate();
        facts.filter_map(|(index, entry)| Some((index, entry.fact.kernel()?)))
    }

    /// NDIS's facts, with indices.
    pub fn ndis(&self) -> impl Iterator<Item = (usize, &'a NdisFact)> {
        let facts = self.entries.iter().enumerate();
        facts.filter_map(|(index, entry)| Some((index, entry.fact.ndis()?)))
    }

    /// Calls of one callback for a module, in order.
    pub fn of(&self, callback: &str) -> impl Iterator<Item = &Call<'a>> {
        self.calls.iter().filter(move |call| call.callback == callback)
    }

    /// The calls of `callback` that returned.
    pub fn returned(&self, callback: &str) -> impl Iterator<Item = &Call<'a>> {
        self.of(callback).filter(|call| call.leave.is_some())
    }

    /// The entries from a call's entry to its return (or the end), on any thread, with indices.
    pub fn during(&self, call: &Call<'_>) -> impl Iterator<Item = (usize, &'a Entry)> {
        let end = call.leave.unwrap_or(self.entries.len());
        (call.enter..end).zip(&self.entries[call.enter..end])
    }

    /// The entries of the call's own thread inside it, calls nested in it included.
    pub fn own(&self, call: &Call<'_>) -> impl Iterator<Item = (usize, &'a Entry)> {
        let thread = call.thread;
        self.during(call).filter(move |(_, entry)| entry.thread == thread)
    }

    /// The innermost call that is open on the entry's thread when it is recorded; the entry's own
    /// call if it is an Enter or a Leave.
    #[must_use]
    pub fn around(&self, index: usize) -> Option<&Call<'a>> {
        self.around[index].map(|at| &self.calls[at])
    }

    /// Whether a call's thread was, when the entry was recorded, inside that call and not inside
    /// one nested in it.
    #[must_use]
    pub fn is_directly_in(&self, call: &Call<'_>, index: usize) -> bool {
        self.around(index).is_some_and(|around| around.number == call.number)
    }

    /// The value of a switch of the run, if not its default.
    #[must_use]
    pub fn setting(&self, wanted: &str) -> Option<&'a str> {
        self.kernel().find_map(|(_, fact)| match fact {
            KernelFact::Setting { name, value } if *name == wanted => Some(value.as_str()),
            _ => None,
        })
    }

    /// Whether something was made to fail in this run.
    #[must_use]
    pub fn has_faults(&self) -> bool {
        self.setting("fault").is_some()
    }

    /// Virtual time of an entry.
    #[must_use]
    pub fn time(&self, index: usize) -> u64 {
        self.entries[index].time_100ns
    }

    /// Index and text of the scenario's step that an entry belongs to, and its line.
    #[must_use]
    pub fn step(&self, index: usize) -> Option<(u32, &'a str)> {
        match self.entries[self.step_index(index)?].fact.kernel() {
            Some(KernelFact::Step { line, text }) => Some((*line, text.as_str())),
            _ => None,
        }
    }

    /// Index of the step that an entry belongs to.
    #[must_use]
    pub fn step_index(&self, index: usize) -> Option<usize> {
        let before = self.steps.partition_point(|&step| step <= index);
        self.steps.get(before.checked_sub(1)?).copied()
    }

    /// Where the entry's crossing was called from, an RVA; of a call's end, the last crossing in it.
    #[must_use]
    pub fn site(&self, index: usize) -> Option<u32> {
        self.entries[index].site
    }
}
