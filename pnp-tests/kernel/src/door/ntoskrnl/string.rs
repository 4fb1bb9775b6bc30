//! Rtl strings, memory, the version.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::cross;
use crate::door::exports::exports;
use crate::machine::raw;
use crate::nt::version::BUILD;

exports! {
    RtlAppendUnicodeStringToString: le ANY, fails STATUS_BUFFER_TOO_SMALL, since 2195,
        "ddi:wdm/nf-wdm-rtlappendunicodestringtostring";
    RtlAppendUnicodeToString: le ANY, fails STATUS_BUFFER_TOO_SMALL, since 2195,
        "ddi:wdm/nf-wdm-rtlappendunicodetostring";
    RtlCompareMemory: le ANY, since 2195, "ddi:wdm/nf-wdm-rtlcomparememory";
    RtlCompareUnicodeString: le PASSIVE, since 2195, "ddi:wdm/nf-wdm-rtlcompareunicodestring";
    RtlCopyUnicodeString: le ANY, since 2195, "ddi:wdm/nf-wdm-rtlcopyunicodestring";
    RtlEqualString: le PASSIVE, since 2195, "ddi:ntddk/nf-ntddk-rtlequalstring";
    RtlEqualUnicodeString: le PASSIVE, since 2195, "ddi:wdm/nf-wdm-rtlequalunicodestring";
    RtlGetVersion: le PASSIVE, since 2195, "ddi:wdm/nf-wdm-rtlgetversion";
    RtlInitAnsiString = RtlInitString: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-rtlinitansistring";
    RtlInitString: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-rtlinitstring";
    RtlInitUnicodeString: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-rtlinitunicodestring";
}

const BUFFER_TOO_SMALL: i32 = 0xC000_0023_u32.cast_signed();

/// UNICODE_STRING and STRING: Length, MaximumLength, Buffer.
pub(super) mod counted {
    pub const LENGTH: usize = 0;
    pub const MAXIMUM: usize = 2;
    pub const BUFFER: usize = 8;
}

fn initialise(string: usize, buffer: usize, bytes: usize, terminator: usize) {
    let length = |bytes: usize| u16::try_from(bytes).unwrap_or(u16::MAX);
    let present = buffer != 0;
    raw::put(string + counted::LENGTH, if present { length(bytes) } else { 0 });
    raw::put(string + counted::MAXIMUM, if present { length(bytes + terminator) } else { 0 });
    raw::put(string + counted::BUFFER, buffer);
}

extern "win64" fn RtlInitUnicodeString(string: usize, source: usize) {
    let _ = cross();
    let length = if source == 0 { 0 } else { raw::wide(source).len() };
    initialise(string, source, 2 * length, 2);
}

extern "win64" fn RtlInitString(string: usize, source: usize) {
    let _ = cross();
    let length = if source == 0 { 0 } else { raw::narrow(source).len() };
    initialise(string, source, length, 1);
}

extern "win64" fn RtlCopyUnicodeString(target: usize, source: usize) {
    let _ = cross();
    let text = if source == 0 { Vec::new() } else { raw::unicode(source) };
    let room = usize::from(raw::get::<u16>(target + counted::MAXIMUM)) / 2;
    let text = &text[..text.len().min(room)];
    let bytes: Vec<u8> = text.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    raw::write(raw::get(target + counted::BUFFER), &bytes);
    raw::put(target + counted::LENGTH, u16::try_from(bytes.len()).unwrap_or(0));
}

/// Nothing is done for nothing: not even a terminator is written.
fn append(target: usize, text: &[u16]) -> i32 {
    if text.is_empty() {
        return 0;
    }
    let length: u16 = raw::get(target + counted::LENGTH);
    let room: u16 = raw::get(target + counted::MAXIMUM);
    let bytes: Vec<u8> = text.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let end = usize::from(length) + bytes.len();
    if end > usize::from(room) {
        return BUFFER_TOO_SMALL;
    }
    let buffer: usize = raw::get(target + counted::BUFFER);
    raw::write(buffer + usize::from(length), &bytes);
    raw::put(target + counted::LENGTH, u16::try_from(end).unwrap_or(0));
    if end + 2 <= usize::from(room) {
        raw::put(buffer + end, 0_u16);
    }
    0
}

extern "win64" fn RtlAppendUnicodeToString(target: usize, source: usize) -> i32 {
    let _ = cross();
    if source == 0 { 0 } else { append(target, &raw::wide(source)) }
}

extern "win64" fn RtlAppendUnicodeStringToString(target: usize, source: usize) -> i32 {
    let _ = cross();
    append(target, &raw::unicode(source))
}

/// Letters as the kernel compares them without regard to case.
fn folded(text: Vec<u16>, ignore_case: u8) -> Vec<u16> {
    if ignore_case == 0 {
        return text;
    }
    text.into_iter().map(upper).collect()
}

/// Upper case as the table of Windows has it. That is Unicode's, but a sign that only has a letter's shape (U+00B5) is
/// no letter, and no other letter becomes one of ASCII.
pub(super) fn upper(unit: u16) -> u16 {
    const MICRO_SIGN: u16 = 0xB5;
    let Some(letter) = char::from_u32(u32::from(unit)).filter(|_| unit != MICRO_SIGN) else {
        return unit;
    };
    let mut capital = letter.to_uppercase();
    match (capital.next(), capital.next()) {
        (Some(one), None) if letter.is_ascii() || !one.is_ascii() => {
            u16::try_from(u32::from(one)).unwrap_or(unit)
        }
        _ => unit,
    }
}

extern "win64" fn RtlEqualUnicodeString(a: usize, b: usize, ignore_case: u8) -> u8 {
    let _ = cross();
    u8::from(folded(raw::unicode(a), ignore_case) == folded(raw::unicode(b), ignore_case))
}

extern "win64" fn RtlCompareUnicodeString(a: usize, b: usize, ignore_case: u8) -> i32 {
    let _ = cross();
    let (a, b) = (folded(raw::unicode(a), ignore_case), folded(raw::unicode(b), ignore_case));
    // The difference of the first characters that differ, or of the lengths in bytes.
    let unequal = a.iter().zip(&b).find(|(a, b)| a != b);
    unequal.map_or_else(
        || 2 * (i32::try_from(a.len()).unwrap_or(0) - i32::try_from(b.len()).unwrap_or(0)),
        |(a, b)| i32::from(*a) - i32::from(*b),
    )
}

extern "win64" fn RtlEqualString(a: usize, b: usize, ignore_case: u8) -> u8 {
    let _ = cross();
    let text = |string: usize| {
        let length: u16 = raw::get(string + counted::LENGTH);
        raw::bytes(raw::get(string + counted::BUFFER), usize::from(length))
    };
    let (a, b) = (text(a), text(b));
    u8::from(if ignore_case == 0 { a == b } else { a.eq_ignore_ascii_case(&b) })
}

/// How many bytes are equal, from the first on.
extern "win64" fn RtlCompareMemory(a: usize, b: usize, length: usize) -> usize {
    let _ = cross();
    let (a, b) = (raw::bytes(a, length), raw::bytes(b, length));
    a.iter().zip(&b).take_while(|(a, b)| a == b).count()
}

/// Windows 11 24H2. OSVERSIONINFOW begins with its size; the numbers follow.
extern "win64" fn RtlGetVersion(information: usize) -> i32 {
    let _ = cross();
    for (offset, value) in [(4, 10_u32), (8, 0), (12, BUILD), (16, 2)] {
        raw::put(information + offset, value);
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::block::Block;
    use crate::world::sample::machine;

    #[test]
    fn text_is_appended_as_far_as_there_is_room_and_compared_with_and_without_case() {
        machine(0, |_| {
            let wide = |text: &str| {
                let units: Vec<u8> =
                    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
                Block::with(&units, false)
            };
            let (source, other) = (wide("Net"), wide("NETS"));
            let (string, room, against) =
                (Block::with(&[0; 16], false), Block::with(&[0; 16], false), wide(""));
            raw::put(string.address() + counted::MAXIMUM, 8_u16);
            raw::put(string.address() + counted::BUFFER, room.address());
            assert_eq!(RtlAppendUnicodeToString(string.address(), source.address()), 0);
            assert_eq!(raw::text(string.address()), "Net");
            let status = RtlAppendUnicodeToString(string.address(), source.address());
            assert_eq!(status, BUFFER_TOO_SMALL);
            drop(against);
            let counted = Block::with(&[0; 16], false);
            RtlInitUnicodeString(counted.address(), other.address());
            assert_eq!(raw::get::<u16>(counted.address()), 8);
            let (a, b) = (string.address(), counted.address());
            assert_eq!(RtlEqualUnicodeString(a, b, 1), 0);
            assert_eq!(RtlCompareUnicodeString(a, b, 1), -2);
            raw::put(b, 6_u16);
            assert_eq!(RtlEqualUnicodeString(a, b, 1), 1);
            assert_eq!(RtlEqualUnicodeString(a, b, 0), 0);
        });
    }

    #[test]
    fn memory_is_compared_up_to_the_first_difference() {
        machine(0, |_| {
            let (a, b) = (Block::with(b"abcd", false), Block::with(b"abXd", false));
            assert_eq!(RtlCompareMemory(a.address(), b.address(), 4), 2);
        });
    }
}
