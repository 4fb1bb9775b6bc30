//! Breakpoints in the loaded image: `int3` over the first byte of an instruction, taken away when the
//! image gets there.
//!
//! - Whoever sets them says where instructions begin; here nobody looks.
//! - Pages of code are writable only while a byte is written: the image does not run then.
//! - They are the host thread's own, and of the image that was loaded last.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ptr;

use super::raw;
use super::space::PAGE;

const INT3: u8 = 0xCC;

/// The breakpoints of one image.
#[derive(Debug, Default)]
struct Points {
    base: usize,
    /// The byte that stands under each, by address.
    original: BTreeMap<usize, u8>,
    /// RVAs that were reached since somebody asked.
    reached: Vec<u32>,
}

thread_local! {
    static POINTS: RefCell<Points> = RefCell::default();
}

/// Sets breakpoints in the image at `base`, at the RVAs of instructions; those of an image before it are
/// forgotten. The image is mapped, and executable there.
pub fn set(base: usize, rvas: impl Iterator<Item = u32>) {
    let addresses = rvas.map(|rva| base + rva as usize);
    let original: BTreeMap<usize, u8> =
        addresses.map(|address| (address, raw::get::<u8>(address))).collect();
    let mut pages: Vec<(usize, usize)> = Vec::new();
    for address in original.keys() {
        let page = address & !(PAGE - 1);
        match pages.last_mut() {
            Some((_, end)) if *end > page => {}
            Some((_, end)) if *end == page => *end += PAGE,
            _ => pages.push((page, page + PAGE)),
        }
    }
    for (start, end) in pages {
        let bytes = original.range(start..end).map(|(address, _)| (*address, INT3));
        patch((start, end), bytes);
    }
    POINTS.with_borrow_mut(|points| {
        points.base = base;
        points.original = original;
    });
}

/// The image is gone, and its breakpoints with it.
pub fn forget() {
    POINTS.with_borrow_mut(|points| points.original.clear());
}

/// The RVAs of breakpoints that were reached since the last call.
pub fn take_reached() -> Vec<u32> {
    POINTS.with_borrow_mut(|points| std::mem::take(&mut points.reached))
}

/// The image ran into an `int3` at `address`: whether it was one of ours. Then the instruction is whole
/// again, and is to be carried out.
pub(super) fn hit(address: usize) -> bool {
    POINTS.with_borrow_mut(|points| {
        let Some(byte) = points.original.remove(&address) else { return false };
        let page = address & !(PAGE - 1);
        patch((page, page + PAGE), [(address, byte)].into_iter());
        points.reached.extend(u32::try_from(address - points.base));
        true
    })
}

/// Writes bytes of code in pages of the image's, and nowhere else.
fn patch((start, end): (usize, usize), bytes: impl Iterator<Item = (usize, u8)>) {
    protect(start, end, libc::PROT_READ | libc::PROT_WRITE);
    for (address, byte) in bytes {
        raw::put(address, byte);
    }
    protect(start, end, libc::PROT_READ | libc::PROT_EXEC);
}

fn protect(start: usize, end: usize, protection: libc::c_int) {
    let page = ptr::with_exposed_provenance_mut(start);
    // SAFETY: whole pages of a loaded image's code, which hold no value of Rust's; the image does not run
    // between the two calls of `patch`, and the second gives the pages the protection that the loader gave.
    let result = unsafe { libc::mprotect(page, end - start, protection) };
    assert_eq!(result, 0, "the host can change the protection of an image's pages");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `xor eax, eax; inc eax; ret` in a page of code of its own.
    fn code() -> usize {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: an anonymous mapping at an address of the kernel's choice touches nothing else.
        let page = unsafe { libc::mmap(ptr::null_mut(), PAGE, protection, flags, -1, 0) };
        assert!(page != libc::MAP_FAILED, "the host can map a page");
        let page = page.expose_provenance();
        raw::write(page, &[0x31, 0xC0, 0xFF, 0xC0, 0xC3]);
        protect(page, page + PAGE, libc::PROT_READ | libc::PROT_EXEC);
        page
    }

    #[test]
    fn a_breakpoint_is_reached_once_and_leaves_the_code_as_it_was() {
        let base = code();
        set(base, [0, 2].into_iter());
        assert_eq!(raw::bytes(base, 5), [INT3, 0xC0, INT3, 0xC0, 0xC3]);
        assert!(hit(base + 2), "it is ours");
        assert!(!hit(base + 2), "not any more");
        assert!(!hit(base + 4), "nobody set one there");
        assert_eq!(raw::bytes(base, 5), [INT3, 0xC0, 0xFF, 0xC0, 0xC3]);
        assert_eq!((take_reached(), take_reached()), (vec![2], vec![]));
        forget();
        assert!(!hit(base), "the image is gone");
    }
}
