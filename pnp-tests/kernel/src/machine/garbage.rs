//! What memory holds that nobody has written: one byte, over and over.
//!
//! A driver that reads it does what the byte says. So two runs that differ in the byte alone show
//! that it did: see `journal::garbage`.

use std::cell::Cell;
use std::hint::black_box;
use std::mem::MaybeUninit;

/// Usually: a number that one recognises, and an address that faults.
pub const USUAL: u8 = 0xDD;
/// For comparison: what a flag, a count or a pointer is taken for when it is not set.
pub const OTHER: u8 = 0;
/// How much of the stack below a callback is filled. Frames of drivers are smaller as a rule.
const STACK_BYTES: usize = 8 * 1024;

thread_local! {
    static BYTE: Cell<u8> = const { Cell::new(USUAL) };
}

/// The byte that this host thread's blocks and stacks are filled with.
pub fn byte() -> u8 {
    BYTE.get()
}

/// Sets it, for everything that is filled from here on.
pub fn set(byte: u8) {
    BYTE.set(byte);
}

/// Fills the stack below the caller, where the image's frames will be.
#[inline(never)]
pub fn fill_stack() {
    let mut room = [MaybeUninit::<u8>::uninit(); STACK_BYTES];
    room.fill(MaybeUninit::new(byte()));
    black_box(&mut room);
}
