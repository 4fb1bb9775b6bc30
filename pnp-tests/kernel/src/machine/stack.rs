//! Stacks for kernel threads: taken from a row that lies in this host thread's space, and given back
//! to it.
//!
//! A stack that is given back is cleared, so that what an earlier thread left there cannot make two
//! runs differ.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;
use std::ptr;
use std::rc::Rc;

use corosensei::stack::valgrind::ValgrindStackRegistration;
use corosensei::stack::{Stack, StackPointer};

use super::space::{self, Access, PAGE, Space};

/// Host code runs on these stacks too, so they are larger than a kernel's 24 KiB; pages are
/// committed when touched.
const STACK_BYTES: usize = 1 << 20;
/// From one stack to the next: below each lies a page that nobody may touch.
const STRIDE: usize = STACK_BYTES + PAGE;
/// Pages of a stack that are cleared by hand; a thread that used more gives them back to the system.
const KEPT_PAGES: usize = 16;

/// A kernel thread's stack.
pub(super) struct KernelStack {
    /// Its lowest byte.
    start: usize,
    /// The run of the machine that it belongs to.
    round: u32,
    _valgrind: ValgrindStackRegistration,
}

#[derive(Debug)]
struct Stacks {
    region: Range<usize>,
    /// Where nothing has been handed out yet.
    next: usize,
    /// Where nothing was ever opened.
    opened: usize,
    /// Cleared, the last one given back last.
    free: Vec<usize>,
    round: u32,
    _space: Rc<Space>,
}

thread_local! {
    static STACKS: RefCell<Stacks> = RefCell::new(Stacks::new());
}

impl Stacks {
    fn new() -> Self {
        let space = space::of_thread();
        let region = space.region(8..16);
        // Shared pages do not count against what a worker may use: a limit that is meant for the memory
        // of a run, not for stacks of which a few pages are touched.
        space::share(region.clone());
        let start = region.start;
        Self { region, next: start, opened: start, free: Vec::new(), round: 0, _space: space }
    }

    fn take(&mut self) -> Option<usize> {
        if let Some(start) = self.free.pop() {
            return Some(start);
        }
        let (guard, start) = (self.next, self.next + PAGE);
        let end = self.next + STRIDE;
        if end > self.region.end {
            return None;
        }
        if self.opened == self.next {
            // Without a marker the page stays closed, and the stack is two mappings.
            let from = if space::mark(guard..start, true) { guard } else { start };
            if !space::protect(from..end, Access::ReadWrite) {
                return None;
            }
            self.opened = end;
        }
        self.next = end;
        Some(start)
    }

    /// Everything that was handed out is given back, whatever is on it.
    fn begin(&mut self) {
        self.round += 1;
        let clear: BTreeSet<usize> = self.free.drain(..).collect();
        for guard in (self.region.start..self.next).step_by(STRIDE) {
            if !clear.contains(&(guard + PAGE)) {
                wipe(guard + PAGE);
            }
        }
        self.next = self.region.start;
    }
}

/// Clears the pages of a stack that were touched, which are the highest ones: compilers touch every page of
/// a frame on the way down.
fn wipe(start: usize) {
    let highest = start + STACK_BYTES - KEPT_PAGES * PAGE;
    let mut touched = [0_u8; KEPT_PAGES];
    let pages = ptr::with_exposed_provenance_mut(highest);
    // SAFETY: writes one byte for each of these pages of a stack of ours, for which there is room.
    let known = unsafe { libc::mincore(pages, touched.len() * PAGE, touched.as_mut_ptr()) } == 0;
    let is_touched = |page: usize| touched[page] & 1 != 0;
    if !known || is_touched(0) {
        space::remove(start..start + STACK_BYTES);
        return;
    }
    let lowest = (0..KEPT_PAGES).find(|&page| is_touched(page)).unwrap_or(KEPT_PAGES);
    let at = ptr::with_exposed_provenance_mut::<u8>(highest + lowest * PAGE);
    // SAFETY: pages up to the end of a stack on which nothing runs, nor ever will run on.
    unsafe { at.write_bytes(0, (KEPT_PAGES - lowest) * PAGE) };
}

impl KernelStack {
    /// A stack; none when there is no room for another.
    pub fn new() -> Option<Self> {
        let (start, round) =
            STACKS.with_borrow_mut(|stacks| Some((stacks.take()?, stacks.round)))?;
        let lowest = ptr::with_exposed_provenance_mut(start);
        Some(Self { start, round, _valgrind: ValgrindStackRegistration::new(lowest, STACK_BYTES) })
    }
}

impl Drop for KernelStack {
    fn drop(&mut self) {
        // The thread may be ending, and its stacks with it.
        let _ = STACKS.try_with(|stacks| {
            let mut stacks = stacks.borrow_mut();
            if stacks.round == self.round {
                wipe(self.start);
                stacks.free.push(self.start);
            }
        });
    }
}

/// An address that is not NULL.
fn pointer(address: usize) -> StackPointer {
    StackPointer::new(address).expect("a reservation does not begin at NULL")
}

// SAFETY: `STACK_BYTES` of memory that is readable, writable and nobody else's, above a page that is
// out of bounds.
unsafe impl Stack for KernelStack {
    fn base(&self) -> StackPointer {
        pointer(self.start + STACK_BYTES)
    }

    fn limit(&self) -> StackPointer {
        pointer(self.start - PAGE)
    }
}

/// How many stacks there are.
pub(super) fn capacity() -> usize {
    STACKS.with_borrow(|stacks| stacks.region.len() / STRIDE)
}

/// Every stack is free, as in the beginning.
pub(super) fn begin() {
    STACKS.with_borrow_mut(Stacks::begin);
}
