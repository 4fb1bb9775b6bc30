//! Strings converted: between ANSI and Unicode, to capitals, from and to numbers and GUIDs.
#![allow(non_snake_case, reason = "Windows names")]

use super::string::{counted, upper};
use crate::door::crossing::{Crossing, cross};
use crate::door::exports::exports;
use crate::machine::raw;
use crate::nt::pool::{self, PoolRequest};

exports! {
    RtlAnsiStringToUnicodeString: le PASSIVE,
        fails STATUS_NO_MEMORY | STATUS_BUFFER_OVERFLOW by allocation, since 2195,
        "ddi:wdm/nf-wdm-rtlansistringtounicodestring";
    RtlCompareString: le PASSIVE, since 2195, "ddi:ntddk/nf-ntddk-rtlcomparestring";
    RtlFreeAnsiString: le APC, since 2195, "ddi:wdm/nf-wdm-rtlfreeansistring";
    RtlFreeUnicodeString: le APC, since 2195, "ddi:wdm/nf-wdm-rtlfreeunicodestring";
    RtlGUIDFromString: le PASSIVE, fails STATUS_INVALID_PARAMETER, since 2195,
        "ddi:wdm/nf-wdm-rtlguidfromstring";
    RtlIntegerToUnicodeString: le PASSIVE,
        fails STATUS_BUFFER_OVERFLOW | STATUS_INVALID_PARAMETER, since 2195,
        "ddi:wdm/nf-wdm-rtlintegertounicodestring";
    RtlPrefixUnicodeString: le PASSIVE, since 2195, "ddi:ntddk/nf-ntddk-rtlprefixunicodestring";
    RtlStringFromGUID: le PASSIVE, fails STATUS_NO_MEMORY by allocation, since 2195,
        "ddi:wdm/nf-wdm-rtlstringfromguid";
    RtlUnicodeStringToAnsiString: le PASSIVE,
        fails STATUS_NO_MEMORY | STATUS_BUFFER_OVERFLOW by allocation, since 2195,
        "ddi:wdm/nf-wdm-rtlunicodestringtoansistring";
    RtlUnicodeStringToInt64: le PASSIVE, fails STATUS_INVALID_PARAMETER, since unknown,
        "undocumented:wdm.h";
    RtlUnicodeStringToInteger: le PASSIVE, fails STATUS_INVALID_PARAMETER, since 2195,
        "ddi:wdm/nf-wdm-rtlunicodestringtointeger";
    RtlUpcaseUnicodeChar: le APC, since 2195, "ddi:wdm/nf-wdm-rtlupcaseunicodechar";
    RtlUpcaseUnicodeString: le APC, fails STATUS_NO_MEMORY | STATUS_BUFFER_OVERFLOW by allocation,
        since 2195, "ddi:ntddk/nf-ntddk-rtlupcaseunicodestring";
}

const NO_MEMORY: i32 = 0xC000_0017_u32.cast_signed();
const BUFFER_OVERFLOW: i32 = 0x8000_0005_u32.cast_signed();
const INVALID_PARAMETER: i32 = 0xC000_000D_u32.cast_signed();

/// The bytes of a counted ANSI string.
fn narrow(string: usize) -> Vec<u8> {
    let length: u16 = raw::get(string + counted::LENGTH);
    raw::bytes(raw::get(string + counted::BUFFER), usize::from(length))
}

fn bytes_of(units: &[u16]) -> Vec<u8> {
    units.iter().flat_map(|unit| unit.to_le_bytes()).collect()
}

/// Puts text into a counted string: into pool memory of its own, or into what it has.
fn put(world: &Crossing, target: usize, text: &[u8], terminator: usize, own: u8) -> i32 {
    if own != 0 {
        let bytes = text.len() + terminator;
        let Ok(maximum) = u16::try_from(bytes) else { return INVALID_PARAMETER };
        let ask = PoolRequest { bytes, tag: *b"Strg", zeroed: true, paged: true, owner: None };
        let Some(buffer) = pool::allocate(world, ask) else { return NO_MEMORY };
        raw::put(target + counted::MAXIMUM, maximum);
        raw::put(target + counted::BUFFER, buffer);
    }
    fill(target, text, terminator)
}

/// Puts text into the buffer of a counted string; the terminator if there is room for it.
fn fill(target: usize, text: &[u8], terminator: usize) -> i32 {
    let Ok(length) = u16::try_from(text.len()) else { return INVALID_PARAMETER };
    let room = usize::from(raw::get::<u16>(target + counted::MAXIMUM));
    if text.len() > room {
        return BUFFER_OVERFLOW;
    }
    let buffer: usize = raw::get(target + counted::BUFFER);
    raw::write(buffer, text);
    raw::put(target + counted::LENGTH, length);
    if text.len() + terminator <= room {
        raw::fill(buffer + text.len(), 0, terminator);
    }
    0
}

/// A byte of Windows-1252 is the same number in Unicode, but for those from 80 to 9F, which are control
/// characters here.
extern "win64" fn RtlAnsiStringToUnicodeString(target: usize, source: usize, own: u8) -> i32 {
    let world = cross();
    let units: Vec<u16> = narrow(source).into_iter().map(u16::from).collect();
    put(&world, target, &bytes_of(&units), 2, own)
}

extern "win64" fn RtlUnicodeStringToAnsiString(target: usize, source: usize, own: u8) -> i32 {
    let world = cross();
    let units = raw::unicode(source);
    let text: Vec<u8> = units.into_iter().map(|unit| u8::try_from(unit).unwrap_or(b'?')).collect();
    let room = usize::from(raw::get::<u16>(target + counted::MAXIMUM));
    if own == 0 && text.len() + 1 > room {
        return BUFFER_OVERFLOW;
    }
    put(&world, target, &text, 1, own)
}

extern "win64" fn RtlUpcaseUnicodeString(target: usize, source: usize, own: u8) -> i32 {
    let world = cross();
    let capitals: Vec<u16> = raw::unicode(source).into_iter().map(upper).collect();
    put(&world, target, &bytes_of(&capitals), 0, own)
}

extern "win64" fn RtlUpcaseUnicodeChar(unit: u16) -> u16 {
    let _ = cross();
    upper(unit)
}

/// Frees what a conversion allocated, and leaves an empty string.
fn release(world: &Crossing, string: usize) {
    let buffer: usize = raw::get(string + counted::BUFFER);
    if buffer != 0 {
        pool::free(world, buffer, None);
        raw::fill(string, 0, 16);
    }
}

extern "win64" fn RtlFreeUnicodeString(string: usize) {
    let world = cross();
    release(&world, string);
}

extern "win64" fn RtlFreeAnsiString(string: usize) {
    let world = cross();
    release(&world, string);
}

/// The difference of the first characters that differ, else of the lengths.
extern "win64" fn RtlCompareString(a: usize, b: usize, ignore_case: u8) -> i32 {
    let _ = cross();
    let fold = |mut text: Vec<u8>| {
        if ignore_case != 0 {
            text.make_ascii_uppercase();
        }
        text
    };
    let (a, b) = (fold(narrow(a)), fold(narrow(b)));
    let differ = a.iter().zip(&b).find(|(one, other)| one != other);
    let length = |text: &[u8]| i32::try_from(text.len()).unwrap_or(i32::MAX);
    differ
        .map_or_else(|| length(&a) - length(&b), |(one, other)| i32::from(*one) - i32::from(*other))
}

extern "win64" fn RtlPrefixUnicodeString(prefix: usize, text: usize, ignore_case: u8) -> u8 {
    let _ = cross();
    let fold = |text: Vec<u16>| -> Vec<u16> {
        if ignore_case == 0 { text } else { text.into_iter().map(upper).collect() }
    };
    u8::from(fold(raw::unicode(text)).starts_with(&fold(raw::unicode(prefix))))
}

/// Base 0 is told by a prefix: 0x, 0o, 0b; else it is 10.
/// The number at the beginning of a text, modulo 2^64, and how many UTF-16 units it takes; `None` for a base that
/// there is not.
fn number(text: &str, base: u32) -> Option<(u64, usize)> {
    let units = |text: &str| text.encode_utf16().count();
    let whole = units(text);
    let text = text.trim_start_matches(|c: char| c <= ' ');
    let (minus, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let prefixed = [("0x", 16), ("0o", 8), ("0b", 2)]
        .into_iter()
        .find_map(|(prefix, base)| Some((text.strip_prefix(prefix)?, base)));
    let (text, base) = match (base, prefixed) {
        (0, Some(found)) => found,
        (0, None) => (text, 10),
        (2 | 8 | 10 | 16, _) => (text, base),
        _ => return None,
    };
    let rest = text.trim_start_matches(|digit: char| digit.is_digit(base));
    let digits = text[..text.len() - rest.len()].chars().filter_map(|digit| digit.to_digit(base));
    let number = digits.fold(0_u64, |number, digit| {
        number.wrapping_mul(u64::from(base)).wrapping_add(u64::from(digit))
    });
    Some((if minus { number.wrapping_neg() } else { number }, whole - units(rest)))
}

extern "win64" fn RtlUnicodeStringToInteger(string: usize, base: u32, value: usize) -> i32 {
    let _ = cross();
    let Some((number, _)) = number(&raw::text(string), base) else { return INVALID_PARAMETER };
    let [a, b, c, d, ..] = number.to_le_bytes();
    raw::put(value, [a, b, c, d]);
    0
}

/// Where the number ends is told, too.
extern "win64" fn RtlUnicodeStringToInt64(
    string: usize,
    base: u32,
    value: usize,
    end: usize,
) -> i32 {
    let _ = cross();
    let Some((number, units)) = number(&raw::text(string), base) else { return INVALID_PARAMETER };
    raw::put(value, number);
    if end != 0 {
        let buffer: usize = raw::get(string + counted::BUFFER);
        raw::put(end, buffer + 2 * units);
    }
    0
}

extern "win64" fn RtlIntegerToUnicodeString(value: u32, base: u32, target: usize) -> i32 {
    let _ = cross();
    let text = match base {
        0 | 10 => value.to_string(),
        2 => format!("{value:b}"),
        8 => format!("{value:o}"),
        16 => format!("{value:X}"),
        _ => return INVALID_PARAMETER,
    };
    let units: Vec<u16> = text.encode_utf16().collect();
    fill(target, &bytes_of(&units), 2)
}

extern "win64" fn RtlStringFromGUID(guid: usize, target: usize) -> i32 {
    let world = cross();
    let (first, second): (u32, u16) = (raw::get(guid), raw::get(guid + 4));
    let (third, rest): (u16, [u8; 8]) = (raw::get(guid + 6), raw::get(guid + 8));
    let rest = u64::from_be_bytes(rest);
    let (fourth, last) = (rest >> 48, rest & 0xFFFF_FFFF_FFFF);
    let text = format!("{{{first:08X}-{second:04X}-{third:04X}-{fourth:04X}-{last:012X}}}");
    let units: Vec<u16> = text.encode_utf16().collect();
    put(&world, target, &bytes_of(&units), 2, 1)
}

extern "win64" fn RtlGUIDFromString(string: usize, guid: usize) -> i32 {
    let _ = cross();
    let text = raw::text(string);
    let Some(bytes) = parse_guid(&text) else { return INVALID_PARAMETER };
    raw::put(guid, bytes);
    0
}

/// `{00000000-0000-0000-0000-000000000000}` as Windows keeps it.
fn parse_guid(text: &str) -> Option<[u8; 16]> {
    let inner = text.strip_prefix('{')?.strip_suffix('}')?;
    let parts: Vec<&str> = inner.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    if lengths != [8, 4, 4, 4, 12] {
        return None;
    }
    let digits: String = parts.concat();
    let number = u128::from_str_radix(&digits, 16).ok()?;
    let mut bytes = number.to_be_bytes();
    bytes[..4].reverse();
    bytes[4..6].reverse();
    bytes[6..8].reverse();
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::structure::unicode_string;
    use crate::machine::block::Block;
    use crate::nt::pool::Pool;
    use crate::world::sample::machine;

    fn empty() -> Block {
        Block::with(&[0; 16], false)
    }

    #[test]
    fn text_goes_from_ansi_to_unicode_and_back_and_what_was_allocated_is_freed() {
        machine(0, |world| {
            let (bytes, ansi) = (Block::with(b"eth0", false), empty());
            raw::put(ansi.address(), [4_u16, 4]);
            raw::put(ansi.address() + 8, bytes.address());
            let (wide, back) = (empty(), empty());
            let (at, again) = (wide.address(), back.address());
            assert_eq!(RtlAnsiStringToUnicodeString(at, ansi.address(), 1), 0);
            assert_eq!((raw::text(at), raw::get::<[u16; 2]>(at)), ("eth0".to_owned(), [8, 10]));
            assert_eq!(RtlUnicodeStringToAnsiString(again, at, 1), 0);
            assert_eq!(RtlCompareString(again, ansi.address(), 0), 0);
            assert_eq!(RtlUnicodeStringToAnsiString(ansi.address(), at, 0), BUFFER_OVERFLOW);
            RtlFreeUnicodeString(at);
            RtlFreeAnsiString(again);
            assert_eq!(world.of::<Pool>().borrow().live().count(), 0);
        });
    }

    #[test]
    fn numbers_and_guids_are_read_and_written() {
        machine(0, |world| {
            let value = Block::of(0_u32);
            let read = |text: &str, base| {
                let string = unicode_string(text);
                let status = RtlUnicodeStringToInteger(string[0].address(), base, value.address());
                (status, raw::get::<u32>(value.address()))
            };
            assert_eq!([read("0x1F", 0), read(" -1", 0)], [(0, 31), (0, u32::MAX)]);
            assert_eq!([read("777", 8), read("12z", 10)], [(0, 511), (0, 12)]);
            assert_eq!(read("1", 3).0, INVALID_PARAMETER);
            let text = "{6F0D3B1E-52C4-4C0E-9C57-3B7E1D9A8F24}";
            let (guid, out) = (Block::with(&[0; 16], false), empty());
            let string = unicode_string(text);
            assert_eq!(RtlGUIDFromString(string[0].address(), guid.address()), 0);
            assert_eq!(raw::get::<u32>(guid.address()), 0x6F0D_3B1E);
            assert_eq!(RtlStringFromGUID(guid.address(), out.address()), 0);
            assert_eq!(raw::text(out.address()), text);
            RtlFreeUnicodeString(out.address());
            let short = unicode_string("{6F0D3B1E}");
            assert_eq!(RtlGUIDFromString(short[0].address(), guid.address()), INVALID_PARAMETER);
            assert_eq!(world.of::<Pool>().borrow().live().count(), 0);
        });
    }

    #[test]
    fn prefixes_and_orders_may_ignore_case() {
        machine(0, |_| {
            let (long, short) = (unicode_string("\\Device\\x"), unicode_string("\\DEVICE"));
            let (long, short) = (long[0].address(), short[0].address());
            assert_eq!(
                [RtlPrefixUnicodeString(short, long, 0), RtlPrefixUnicodeString(short, long, 1)],
                [0, 1]
            );
            let (bytes, capitals) = (Block::with(b"ab", false), Block::with(b"AC", false));
            let (a, b) = (empty(), empty());
            for (string, buffer) in [(&a, &bytes), (&b, &capitals)] {
                raw::put(string.address(), [2_u16, 2]);
                raw::put(string.address() + 8, buffer.address());
            }
            assert_eq!(RtlCompareString(a.address(), b.address(), 0), 0x61 - 0x41);
            assert_eq!(RtlCompareString(a.address(), b.address(), 1), -1);
            assert_eq!(RtlUpcaseUnicodeChar(0xE4), 0xC4);
        });
    }
}
