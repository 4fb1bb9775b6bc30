//! The rest of the C library that the kernel exports: characters, numbers in text, sorting, memory.
#![allow(non_snake_case, reason = "Windows names")]

use std::cmp::Ordering;

use crate::door::exports::exports;
use crate::machine::raw::{self, pointer};
use crate::machine::trap;

exports! {
    _wtoi: le ANY, since unknown, "undocumented:wchar.h";
    _wtol = _wtoi: le ANY, since unknown, "undocumented:wchar.h";
    atoi: le ANY, since unknown, "undocumented:stdlib.h";
    atol = atoi: le ANY, since unknown, "undocumented:stdlib.h";
    bsearch: le ANY, fails NULL, since unknown, "undocumented:stdlib.h";
    isdigit: le ANY, since unknown, "undocumented:ctype.h";
    islower: le ANY, since unknown, "undocumented:ctype.h";
    isprint: le ANY, since unknown, "undocumented:ctype.h";
    isspace: le ANY, since unknown, "undocumented:ctype.h";
    isupper: le ANY, since unknown, "undocumented:ctype.h";
    isxdigit: le ANY, since unknown, "undocumented:ctype.h";
    memchr: le ANY, fails NULL, since unknown, "undocumented:string.h";
    qsort: le ANY, since unknown, "undocumented:stdlib.h";
    tolower: le ANY, since unknown, "undocumented:ctype.h";
    toupper: le ANY, since unknown, "undocumented:ctype.h";
    towlower: le ANY, since unknown, "undocumented:ctype.h";
    towupper: le ANY, since unknown, "undocumented:ctype.h";
}

/// A character of the "C" locale, which has no others.
fn ascii(character: i32) -> Option<u8> {
    u8::try_from(character).ok().filter(u8::is_ascii)
}

fn is(character: i32, test: fn(&u8) -> bool) -> i32 {
    trap::crossed();
    i32::from(ascii(character).is_some_and(|character| test(&character)))
}

extern "win64" fn isdigit(character: i32) -> i32 {
    is(character, u8::is_ascii_digit)
}

extern "win64" fn islower(character: i32) -> i32 {
    is(character, u8::is_ascii_lowercase)
}

extern "win64" fn isprint(character: i32) -> i32 {
    is(character, |character| (0x20..0x7F).contains(character))
}

/// The vertical tab counts, which Rust's function leaves out.
extern "win64" fn isspace(character: i32) -> i32 {
    is(character, |character| character.is_ascii_whitespace() || *character == 0x0B)
}

extern "win64" fn isupper(character: i32) -> i32 {
    is(character, u8::is_ascii_uppercase)
}

extern "win64" fn isxdigit(character: i32) -> i32 {
    is(character, u8::is_ascii_hexdigit)
}

extern "win64" fn tolower(character: i32) -> i32 {
    trap::crossed();
    ascii(character).map_or(character, |character| i32::from(character.to_ascii_lowercase()))
}

extern "win64" fn toupper(character: i32) -> i32 {
    trap::crossed();
    ascii(character).map_or(character, |character| i32::from(character.to_ascii_uppercase()))
}

extern "win64" fn towlower(character: u16) -> u16 {
    tolower(i32::from(character))
        .to_le_bytes()
        .first()
        .map_or(character, |low| if character < 0x80 { u16::from(*low) } else { character })
}

extern "win64" fn towupper(character: u16) -> u16 {
    toupper(i32::from(character))
        .to_le_bytes()
        .first()
        .map_or(character, |low| if character < 0x80 { u16::from(*low) } else { character })
}

/// Spaces, a sign and digits; what does not fit wraps.
fn number(mut text: impl Iterator<Item = u16>) -> i32 {
    let is_space = |unit: &u16| matches!(unit, 0x09..=0x0D | 0x20);
    let mut next = text.find(|unit| !is_space(unit));
    let minus = next == Some(0x2D);
    if minus || next == Some(0x2B) {
        next = text.next();
    }
    let mut value = 0_i32;
    while let Some(digit) = next.filter(|unit| (0x30..0x3A).contains(unit)) {
        value = value.wrapping_mul(10).wrapping_add(i32::from(digit - 0x30));
        next = text.next();
    }
    if minus { value.wrapping_neg() } else { value }
}

extern "win64" fn atoi(text: usize) -> i32 {
    trap::crossed();
    number((0..).map(|index| u16::from(raw::get::<u8>(text + index))))
}

extern "win64" fn _wtoi(text: usize) -> i32 {
    trap::crossed();
    number((0..).map(|index| raw::get(text + 2 * index)))
}

extern "win64" fn memchr(memory: usize, wanted: i32, length: usize) -> usize {
    trap::crossed();
    let wanted = wanted.to_le_bytes()[0];
    let found = (0..length).find(|index| raw::get::<u8>(memory + index) == wanted);
    found.map_or(0, |index| memory + index)
}

/// A comparison routine of the driver's.
type OnCompare = unsafe extern "win64" fn(*const u8, *const u8) -> i32;

/// # Safety
///
/// `routine` is the address of a routine of this type.
unsafe fn comparison(routine: usize) -> impl Fn(usize, usize) -> Ordering {
    // SAFETY: as the caller says.
    let routine = unsafe { std::mem::transmute::<usize, OnCompare>(routine) };
    // SAFETY: the driver's own routine and elements.
    move |a, b| unsafe { routine(pointer(a), pointer(b)) }.cmp(&0)
}

/// An insertion sort: it asks for elements where they lie, as a routine may demand, and bears one that has
/// no order.
extern "win64" fn qsort(base: usize, count: usize, width: usize, routine: usize) {
    trap::crossed();
    // SAFETY: the address that the driver gave for such a routine.
    let order = unsafe { comparison(routine) };
    for sorted in 1..count {
        let mut at = sorted;
        while at > 0 {
            let (one, next) = (base + width * (at - 1), base + width * at);
            if order(one, next) != Ordering::Greater {
                break;
            }
            let (low, high) = (raw::bytes(one, width), raw::bytes(next, width));
            raw::write(one, &high);
            raw::write(next, &low);
            at -= 1;
        }
    }
}

extern "win64" fn bsearch(
    key: usize,
    base: usize,
    count: usize,
    width: usize,
    routine: usize,
) -> usize {
    trap::crossed();
    // SAFETY: the address that the driver gave for such a routine.
    let order = unsafe { comparison(routine) };
    let (mut from, mut to) = (0, count);
    while from < to {
        let middle = from + (to - from) / 2;
        let element = base + width * middle;
        match order(key, element) {
            Ordering::Equal => return element,
            Ordering::Less => to = middle,
            Ordering::Greater => from = middle + 1,
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::block::Block;
    use crate::world::sample::machine;

    extern "win64" fn by_value(a: usize, b: usize) -> i32 {
        raw::get::<i32>(a) - raw::get::<i32>(b)
    }

    #[test]
    fn elements_are_sorted_and_found_by_the_drivers_own_order() {
        machine(0, |_| {
            let routine = by_value as *const () as usize;
            let block = Block::of([5_i32, -1, 9, 0, 5]);
            let base = block.address();
            qsort(base, 5, 4, routine);
            assert_eq!(raw::get::<[i32; 5]>(base), [-1, 0, 5, 5, 9]);
            let (there, not) = (Block::of(9_i32), Block::of(4_i32));
            assert_eq!(bsearch(there.address(), base, 5, 4, routine), base + 16);
            assert_eq!(bsearch(not.address(), base, 5, 4, routine), 0);
        });
    }

    #[test]
    fn numbers_and_characters_are_those_of_the_c_locale() {
        machine(0, |_| {
            let number = |text: &str| {
                let text = Block::with(text.as_bytes(), false);
                atoi(text.address())
            };
            assert_eq!([number(" \t-42x"), number("+7 "), number("x")], [-42, 7, 0]);
            assert_eq!([toupper(0x61), toupper(0xE4), tolower(0x5A)], [0x41, 0xE4, 0x7A]);
            assert_eq!([towupper(0x61), towupper(0xE4), towlower(0x5A)], [0x41, 0xE4, 0x7A]);
            assert_eq!([isdigit(0x30), isspace(0x0B), isxdigit(0x67), isprint(0x7F)], [1, 1, 0, 0]);
            let bytes = Block::with(b"abc", false);
            assert_eq!(memchr(bytes.address(), 0x63, 3), bytes.address() + 2);
            assert_eq!(memchr(bytes.address(), 0x64, 3), 0);
        });
    }
}
