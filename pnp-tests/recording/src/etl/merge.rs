//! Every event in time order. The file's buffers come in the order in which they were flushed: each
//! processor's are a sorted list, or nearly so.
//!
//! The lists are cut wherever time goes back, and the pieces merged. So the order is exact whatever
//! the file holds, and takes no memory to speak of where the file is as it should be.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::ops::Range;

use super::layout::ALIGN;
use super::reader::Clock;
use super::record::{self, BufferItem, RecordRef};

/// Bytes of the file in which every record is whole, and every event readable.
#[derive(Debug)]
pub(super) struct Stretch {
    pub(super) bytes: Range<usize>,
    /// Time goes back between the stretch before and this one.
    pub(super) back: bool,
}

/// A sorted list: stretches of one processor.
#[derive(Clone, Copy, Debug)]
struct Run<'a> {
    processor: u16,
    stretches: &'a [Stretch],
    /// Of the next record.
    at: usize,
}

/// Ordered by time, then by processor, then by place in the file.
type Key = (u64, u16, usize);

pub(super) struct Merge<'a> {
    file: &'a [u8],
    clock: Clock,
    runs: Vec<Run<'a>>,
    next: BinaryHeap<Reverse<Key>>,
}

impl<'a> Merge<'a> {
    pub(super) fn new(
        file: &'a [u8],
        clock: Clock,
        processors: impl Iterator<Item = (u16, &'a [Stretch])>,
    ) -> Self {
        let mut merge = Self { file, clock, runs: Vec::new(), next: BinaryHeap::new() };
        for (processor, stretches) in processors {
            for run in stretches.chunk_by(|_, next| !next.back) {
                let at = run.first().map_or(0, |stretch| stretch.bytes.start);
                merge.runs.push(Run { processor, stretches: run, at });
            }
        }
        let Merge { runs, next, .. } = &mut merge;
        for (index, run) in runs.iter_mut().enumerate() {
            let ticks = run.event(file).map(record::ticks);
            next.extend(ticks.map(|ticks| Reverse((ticks, run.processor, index))));
        }
        merge
    }
}

impl<'a> Iterator for Merge<'a> {
    type Item = RecordRef<'a>;

    fn next(&mut self) -> Option<RecordRef<'a>> {
        let mut first = self.next.peek_mut()?;
        let Reverse((ticks, processor, index)) = *first;
        let run = self.runs.get_mut(index)?;
        let event = run.event(self.file)?;
        run.at += event.len().next_multiple_of(ALIGN);
        match run.event(self.file) {
            Some(following) => *first = Reverse((record::ticks(following), processor, index)),
            None => {
                PeekMut::pop(first);
            }
        }
        let mut record = record::read(event, processor)?;
        record.time_100ns = self.clock.to_100ns(ticks);
        Some(record)
    }
}

impl<'a> Run<'a> {
    /// The event at or behind `at`, which moves there; other records are passed over.
    fn event(&mut self, file: &'a [u8]) -> Option<&'a [u8]> {
        loop {
            let stretch = self.stretches.first()?;
            match record::find(file.get(self.at..stretch.bytes.end).unwrap_or(&[])) {
                BufferItem::Event(event) => return Some(event),
                BufferItem::Other(_, record) => self.at += record.len().next_multiple_of(ALIGN),
                BufferItem::End | BufferItem::Damage(_) => {
                    self.stretches = self.stretches.get(1..)?;
                    self.at = self.stretches.first()?.bytes.start;
                }
            }
        }
    }
}
