//! The forms of A64 instructions that a call graph needs, decoded from their words.
//!
//! Encodings: Arm Architecture Reference Manual for A-profile, chapter C4 "A64 Instruction Set
//! Encoding".

use super::arm64_float;
use super::step::{Flow, Registers, Step, Target, Value};

/// The last register that a callee may change; x30 is the other one.
const LAST_VOLATILE: usize = 17;
const LINK: usize = 30;

/// `word` stands at `rva`. Every word decodes to something: what has no meaning stops.
pub fn step(word: u32, rva: u32, registers: &mut Registers) -> Step {
    let mut step = Step::plain(4);
    step.float = arm64_float::name(word).map(str::to_owned);
    let destination = field(word, 0, 5);
    let mut value = Value::Unknown;
    let mut writes = writes_general(word);
    if let Some(flow) = branch(word, rva, registers) {
        step.flow = flow;
        writes = false;
        if matches!(flow, Flow::Call(_)) {
            registers[..=LAST_VOLATILE].fill(Value::Unknown);
            registers[LINK] = Value::Unknown;
        }
    } else if word & 0x1f00_0000 == 0x1000_0000 {
        // ADR, ADRP.
        let target = address(word, rva);
        value = Value::Address(target);
        // ADRP names a page; what is meant follows.
        step.taken = (word >> 31 == 0).then_some(target);
    } else if word & 0xff80_0000 == 0x9100_0000 {
        // ADD (immediate), 64-bit.
        let base = registers[field(word, 5, 5)];
        let immediate = bits(word, 10, 12) << (12 * bits(word, 22, 1));
        if let Value::Address(base) = base {
            let target = base.wrapping_add(immediate);
            value = Value::Address(target);
            step.taken = Some(target);
        }
    } else if word & 0xffc0_0000 == 0xf940_0000 {
        // LDR (immediate, unsigned offset), 64-bit.
        if let Value::Address(base) = registers[field(word, 5, 5)] {
            value = Value::Loaded(base.wrapping_add(bits(word, 10, 12) * 8));
        }
    } else if word & 0xff00_0000 == 0x5800_0000 {
        // LDR (literal), 64-bit.
        value = Value::Loaded(rva.wrapping_add(signed(word, 5, 19) << 2));
    } else if word & 0xffe0_ffe0 == 0xaa00_03e0 {
        // MOV (register), 64-bit.
        value = registers[field(word, 16, 5)];
    } else if word & 0xff20_0000 == 0x8b00_0000 || word & 0xffe0_0000 == 0x8b20_0000 {
        // ADD (shifted register, extended register), 64-bit.
        value = registers[field(word, 5, 5)].plus(registers[field(word, 16, 5)]);
    }
    step.stack = stack(word);
    // SUB (extended register) of a register from SP.
    step.dynamic_stack = word & 0xffe0_03ff == 0xcb20_03ff;
    if writes && destination != 31 {
        registers[destination] = value;
        if is_load_pair(word) {
            registers[field(word, 10, 5)] = Value::Unknown;
        }
    }
    step
}

fn branch(word: u32, rva: u32, registers: &Registers) -> Option<Flow> {
    let relative = |low, width| rva.wrapping_add(signed(word, low, width) << 2);
    let register = registers[field(word, 5, 5)].target();
    Some(match word {
        // B, BL.
        _ if word & 0xfc00_0000 == 0x1400_0000 => Flow::Jump(Target::Code(relative(0, 26))),
        _ if word & 0xfc00_0000 == 0x9400_0000 => Flow::Call(Target::Code(relative(0, 26))),
        // B.cond, BC.cond.
        _ if word & 0xff00_0000 == 0x5400_0000 => Flow::Branch(relative(5, 19)),
        // CBZ, CBNZ.
        _ if word & 0x7e00_0000 == 0x3400_0000 => Flow::Branch(relative(5, 19)),
        // TBZ, TBNZ.
        _ if word & 0x7e00_0000 == 0x3600_0000 => Flow::Branch(relative(5, 14)),
        // BR, BLR and RET, also with pointer authentication.
        _ if word & 0xfeff_f000 == 0xd61f_0000 => Flow::Jump(register),
        _ if word & 0xfeff_f000 == 0xd63f_0000 => Flow::Call(register),
        _ if word & 0xfeff_f000 == 0xd65f_0000 => Flow::Stop,
        // BRK (`__fastfail` is one), UDF: nothing goes on.
        _ if word & 0xffe0_001f == 0xd420_0000 => Flow::Stop,
        _ if word & 0xffff_0000 == 0 => Flow::Stop,
        _ => return None,
    })
}

/// SUB of a constant from SP, and stores that move SP down first.
fn stack(word: u32) -> u32 {
    const SP: u32 = 31;
    if word & 0xff80_03ff == 0xd100_03ff {
        return bits(word, 10, 12) << (12 * bits(word, 22, 1));
    }
    if bits(word, 5, 5) != SP {
        return 0;
    }
    let down = match word & 0xffc0_0000 {
        // STP of X, D and Q registers.
        0xa980_0000 | 0x6d80_0000 => signed(word, 15, 7).wrapping_mul(8),
        0xad80_0000 => signed(word, 15, 7).wrapping_mul(16),
        // STR of X and D registers.
        0xf800_0000 | 0xfc00_0000 if bits(word, 10, 2) == 3 => signed(word, 12, 9),
        _ => 0,
    };
    let taken = down.wrapping_neg();
    if taken < 1 << 16 { taken } else { 0 }
}

/// Whether bits 0 to 4 may name a general register that is written: not a store, nor SIMD and
/// floating point but for what moves to general registers.
fn writes_general(word: u32) -> bool {
    let group = bits(word, 25, 4);
    let is_load_or_store = group & 0b0101 == 0b0100;
    if is_load_or_store {
        // SIMD registers have bit 26 set. Of the rest, whatever may be a load counts as one.
        return bits(word, 26, 1) == 0 && (bits(word, 22, 2) != 0 || bits(word, 28, 2) == 1);
    }
    true
}

fn is_load_pair(word: u32) -> bool {
    word & 0x3e40_0000 == 0x2840_0000
}

fn address(word: u32, rva: u32) -> u32 {
    let immediate = (signed(word, 5, 19) << 2) | bits(word, 29, 2);
    if word >> 31 == 0 {
        rva.wrapping_add(immediate)
    } else {
        (rva & !0xfff).wrapping_add(immediate << 12)
    }
}

fn bits(word: u32, low: u32, width: u32) -> u32 {
    (word >> low) & ((1 << width) - 1)
}

fn field(word: u32, low: u32, width: u32) -> usize {
    bits(word, low, width) as usize
}

/// The bits as a two's complement number, to be added with wrapping.
fn signed(word: u32, low: u32, width: u32) -> u32 {
    let value = bits(word, low, width);
    let sign = 1 << (width - 1);
    (value ^ sign).wrapping_sub(sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(rva: u32, word: u32) -> Step {
        step(word, rva, &mut [Value::Unknown; 32])
    }

    /// Words and addresses of netpnplwf.sys, as llvm-objdump prints them.
    #[test]
    fn branches_go_where_the_disassembly_says() {
        // cbz x0, 0x10b4; tbnz w0, #31, 0x1114.
        assert_eq!(at(0x1090, 0xb400_0120).flow, Flow::Branch(0x10b4));
        assert_eq!(at(0x10e0, 0x37f8_01a0).flow, Flow::Branch(0x1114));
    }

    #[test]
    fn calls_and_jumps_go_both_ways() {
        // bl .+8, bl .-4, b .-4, b.eq .-8, ret, br x16, blr x8 of an unknown register.
        assert_eq!(at(0x1000, 0x9400_0002).flow, Flow::Call(Target::Code(0x1008)));
        assert_eq!(at(0x1000, 0x97ff_ffff).flow, Flow::Call(Target::Code(0xffc)));
        assert_eq!(at(0x1000, 0x17ff_ffff).flow, Flow::Jump(Target::Code(0xffc)));
        assert_eq!(at(0x1000, 0x54ff_ffc0).flow, Flow::Branch(0xff8));
        assert_eq!(at(0x1000, 0xd65f_03c0).flow, Flow::Stop);
        assert_eq!(at(0x1000, 0xd61f_0200).flow, Flow::Jump(Target::Unknown));
        assert_eq!(at(0x1000, 0xd63f_0100).flow, Flow::Call(Target::Unknown));
        assert_eq!(at(0x1000, 0xd43e_0060).flow, Flow::Stop);
    }

    #[test]
    fn a_call_through_the_import_table_is_one_of_its_slot() {
        let mut registers = [Value::Unknown; 32];
        // adrp x8, 0xc000; ldr x8, [x8, #784]; blr x8.
        for (rva, word) in [(0x1024, 0xf000_0048), (0x1034, 0xf941_8908)] {
            assert_eq!(step(word, rva, &mut registers).flow, Flow::Next);
        }
        let call = step(0xd63f_0100, 0x1038, &mut registers);
        assert_eq!(call.flow, Flow::Call(Target::Slot(0xc000 + 784)));
        assert_eq!(registers[8], Value::Unknown, "the callee may change it");
    }

    #[test]
    fn stack_is_taken_by_constants_and_by_stores_that_move_it() {
        // stp x19, x20, [sp, #-96]!; sub sp, sp, #736; stp x29, x30, [sp, #-16]!.
        assert_eq!(at(0x3648, 0xa9ba_53f3).stack, 96);
        assert_eq!(at(0x3664, 0xd10b_83ff).stack, 736);
        assert_eq!(at(0x8c58, 0xa9bf_7bfd).stack, 16);
        // ldr s0, [x1, #4]; add sp, sp, #736; ldp x19, x20, [sp], #96.
        assert_eq!(at(0x3668, 0xbd40_0420).stack, 0);
        assert_eq!(at(0x3668, 0x910b_83ff).stack, 0);
        assert_eq!(at(0x3668, 0xa8c6_53f3).stack, 0);
    }

    #[test]
    fn an_address_is_a_page_and_an_offset() {
        let mut registers = [Value::Unknown; 32];
        // adrp x8, 0x5000; add x8, x8, #312; str x8, [x21, #104].
        assert_eq!(step(0x9000_0028, 0x1114, &mut registers).taken, None);
        assert_eq!(registers[8], Value::Address(0x5000));
        assert_eq!(step(0x9104_e108, 0x1118, &mut registers).taken, Some(0x5138));
        step(0xf900_36a8, 0x1120, &mut registers);
        assert_eq!(registers[8], Value::Address(0x5138), "a store changes no register");
    }
}
