//! Floating point among A64 instructions: arithmetic, comparison and conversion. Loads, stores,
//! moves and integers in SIMD registers are not.
//!
//! Encodings: Arm Architecture Reference Manual for A-profile, C4.1 "Data Processing -- Scalar
//! Floating-Point and Advanced SIMD".

/// The kind of floating point that `word` computes, if it does.
pub fn name(word: u32) -> Option<&'static str> {
    // op0 is x111: scalar floating point and SIMD.
    if word >> 25 & 0b111 != 0b111 {
        return None;
    }
    match word >> 24 & 0x5f {
        0x1e => scalar(word),
        0x1f => Some("floating-point multiply-add"),
        0x0e | 0x4e | 0x5e if word >> 31 == 0 => vector(word),
        0x0f | 0x4f | 0x5f if word >> 31 == 0 => indexed(word),
        _ => None,
    }
}

/// Of one number, or between one and a general register.
fn scalar(word: u32) -> Option<&'static str> {
    // FMOV of a register, of a constant, and from and to a general register.
    let is_move = word & 0xff3f_fc00 == 0x1e20_4000
        || word & 0xff20_1fe0 == 0x1e20_1000
        || (word & 0x7f20_fc00 == 0x1e20_0000 && matches!(word >> 16 & 7, 6 | 7));
    if is_move {
        return None;
    }
    if word & 0x7f20_fc00 == 0x1e20_0000 || word & 0x20_0000 == 0 {
        return Some("conversion of floating point and integers");
    }
    Some(match word >> 10 & 3 {
        0 if word >> 10 & 0x3f == 0b1000 => "floating-point comparison",
        1 => "floating-point comparison",
        2 => "floating-point arithmetic",
        3 => "floating-point select",
        _ => "floating-point operation",
    })
}

/// Bits 24 to 28 are 01110, or 11110 for one lane.
fn vector(word: u32) -> Option<&'static str> {
    const ARITHMETIC: &str = "vector floating-point arithmetic";
    const CONVERSION: &str = "vector floating-point conversion";
    let opcode = word >> 11 & 0x1f;
    let found = match (word >> 21 & 1, word >> 10 & 3) {
        // Three registers of the same size; the last opcodes are floating point.
        (1, 1 | 3) => (opcode >= 0b11000).then_some(ARITHMETIC),
        // Two registers, or across lanes; else three of different sizes, which are integers.
        (1, 2) => match (word >> 17 & 0xf, word >> 12 & 0x1f) {
            (0, 0b01100..=0b01111) => (word >> 23 & 1 == 1).then_some(ARITHMETIC),
            (0, 0b10110..=0b11111) => Some(CONVERSION),
            // Across lanes; half precision.
            (8, 0b01100..=0b01111) | (12, 0b01100..=0b01111 | 0b11000..=0b11111) => {
                Some(ARITHMETIC)
            }
            _ => None,
        },
        // Half precision.
        (0, 1 | 3) if word >> 22 & 1 == 1 && word & 0xc000 == 0 => Some(ARITHMETIC),
        // Complex numbers and dot products of BF16.
        (0, 1 | 3) if word >> 15 & 1 == 1 && opcode & 0b1000 != 0 => Some(ARITHMETIC),
        _ => None,
    };
    // DUP, INS, SMOV and UMOV have all zeros in size.
    found.filter(|_| word & 0x00e0_8400 != 0x0000_0400)
}

/// Bits 24 to 28 are 01111, or 11111 for one lane: by element, by constant, by shift.
fn indexed(word: u32) -> Option<&'static str> {
    let opcode = word >> 12 & 0xf;
    if word >> 10 & 1 == 0 {
        let is_float = match (word >> 29 & 1, opcode) {
            // FMLA, FMLS, FMUL; FMULX and FCMLA have U set.
            (0, 0b0001 | 0b0101 | 0b1001) | (1, 0b1001 | 0b0001 | 0b0011 | 0b0101 | 0b0111) => true,
            // FMLAL and FMLSL, of 32 bits.
            (0, 0b0000 | 0b0100) | (1, 0b1000 | 0b1100) => word >> 22 & 3 == 2,
            _ => false,
        };
        return is_float.then_some("vector floating-point arithmetic");
    }
    // SCVTF, UCVTF, FCVTZS and FCVTZU with fraction bits; constants have no shift, and are moves.
    let is_shift = word >> 19 & 0xf != 0;
    let converts = matches!(word >> 11 & 0x1f, 0b11100 | 0b11111);
    (is_shift && converts).then_some("vector floating-point conversion")
}

#[cfg(test)]
mod tests {
    use super::name;

    /// Assembled by clang, in the order of the text beside them.
    #[test]
    fn computing_is_found() {
        for (word, text) in [
            (0x1e22_2820, "fadd s0, s1, s2"),
            (0x1e62_0820, "fmul d0, d1, d2"),
            (0x1f42_0c20, "fmadd d0, d1, d2, d3"),
            (0x1e61_2000, "fcmp d0, d1"),
            (0x9e62_0000, "scvtf d0, x0"),
            (0x9e78_0000, "fcvtzs x0, d0"),
            (0x4e22_d420, "fadd v0.4s, v1.4s, v2.4s"),
            (0x4f82_1020, "fmla v0.4s, v1.4s, v2.s[0]"),
            (0x4e21_d820, "scvtf v0.4s, v1.4s"),
            (0x0e61_6820, "fcvtn v0.2s, v1.2d"),
            (0x4ee0_f820, "fabs v0.2d, v1.2d"),
            (0x6e30_f820, "fmaxv s0, v1.4s"),
            (0x5e21_d820, "scvtf s0, s1"),
            (0x4f3d_fc20, "fcvtzs v0.4s, v1.4s, #3"),
            (0x4ea0_d820, "fcmeq v0.4s, v1.4s, #0.0"),
            (0x1ee2_2820, "fadd h0, h1, h2"),
            (0x7e30_d820, "faddp s0, v1.2s"),
        ] {
            assert!(name(word).is_some(), "{text} computes");
        }
    }

    #[test]
    fn moving_and_integers_are_left_alone() {
        for (word, text) in [
            (0x9e67_0000, "fmov d0, x0"),
            (0x9e66_0000, "fmov x0, d0"),
            (0x1e60_4020, "fmov d0, d1"),
            (0x1e6e_1000, "fmov d0, #1.0"),
            (0x4f03_f600, "fmov v0.4s, #1.0"),
            (0x6f00_e400, "movi v0.2d, #0"),
            (0x4ea2_8420, "add v0.4s, v1.4s, v2.4s"),
            (0x4fa2_8020, "mul v0.4s, v1.4s, v2.s[1]"),
            (0x6e22_1c20, "eor v0.16b, v1.16b, v2.16b"),
            (0x6e00_4000, "ext v0.16b, v0.16b, v0.16b, #8"),
            (0x0e41_1800, "uzp1 v0.4h, v0.4h, v1.4h"),
            (0x4ea0_0820, "rev64 v0.4s, v1.4s"),
            (0x4eb1_b820, "addv s0, v1.4s"),
            (0x4f3d_0420, "sshr v0.4s, v1.4s, #3"),
            (0x4e04_0c00, "dup v0.4s, w0"),
            (0x0e0c_3c00, "mov w0, v0.s[1]"),
            (0x6e22_8c20, "cmeq v0.16b, v1.16b, v2.16b"),
            (0x5ef1_b820, "addp d0, v1.2d"),
            (0x3dc0_0000, "ldr q0, [x0]"),
            (0x0e20_5800, "cnt v0.8b, v0.8b"),
            (0xf941_8908, "ldr x8, [x8, #784]"),
        ] {
            assert_eq!(name(word), None, "{text} does not compute");
        }
    }
}
