//! Instructions that a kernel may execute and a process may not: those that headers of the WDK put
//! into drivers inline are carried out, the others are named.
//!
//! | instruction | from | here |
//! |---|---|---|
//! | `mov r, cr8`, `mov cr8, r` | KeGetCurrentIrql and friends | the thread's IRQL |
//! | a load from 0xFFFFF78000000000 | KeQueryInterruptTime, KeQuerySystemTime, KeQueryTickCount | virtual time, version, processors |
//! | a load from `gs:[0x184]` | KeGetCurrentProcessorNumber | processor 0 |
//! | `int 29h` | RtlFailFast, stack cookies | bugcheck 0x139 |
//! | `int 2Ch` | NT_ASSERT | bugcheck 0x1E |

use iced_x86::{Decoder, DecoderOptions, Instruction, Mnemonic, OpKind, Register};

use crate::machine::raw;
use crate::machine::trap::{self, Emulation, Registers};
use crate::world;

/// Longest instruction of x86.
const LONGEST: usize = 15;
/// KI_USER_SHARED_DATA (wdm.h), a page.
const SHARED: u64 = 0xFFFF_F780_0000_0000;
const PAGE: u64 = 4096;

fn decode(address: usize) -> Instruction {
    // The bytes up to the end of the page are there, since the processor fetched the first of them;
    // those behind may not be.
    let in_page = 4096 - address % 4096;
    let code = raw::bytes(address, LONGEST.min(in_page));
    Decoder::with_ip(64, &code, address as u64, DecoderOptions::NONE).decode()
}

/// Carries out the instruction at `address` if it is one of ours.
pub fn step(address: usize, registers: &mut Registers) -> Emulation {
    let instruction = decode(address);
    let next = Emulation::Done { next: address + instruction.len() };
    match instruction.mnemonic() {
        Mnemonic::Int if instruction.immediate8() == 0x29 => Emulation::FastFail,
        Mnemonic::Int if instruction.immediate8() == 0x2C => Emulation::Assertion,
        Mnemonic::Mov if instruction.op1_register() == Register::CR8 => {
            let irql = world::current().threads.current().irql.get();
            set(registers, instruction.op0_register(), u64::from(irql));
            next
        }
        Mnemonic::Mov if instruction.op0_register() == Register::CR8 => {
            let value = get(registers, instruction.op1_register());
            world::current().threads.current().irql.set(u8::try_from(value & 15).unwrap_or(15));
            next
        }
        Mnemonic::Mov | Mnemonic::Movzx | Mnemonic::Movsxd
            if instruction.op0_kind() == OpKind::Register
                && instruction.op1_kind() == OpKind::Memory =>
        {
            match load(&instruction, registers) {
                Some(value) => {
                    set(registers, instruction.op0_register(), value);
                    next
                }
                None => Emulation::Ordinary,
            }
        }
        _ if is_privileged(&instruction) => Emulation::Privileged,
        _ => Emulation::Ordinary,
    }
}

/// The instruction at `address` as a debugger would name it.
pub fn name(address: usize) -> String {
    format!("{:?}", decode(address).mnemonic()).to_lowercase()
}

/// Address and size of the memory operand of the instruction at `address`, if it has one without a segment.
pub fn operand(address: usize, registers: &Registers) -> Option<(usize, usize)> {
    let instruction = decode(address);
    let operand =
        (0..instruction.op_count()).find(|op| instruction.op_kind(*op) == OpKind::Memory)?;
    if instruction.has_segment_prefix() {
        return None;
    }
    let base = |register: Register, _, _| {
        Some(if register.is_segment_register() { 0 } else { get(registers, register) })
    };
    let at = instruction.virtual_address(operand, 0, base)?;
    Some((usize::try_from(at).ok()?, instruction.memory_size().size()))
}

fn is_privileged(instruction: &Instruction) -> bool {
    let touches_control = (0..instruction.op_count()).any(|operand| {
        let register = instruction.op_register(operand);
        register.is_cr() || register.is_dr()
    });
    instruction.is_privileged() || touches_control || instruction.mnemonic() == Mnemonic::Int
}

/// What a load would give, if it is from a place that only a kernel has.
fn load(instruction: &Instruction, registers: &Registers) -> Option<u64> {
    let from_gs = instruction.segment_prefix() == Register::GS;
    let base = |register: Register, _, _| {
        Some(match register {
            // The segment's base is taken as zero: what counts is the offset.
            register if register.is_segment_register() => 0,
            register => get(registers, register),
        })
    };
    let address = instruction.virtual_address(1, 0, base)?;
    let size = instruction.memory_size().size();
    if from_gs {
        // KPCR.Prcb.Number of amd64: wdm.h reads this byte.
        if address != 0x184 {
            return None;
        }
        world::current().knows_processors.set(true);
        return Some(0);
    }
    let offset = address.checked_sub(SHARED).filter(|offset| *offset < PAGE)?;
    let page = shared_page();
    let at = usize::try_from(offset).ok()?;
    let mut value = [0; 8];
    value.get_mut(..size)?.copy_from_slice(page.get(at..at + size)?);
    Some(u64::from_le_bytes(value))
}

/// KUSER_SHARED_DATA (ddi:ntddk/ns-ntddk-kuser_shared_data), the members that drivers read.
fn shared_page() -> [u8; 4096] {
    const INTERRUPT_TIME: usize = 0x8;
    const SYSTEM_TIME: usize = 0x14;
    const BUILD: usize = 0x260;
    const PRODUCT_TYPE: usize = 0x264;
    const MAJOR: usize = 0x26C;
    const QPC_FREQUENCY: usize = 0x300;
    const TICK_COUNT: usize = 0x320;
    const ACTIVE_PROCESSORS: usize = 0x3C0;
    let now = world::current().clock.get();
    let mut page = [0; 4096];
    let mut put = |at: usize, bytes: &[u8]| page[at..at + bytes.len()].copy_from_slice(bytes);
    put(INTERRUPT_TIME, &now.to_le_bytes());
    put(SYSTEM_TIME, &(world::BOOT_100NS + now).to_le_bytes());
    put(BUILD, &26_100_u32.to_le_bytes());
    put(PRODUCT_TYPE, &1_u32.to_le_bytes());
    put(MAJOR, &10_u32.to_le_bytes());
    put(QPC_FREQUENCY, &10_000_000_u64.to_le_bytes());
    put(TICK_COUNT, &(now / world::TICK_100NS).to_le_bytes());
    put(ACTIVE_PROCESSORS, &2_u32.to_le_bytes());
    page
}

fn number(register: Register) -> Option<usize> {
    register.is_gpr().then(|| register.full_register().number())
}

fn get(registers: &Registers, register: Register) -> u64 {
    number(register).map_or(0, |number| registers[number])
}

/// Writes a register as the processor does: 32-bit results clear the upper half, shorter ones keep
/// it.
fn set(registers: &mut Registers, register: Register, value: u64) {
    let Some(number) = number(register) else { return };
    let old = registers[number];
    registers[number] = match register.size() {
        1 => old & !0xFF | value & 0xFF,
        2 => old & !0xFFFF | value & 0xFFFF,
        4 => value & 0xFFFF_FFFF,
        _ => value,
    };
    trap::crossed();
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;
    use crate::machine::block::Block;
    use crate::world::sample::machine;

    /// Runs one instruction with all registers 7 and the clock at 123.
    fn run(code: &'static [u8]) -> (Emulation, Registers, u8) {
        let out = Rc::new(RefCell::new(None));
        let inside = Rc::clone(&out);
        let (rest, _) = machine(0, move |world| {
            world.sleep(123);
            let block = Block::with(code, false);
            let mut registers = [7; 16];
            registers[3] = SHARED;
            let found = step(block.address(), &mut registers);
            let found = match found {
                Emulation::Done { next } => Emulation::Done { next: next - block.address() },
                other => other,
            };
            *inside.borrow_mut() = Some((found, registers, world.threads.current().irql.get()));
        });
        assert!(matches!(rest, crate::world::thread::Rest::Done));
        out.take().expect("it ran")
    }

    #[test]
    fn cr8_is_the_irql_both_ways() {
        let (found, registers, _) = run(&[0x44, 0x0F, 0x20, 0xC0]); // mov rax, cr8
        assert_eq!((found, registers[0]), (Emulation::Done { next: 4 }, 0));
        let (_, _, irql) = run(&[0x44, 0x0F, 0x22, 0xC1]); // mov cr8, rcx
        assert_eq!(irql, 7);
    }

    #[test]
    fn the_shared_page_tells_virtual_time() {
        let (found, registers, _) = run(&[0x48, 0x8B, 0x43, 0x08]); // mov rax, [rbx+8]
        assert_eq!((found, registers[0]), (Emulation::Done { next: 4 }, 123));
        // mov rax, [0xFFFFF78000000014]
        let code = &[0x48, 0xA1, 0x14, 0, 0, 0, 0x80, 0xF7, 0xFF, 0xFF];
        let (found, registers, _) = run(code);
        assert_eq!((found, registers[0]), (Emulation::Done { next: 10 }, world::BOOT_100NS + 123));
    }

    #[test]
    fn a_byte_from_the_processors_own_segment_is_its_number() {
        // movzx eax, byte ptr gs:[184h]
        let code = &[0x65, 0x0F, 0xB6, 0x04, 0x25, 0x84, 0x01, 0, 0];
        let (found, registers, _) = run(code);
        assert_eq!((found, registers[0]), (Emulation::Done { next: 9 }, 0));
    }

    #[test]
    fn what_is_not_emulated_is_told_apart() {
        assert_eq!(run(&[0xCD, 0x29]).0, Emulation::FastFail);
        assert_eq!(run(&[0xCD, 0x2C]).0, Emulation::Assertion);
        assert_eq!(run(&[0x0F, 0x32]).0, Emulation::Privileged, "rdmsr");
        assert_eq!(run(&[0xFA]).0, Emulation::Privileged, "cli");
        assert_eq!(run(&[0x0F, 0x20, 0xD8]).0, Emulation::Privileged, "mov rax, cr3");
        assert_eq!(run(&[0x48, 0x8B, 0x01]).0, Emulation::Ordinary, "mov rax, [rcx]");
    }
}
