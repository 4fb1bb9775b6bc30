//! Memory for blocks: runs of pages with a page between them that nobody may touch.
//!
//! Runs of one page lie on shelves (`shelf.rs`), those of paged memory and those that go in and out of bounds many
//! at a time on one of their own. Longer ones, and all where the system has no markers, are cut one after the other out of a region, each
//! with mappings of its own. A run that is given back stays out of bounds for a while before it is used
//! again, so that a stale pointer faults instead of reading someone else's block.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;
use std::ptr;
use std::rc::Rc;

use super::key::Key;
use super::shelf::Shelf;
use super::space::{self, Access, Space};

pub use super::space::PAGE;

/// Runs of one length that wait before the oldest is used again.
const QUARANTINE: usize = 256;
/// Linux gives a process 65,530 mappings, and a guarded run costs two. Past this many the page
/// behind a run is opened with it: neighbours then merge into one mapping.
const GUARDED_MAX: usize = 12_000;
/// Longer runs give their memory back to the system.
const KEPT: usize = 16 * PAGE;

/// The purpose of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Something of the host's, which does not last.
    Structure,
    /// Something of the host's that goes in and out of bounds, many at a time: each lies beside the one before.
    Parcel,
    /// Pool memory. There may be more of it than there can be guard pages.
    Pool,
    /// Pool memory that is not there at DISPATCH_LEVEL.
    Paged,
}

/// Pages that belong to one block.
#[derive(Debug)]
pub struct Run {
    /// The run's first byte.
    pub start: usize,
    /// The run's length, whole pages.
    pub bytes: usize,
    place: Place,
    sealed: Cell<bool>,
    /// The run of the machine that it belongs to.
    round: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Shelf,
    ParcelShelf,
    PagedShelf,
    /// In the region of long runs; the page behind it is out of bounds, or opened with it.
    Long {
        guarded: bool,
        paged: bool,
    },
}

#[derive(Debug)]
struct Arena {
    shelf: Shelf,
    parcels: Shelf,
    paged: Shelf,
    long: Long,
    round: u32,
    paged_out: bool,
    _space: Rc<Space>,
}

/// Runs with mappings of their own.
#[derive(Debug)]
struct Long {
    region: Range<usize>,
    /// Where nothing has been handed out yet.
    next: usize,
    live: usize,
    /// By length in bytes, the oldest first.
    free: BTreeMap<usize, VecDeque<usize>>,
    /// Those of paged memory: start and length.
    paged: BTreeSet<(usize, usize)>,
}

thread_local! {
    static ARENA: RefCell<Arena> = RefCell::new(Arena::new());
    /// Runs that are a user's, by their beginnings; the length in bytes.
    static USERS: RefCell<BTreeMap<usize, usize>> = const { RefCell::new(BTreeMap::new()) };
}

impl Long {
    fn new(region: Range<usize>) -> Self {
        let (next, live) = (region.start + PAGE, 0);
        Self { region, next, live, free: BTreeMap::new(), paged: BTreeSet::new() }
    }

    fn take(&mut self, bytes: usize, lasting: bool) -> (usize, bool) {
        self.live += 1;
        let guarded = !lasting || self.live <= GUARDED_MAX;
        if guarded
            && let Some(waiting) = self.free.get_mut(&bytes)
            && waiting.len() > QUARANTINE
            && let Some(start) = waiting.pop_front()
        {
            return (start, guarded);
        }
        let start = self.next;
        self.next += bytes + PAGE;
        let length = self.region.len();
        assert!(self.next <= self.region.end, "a run uses less than {length} bytes");
        (start, guarded)
    }

    fn begin(&mut self) {
        let used = self.region.start..self.next;
        let closed = space::protect(used.clone(), Access::None);
        assert!(closed, "one protection for all needs fewer mappings than there are");
        if used.len() > KEPT {
            space::forget(used);
        }
        *self = Self::new(self.region.clone());
    }
}

fn protect_long(start: usize, bytes: usize, access: Access) {
    let changed = space::protect(start..start + bytes, access);
    assert!(changed, "the host can change the protection of its own pages");
}

impl Arena {
    fn new() -> Self {
        let space = space::of_thread();
        let long = space.region(4..8);
        let key = Key::get();
        if let Some(key) = key {
            // Threads that were there before the key may not use it yet.
            key.open(true);
        }
        Self {
            shelf: Shelf::new(space.region(0..2)),
            parcels: Shelf::new(space.region(2..3)),
            paged: Shelf::pageable(space.region(3..4), key),
            long: Long::new(long.start..long.end - 2 * PAGE),
            round: 0,
            paged_out: false,
            _space: space,
        }
    }

    fn take(&mut self, bytes: usize, purpose: Purpose) -> Run {
        let paged = purpose == Purpose::Paged;
        if paged {
            self.page(false);
        }
        let slot = match bytes {
            PAGE if !space::has_markers() => None,
            PAGE if paged => self.paged.take().map(|start| (start, Place::PagedShelf)),
            PAGE if purpose == Purpose::Parcel => {
                self.parcels.take().map(|start| (start, Place::ParcelShelf))
            }
            PAGE => self.shelf.take().map(|start| (start, Place::Shelf)),
            _ => None,
        };
        let (start, place) = slot.unwrap_or_else(|| {
            let (start, guarded) =
                self.long.take(bytes, matches!(purpose, Purpose::Pool | Purpose::Paged));
            protect_long(start, bytes + if guarded { 0 } else { PAGE }, Access::ReadWrite);
            if paged {
                self.long.paged.insert((start, bytes));
            }
            (start, Place::Long { guarded, paged })
        });
        Run { start, bytes, place, sealed: Cell::new(false), round: self.round }
    }

    /// Puts a run out of bounds, at the latest before the image runs again.
    fn seal(&mut self, run: &Run) {
        if run.round != self.round || run.sealed.replace(true) {
            return;
        }
        match run.place {
            Place::Shelf => self.shelf.close(run.start),
            Place::ParcelShelf => self.parcels.close(run.start),
            Place::PagedShelf => self.paged.close(run.start),
            Place::Long { guarded, paged } => {
                if guarded {
                    protect_long(run.start, run.bytes, Access::None);
                }
                if paged {
                    self.long.paged.remove(&(run.start, run.bytes));
                }
            }
        }
    }

    /// Puts a run that was sealed back in bounds.
    fn unseal(&mut self, run: &Run) {
        if run.round != self.round || !run.sealed.replace(false) {
            return;
        }
        match run.place {
            Place::Shelf => self.shelf.open(run.start),
            Place::ParcelShelf => self.parcels.open(run.start),
            Place::PagedShelf => self.paged.open(run.start),
            Place::Long { guarded, paged } => {
                if guarded {
                    protect_long(run.start, run.bytes, Access::ReadWrite);
                }
                if paged {
                    self.long.paged.insert((run.start, run.bytes));
                }
            }
        }
    }

    fn give(&mut self, run: &Run) {
        if run.round != self.round {
            return;
        }
        self.seal(run);
        match run.place {
            Place::Shelf => self.shelf.give(run.start),
            Place::ParcelShelf => self.parcels.give(run.start),
            Place::PagedShelf => self.paged.give(run.start),
            Place::Long { guarded, .. } => {
                if run.bytes > KEPT {
                    space::forget(run.start..run.start + run.bytes);
                }
                self.long.live -= 1;
                if guarded {
                    self.long.free.entry(run.bytes).or_default().push_back(run.start);
                }
            }
        }
    }

    fn page(&mut self, out: bool) {
        if self.paged_out == out {
            return;
        }
        self.paged_out = out;
        self.paged.page(out);
        let access = if out { Access::None } else { Access::ReadWrite };
        for &(start, bytes) in &self.long.paged {
            protect_long(start, bytes, access);
        }
    }
}

impl Run {
    /// Whole pages for `length` bytes, readable and writable.
    pub fn new(length: usize, purpose: Purpose) -> Self {
        let bytes = length.next_multiple_of(PAGE).max(PAGE);
        ARENA.with_borrow_mut(|arena| arena.take(bytes, purpose))
    }

    /// Whole pages for `length` bytes, out of bounds.
    pub fn closed(length: usize) -> Self {
        let run = Self::new(length, Purpose::Structure);
        run.open(false);
        run
    }

    /// Makes the run memory of a user's.
    pub fn give_to_user(&self) {
        USERS.with_borrow_mut(|users| users.insert(self.start, self.bytes));
    }

    /// Puts the run in bounds, or out of bounds when the image runs next.
    pub fn open(&self, open: bool) {
        ARENA.with_borrow_mut(|arena| if open { arena.unseal(self) } else { arena.seal(self) });
    }

    /// Puts parcels that were closed in bounds, those that lie side by side at once.
    pub fn open_all<'a>(runs: impl Iterator<Item = &'a Self>) {
        ARENA.with_borrow_mut(|arena| {
            let mut starts = Vec::new();
            for run in runs {
                if run.place != Place::ParcelShelf {
                    arena.unseal(run);
                } else if run.round == arena.round && run.sealed.replace(false) {
                    starts.push(run.start);
                }
            }
            arena.parcels.open_all(&starts);
        });
    }

    /// Lets code in the run be executed, until it is put out of bounds.
    pub fn make_executable(&self) {
        let protection = libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC;
        let start = ptr::with_exposed_provenance_mut(self.start);
        // SAFETY: as in `open`.
        let result = unsafe { libc::mprotect(start, self.bytes, protection) };
        assert_eq!(result, 0, "the host can change the protection of its own pages");
    }

    /// Whether `address` lies in the run or in a page beside it.
    pub fn is_near(&self, address: usize) -> bool {
        (self.start - PAGE..self.start + self.bytes + PAGE).contains(&address)
    }
}

/// Whether an address is in the reservation of this host thread: that of the kernel's own memory, be it in
/// bounds or not.
pub fn contains(address: usize) -> bool {
    space::of_thread().contains(address)
}

/// Whether an address is in memory of a user's.
pub fn is_users(address: usize) -> bool {
    USERS.with_borrow(|users| {
        let before = users.range(..=address).next_back();
        before.is_some_and(|(start, bytes)| address - start < *bytes)
    })
}

/// A page that nobody may touch, now or in a later run: an address to name something by.
pub fn nowhere() -> usize {
    // Before the first run of the region, and far from every stack.
    ARENA.with_borrow(|arena| arena.long.region.start)
}

impl Drop for Run {
    fn drop(&mut self) {
        // The thread may be ending, and its arena with it.
        let _ = USERS.try_with(|users| users.borrow_mut().remove(&self.start));
        let _ = ARENA.try_with(|arena| arena.borrow_mut().give(self));
    }
}

/// Puts out of bounds what was closed, and paged memory if `paged_out` says so.
pub(super) fn settle(paged_out: bool) {
    ARENA.with_borrow_mut(|arena| {
        arena.shelf.settle();
        arena.parcels.settle();
        arena.paged.settle();
        arena.page(paged_out);
    });
}

/// Empty, as in the beginning.
pub(super) fn begin() {
    ARENA.with_borrow_mut(|arena| {
        arena.page(false);
        arena.round += 1;
        arena.shelf.begin();
        arena.parcels.begin();
        arena.paged.begin();
        arena.long.begin();
    });
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::hint::black_box;
    use std::rc::Rc;

    use super::*;
    use crate::machine::block::Block;
    use crate::machine::fiber::{Fiber, Progress};
    use crate::machine::raw;
    use crate::machine::trap::{FaultKind, Trap};

    /// Whether memory can be read, by reading it.
    fn is_there(address: usize) -> bool {
        let read = move || {
            black_box(raw::get::<u8>(address));
        };
        let mut fiber = Fiber::new(read).expect("there is a stack");
        match fiber.resume() {
            Progress::Returned => true,
            Progress::Trapped(Trap::Fault { kind: FaultKind::Access, .. }) => false,
            _ => panic!("it reads, and no more"),
        }
    }

    fn on_one_thread(test: impl FnOnce() + Send + 'static) {
        std::thread::spawn(test).join().expect("it holds");
    }

    #[test]
    fn a_block_ends_at_a_guard_page_and_is_out_of_bounds_once_it_is_given_back() {
        for length in [1, 100, PAGE, 3 * PAGE] {
            let block = Block::new(length, 1);
            let (first, end) = (block.address(), block.address() + length);
            assert!(is_there(first) && is_there(end - 1), "{length}");
            assert!(!is_there(end) && !is_there(end - block.len().next_multiple_of(PAGE) - 1));
            drop(block);
            settle(false);
            assert!(!is_there(first), "{length}: freed");
        }
    }

    #[test]
    fn what_is_closed_for_a_while_keeps_what_it_holds() {
        let block = Block::of(7_u64);
        block.protect(false);
        settle(false);
        assert!(!is_there(block.address()));
        block.protect(true);
        settle(false);
        assert_eq!(raw::get::<u64>(block.address()), 7);
        // Closed and opened again before anybody could look.
        block.protect(false);
        block.protect(true);
        settle(false);
        assert!(is_there(block.address()));
    }

    #[test]
    fn parcels_close_one_by_one_and_open_together_with_what_they_hold() {
        let mut parcels: Vec<Block> = (0..8).map(|_| Block::parcel(8, 8)).collect();
        for (parcel, value) in parcels.iter_mut().zip(0_u64..) {
            parcel.write(0, &value.to_le_bytes());
        }
        let is_open = |parcels: &[Block]| {
            parcels.iter().map(|parcel| is_there(parcel.address())).collect::<Vec<_>>()
        };
        // In an order of its own, with one in the middle that stays.
        for index in [6, 1, 2, 7, 0, 5, 3] {
            parcels[index].protect(false);
        }
        settle(false);
        let middle = [false, false, false, false, true, false, false, false];
        assert_eq!(is_open(&parcels), middle);
        // One of them is only about to be closed.
        parcels[4].protect(false);
        Block::open_all(parcels[1..6].iter());
        settle(false);
        assert_eq!(is_open(&parcels), [false, true, true, true, true, true, false, false]);
        Block::open_all(parcels.iter());
        for (parcel, value) in parcels.iter().zip(0_u64..) {
            assert_eq!(raw::get::<u64>(parcel.address()), value);
        }
    }

    #[test]
    fn closed_blocks_side_by_side_are_one_mapping_however_they_were_closed() {
        on_one_thread(|| {
            let mappings =
                || std::fs::read_to_string("/proc/self/maps").expect("Linux says").lines().count();
            let mut blocks: Vec<_> = (0..512).map(|_| Block::new(8, 8)).collect();
            settle(false);
            let before = mappings();
            while blocks.len() > 2 {
                blocks.swap_remove(blocks.len() / 2);
                settle(false);
            }
            let more = mappings().saturating_sub(before);
            assert!(more < 64, "{more} mappings more");
        });
    }

    #[test]
    fn paged_memory_goes_and_comes_back_and_its_freed_blocks_do_not() {
        for length in [100, 3 * PAGE] {
            let [kept, freed] = [(); 2].map(|()| Block::pool(length, 16, true));
            let resident = Block::pool(length, 16, false);
            let (kept, at) = (kept, freed.address());
            drop(freed);
            settle(true);
            assert_eq!([kept.address(), resident.address()].map(is_there), [false, true]);
            settle(false);
            assert_eq!([kept.address(), at].map(is_there), [true, false], "{length}");
            assert!(kept.slack_is_intact());
        }
    }

    #[test]
    fn an_address_is_used_again_only_after_a_thousand_others() {
        let first = Block::new(8, 8).address();
        let again = (0..100_000).position(|_| {
            let address = Block::new(8, 8).address();
            settle(false);
            address == first
        });
        assert!(again.is_some_and(|others| others > 1_000), "{again:?}");
    }

    #[test]
    fn twenty_thousand_holes_need_more_mappings_than_there_are_and_are_holes() {
        on_one_thread(|| {
            let mut blocks: Vec<_> =
                (0..70_000).map(|_| Some(Block::pool(16, 16, false))).collect();
            let addresses: Vec<_> = blocks.iter().flatten().map(Block::address).collect();
            blocks.iter_mut().step_by(2).for_each(|block| *block = None);
            settle(false);
            for index in [0, 1, 20_000, 20_001, 69_998, 69_999] {
                assert_eq!(raw_is_there(addresses[index]), index % 2 == 1, "{index}");
            }
        });
    }

    /// As [`is_there`], by asking the system: on a thread that cannot catch faults.
    fn raw_is_there(address: usize) -> bool {
        let found = Rc::new(Cell::new(0_u8));
        let from = libc::iovec { iov_base: address as *mut libc::c_void, iov_len: 1 };
        let to = libc::iovec { iov_base: found.as_ptr().cast(), iov_len: 1 };
        let own = i32::try_from(std::process::id()).expect("it is a pid_t");
        // SAFETY: reads one byte of this process into `found`, or fails.
        unsafe { libc::process_vm_readv(own, &raw const to, 1, &raw const from, 1, 0) == 1 }
    }
}
