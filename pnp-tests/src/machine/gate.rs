//! The gate in front of every export: a few instructions that note where the image called from.
//!
//! A thunk is an ordinary function and cannot see its return address; when the image hands one of
//! them a bad pointer, the fault is in host code, and without this nobody could say whose it was.

use std::ptr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Written by the gates: the return address of the image's latest call, and the lowest stack pointer
/// with which it made one since [`take_lowest`].
static NOTES: [AtomicUsize; 2] = [AtomicUsize::new(0), AtomicUsize::new(usize::MAX)];
/// Gates made so far, by target. They stay for the life of the process.
static GATES: Mutex<Vec<(usize, usize)>> = Mutex::new(Vec::new());

/// Room for one gate.
const GATE_BYTES: usize = 48;
const PAGE: usize = 4096;

/// Where the image called the kernel from last: the last byte of the call instruction. The return
/// address itself may belong to the next line, or after a call that never returns to the next
/// function.
pub fn caller() -> usize {
    NOTES[0].load(Ordering::Relaxed).saturating_sub(1)
}

/// The lowest stack pointer with which the image made a call since this was asked last; the highest
/// number if it made none. Copying memory counts, so a frame with a large buffer is seen.
pub fn take_lowest() -> usize {
    NOTES[1].swap(usize::MAX, Ordering::Relaxed)
}

/// The address to give the image for `target`.
pub fn before(target: usize) -> usize {
    let mut gates = GATES.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some((_, gate)) = gates.iter().find(|(known, _)| *known == target) {
        return *gate;
    }
    let gate = make(target);
    gates.push((target, gate));
    gate
}

/// A page with one gate in it: note the return address and the stack pointer, go on to `target`. rax and r10 are volatile
/// in the Windows x64 convention and carry no argument.
fn make(target: usize) -> usize {
    let mut code = Vec::with_capacity(GATE_BYTES);
    code.extend([0x48, 0x8B, 0x04, 0x24]); // mov rax, [rsp]
    code.extend([0x49, 0xBA]); // mov r10, NOTES
    code.extend((NOTES.as_ptr() as usize).to_le_bytes());
    code.extend([0x49, 0x89, 0x02]); // mov [r10], rax
    code.extend([0x49, 0x3B, 0x62, 0x08]); // cmp rsp, [r10+8]
    code.extend([0x73, 0x04]); // jae over the next
    code.extend([0x49, 0x89, 0x62, 0x08]); // mov [r10+8], rsp
    code.extend([0x48, 0xB8]); // mov rax, target
    code.extend(target.to_le_bytes());
    code.extend([0xFF, 0xE0]); // jmp rax
    // SAFETY: an anonymous mapping at an address of the kernel's choice touches nothing else.
    let page = unsafe {
        libc::mmap(
            ptr::null_mut(),
            PAGE,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    assert!(page != libc::MAP_FAILED, "the host can map a page");
    // SAFETY: a fresh writable page, and the code is far shorter.
    unsafe { ptr::copy_nonoverlapping(code.as_ptr(), page.cast(), code.len()) };
    // SAFETY: our own page, which nobody writes from here on.
    let result = unsafe { libc::mprotect(page, PAGE, libc::PROT_READ | libc::PROT_EXEC) };
    assert_eq!(result, 0, "the host can change the protection of its own page");
    page as usize
}
