//! The C functions that compilers call. They are no crossings: an image copies as it computes.
#![allow(non_snake_case, reason = "Windows names")]

use std::ptr;

use crate::machine::trap;

use crate::door::exports::exports;

exports! {
    memcmp: le ANY, since unknown, "undocumented:string.h";
    memcpy: le ANY, since unknown, "undocumented:string.h";
    memmove = memcpy: le ANY, since unknown, "undocumented:string.h";
    memset: le ANY, since unknown, "undocumented:string.h";
}

/// # Safety
///
/// By the image, with pointers and lengths as the C standard demands; so for all here.
unsafe extern "win64" fn memcpy(to: *mut u8, from: *const u8, length: usize) -> *mut u8 {
    trap::crossed();
    // SAFETY: the image's own pointers and length, as memmove; a fault is the image's.
    unsafe { ptr::copy(from, to, length) };
    to
}

unsafe extern "win64" fn memset(to: *mut u8, value: i32, length: usize) -> *mut u8 {
    trap::crossed();
    // SAFETY: the image's own pointer and length; a fault is the image's.
    unsafe { ptr::write_bytes(to, value.to_le_bytes()[0], length) };
    to
}

unsafe extern "win64" fn memcmp(a: *const u8, b: *const u8, length: usize) -> i32 {
    trap::crossed();
    // SAFETY: the image's own pointers and length; a fault is the image's.
    unsafe { libc::memcmp(a.cast(), b.cast(), length) }
}
