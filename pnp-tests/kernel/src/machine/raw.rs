//! Reading and writing the image's memory on its behalf.
//!
//! These functions are safe to call although an address may be anything: the image runs in this
//! address space and can touch all of it with its own instructions, so a crossing that does so for
//! it adds nothing. A wrong address faults, and the trap ends the thread that asked.

use std::ptr;

/// Longer texts are missing their terminator.
const LONGEST: usize = 1 << 20;

/// An address as the pointer that a structure holds or a function is called with.
pub fn pointer<T>(address: usize) -> *mut T {
    ptr::with_exposed_provenance_mut(address)
}

/// NULL faults as every wrong address does. In a checked build the standard library would look for it
/// first, and end the host.
fn fault_at_null(address: usize) {
    if address == 0 {
        // SAFETY: a load that faults, which ends the thread of the image that asked for it.
        unsafe {
            std::arch::asm!("test byte ptr [{0}], 0", in(reg) address, options(nostack, readonly));
        };
    }
}

/// The value of type `T` at `address`, aligned or not. `T` is a number or an ABI structure: any
/// bits are a value of it.
pub fn get<T: Copy>(address: usize) -> T {
    fault_at_null(address);
    // SAFETY: as the module says; unaligned reads are allowed by the call.
    unsafe { ptr::with_exposed_provenance::<T>(address).read_unaligned() }
}

/// Writes `value` to `address`, aligned or not.
pub fn put<T: Copy>(address: usize, value: T) {
    fault_at_null(address);
    // SAFETY: as the module says; unaligned writes are allowed by the call.
    unsafe { ptr::with_exposed_provenance_mut::<T>(address).write_unaligned(value) };
}

/// A copy of `length` bytes.
pub fn bytes(address: usize, length: usize) -> Vec<u8> {
    let mut copy = vec![0_u8; length];
    if length == 0 {
        return copy;
    }
    fault_at_null(address);
    // SAFETY: the room was made just now; the source is as the module says.
    unsafe {
        ptr::copy_nonoverlapping(ptr::with_exposed_provenance(address), copy.as_mut_ptr(), length);
    }
    copy
}

/// Writes `bytes` to `address`.
pub fn write(address: usize, bytes: &[u8]) {
    let to = ptr::with_exposed_provenance_mut(address);
    // SAFETY: the source is host memory of that length; the target is as the module says.
    unsafe { ptr::copy(bytes.as_ptr(), to, bytes.len()) };
}

/// A copy of `length` bytes; `None` where there is no memory, or none to be read.
pub fn try_bytes(address: usize, length: usize) -> Option<Vec<u8>> {
    let mut copy = vec![0_u8; length];
    let (here, there) =
        (piece(copy.as_mut_ptr().expose_provenance(), length), piece(address, length));
    // SAFETY: the system checks the other side and answers with an error; this side is a vector of that
    // length.
    let read = unsafe { libc::process_vm_readv(own(), &raw const here, 1, &raw const there, 1, 0) };
    (usize::try_from(read) == Ok(length)).then_some(copy)
}

/// Writes `bytes` to `address`, if there is memory that can be written; says whether.
pub fn try_write(address: usize, bytes: &[u8]) -> bool {
    let here = piece(bytes.as_ptr().expose_provenance(), bytes.len());
    let there = piece(address, bytes.len());
    // SAFETY: as in `try_bytes`; the system only reads this side. The image could write there itself.
    let written =
        unsafe { libc::process_vm_writev(own(), &raw const here, 1, &raw const there, 1, 0) };
    usize::try_from(written) == Ok(bytes.len())
}

/// This process, as system calls name it.
fn own() -> libc::pid_t {
    std::process::id().cast_signed()
}

fn piece(address: usize, length: usize) -> libc::iovec {
    libc::iovec { iov_base: ptr::with_exposed_provenance_mut(address), iov_len: length }
}

/// Writes `length` times `value`.
pub fn fill(address: usize, value: u8, length: usize) {
    let to: *mut u8 = ptr::with_exposed_provenance_mut(address);
    // SAFETY: as the module says.
    unsafe { to.write_bytes(value, length) };
}

/// The text of a counted UTF-16 string: `Length` bytes at `Buffer` of a UNICODE_STRING.
pub fn unicode(string: usize) -> Vec<u16> {
    let length: u16 = get(string);
    let buffer: usize = get(string + 8);
    let bytes = bytes(buffer, usize::from(length) & !1);
    bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect()
}

/// The string's text for a person to read; empty for NULL.
pub fn text(string: usize) -> String {
    if string == 0 { String::new() } else { String::from_utf16_lossy(&unicode(string)) }
}

/// UTF-16 up to its terminator.
pub fn wide(address: usize) -> Vec<u16> {
    let units = (0..LONGEST).map(|index| get::<u16>(address + 2 * index));
    units.take_while(|unit| *unit != 0).collect()
}

/// Bytes up to their terminator.
pub fn narrow(address: usize) -> Vec<u8> {
    let bytes = (0..LONGEST).map(|index| get::<u8>(address + index));
    bytes.take_while(|byte| *byte != 0).collect()
}
