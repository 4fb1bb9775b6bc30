//! Slots of one page each, with a page between two of them that is out of bounds for good.
//!
//! - Slots are opened many at a time, before they are asked for.
//! - A slot that is given back is put out of bounds before the image runs again, together with its
//!   neighbours; it stays so for a while before it is used again, so that a stale pointer faults
//!   instead of reading someone else's block.

use std::collections::VecDeque;
use std::mem;
use std::ops::Range;

use super::key::Key;
use super::space::{self, Access, PAGE};

/// From one slot to the next.
const STRIDE: usize = 2 * PAGE;
/// Slots that are opened at a time.
const CHUNK: usize = 128;
/// Slots that are used before one is used again, and that keep their pages from run to run.
const FRESH: usize = 8 * 1024;
/// Slots out of bounds before the oldest is used again.
const QUARANTINE: usize = 1024;
/// Rows of slots that are closed by their protection: each costs two of the 65,530 mappings of a process, and
/// images, stacks and other host threads need some.
const HOLES_MAX: usize = 8 * 1024;

/// How a slot is put out of bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closing {
    /// By its protection; by a marker only when there are too many mappings.
    Protection,
    /// By a marker, which stays when the shelf's protection changes.
    Marker,
}

/// A row of slots.
#[derive(Debug)]
pub(super) struct Shelf {
    region: Range<usize>,
    closing: Closing,
    /// The key of its pages, where there are keys.
    key: Option<Key>,
    /// Pages between slots that have a marker, from the first. They stay from run to run.
    marked: usize,
    /// Slots that were opened, from the first.
    opened: usize,
    /// Slots that were handed out, from the first.
    next: usize,
    /// To be put out of bounds before the image runs.
    closes: Vec<usize>,
    /// Given back since then.
    given: Vec<usize>,
    /// Given back and out of bounds, the oldest first.
    waiting: VecDeque<usize>,
    /// Opened again, and not yet handed out.
    ready: VecDeque<usize>,
    /// Markers that were ever put on slots: from the first on, a slot may have one.
    markers: usize,
    /// Slots that are closed by their protection.
    protected: Vec<bool>,
    /// Rows of slots in `protected`.
    holes: usize,
}

impl Shelf {
    /// A shelf over pages of a reservation that are out of bounds.
    pub fn new(region: Range<usize>) -> Self {
        Self {
            region,
            closing: Closing::Protection,
            key: None,
            marked: 0,
            opened: 0,
            next: 0,
            closes: Vec::new(),
            given: Vec::new(),
            waiting: VecDeque::new(),
            ready: VecDeque::new(),
            markers: 0,
            protected: Vec::new(),
            holes: 0,
        }
    }

    /// A shelf that can be put out of bounds whole: by `key`, or by the protection of its pages.
    pub fn pageable(region: Range<usize>, key: Option<Key>) -> Self {
        Self { closing: Closing::Marker, key, ..Self::new(region) }
    }

    fn slot(&self, index: usize) -> usize {
        self.region.start + index * STRIDE + PAGE
    }

    /// The pages of slots `first..end` and those between them.
    fn pages(&self, slots: &Range<usize>) -> Range<usize> {
        self.slot(slots.start)..self.slot(slots.end - 1) + PAGE
    }

    fn index(&self, start: usize) -> usize {
        (start - self.region.start) / STRIDE
    }

    /// A slot, readable and writable; none when the shelf is full.
    pub fn take(&mut self) -> Option<usize> {
        if self.next >= FRESH && self.ready.is_empty() && self.waiting.len() > QUARANTINE {
            self.open_oldest();
        }
        if let Some(index) = self.ready.pop_front() {
            return Some(self.slot(index));
        }
        if self.next == self.opened && !self.open_chunk() {
            return None;
        }
        self.next += 1;
        Some(self.slot(self.next - 1))
    }

    /// Opens the next slots; false when there is no room, or when the system has no markers.
    fn open_chunk(&mut self) -> bool {
        let end = self.opened + CHUNK;
        if self.region.start + end * STRIDE + PAGE > self.region.end {
            return false;
        }
        for index in self.marked..=end {
            let before = self.slot(index) - PAGE;
            if !space::mark(before..before + PAGE, true) {
                return false;
            }
        }
        self.marked = self.marked.max(end + 1);
        let mut pages = self.pages(&(self.opened..end));
        if self.opened > 0 && !self.is_protected(self.opened - 1) {
            pages.start -= PAGE;
        }
        let open = match self.key {
            Some(key) => key.protect(pages),
            None => space::protect(pages, Access::ReadWrite),
        };
        if open {
            self.opened = end;
        }
        open
    }

    /// Opens the slots that have waited longest.
    fn open_oldest(&mut self) {
        let count = (self.waiting.len() - QUARANTINE).min(CHUNK);
        let mut oldest: Vec<usize> = self.waiting.drain(..count).collect();
        oldest.sort_unstable();
        for slots in neighbours(&oldest) {
            if self.markers > 0 {
                for index in slots.clone() {
                    let page = self.slot(index);
                    let _ = space::mark(page..page + PAGE, false);
                }
            }
            for row in self.rows(slots) {
                // Without room for another mapping they stay out of bounds.
                if !self.is_protected(row.start) || self.unprotect(&row) {
                    self.ready.extend(row);
                }
            }
        }
    }

    /// The slot at `start` is to be out of bounds.
    pub fn close(&mut self, start: usize) {
        self.closes.push(self.index(start));
    }

    /// The slot at `start`, which was closed, is to be in bounds with what it held.
    pub fn open(&mut self, start: usize) {
        self.open_all(&[start]);
    }

    /// The slots at `starts`, which were closed, are to be in bounds with what they held.
    pub fn open_all(&mut self, starts: &[usize]) {
        let mut slots: Vec<usize> = starts.iter().map(|start| self.index(*start)).collect();
        slots.sort_unstable();
        // What is only about to be closed stays open.
        let before = self.closes.len();
        self.closes.retain(|closes| slots.binary_search(closes).is_err());
        if before - self.closes.len() == slots.len() {
            return;
        }
        for slots in neighbours(&slots) {
            for row in self.rows(slots) {
                if self.is_protected(row.start) {
                    let opened = self.unprotect(&row);
                    assert!(opened, "a page that is closed has a mapping to give");
                } else if self.closing == Closing::Marker {
                    for index in row {
                        let page = self.slot(index);
                        let opened = space::mark(page..page + PAGE, false);
                        assert!(opened, "a marker that was put there can be taken away");
                    }
                }
                // Else there was no mapping to close it with.
            }
        }
    }

    /// Gives back a slot that is closed, or about to be.
    pub fn give(&mut self, start: usize) {
        self.given.push(self.index(start));
    }

    /// The image is about to run: what was closed is out of bounds from here on.
    pub fn settle(&mut self) {
        if self.closes.is_empty() {
            return;
        }
        let mut closes = mem::take(&mut self.closes);
        closes.sort_unstable();
        let mut given = mem::take(&mut self.given);
        self.waiting.extend(&given);
        given.sort_unstable();
        let is_given = |index: &usize| given.binary_search(index).is_ok();
        for slots in neighbours(&closes) {
            let protects = self.closing == Closing::Protection;
            let has_room = self.holes < HOLES_MAX || !slots.clone().any(|index| is_given(&index));
            if protects && has_room && self.protect(&slots) {
                continue;
            }
            // With a marker a page loses what it holds, so one that is only closed for a while gets none; it
            // stays open when there is no mapping for it.
            let (gone, stays): (Vec<usize>, Vec<usize>) = slots.partition(is_given);
            let (marked, kept) =
                if protects { (gone, stays) } else { ([gone, stays].concat(), Vec::new()) };
            for index in marked {
                let page = self.slot(index);
                let marked = space::mark(page..page + PAGE, true);
                assert!(marked, "the host can put a page out of bounds");
                self.markers += 1;
            }
            for index in kept {
                self.protect(&(index..index + 1));
            }
        }
        closes.clear();
        given.clear();
        (self.closes, self.given) = (closes, given);
    }

    fn is_protected(&self, index: usize) -> bool {
        self.protected.get(index) == Some(&true)
    }

    /// Closes slots, and the pages beside them, so that rows which meet are one mapping; false when there is
    /// no mapping to do it with.
    fn protect(&mut self, slots: &Range<usize>) -> bool {
        let pages = self.pages(slots);
        let closed = space::protect(pages.start - PAGE..pages.end + PAGE, Access::None);
        if closed {
            let beside = [slots.start.checked_sub(1), Some(slots.end)].into_iter().flatten();
            let meets = beside.filter(|index| self.is_protected(*index)).count();
            self.holes = (self.holes + 1).saturating_sub(meets);
            self.protected.resize(self.protected.len().max(slots.end), false);
            self.protected[slots.clone()].fill(true);
        }
        closed
    }

    /// Opens slots that `protect` closed, and the pages beside them that no closed slot is beside of.
    fn unprotect(&mut self, slots: &Range<usize>) -> bool {
        let mut pages = self.pages(slots);
        let before = slots.start > 0 && self.is_protected(slots.start - 1);
        let after = self.is_protected(slots.end);
        if !before && slots.start > 0 {
            pages.start -= PAGE;
        }
        if !after && slots.end < self.opened {
            pages.end += PAGE;
        }
        let open = space::protect(pages, Access::ReadWrite);
        if open {
            self.holes = (self.holes + usize::from(before) + usize::from(after)).saturating_sub(1);
            self.protected[slots.clone()].fill(false);
        }
        open
    }

    /// Slots in rows of those that are closed by their protection, and of those that are not.
    fn rows(&self, slots: Range<usize>) -> Vec<Range<usize>> {
        let slots: Vec<usize> = slots.collect();
        let alike = |a: &usize, b: &usize| self.is_protected(*a) == self.is_protected(*b);
        slots.chunk_by(alike).map(|row| row[0]..row[row.len() - 1] + 1).collect()
    }

    /// Puts the whole shelf in or out of bounds.
    pub fn page(&self, out: bool) {
        if let Some(key) = self.key {
            key.open(!out);
        } else if self.opened > 0 {
            let access = if out { Access::None } else { Access::ReadWrite };
            let done = space::protect(self.pages(&(0..self.opened)), access);
            assert!(done, "the host can change the protection of its own pages");
        }
    }

    /// Out of bounds and empty, as in the beginning.
    pub fn begin(&mut self) {
        if self.opened == 0 {
            return;
        }
        if self.markers > 0 {
            for index in 0..self.next {
                let page = self.slot(index);
                let _ = space::mark(page..page + PAGE, false);
            }
        }
        let used = 0..self.opened;
        let closed = space::protect(self.pages(&used), Access::None);
        assert!(closed, "one protection for all needs fewer mappings than there are");
        if self.next > FRESH {
            space::forget(self.pages(&(FRESH..self.opened)));
        }
        let empty = Self::new(self.region.clone());
        *self = Self { closing: self.closing, key: self.key, marked: self.marked, ..empty };
    }
}

/// Runs of numbers that follow each other, in a sorted list without twins.
fn neighbours(sorted: &[usize]) -> impl Iterator<Item = Range<usize>> {
    sorted.chunk_by(|a, b| a + 1 == *b).map(|run| run[0]..run[run.len() - 1] + 1)
}
