//! The last records of a driver: static memory, no lock, the oldest overwritten.
//!
//! A record is a row of words with a turn before it, which says which record the words are and in which
//! phase it is. A writer takes the next number, marks the row, writes, and marks it again; a reader
//! looks at the turn before and after the words and discards them if it changed (a sequence lock for
//! each row). Nobody ever waits.
//!
//! ```text
//! turn:  | number of the record + 1 (62 bits) | phase (2 bits) |
//!
//!                 push                       end
//! older record  -------> WRITING -> WRITTEN -----> ENDING -> ENDED
//!      ^                (not readable)  |        (not readable)  |
//!      |                                |                        |
//!      +---------- push of a later round, from WRITTEN or ENDED --+
//! ```
//!
//! - A row that is WRITTEN or ENDED is readable, and a later record may overwrite it.
//! - A writer that finds its row WRITING or ENDING, because the ring went round while another writer was
//!   interrupted in it, loses its record, and the number stays a gap.
//!
//! Any IRQL. `models/ring.rs` tries every interleaving of writers and readers.

use crate::order;
#[cfg(not(loom))]
use core::sync::atomic::{AtomicU64, Ordering, fence};
#[cfg(loom)]
use loom::sync::atomic::{AtomicU64, Ordering, fence};

/// The phase of a row, in the low bits of its turn; the number of its record plus one is above them.
mod phase {
    /// The record is there, without an end.
    pub const WRITTEN: u64 = 0;
    /// The record is being written.
    pub const WRITING: u64 = 1;
    /// The record is there, and so is its end.
    pub const ENDED: u64 = 2;
    /// The record is there, and its end is being written.
    pub const ENDING: u64 = 3;
    /// The bit of the two phases in which a writer uses the row.
    pub const BUSY: u64 = 1;
}

const fn turn(number: u64, phase: u64) -> u64 {
    ((number + 1) << 2) | phase
}

/// A row of words and the turn that says which record they are.
#[derive(Debug)]
struct Row<const WORDS: usize> {
    /// Number and phase of the record; 0 before the first.
    turn: AtomicU64,
    words: [AtomicU64; WORDS],
}

/// The last `ROWS` records of `WORDS` words each; `ROWS` is a power of two.
#[derive(Debug)]
pub struct Ring<const ROWS: usize, const WORDS: usize> {
    next: AtomicU64,
    rows: [Row<WORDS>; ROWS],
}

/// The range of numbers that a ring may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filling {
    /// Number of the oldest record that may still be there.
    pub oldest: u64,
    /// Number of the next record, which is the count of all that were ever pushed.
    pub next: u64,
}

/// A whole record, as it was when it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<const WORDS: usize> {
    /// All words of the row. Words that neither [`Ring::push`] nor [`Ring::end`] wrote are leftovers of
    /// earlier records.
    pub words: [u64; WORDS],
    /// Whether [`Ring::end`] has been called for the record.
    pub is_ended: bool,
}

impl<const ROWS: usize, const WORDS: usize> Ring<ROWS, WORDS> {
    /// A ring without records.
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

    /// A ring without records.
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

    /// Puts a record in place of the oldest and gives its number. Any IRQL. The record is lost, although it
    /// has a number, if a writer still uses its row, because the ring went round while that one was
    /// interrupted.
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

    /// Writes the end of a record into the last words of its row. Any IRQL. False when the record has been
    /// overwritten, was lost, or has an end already; then nothing is written.
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

    /// The record of that number; None when it is lost, overwritten, or being written. Any IRQL.
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

    /// The range of numbers that may be there now. Any IRQL.
    #[must_use]
    pub fn filling(&self) -> Filling {
        let next = self.next.load(Ordering::Relaxed);
        Filling { oldest: next.saturating_sub(ROWS as u64), next }
    }
}

impl<const WORDS: usize> Row<WORDS> {
    /// Marks the row as being written if its turn is `from`; false if it is not.
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

    /// Marks the row as whole and publishes its words.
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
