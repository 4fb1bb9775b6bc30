//! Instructions that a kernel may execute and a process may not: those that headers of the WDK put
//! into drivers inline are carried out, the others are named.
//!
//! | instruction | from | here |
//! |---|---|---|
//! | `mov r, cr8`, `mov cr8, r` | KeGetCurrentIrql and friends | the thread's IRQL |
//! | any load from 0xFFFFF78000000000 | KeQueryInterruptTime, KeQuerySystemTime, KeQueryTickCount | KUSER_SHARED_DATA, made for it |
//! | any load through gs, or through KPCR.Self | KeGetCurrentThread, KeGetCurrentProcessorIndex, KeGetPcr | the KPCR, made for it |
//! | `int 29h` | RtlFailFast, stack cookies | bugcheck 0x139 |
//! | `int 2Ch` | NT_ASSERT | an exception, or bugcheck 0x1E |
//!
//! Nothing here counts as a call of the kernel for the watchdog: who only does this is in a loop.

use iced_x86::{Decoder, DecoderOptions, Instruction, Mnemonic, OpKind, Register};

use crate::machine::trap::{Emulation, Registers};
use crate::machine::{raw, shadow};
use crate::nt::pool;
use crate::world;

use super::shared_data;

/// Longest instruction of x86.
const LONGEST: usize = 15;

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
            let world = world::current();
            world.threads.current().irql.set(u8::try_from(value & 15).unwrap_or(15));
            pool::page_for_irql(&world);
            next
        }
        _ if is_privileged(&instruction) => Emulation::Privileged,
        _ => load(&instruction, registers).unwrap_or(Emulation::Ordinary),
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

/// Carries out a load from a page that only a kernel has; None if it is none.
fn load(instruction: &Instruction, registers: &mut Registers) -> Option<Emulation> {
    let through_gs = instruction.segment_prefix() == Register::GS;
    let known = *registers;
    let base = |register: Register, _, _| {
        Some(match register {
            // The segment's base is taken as zero: what counts is the offset.
            register if register.is_segment_register() => 0,
            register => get(&known, register),
        })
    };
    let Some(operand) = shadow::loads(instruction) else {
        return through_gs.then_some(Emulation::Privileged);
    };
    let address = instruction.virtual_address(operand, 0, base)?;
    let Some((window, offset)) = shared_data::find(address, through_gs) else {
        return through_gs.then_some(Emulation::Privileged);
    };
    let length = shadow::length(instruction, registers);
    let next = window
        .page(&world::current(), offset, length)
        .and_then(|page| shadow::redirect(instruction, registers, &page, offset));
    Some(next.map_or(Emulation::Privileged, |next| Emulation::Done { next }))
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::code::Code;
    use crate::nt::{thread, time};
    use crate::world::World;
    use crate::world::sample::machine;
    use crate::world::thread::Rest;

    const SHARED: u64 = 0xFFFF_F780_0000_0000;

    /// Runs `body` on a machine whose image is `code`, which is called with rcx = KI_USER_SHARED_DATA.
    fn executes(code: &'static [u8], body: impl FnOnce(&World, &dyn Fn(u64) -> u64) + 'static) {
        let (rest, journal) = machine(0, move |world| {
            world.sleep(123);
            let code = Code::new(code);
            code.watch(step);
            body(world, &|second| code.call(SHARED, second));
        });
        assert!(matches!(rest, Rest::Done), "{rest:?}\n{journal}");
    }

    /// What comes back in rax from `code`.
    fn gives(code: &'static [u8], second: u64, expected: u64) {
        executes(code, move |_, call| assert_eq!(call(second), expected, "{code:x?}"));
    }

    /// What an instruction is, without being executed.
    fn kind(code: &'static [u8]) -> Emulation {
        let out = std::rc::Rc::new(std::cell::Cell::new(Emulation::Ordinary));
        let inside = std::rc::Rc::clone(&out);
        machine(0, move |_| {
            let code = Code::new(code);
            inside.set(step(code.address(), &mut [7; 16]));
        });
        out.get()
    }

    #[test]
    fn cr8_is_the_irql_both_ways() {
        gives(&[0x44, 0x0F, 0x20, 0xC0, 0xC3], 0, 0); // mov rax, cr8
        executes(&[0x44, 0x0F, 0x22, 0xC2, 0xC3], |world, call| {
            call(2); // mov cr8, rdx
            assert_eq!(world.threads.current().irql.get(), 2);
        });
    }

    #[test]
    fn the_shared_page_tells_virtual_time() {
        gives(&[0x48, 0x8B, 0x41, 0x08, 0xC3], 0, 123); // mov rax, [rcx+8]
        // mov rax, [0xFFFFF78000000014]
        let system_time = &[0x48, 0xA1, 0x14, 0, 0, 0, 0x80, 0xF7, 0xFF, 0xFF, 0xC3];
        gives(system_time, 0, world::BOOT_100NS + 123);
    }

    #[test]
    fn every_ordinary_instruction_loads_from_the_shared_page() {
        // The major version is 10, the build 26100.
        // cmp dword [rcx+26Ch], 10; sete al; movzx eax, al
        gives(&[0x83, 0xB9, 0x6C, 2, 0, 0, 10, 0x0F, 0x94, 0xC0, 0x0F, 0xB6, 0xC0, 0xC3], 0, 1);
        // xor eax, eax; test dword [rcx+26Ch], 2; setnz al
        gives(&[0x31, 0xC0, 0xF7, 0x81, 0x6C, 2, 0, 0, 2, 0, 0, 0, 0x0F, 0x95, 0xC0, 0xC3], 0, 1);
        // mov rax, rdx; add eax, [rcx+26Ch]; then sub, and, or, xor
        gives(&[0x48, 0x89, 0xD0, 0x03, 0x81, 0x6C, 2, 0, 0, 0xC3], 7, 17);
        gives(&[0x48, 0x89, 0xD0, 0x2B, 0x81, 0x6C, 2, 0, 0, 0xC3], 17, 7);
        gives(&[0x48, 0x89, 0xD0, 0x23, 0x81, 0x6C, 2, 0, 0, 0xC3], 3, 2);
        gives(&[0x48, 0x89, 0xD0, 0x0B, 0x81, 0x6C, 2, 0, 0, 0xC3], 1, 11);
        gives(&[0x48, 0x89, 0xD0, 0x33, 0x81, 0x6C, 2, 0, 0, 0xC3], 3, 9);
        // mov rax, rdx; stc; adc eax, [rcx+26Ch]; then sbb
        gives(&[0x48, 0x89, 0xD0, 0xF9, 0x13, 0x81, 0x6C, 2, 0, 0, 0xC3], 7, 18);
        gives(&[0x48, 0x89, 0xD0, 0xF9, 0x1B, 0x81, 0x6C, 2, 0, 0, 0xC3], 18, 7);
        // imul eax, [rcx+26Ch], 3
        gives(&[0x6B, 0x81, 0x6C, 2, 0, 0, 3, 0xC3], 0, 30);
        // xor eax, eax; test edx, edx; cmovnz eax, [rcx+26Ch]
        gives(&[0x31, 0xC0, 0x85, 0xD2, 0x0F, 0x45, 0x81, 0x6C, 2, 0, 0, 0xC3], 1, 10);
        gives(&[0x31, 0xC0, 0x85, 0xD2, 0x0F, 0x45, 0x81, 0x6C, 2, 0, 0, 0xC3], 0, 0);
        // push qword [rcx+26Ch]; pop rax
        gives(&[0xFF, 0xB1, 0x6C, 2, 0, 0, 0x58, 0xC3], 0, 10);
        // movzx eax, word [rcx+260h]; movsx rax, byte [rcx+260h]; movsxd rax, dword [rcx+260h]
        gives(&[0x0F, 0xB7, 0x81, 0x60, 2, 0, 0, 0xC3], 0, 26_100);
        gives(&[0x48, 0x0F, 0xBE, 0x81, 0x60, 2, 0, 0, 0xC3], 0, (-12_i64).cast_unsigned());
        gives(&[0x48, 0x63, 0x81, 0x60, 2, 0, 0, 0xC3], 0, 26_100);
        // movdqu xmm0, [rcx+260h]; movd eax, xmm0
        let vector = &[0xF3, 0x0F, 0x6F, 0x81, 0x60, 2, 0, 0, 0x66, 0x0F, 0x7E, 0xC0, 0xC3];
        gives(vector, 0, 26_100);
    }

    #[test]
    fn a_copy_out_of_the_shared_page_leaves_the_registers_behind_it() {
        // push rsi; push rdi; lea rsi, [rcx+30h]; mov rdi, rdx; mov ecx, 4; rep movsw; lea rax, [rsi]; pop; pop
        const COPY: &[u8] = &[
            0x56, 0x57, 0x48, 0x8D, 0x71, 0x30, 0x48, 0x89, 0xD7, 0xB9, 4, 0, 0, 0, 0x66, 0xF3,
            0xA5, 0x48, 0x8D, 0x06, 0x5F, 0x5E, 0xC3,
        ];
        executes(COPY, |_, call| {
            let room = crate::machine::block::Block::with(&[0; 8], false);
            assert_eq!(call(room.address() as u64), SHARED + 0x30 + 8);
            let units: [u16; 4] = raw::get(room.address());
            assert_eq!(String::from_utf16_lossy(&units), "C:\\W");
        });
    }

    #[test]
    fn the_control_region_is_that_of_the_thread_that_runs() {
        // mov rax, gs:[18h]; mov rax, [rax+188h]
        const BY_SELF: &[u8] =
            &[0x65, 0x48, 0x8B, 0x04, 0x25, 0x18, 0, 0, 0, 0x48, 0x8B, 0x80, 0x88, 1, 0, 0, 0xC3];
        // mov rax, gs:[188h]
        const THREAD: &[u8] = &[0x65, 0x48, 0x8B, 0x04, 0x25, 0x88, 1, 0, 0, 0xC3];
        executes(THREAD, |world, call| {
            let own = thread::with_current(world, |thread| thread.object);
            assert_eq!(call(0), own as u64);
        });
        executes(BY_SELF, |world, call| {
            let own = thread::with_current(world, |thread| thread.object);
            assert_eq!(call(0), own as u64);
        });
        for (code, index) in [
            // movzx eax, byte gs:[184h]; mov eax, gs:[1A4h]
            (&[0x65, 0x0F, 0xB6, 0x04, 0x25, 0x84, 1, 0, 0, 0xC3][..], 1),
            (&[0x65, 0x8B, 0x04, 0x25, 0xA4, 1, 0, 0, 0xC3], 1),
        ] {
            executes(code, move |world, call| {
                thread::with_current(world, |thread| thread.affinity = 1 << index);
                assert_eq!(call(0), index);
            });
        }
    }

    #[test]
    fn a_driver_that_reads_the_clock_without_end_sees_it_move() {
        // mov rdx, [rcx+8]; add rdx, 10_000_000; mov eax, 0; l: inc rax; cmp [rcx+8], rdx; jb l
        const POLL: &[u8] = &[
            0x48, 0x8B, 0x51, 0x08, 0x48, 0x81, 0xC2, 0x80, 0x96, 0x98, 0, 0xB8, 0, 0, 0, 0, 0x48,
            0xFF, 0xC0, 0x48, 0x39, 0x51, 0x08, 0x72, 0xF7, 0xC3,
        ];
        executes(POLL, |world, call| {
            let readings = call(0);
            assert!((1_000..10_000).contains(&readings), "{readings}");
            let waited = world.clock.get() - 123;
            assert!((10_000_000..10_300_000).contains(&waited), "{waited}");
            assert_eq!(time::read(world), world.clock.get());
        });
    }

    #[test]
    fn what_is_not_emulated_is_told_apart() {
        assert_eq!(kind(&[0xCD, 0x29]), Emulation::FastFail);
        assert_eq!(kind(&[0xCD, 0x2C]), Emulation::Assertion);
        assert_eq!(kind(&[0x0F, 0x32]), Emulation::Privileged, "rdmsr");
        assert_eq!(kind(&[0xFA]), Emulation::Privileged, "cli");
        assert_eq!(kind(&[0x0F, 0x20, 0xD8]), Emulation::Privileged, "mov rax, cr3");
        assert_eq!(kind(&[0x48, 0x8B, 0x01]), Emulation::Ordinary, "mov rax, [rcx]");
        // mov rax, gs:[50h], which no header of the WDK reads; mov gs:[188h], rax
        let irql = &[0x65, 0x48, 0x8B, 0x04, 0x25, 0x50, 0, 0, 0];
        assert_eq!(kind(irql), Emulation::Privileged);
        let write = &[0x65, 0x48, 0x89, 0x04, 0x25, 0x88, 1, 0, 0];
        assert_eq!(kind(write), Emulation::Privileged);
        // mov [0xFFFFF78000000008], rax: nobody may write there.
        let shared = &[0x48, 0xA3, 8, 0, 0, 0, 0x80, 0xF7, 0xFF, 0xFF];
        assert_eq!(kind(shared), Emulation::Ordinary);
    }
}
