//! Lengths and orders of C strings, and what compilers link to.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::exports::exports;
use crate::machine::{raw, trap};

exports! {
    strcmp: le ANY, since unknown, "undocumented:string.h";
    strlen: le ANY, since unknown, "undocumented:string.h";
    strncmp: le ANY, since unknown, "undocumented:string.h";
    wcscmp: le ANY, since unknown, "undocumented:string.h";
    wcslen: le ANY, since unknown, "undocumented:string.h";
    wcsncmp: le ANY, since unknown, "undocumented:string.h";
}

extern "win64" fn strlen(text: usize) -> usize {
    trap::crossed();
    raw::narrow(text).len()
}

extern "win64" fn wcslen(text: usize) -> usize {
    trap::crossed();
    raw::wide(text).len()
}

fn order(ordering: std::cmp::Ordering) -> i32 {
    match ordering {
        std::cmp::Ordering::Less => -1,
        std::cmp::Ordering::Equal => 0,
        std::cmp::Ordering::Greater => 1,
    }
}

extern "win64" fn strcmp(a: usize, b: usize) -> i32 {
    trap::crossed();
    order(raw::narrow(a).cmp(&raw::narrow(b)))
}

extern "win64" fn wcscmp(a: usize, b: usize) -> i32 {
    trap::crossed();
    order(raw::wide(a).cmp(&raw::wide(b)))
}

/// At most so many characters, fewer if a terminator comes first.
fn first<T: Copy + Default + PartialEq>(text: usize, most: usize) -> Vec<T> {
    let at = |index: usize| raw::get::<T>(text + index * size_of::<T>());
    (0..most).map(at).take_while(|unit| *unit != T::default()).collect()
}

extern "win64" fn strncmp(a: usize, b: usize, most: usize) -> i32 {
    trap::crossed();
    order(first::<u8>(a, most).cmp(&first::<u8>(b, most)))
}

extern "win64" fn wcsncmp(a: usize, b: usize, most: usize) -> i32 {
    trap::crossed();
    order(first::<u16>(a, most).cmp(&first::<u16>(b, most)))
}
