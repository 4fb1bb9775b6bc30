//! The last records of a driver: static memory, no lock, the oldest overwritten.
//!
//! A record is a row of words with a turn before it, which says whose they are and whether they are
//! whole. Whoever writes takes the next number, marks the row, writes, and marks it again; whoever reads
//! looks at the turn before and after and throws away what changed meanwhile (a sequence lock for each
//! row). Nobody ever waits: a writer that finds its row in use, because the ring went round while
//! somebody was interrupted in it, loses its record and the number stays a gap.
//!
//! Any IRQL. `tests/loom` tries every interleaving of writers and readers.

use crate::order;
#[cfg(not(loom))]
use core::sync::atomic::{AtomicU64, Ordering, fence};
#[cfg(loom)]
use loom::sync::atomic::{AtomicU64, Ordering, fence};

/// How far a row is, in the low bits of its turn; the number of its record plus one is above them.
mod phase {
    /// The record is there.
    pub const WRITTEN: u64 = 0;
    /// It is being written.
    pub const WRITING: u64 = 1;
    /// It is there, and so is its end.
    pub const ENDED: u64 = 2;
    /// Its end is being written.
    pub const ENDING: u64 = 3;
    /// Somebody writes.
    pub const BUSY: u64 = 1;
}

const fn turn(number: u64, phase: u64) -> u64 {
    ((number + 1) << 2) | phase
}

/// A row of words and whose they are.
#[derive(Debug)]
struct Row<const WORDS: usize> {
    /// 0: whole, of a record before the first.
    turn: AtomicU64,
    words: [AtomicU64; WORDS],
}

/// The last `ROWS` records of `WORDS` words each; `ROWS` is a power of two.
#[derive(Debug)]
pub struct Ring<const ROWS: usize, const WORDS: usize> {
    next: AtomicU64,
    rows: [Row<WORDS>; ROWS],
}

/// How full a ring is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filling {
    /// Number of the oldest record that may still be there.
    pub oldest: u64,
    /// Number that the next record will have: how many ever came.
    pub next: u64,
}

/// A record that was there, whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<const WORDS: usize> {
    /// Those after the ones that were pushed, or that end it, are leftovers.
    pub words: [u64; WORDS],
    /// [`Ring::end`] came.
    pub is_ended: bool,
}

impl<const ROWS: usize, const WORDS: usize> Ring<ROWS, WORDS> {
    /// Empty.
    #[cfg(not(loom))]
    #[must_use]
    #[expect(clippy::new_without_default, reason = "for statics")]
    pub const fn new() -> Self {
        const { assert!(ROWS.is_power_of_two(), "a row is found by a mask") };
        Self {
            next: AtomicU64::new(0),
            rows: [const { Row { turn: AtomicU64::new(0), words: [const { AtomicU64::new(0) }; WORDS] } };
                ROWS],
        }
    }

    /// Empty.
    #[cfg(loom)]
    #[expect(clippy::new_without_default, reason = "as for the other")]
    pub fn new() -> Self {
        let words = || core::array::from_fn(|_| AtomicU64::new(0));
        let rows = core::array::from_fn(|_| Row { turn: AtomicU64::new(0), words: words() });
        Self { next: AtomicU64::new(0), rows }
    }

    #[inline]
    fn row(&self, number: u64) -> &Row<WORDS> {
        #[expect(clippy::cast_possible_truncation, reason = "masked to the number of rows")]
        let index = number as usize & (ROWS - 1);
        &self.rows[index]
    }

    /// Puts a record in place of the oldest; gives its number.
    #[inline]
    pub fn push<const FIRST: usize>(&self, words: &[u64; FIRST]) -> u64 {
        const { assert!(FIRST <= WORDS) };
        // Relaxed: only the distinctness of the numbers matters; the row has an order of its own.
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let row = self.row(number);
        let before = row.turn.load(Ordering::Relaxed);
        let mine = turn(number, phase::WRITING);
        // Whole, and not of a later round.
        if before & phase::BUSY == 0 && before < mine && row.take(before, mine) {
            row.write(0, words);
            row.give(turn(number, phase::WRITTEN));
        }
        number
    }

    /// Writes the end of a record behind its first words. False: it is not there any more, or has an
    /// end already.
    #[inline]
    pub fn end<const LAST: usize>(&self, number: u64, words: &[u64; LAST]) -> bool {
        const { assert!(LAST <= WORDS) };
        let row = self.row(number);
        let taken = row.take(turn(number, phase::WRITTEN), turn(number, phase::ENDING));
        if taken {
            row.write(WORDS - LAST, words);
            row.give(turn(number, phase::ENDED));
        }
        taken
    }

    /// The record of that number, if it is there and whole.
    #[must_use]
    pub fn get(&self, number: u64) -> Option<Entry<WORDS>> {
        let row = self.row(number);
        let before = row.turn.load(Ordering::Acquire);
        let is_ended = before == turn(number, phase::ENDED);
        if !is_ended && before != turn(number, phase::WRITTEN) {
            return None;
        }
        let words = core::array::from_fn(|index| row.words[index].load(Ordering::Relaxed));
        // Whoever wrote one of these words has marked the row before: seen from here on.
        fence(order::RING_READ);
        let is_whole = row.turn.load(Ordering::Relaxed) == before;
        is_whole.then_some(Entry { words, is_ended })
    }

    /// Which records may be there.
    #[must_use]
    pub fn filling(&self) -> Filling {
        let next = self.next.load(Ordering::Relaxed);
        Filling { oldest: next.saturating_sub(ROWS as u64), next }
    }
}

impl<const WORDS: usize> Row<WORDS> {
    /// Marks the row as being written, if it is as expected.
    #[inline]
    fn take(&self, from: u64, to: u64) -> bool {
        let taken = self.turn.compare_exchange(from, to, Ordering::Acquire, Ordering::Relaxed);
        // Before the words: who reads one of them reads the mark.
        fence(order::RING_MARK);
        taken.is_ok()
    }

    #[inline]
    fn write<const COUNT: usize>(&self, from: usize, words: &[u64; COUNT]) {
        let mut index = 0;
        while index < COUNT {
            // Both are constants where this is called, so neither check remains.
            if let Some(place) = self.words.get(from + index) {
                place.store(words[index], Ordering::Relaxed);
            }
            index += 1;
        }
    }

    /// Marks the row as whole.
    #[inline]
    fn give(&self, turn: u64) {
        self.turn.store(turn, Ordering::Release);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn the_oldest_is_overwritten_and_the_count_goes_on() {
        let ring = Ring::<4, 2>::new();
        for value in 0..6 {
            assert_eq!(ring.push(&[value, value]), value);
        }
        assert_eq!(ring.filling(), Filling { oldest: 2, next: 6 });
        assert_eq!(ring.get(1), None);
        assert_eq!(ring.get(6), None);
        assert_eq!(ring.get(2).map(|read| read.words), Some([2, 2]));
    }

    #[test]
    fn an_end_is_written_once_behind_what_is_there() {
        let ring = Ring::<2, 3>::new();
        let number = ring.push(&[7]);
        assert_eq!(ring.get(number).map(|read| read.is_ended), Some(false));
        assert!(ring.end(number, &[9]));
        assert_eq!(ring.get(number), Some(Entry { words: [7, 0, 9], is_ended: true }));
        assert!(!ring.end(number, &[8]));
    }

    #[test]
    fn an_end_comes_too_late_when_the_ring_went_round() {
        let ring = Ring::<2, 2>::new();
        let number = ring.push(&[1]);
        ring.push(&[2]);
        ring.push(&[3]);
        assert!(!ring.end(number, &[9]));
        assert_eq!(ring.get(2).map(|read| read.words[0]), Some(3));
    }

    #[test]
    fn readers_see_whole_records_while_writers_write() {
        const WRITERS: u64 = 2;
        const EACH: u64 = if cfg!(miri) { 40 } else { 20_000 };
        static RING: Ring<8, 6> = Ring::new();
        let done = AtomicBool::new(false);
        let seen = thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let mut seen = 0_u64;
                // Once more when they are done: a busy machine may not have let it look before.
                let mut is_last = false;
                while !is_last {
                    is_last = done.load(Ordering::Acquire);
                    let filling = RING.filling();
                    for number in filling.oldest..filling.next {
                        let Some(read) = RING.get(number) else { continue };
                        let first = read.words[0];
                        assert!(read.words[..4].iter().all(|word| *word == first));
                        assert!(!read.is_ended || read.words[4..] == [first, first]);
                        seen += 1;
                    }
                }
                seen
            });
            let writers: std::vec::Vec<_> = (0..WRITERS)
                .map(|writer| {
                    scope.spawn(move || {
                        for count in 0..EACH {
                            let word = writer << 32 | count;
                            let number = RING.push(&[word; 4]);
                            RING.end(number, &[word; 2]);
                        }
                    })
                })
                .collect();
            for writer in writers {
                writer.join().expect("it does not panic");
            }
            done.store(true, Ordering::Release);
            reader.join().expect("every record was whole")
        });
        assert_eq!(RING.filling().next, WRITERS * EACH);
        assert!(seen > 0);
    }
}
