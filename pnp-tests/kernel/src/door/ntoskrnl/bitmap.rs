//! Bitmaps.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::cross;
use crate::door::exports::exports;
use crate::machine::raw;

exports! {
    RtlAreBitsClear: le ANY, fails FALSE, since 2195, "ddi:wdm/nf-wdm-rtlarebitsclear";
    RtlAreBitsSet: le ANY, fails FALSE, since 2195, "ddi:wdm/nf-wdm-rtlarebitsset";
    RtlClearAllBits: le ANY, since 2195, "ddi:wdm/nf-wdm-rtlclearallbits";
    RtlClearBit: le ANY, since 2600, "ddi:wdm/nf-wdm-rtlclearbit";
    RtlClearBits: le ANY, since 2195, "ddi:wdm/nf-wdm-rtlclearbits";
    RtlFindClearBits: le ANY, since 2195, "ddi:wdm/nf-wdm-rtlfindclearbits";
    RtlFindClearBitsAndSet: le ANY, since 2195, "ddi:wdm/nf-wdm-rtlfindclearbitsandset";
    RtlFindSetBits: le ANY, since 2195, "ddi:wdm/nf-wdm-rtlfindsetbits";
    RtlFindSetBitsAndClear: le ANY, since 2195, "ddi:wdm/nf-wdm-rtlfindsetbitsandclear";
    RtlInitializeBitMap: le ANY, since 2195, "ddi:wdm/nf-wdm-rtlinitializebitmap";
    RtlNumberOfClearBits: le ANY, since 2195, "ddi:wdm/nf-wdm-rtlnumberofclearbits";
    RtlNumberOfSetBits: le ANY, since 2195, "ddi:wdm/nf-wdm-rtlnumberofsetbits";
    RtlSetAllBits: le ANY, since 2195, "ddi:wdm/nf-wdm-rtlsetallbits";
    RtlSetBit: le ANY, since 2600, "ddi:wdm/nf-wdm-rtlsetbit";
    RtlSetBits: le ANY, since 2195, "ddi:wdm/nf-wdm-rtlsetbits";
    RtlTestBit: le ANY, since 2600, "ddi:wdm/nf-wdm-rtltestbit";
}

/// RTL_BITMAP: SizeOfBitMap in bits, Buffer.
mod field {
    pub const SIZE: usize = 0;
    pub const BUFFER: usize = 8;
}

extern "win64" fn RtlInitializeBitMap(header: usize, buffer: usize, size: u32) {
    let _ = cross();
    raw::put(header + field::SIZE, size);
    raw::put(header + field::BUFFER, buffer);
}

/// Where the 32 bits with bit `number` are, and its mask.
fn word(header: usize, number: u32) -> (usize, u32) {
    let buffer: usize = raw::get(header + field::BUFFER);
    (buffer + number as usize / 32 * 4, 1 << (number % 32))
}

fn words(header: usize) -> (usize, usize) {
    let size: u32 = raw::get(header + field::SIZE);
    (raw::get(header + field::BUFFER), size.div_ceil(32) as usize)
}

extern "win64" fn RtlSetBit(header: usize, number: u32) {
    let _ = cross();
    let (at, mask) = word(header, number);
    raw::put(at, raw::get::<u32>(at) | mask);
}

extern "win64" fn RtlClearBit(header: usize, number: u32) {
    let _ = cross();
    let (at, mask) = word(header, number);
    raw::put(at, raw::get::<u32>(at) & !mask);
}

extern "win64" fn RtlTestBit(header: usize, number: u32) -> u8 {
    let _ = cross();
    let (at, mask) = word(header, number);
    u8::from(raw::get::<u32>(at) & mask != 0)
}

extern "win64" fn RtlSetAllBits(header: usize) {
    let _ = cross();
    let (buffer, count) = words(header);
    raw::fill(buffer, 0xFF, 4 * count);
}

extern "win64" fn RtlClearAllBits(header: usize) {
    let _ = cross();
    let (buffer, count) = words(header);
    raw::fill(buffer, 0, 4 * count);
}

fn size(header: usize) -> u32 {
    raw::get(header + field::SIZE)
}

fn is_set(header: usize, number: u32) -> bool {
    let (at, mask) = word(header, number);
    raw::get::<u32>(at) & mask != 0
}

/// How many bits are set, or clear.
fn number_of(header: usize, set: bool) -> u32 {
    let count = (0..size(header)).filter(|number| is_set(header, *number) == set).count();
    u32::try_from(count).unwrap_or(0)
}

extern "win64" fn RtlNumberOfSetBits(header: usize) -> u32 {
    let _ = cross();
    number_of(header, true)
}

extern "win64" fn RtlNumberOfClearBits(header: usize) -> u32 {
    let _ = cross();
    number_of(header, false)
}

/// Whether a range that is not empty lies in the bitmap, and all its bits are `set`.
fn are(header: usize, start: u32, length: u32, set: bool) -> bool {
    let end = start.checked_add(length).filter(|end| length > 0 && *end <= size(header));
    end.is_some_and(|end| (start..end).all(|number| is_set(header, number) == set))
}

fn write(header: usize, start: u32, length: u32, set: bool) {
    for number in start..start.saturating_add(length) {
        let (at, mask) = word(header, number);
        let bits: u32 = raw::get(at);
        raw::put(at, if set { bits | mask } else { bits & !mask });
    }
}

extern "win64" fn RtlAreBitsSet(header: usize, start: u32, length: u32) -> u8 {
    let _ = cross();
    u8::from(are(header, start, length, true))
}

extern "win64" fn RtlAreBitsClear(header: usize, start: u32, length: u32) -> u8 {
    let _ = cross();
    u8::from(are(header, start, length, false))
}

extern "win64" fn RtlSetBits(header: usize, start: u32, length: u32) {
    let _ = cross();
    write(header, start, length, true);
}

extern "win64" fn RtlClearBits(header: usize, start: u32, length: u32) {
    let _ = cross();
    write(header, start, length, false);
}

/// The answer when there is no such run.
const NONE: u32 = u32::MAX;

/// The first run of so many bits that are `set`, from the hint on and then from the beginning.
fn find(header: usize, count: u32, hint: u32, set: bool) -> u32 {
    let size = size(header);
    let hint = if hint < size { hint } else { 0 };
    if count == 0 {
        return hint & !7;
    }
    let mut starts = (hint..size).chain(0..hint);
    starts.find(|start| are(header, *start, count, set)).unwrap_or(NONE)
}

fn find_and_change(header: usize, count: u32, hint: u32, set: bool) -> u32 {
    let found = find(header, count, hint, set);
    if found != NONE {
        write(header, found, count, !set);
    }
    found
}

extern "win64" fn RtlFindClearBits(header: usize, count: u32, hint: u32) -> u32 {
    let _ = cross();
    find(header, count, hint, false)
}

extern "win64" fn RtlFindSetBits(header: usize, count: u32, hint: u32) -> u32 {
    let _ = cross();
    find(header, count, hint, true)
}

extern "win64" fn RtlFindClearBitsAndSet(header: usize, count: u32, hint: u32) -> u32 {
    let _ = cross();
    find_and_change(header, count, hint, false)
}

extern "win64" fn RtlFindSetBitsAndClear(header: usize, count: u32, hint: u32) -> u32 {
    let _ = cross();
    find_and_change(header, count, hint, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::block::Block;
    use crate::world::sample::machine;

    #[test]
    fn bits_are_set_counted_and_cleared() {
        machine(0, |_| {
            let (header, bits) = (Block::with(&[0; 16], false), Block::with(&[0; 8], false));
            RtlInitializeBitMap(header.address(), bits.address(), 40);
            RtlSetBit(header.address(), 0);
            RtlSetBit(header.address(), 39);
            assert_eq!(RtlNumberOfSetBits(header.address()), 2);
            RtlClearBit(header.address(), 0);
            assert_eq!(RtlTestBit(header.address(), 0), 0);
            assert_eq!(RtlTestBit(header.address(), 39), 1);
            RtlSetAllBits(header.address());
            assert_eq!(RtlNumberOfSetBits(header.address()), 40);
        });
    }

    #[test]
    fn runs_are_found_from_the_hint_on_and_then_from_the_beginning() {
        machine(0, |_| {
            let (header, bits) = (Block::with(&[0; 16], false), Block::with(&[0; 8], false));
            let at = header.address();
            RtlInitializeBitMap(at, bits.address(), 40);
            assert_eq!(RtlFindClearBitsAndSet(at, 3, 36), 36);
            assert_eq!(RtlFindClearBitsAndSet(at, 3, 36), 0);
            assert_eq!((RtlNumberOfSetBits(at), RtlNumberOfClearBits(at)), (6, 34));
            assert_eq!(RtlFindClearBits(at, 33, 0), 3);
            assert_eq!(RtlFindClearBits(at, 34, 0), NONE);
            assert_eq!(RtlFindSetBits(at, 2, 1), 1);
            assert_eq!(RtlFindSetBitsAndClear(at, 2, 38), 0);
            assert_eq!([RtlAreBitsSet(at, 36, 3), RtlAreBitsSet(at, 36, 4)], [1, 0]);
            assert_eq!([RtlAreBitsClear(at, 39, 1), RtlAreBitsClear(at, 39, 2)], [1, 0]);
            assert_eq!(RtlAreBitsClear(at, 0, 0), 0, "an empty range is none");
            RtlSetBits(at, 4, 30);
            RtlClearBits(at, 10, 2);
            assert_eq!(RtlFindClearBits(at, 2, 5), 10);
            assert_eq!(RtlFindClearBits(at, 0, 13), 8);
        });
    }
}
