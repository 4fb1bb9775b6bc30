//! Address space for blocks: one reservation per host thread, cut into runs of pages with a page
//! between them that nobody may touch.
//!
//! A run that is given back stays out of bounds for a while before it is used again, so that a
//! stale pointer faults instead of reading someone else's block.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::ptr;

/// The page of x86-64, bytes.
pub const PAGE: usize = 4096;
/// Reserved, not committed. Valgrind has less to give, and a bench needs less.
const RESERVED: [usize; 4] = [1 << 36, 1 << 34, 1 << 32, 1 << 30];
/// Runs of one length that wait before the oldest is used again.
const QUARANTINE: usize = 256;
/// Linux gives a process 65,530 mappings, and a guarded run costs two. Past this many the page
/// behind a run is opened with it: neighbours then merge into one mapping.
const GUARDED_MAX: usize = 12_000;

/// Pages that belong to one block.
#[derive(Debug)]
pub struct Run {
    /// The address of the first byte.
    pub start: usize,
    /// The length, bytes.
    pub bytes: usize,
    /// The page behind it is out of bounds.
    guarded: bool,
}

#[derive(Debug)]
struct Arena {
    base: usize,
    reserved: usize,
    /// Where nothing has been handed out yet.
    next: usize,
    live: usize,
    /// Runs that are a user's, by their beginnings; the length in bytes.
    users: BTreeMap<usize, usize>,
    /// By length in bytes, the oldest first.
    free: BTreeMap<usize, VecDeque<usize>>,
}

thread_local! {
    static ARENA: RefCell<Arena> = RefCell::new(Arena::new());
}

impl Arena {
    fn new() -> Self {
        let reserve = |bytes: usize| {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
            // SAFETY: an anonymous mapping at an address of the kernel's choice touches nothing else.
            let base = unsafe { libc::mmap(ptr::null_mut(), bytes, libc::PROT_NONE, flags, -1, 0) };
            (base != libc::MAP_FAILED).then(|| (base.expose_provenance(), bytes))
        };
        let found = RESERVED.into_iter().find_map(reserve);
        let (base, reserved) = found.expect("the host can reserve a GiB of address space");
        Self { base, reserved, next: base + PAGE, live: 0, users: BTreeMap::new(), free: BTreeMap::new() }
    }

    fn take(&mut self, bytes: usize, lasting: bool) -> Run {
        self.live += 1;
        let guarded = !lasting || self.live <= GUARDED_MAX;
        if guarded
            && let Some(waiting) = self.free.get_mut(&bytes)
            && waiting.len() > QUARANTINE
            && let Some(start) = waiting.pop_front()
        {
            return Run { start, bytes, guarded };
        }
        let start = self.next;
        self.next += bytes + PAGE;
        let reserved = self.reserved;
        assert!(self.next <= self.base + reserved, "a run uses less than {reserved} bytes");
        Run { start, bytes, guarded }
    }
}

impl Run {
    /// Whole pages for `length` bytes, readable and writable. Of what lasts there may be more than
    /// there can be guard pages.
    pub fn new(length: usize, lasting: bool) -> Self {
        let bytes = length.next_multiple_of(PAGE).max(PAGE);
        let run = ARENA.with_borrow_mut(|arena| arena.take(bytes, lasting));
        run.open(true);
        run
    }

    /// Whole pages for `length` bytes, out of bounds.
    pub fn closed(length: usize) -> Self {
        let bytes = length.next_multiple_of(PAGE).max(PAGE);
        ARENA.with_borrow_mut(|arena| arena.take(bytes, false))
    }

    /// Makes the run memory of a user's.
    pub fn give_to_user(&self) {
        ARENA.with_borrow_mut(|arena| arena.users.insert(self.start, self.bytes));
    }

    /// Puts the run in or out of bounds.
    pub fn open(&self, open: bool) {
        let protection = if open { libc::PROT_READ | libc::PROT_WRITE } else { libc::PROT_NONE };
        if !self.guarded && !open {
            return;
        }
        let length = if self.guarded { self.bytes } else { self.bytes + PAGE };
        let start = ptr::with_exposed_provenance_mut(self.start);
        // SAFETY: pages of the reservation that belong to this run alone; no reference of Rust's
        // points into them, since blocks are read and written by copying.
        let result = unsafe { libc::mprotect(start, length, protection) };
        assert_eq!(result, 0, "the host can change the protection of its own pages");
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
    ARENA.with_borrow(|arena| (arena.base..arena.base + arena.reserved).contains(&address))
}

/// Whether an address is in memory of a user's.
pub fn is_users(address: usize) -> bool {
    ARENA.with_borrow(|arena| {
        let before = arena.users.range(..=address).next_back();
        before.is_some_and(|(start, bytes)| address - start < *bytes)
    })
}

impl Drop for Run {
    fn drop(&mut self) {
        self.open(false);
        if self.bytes > 16 * PAGE {
            let start = ptr::with_exposed_provenance_mut(self.start);
            // SAFETY: as in `open`; what the pages hold is not needed any more.
            unsafe { libc::madvise(start, self.bytes, libc::MADV_DONTNEED) };
        }
        // The thread may be ending, and its arena with it.
        let _ = ARENA.try_with(|arena| {
            let mut arena = arena.borrow_mut();
            arena.live -= 1;
            arena.users.remove(&self.start);
            if self.guarded {
                arena.free.entry(self.bytes).or_default().push_back(self.start);
            }
        });
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        // Blocks may outlive a thread's arena only while the thread ends; none is used then.
        // SAFETY: our own reservation, whole.
        unsafe { libc::munmap(ptr::with_exposed_provenance_mut(self.base), self.reserved) };
    }
}
