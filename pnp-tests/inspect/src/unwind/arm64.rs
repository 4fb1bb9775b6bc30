//! Packed unwind data and .xdata records. Source: learn:cpp/build/arm64-exception-handling.

use super::Entry;
use image::Survey;

const END: u8 = 0xe4;

/// The entry at `rva`: a start, then flags in two bits and either everything or an address.
pub fn entry(image: &Survey, rva: u32) -> Option<Entry> {
    let (start, word) = (image.u32(rva)?, image.u32(rva.checked_add(4)?)?);
    match word & 3 {
        0 => full(image, start, word),
        // Packed: a function, or a part of one.
        1 | 2 => {
            let (length, frame) = ((word >> 2 & 0x7ff) * 4, u64::from(word >> 23) * 16);
            let end = start.checked_add(length)?;
            Some(Entry { start, end, frame, part_of: None, handler: None })
        }
        _ => None,
    }
}

/// The .xdata record at `record`.
fn full(image: &Survey, start: u32, record: u32) -> Option<Entry> {
    let header = image.u32(record)?;
    let length = (header & 0x3_ffff) * 4;
    let (has_handler, one_epilogue) = (header >> 20 & 1 == 1, header >> 21 & 1 == 1);
    let (mut epilogues, mut words) = (header >> 22 & 0x1f, header >> 27);
    let mut at = record.checked_add(4)?;
    if epilogues == 0 && words == 0 {
        let extended = image.u32(at)?;
        (epilogues, words) = (extended & 0xffff, extended >> 16 & 0xff);
        at = at.checked_add(4)?;
    }
    if !one_epilogue {
        at = at.checked_add(epilogues * 4)?;
    }
    let codes = image.bytes(at).get(..words as usize * 4)?;
    let after = at.checked_add(words * 4)?;
    let handler = has_handler.then(|| image.u32(after)).flatten();
    let end = start.checked_add(length)?;
    Some(Entry { start, end, frame: frame(codes)?, part_of: None, handler })
}

/// What the prologue's codes take from the stack, up to `end`. A part of a function without a
/// prologue of its own begins with `end_c`, and the prologue that ran before stands behind it.
fn frame(codes: &[u8]) -> Option<u64> {
    let (mut rest, mut bytes) = (codes, 0_u64);
    while let Some(first) = rest.first().copied() {
        if first == END {
            return Some(bytes);
        }
        let operand = |index: usize| rest.get(index).copied().map(u64::from);
        let first = u64::from(first);
        let (length, taken) = match first {
            // alloc_s; save_r19r20_x; save_fplr; save_fplr_x.
            0x00..=0x1f => (1, (first & 0x1f) * 16),
            0x20..=0x3f => (1, (first & 0x1f) * 8),
            0x80..=0xbf => (1, (first & 0x3f) * 8 + 8),
            // alloc_m.
            0xc0..=0xc7 => (2, ((first & 7) << 8 | operand(1)?) * 16),
            // save_regp_x, save_fregp_x; save_reg_x, save_freg_x.
            0xcc..=0xcf | 0xda..=0xdb => (2, (operand(1)? & 0x3f) * 8 + 8),
            0xd4..=0xd5 | 0xde => (2, (operand(1)? & 0x1f) * 8 + 8),
            // save_regp, save_reg, save_lrpair, save_fregp, save_freg; add_fp.
            0xc8..=0xcb | 0xd0..=0xd3 | 0xd6..=0xd9 | 0xdc..=0xdd | 0xe2 => (2, 0),
            // alloc_z, in units of the vector length, which is 16 at least.
            0xdf => (2, operand(1)? * 16),
            // alloc_l.
            0xe0 => (4, (operand(1)? << 16 | operand(2)? << 8 | operand(3)?) * 16),
            // save_any_reg, which allocates if it is pre-indexed.
            0xe7 => (3, if operand(1)? & 0x20 != 0 { (operand(2)? & 0x3f) * 16 } else { 0 }),
            // save_fplr; set_fp, nop, end_c, save_next; frames of the kernel; pac_sign_lr.
            0x40..=0x7f | 0xe1 | 0xe3 | 0xe5 | 0xe6 | 0xe8..=0xec | 0xfc => (1, 0),
            _ => return None,
        };
        bytes += taken;
        rest = rest.get(length..)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::frame;

    /// The example of the documentation: a frame record, two pairs of registers, local variables.
    #[test]
    fn codes_add_up_to_the_frame() {
        // alloc_m 320; save_regp; save_fplr_x 96; end.
        assert_eq!(frame(&[0xc0, 0x14, 0xc8, 0x02, 0x8b, 0xe4, 0x1f, 0xe3]), Some(320 + 96));
        assert_eq!(frame(&[0xe1, 0x1f, 0xe4]), Some(496), "set_fp, alloc_s 31 * 16");
        assert_eq!(frame(&[0xe0, 0x00, 0x01, 0x00, 0xe4]), Some(4096));
        assert_eq!(frame(&[0xe5, 0x81, 0xe4]), Some(16), "a part without a prologue");
    }

    #[test]
    fn codes_that_mean_nothing_or_are_cut_off_are_none() {
        assert_eq!(frame(&[0xff]), None);
        assert_eq!(frame(&[0xe0, 0x00]), None);
    }
}
