//! RUNTIME_FUNCTION and UNWIND_INFO. Source: learn:cpp/build/exception-handling-x64.

use super::Entry;
use image::Survey;

/// A chain of parts longer than this is a circle.
const LONGEST_CHAIN: usize = 32;
const CHAINED: u8 = 4;
const HANDLERS: u8 = 3;

/// The RUNTIME_FUNCTION at `rva`.
pub fn entry(image: &Survey, rva: u32) -> Option<Entry> {
    let (start, end) = (image.u32(rva)?, image.u32(rva.checked_add(4)?)?);
    let mut info = image.u32(rva.checked_add(8)?)?;
    let (mut frame, mut part_of, mut handler) = (0_u64, None, None);
    for _ in 0..LONGEST_CHAIN {
        let flags = image.byte(info)? >> 3;
        let count = u32::from(image.byte(info.checked_add(2)?)?);
        frame = frame.saturating_add(codes(image, info.checked_add(4)?, count)?);
        // Codes are padded to an even number; then a handler, or the part that this one goes on.
        let after = info.checked_add(4 + count.next_multiple_of(2) * 2)?;
        if flags & CHAINED == 0 {
            if flags & HANDLERS != 0 {
                handler = image.u32(after);
            }
            return Some(Entry { start, end, frame, part_of, handler });
        }
        part_of = Some(image.u32(after)?);
        info = image.u32(after.checked_add(8)?)?;
    }
    None
}

/// What the codes take from the stack, in bytes.
fn codes(image: &Survey, first: u32, count: u32) -> Option<u64> {
    let slot = |index: u32| image.u16(first.checked_add(index * 2)?);
    let (mut index, mut bytes) = (0, 0_u64);
    while index < count {
        let [_, code] = slot(index)?.to_le_bytes();
        let (operation, info) = (code & 0xf, code >> 4);
        let (slots, taken) = match (operation, info) {
            // PUSH_NONVOL; ALLOC_LARGE in its two widths; ALLOC_SMALL.
            (0, _) => (1, 8),
            (1, 0) => (2, u64::from(slot(index + 1)?) * 8),
            (1, _) => (3, u64::from(slot(index + 1)?) | u64::from(slot(index + 2)?) << 16),
            (2, info) => (1, u64::from(info) * 8 + 8),
            // SET_FPREG, and the epilogues of version 2: nothing is taken.
            (3 | 6, _) => (1, 0),
            // SAVE_NONVOL, SAVE_XMM128: into what is allocated already; then their far forms.
            (4 | 8, _) => (2, 0),
            (5 | 9, _) => (3, 0),
            // PUSH_MACHFRAME, without and with an error code.
            (10, 0) => (1, 40),
            (10, _) => (1, 48),
            _ => return None,
        };
        index += slots;
        bytes += taken;
    }
    Some(bytes)
}
