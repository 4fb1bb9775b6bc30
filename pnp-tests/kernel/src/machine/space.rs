//! The address space of the machine that runs on a host thread: one reservation, cut into regions.
//!
//! - It lies at the same address in every process that has room there, and [`begin`] brings every
//!   region back to its first state: so the same driver in the same run sees the same addresses.
//! - Guard pages are markers in the page table where Linux has them (6.13): they cost no mapping,
//!   and changing the protection of what lies around them does not open them.

use std::ops::Range;
use std::ptr;
use std::rc::Rc;
use std::sync::OnceLock;

use super::{arena, stack};

/// The page of x86-64, bytes.
pub const PAGE: usize = 4096;
/// Reserved, not committed. Valgrind has less to give, and a bench needs less.
const RESERVED: [usize; 4] = [1 << 36, 1 << 34, 1 << 32, 1 << 30];
/// Where the first host thread's space lies, and how many more find a place behind it. Nothing else
/// of a Linux process is near: programs lie above, and so do libraries, heaps and stacks.
const FIRST: usize = 0x1000_0000_0000;
const PLACES: usize = 256;

/// `MADV_GUARD_INSTALL` and `MADV_GUARD_REMOVE` of linux/mman.h; the crate `libc` has no names for them.
const GUARD_INSTALL: i32 = 102;
const GUARD_REMOVE: i32 = 103;

/// A host thread's reservation.
#[derive(Debug)]
pub(super) struct Space {
    base: usize,
    bytes: usize,
}

thread_local! {
    static SPACE: Rc<Space> = Rc::new(Space::new());
}

/// This host thread's reservation.
pub(super) fn of_thread() -> Rc<Space> {
    SPACE.with(Rc::clone)
}

/// What memory may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    None,
    ReadWrite,
}

impl Access {
    fn protection(self) -> i32 {
        match self {
            Self::None => libc::PROT_NONE,
            Self::ReadWrite => libc::PROT_READ | libc::PROT_WRITE,
        }
    }
}

/// Reserves `bytes` at `address`, or where the system likes if that is 0.
fn map(address: usize, bytes: usize) -> Option<usize> {
    let at = if address == 0 { 0 } else { libc::MAP_FIXED_NOREPLACE };
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | at;
    let hint = ptr::without_provenance_mut(address);
    // SAFETY: a new anonymous mapping, which replaces nothing that exists.
    let base = unsafe { libc::mmap(hint, bytes, libc::PROT_NONE, flags, -1, 0) };
    if base == libc::MAP_FAILED {
        return None;
    }
    let base = base.expose_provenance();
    if address != 0 && base != address {
        // Before Linux 4.17 the address is a hint.
        // SAFETY: mapped just now, and nobody knows of it.
        unsafe { libc::munmap(ptr::with_exposed_provenance_mut(base), bytes) };
        return None;
    }
    Some(base)
}

impl Space {
    /// The largest reservation that there is room for.
    fn new() -> Self {
        let place = |bytes: usize| {
            let largest = RESERVED[0];
            let fixed = (0..PLACES).find_map(|index| map(FIRST + index * largest, bytes));
            let base = fixed.or_else(|| map(0, bytes))?;
            Some(Self { base, bytes })
        };
        RESERVED.into_iter().find_map(place).expect("the host can reserve a GiB of address space")
    }

    /// Whether an address lies in the reservation.
    pub fn contains(&self, address: usize) -> bool {
        (self.base..self.base + self.bytes).contains(&address)
    }

    /// A part of the reservation, in sixteenths of it.
    pub fn region(&self, sixteenths: Range<usize>) -> Range<usize> {
        let share = self.bytes / 16;
        self.base + share * sixteenths.start..self.base + share * sixteenths.end
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        // Blocks may outlive a thread's space only while the thread ends; none is used then.
        // SAFETY: our own reservation, whole.
        unsafe { libc::munmap(ptr::with_exposed_provenance_mut(self.base), self.bytes) };
    }
}

/// Changes what pages of a reservation may be used for; false when the system has no room for
/// another mapping.
#[must_use]
pub(super) fn protect(pages: Range<usize>, access: Access) -> bool {
    let start = ptr::with_exposed_provenance_mut(pages.start);
    // SAFETY: pages of a reservation of ours; no reference of Rust's points into them, since blocks
    // are read and written by copying.
    unsafe { libc::mprotect(start, pages.len(), access.protection()) == 0 }
}

/// Forgets what pages of a reservation hold.
pub(super) fn forget(pages: Range<usize>) {
    let start = ptr::with_exposed_provenance_mut(pages.start);
    // SAFETY: as in `protect`; what the pages hold is not needed any more.
    unsafe { libc::madvise(start, pages.len(), libc::MADV_DONTNEED) };
}

/// Makes pages of a reservation that are out of bounds shared ones; where that cannot be, they stay private.
pub(super) fn share(pages: Range<usize>) {
    let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_FIXED;
    let start = ptr::with_exposed_provenance_mut(pages.start);
    // SAFETY: replaces pages of a reservation of ours, which hold nothing yet.
    unsafe { libc::mmap(start, pages.len(), libc::PROT_NONE, flags, -1, 0) };
}

/// Forgets what pages of a reservation hold, shared or private.
pub(super) fn remove(pages: Range<usize>) {
    let start = ptr::with_exposed_provenance_mut(pages.start);
    // SAFETY: as in `forget`.
    if unsafe { libc::madvise(start, pages.len(), libc::MADV_REMOVE) } != 0 {
        forget(pages);
    }
}

/// Puts markers on pages, or takes them away; false when the system has none.
#[must_use]
pub(super) fn mark(pages: Range<usize>, marked: bool) -> bool {
    let start = ptr::with_exposed_provenance_mut(pages.start);
    let advice = if marked { GUARD_INSTALL } else { GUARD_REMOVE };
    // SAFETY: as in `protect`; with a marker a page loses what it holds, which is not needed.
    unsafe { libc::madvise(start, pages.len(), advice) == 0 }
}

/// Whether this system has markers.
pub(super) fn has_markers() -> bool {
    static HAS: OnceLock<bool> = OnceLock::new();
    *HAS.get_or_init(|| {
        let Some(page) = map(0, PAGE) else { return false };
        let has = mark(page..page + PAGE, true);
        // SAFETY: mapped just now, and nobody knows of it.
        unsafe { libc::munmap(ptr::with_exposed_provenance_mut(page), PAGE) };
        has
    })
}

/// The image is about to run: what was given back is out of bounds from here on, and paged memory is
/// if `paged_out` says so.
pub fn settle(paged_out: bool) {
    arena::settle(paged_out);
}

/// How many stacks there are in this host thread's space.
pub fn stacks() -> usize {
    stack::capacity()
}

/// Brings this host thread's space back to its first state. Nothing that was in it may be used any
/// more: not a block, and not a stack.
pub fn begin() {
    arena::begin();
    stack::begin();
}
