//! Address space for one image, with a page before and after it that nobody may touch.
#![allow(unsafe_code, reason = "maps, fills, protects and unmaps memory")]

use std::io;
use std::ops::Range;
use std::ptr;

use super::PAGE;

const GUARD: usize = PAGE as usize;

/// Where images lie, so that the same driver sees the same addresses in every run: at the first of these places
/// that is free. Programs, libraries, heaps and stacks of Linux are far away.
const FIRST: usize = 0x0800_0000_0000;
const STRIDE: usize = 1 << 32;
const PLACES: usize = 64;

/// What the image may do with a range of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    None,
    Read,
    ReadWrite,
    ReadExecute,
}

/// Holding one proves that `base..base + size` is mapped and belongs to nobody else.
#[derive(Debug)]
pub(super) struct Mapping {
    base: usize,
    size: usize,
}

impl Mapping {
    /// `size` bytes, whole pages, at the first free place, or at an address of the system's choice if there is
    /// none; nobody may touch them yet.
    pub(super) fn reserve(size: usize) -> io::Result<Self> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        let length = size + 2 * GUARD;
        let places = (0..PLACES).map(|place| FIRST + place * STRIDE);
        let places = places.filter(|_| length <= STRIDE).map(|at| (at, libc::MAP_FIXED_NOREPLACE));
        for (at, fixed) in places.chain([(0, 0)]) {
            let hint = ptr::without_provenance_mut(at);
            // SAFETY: a new anonymous mapping replaces nothing that exists, neither without MAP_FIXED nor
            // with MAP_FIXED_NOREPLACE.
            let start = unsafe { libc::mmap(hint, length, libc::PROT_NONE, flags | fixed, -1, 0) };
            if start != libc::MAP_FAILED {
                return Ok(Self { base: start.expose_provenance() + GUARD, size });
            }
        }
        Err(io::Error::last_os_error())
    }

    /// Copies `contents`, at most `size` bytes, to the base and takes away all access again.
    pub(super) fn fill(&mut self, contents: &[u8]) -> io::Result<()> {
        let length = contents.len().min(self.size);
        self.protect(0..self.size, Access::ReadWrite)?;
        let base = ptr::with_exposed_provenance_mut::<u8>(self.base);
        // SAFETY: `base` starts `size` bytes, at least `length`, that were just made writable;
        // `contents` is memory of Rust's and cannot overlap a mapping made by `reserve`.
        unsafe { ptr::copy_nonoverlapping(contents.as_ptr(), base, length) };
        self.protect(0..self.size, Access::None)
    }

    pub(super) fn base(&self) -> usize {
        self.base
    }

    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// `range` is in bytes from the base and begins at a page; its end is rounded up to one.
    pub(super) fn protect(&self, range: Range<usize>, access: Access) -> io::Result<()> {
        let protection = match access {
            Access::None => libc::PROT_NONE,
            Access::Read => libc::PROT_READ,
            Access::ReadWrite => libc::PROT_READ | libc::PROT_WRITE,
            Access::ReadExecute => libc::PROT_READ | libc::PROT_EXEC,
        };
        let end = range.end.next_multiple_of(GUARD).min(self.size);
        let Some(length) = end.checked_sub(range.start) else {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        };
        let start = ptr::with_exposed_provenance_mut(self.base + range.start);
        // SAFETY: `start..start + length` lies inside this mapping, because `end` is at most
        // `size`; no Rust reference points into it, since only numbers leave this module.
        match unsafe { libc::mprotect(start, length, protection) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        let start = ptr::with_exposed_provenance_mut(self.base - GUARD);
        // SAFETY: exactly what `reserve` mapped; whoever holds an address in it holds the `Image` too
        // (see `Image`), and that is being dropped.
        unsafe { libc::munmap(start, self.size + 2 * GUARD) };
    }
}
