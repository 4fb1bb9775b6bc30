//! Strings of UTF-16 units, as the C library has them.
#![allow(non_snake_case, clippy::used_underscore_items, reason = "Windows names")]

use crate::door::exports::exports;
use crate::machine::{raw, trap};

exports! {
    _wcsicmp: le ANY, since unknown, "undocumented:wchar.h";
    _wcslwr: le ANY, since unknown, "undocumented:wchar.h";
    _wcsnicmp: le ANY, since unknown, "undocumented:wchar.h";
    _wcsupr: le ANY, since unknown, "undocumented:wchar.h";
    wcscat: le ANY, since unknown, "undocumented:wchar.h";
    wcscat_s: le ANY, fails EINVAL | ERANGE, since unknown, "undocumented:wchar.h";
    wcschr: le ANY, since unknown, "undocumented:wchar.h";
    wcscpy: le ANY, since unknown, "undocumented:wchar.h";
    wcscpy_s: le ANY, fails EINVAL | ERANGE, since unknown, "undocumented:wchar.h";
    wcsncat: le ANY, since unknown, "undocumented:wchar.h";
    wcsncat_s: le ANY, fails EINVAL | ERANGE, since unknown, "undocumented:wchar.h";
    wcsncpy: le ANY, since unknown, "undocumented:wchar.h";
    wcsncpy_s: le ANY, fails EINVAL | ERANGE, since unknown, "undocumented:wchar.h";
    wcsnlen: le ANY, since unknown, "undocumented:wchar.h";
    wcsrchr: le ANY, since unknown, "undocumented:wchar.h";
    wcsspn: le ANY, since unknown, "undocumented:wchar.h";
    wcsstr: le ANY, since unknown, "undocumented:wchar.h";
}

/// One character.
type Char = u16;
/// Bytes of a character.
const WIDTH: usize = size_of::<Char>();
/// errno_t: EINVAL and ERANGE.
const EINVAL: i32 = 22;
const ERANGE: i32 = 34;
/// _TRUNCATE, and what a cut text is answered with, STRUNCATE.
const TRUNCATE: usize = usize::MAX;
const STRUNCATE: i32 = 80;

fn at(text: usize, index: usize) -> Char {
    raw::get(text + WIDTH * index)
}

fn put(text: usize, index: usize, value: Char) {
    raw::put(text + WIDTH * index, value);
}

/// The characters before the terminator, at most so many.
fn first(text: usize, most: usize) -> Vec<Char> {
    (0..most).map(|index| at(text, index)).take_while(|unit| *unit != 0).collect()
}

fn whole(text: usize) -> Vec<Char> {
    first(text, usize::MAX)
}

fn write(to: usize, text: &[Char]) {
    for (index, unit) in text.iter().enumerate() {
        put(to, index, *unit);
    }
}

/// A letter of ASCII as a small one: the locale of the kernel's C library is "C".
fn small(unit: Char) -> Char {
    if (0x41..=0x5A).contains(&unit) { unit + 0x20 } else { unit }
}

fn capital(unit: Char) -> Char {
    if (0x61..=0x7A).contains(&unit) { unit - 0x20 } else { unit }
}

/// Less, equal or greater, up to the first difference: nothing behind it is read.
fn compared(a: usize, b: usize, most: usize, of: fn(Char) -> Char) -> i32 {
    for index in 0..most {
        let (one, other) = (of(at(a, index)), of(at(b, index)));
        if one != other {
            return if one < other { -1 } else { 1 };
        }
        if one == 0 {
            break;
        }
    }
    0
}

extern "win64" fn wcscpy(target: usize, source: usize) -> usize {
    trap::crossed();
    let mut text = whole(source);
    text.push(0);
    write(target, &text);
    target
}

/// Fills up with zeros; without a terminator if the source is as long as the count.
extern "win64" fn wcsncpy(target: usize, source: usize, count: usize) -> usize {
    trap::crossed();
    let text = first(source, count);
    write(target, &text);
    for index in text.len()..count {
        put(target, index, 0);
    }
    target
}

extern "win64" fn wcscat(target: usize, source: usize) -> usize {
    trap::crossed();
    let mut text = whole(source);
    text.push(0);
    write(target + WIDTH * whole(target).len(), &text);
    target
}

extern "win64" fn wcsncat(target: usize, source: usize, count: usize) -> usize {
    trap::crossed();
    let mut text = first(source, count);
    text.push(0);
    write(target + WIDTH * whole(target).len(), &text);
    target
}

extern "win64" fn wcsnlen(text: usize, most: usize) -> usize {
    trap::crossed();
    first(text, most).len()
}

extern "win64" fn _wcsicmp(a: usize, b: usize) -> i32 {
    trap::crossed();
    compared(a, b, usize::MAX, small)
}

extern "win64" fn _wcsnicmp(a: usize, b: usize, most: usize) -> i32 {
    trap::crossed();
    compared(a, b, most, small)
}

/// The first place of a character; its terminator counts.
extern "win64" fn wcschr(text: usize, wanted: i32) -> usize {
    trap::crossed();
    let wanted = u16::from_le_bytes([wanted.to_le_bytes()[0], wanted.to_le_bytes()[1]]);
    let mut index = 0;
    loop {
        match at(text, index) {
            unit if unit == wanted => return text + WIDTH * index,
            0 => return 0,
            _ => index += 1,
        }
    }
}

extern "win64" fn wcsrchr(text: usize, wanted: i32) -> usize {
    trap::crossed();
    let wanted = u16::from_le_bytes([wanted.to_le_bytes()[0], wanted.to_le_bytes()[1]]);
    let mut units = whole(text);
    units.push(0);
    units.iter().rposition(|unit| *unit == wanted).map_or(0, |index| text + WIDTH * index)
}

extern "win64" fn wcsstr(text: usize, wanted: usize) -> usize {
    trap::crossed();
    let (units, wanted) = (whole(text), whole(wanted));
    if wanted.is_empty() {
        return text;
    }
    let found = units.windows(wanted.len()).position(|part| *part == *wanted);
    found.map_or(0, |index| text + WIDTH * index)
}

extern "win64" fn wcsspn(text: usize, among: usize) -> usize {
    trap::crossed();
    let among = whole(among);
    whole(text).iter().take_while(|unit| among.contains(unit)).count()
}

extern "win64" fn _wcslwr(text: usize) -> usize {
    trap::crossed();
    let small: Vec<Char> = whole(text).into_iter().map(small).collect();
    write(text, &small);
    text
}

extern "win64" fn _wcsupr(text: usize) -> usize {
    trap::crossed();
    let capitals: Vec<Char> = whole(text).into_iter().map(capital).collect();
    write(text, &capitals);
    text
}

extern "win64" fn wcscpy_s(target: usize, room: usize, source: usize) -> i32 {
    trap::crossed();
    checked(target, room, source).unwrap_or_else(|| fit(target, room, 0, &whole(source), false))
}

extern "win64" fn wcsncpy_s(target: usize, room: usize, source: usize, count: usize) -> i32 {
    trap::crossed();
    let cut = count == TRUNCATE;
    checked(target, room, source)
        .unwrap_or_else(|| fit(target, room, 0, &first(source, count), cut))
}

extern "win64" fn wcscat_s(target: usize, room: usize, source: usize) -> i32 {
    trap::crossed();
    checked(target, room, source).unwrap_or_else(|| append(target, room, &whole(source), false))
}

extern "win64" fn wcsncat_s(target: usize, room: usize, source: usize, count: usize) -> i32 {
    trap::crossed();
    let cut = count == TRUNCATE;
    checked(target, room, source)
        .unwrap_or_else(|| append(target, room, &first(source, count), cut))
}

/// A target that is not terminated within its room is no string.
fn append(target: usize, room: usize, text: &[Char], cut: bool) -> i32 {
    let start = first(target, room).len();
    if start == room {
        put(target, 0, 0);
        return EINVAL;
    }
    fit(target, room, start, text, cut)
}

/// The room that a target has, checked as the `_s` functions do; an errno_t when there is none.
fn checked(target: usize, room: usize, source: usize) -> Option<i32> {
    if target == 0 || room == 0 {
        return Some(EINVAL);
    }
    if source == 0 {
        put(target, 0, 0);
        return Some(EINVAL);
    }
    None
}

/// Writes `text` behind `start` characters of the target, which is emptied if it does not fit.
fn fit(target: usize, room: usize, start: usize, text: &[Char], cut: bool) -> i32 {
    let free = room - start;
    if text.len() < free {
        write(target + WIDTH * start, text);
        put(target, start + text.len(), 0);
        return 0;
    }
    if cut {
        write(target + WIDTH * start, &text[..free - 1]);
        put(target, room - 1, 0);
        return STRUNCATE;
    }
    put(target, 0, 0);
    ERANGE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::block::Block;
    use crate::world::sample::machine;

    fn string(text: &str) -> Block {
        let bytes = text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        Block::with(&bytes, false)
    }

    fn text(address: usize) -> String {
        whole(address).into_iter().map(|unit| char::from(unit.to_le_bytes()[0])).collect()
    }

    #[test]
    fn copies_end_where_the_standard_says() {
        machine(0, |_| {
            let target = string("xxxxxxxx");
            let at_target = target.address();
            assert_eq!(wcscpy(at_target, string("ab").address()), at_target);
            wcscat(at_target, string("cd").address());
            wcsncat(at_target, string("efgh").address(), 1);
            assert_eq!(text(at_target), "abcde");
            wcsncpy(at_target, string("zz").address(), 8);
            assert_eq!((text(at_target), at(at_target, 7)), ("zz".to_owned(), 0), "filled up");
            wcsncpy(at_target, string("abcdefghi").address(), 8);
            assert_eq!((at(at_target, 7), wcsnlen(at_target, 8)), (0x68, 8), "not terminated");
        });
    }

    #[test]
    fn what_is_looked_for_is_found_and_cases_can_be_ignored() {
        machine(0, |_| {
            let (a, b) = (string("eth0-eth1"), string("ETH0-x"));
            let (start, other) = (a.address(), b.address());
            assert_eq!(wcschr(start, 0x68), start + WIDTH * 2);
            assert_eq!(wcsrchr(start, 0x68), start + WIDTH * 7);
            assert_eq!(wcschr(start, 0), start + WIDTH * 9, "the terminator");
            assert_eq!(wcschr(start, 0x7A), 0);
            assert_eq!(wcsstr(start, string("eth1").address()), start + WIDTH * 5);
            assert_eq!(wcsstr(start, string("eth2").address()), 0);
            assert_eq!([_wcsicmp(start, other), _wcsnicmp(start, other, 5)], [-1, 0]);
            assert_eq!(wcsspn(start, string("eth").address()), 3);
            assert_eq!(text(_wcsupr(start)), "ETH0-ETH1");
            assert_eq!(text(_wcslwr(start)), "eth0-eth1");
        });
    }

    #[test]
    fn the_safe_functions_empty_a_target_that_is_too_small_or_cut() {
        machine(0, |_| {
            let target = string("....");
            let target = target.address();
            assert_eq!(wcscpy_s(target, 4, string("abc").address()), 0);
            assert_eq!(wcscat_s(target, 4, string("d").address()), ERANGE);
            assert_eq!(text(target), "");
            assert_eq!(wcsncpy_s(target, 4, string("abcdef").address(), TRUNCATE), STRUNCATE);
            assert_eq!(text(target), "abc");
            assert_eq!(wcsncat_s(target, 5, string("def").address(), 1), 0);
            assert_eq!(text(target), "abcd");
            assert_eq!(wcscpy_s(target, 0, target), EINVAL);
        });
    }
}
