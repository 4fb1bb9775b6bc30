//! Loads from addresses that a kernel has and a process cannot map: the image's own instruction is
//! executed, with a page of the host's in place of the kernel's.
//!
//! - The instruction is encoded once more with its operand relative to rip, behind it a jump back. So no
//!   register is needed for it, and flags and registers come out as the processor makes them, whatever
//!   instruction it is.
//! - `movs` and `lods` have their source in rsi alone: they run as they are, and rsi is set afterwards.
//! - An instruction that would write there is none of these.

use std::cell::Cell;
use std::ptr;

use iced_x86::{
    Code, Encoder, Instruction, InstructionInfoFactory, Mnemonic, OpAccess, OpKind, Register,
};

use super::raw;

const PAGE: usize = 4096;
/// rsi, as instructions number registers.
const RSI: usize = 6;
const RCX: usize = 1;

thread_local! {
    /// A page for one instruction, and the page that it reads, behind it; 0 before the first use.
    /// A signal handler writes both, so no allocation may be needed by then: it is a mapping.
    static PAGES: Cell<usize> = const { Cell::new(0) };
    /// The instruction of the image that the first page stands for.
    static ORIGIN: Cell<usize> = const { Cell::new(0) };
}

fn pages() -> usize {
    let known = PAGES.get();
    if known != 0 {
        return known;
    }
    let protection = libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: an anonymous mapping at an address of the kernel's choice touches nothing else.
    let pages = unsafe { libc::mmap(ptr::null_mut(), 2 * PAGE, protection, flags, -1, 0) };
    assert!(pages != libc::MAP_FAILED, "the host can map two pages");
    PAGES.set(pages.expose_provenance());
    PAGES.get()
}

/// The image's instruction that is under way at `address`: another one if this is the copy of it.
pub fn origin(address: usize) -> usize {
    let pages = PAGES.get();
    if pages != 0 && (pages..pages + PAGE).contains(&address) { ORIGIN.get() } else { address }
}

/// The operand through which an instruction loads, if it has one and writes no memory with it.
pub fn loads(instruction: &Instruction) -> Option<u32> {
    if matches!(instruction.mnemonic(), Mnemonic::Jmp | Mnemonic::Call) {
        return None;
    }
    let operand = (0..instruction.op_count()).find(|operand| {
        matches!(
            instruction.op_kind(*operand),
            OpKind::Memory | OpKind::MemorySegRSI | OpKind::MemorySegESI
        )
    })?;
    let mut factory = InstructionInfoFactory::new();
    let access = factory.info(instruction).op_access(operand);
    matches!(access, OpAccess::Read | OpAccess::CondRead).then_some(operand)
}

/// How many bytes a load reads, from its address on.
pub fn length(instruction: &Instruction, registers: &[u64; 16]) -> usize {
    let times = if instruction.has_rep_prefix() { registers[RCX] } else { 1 };
    instruction.memory_size().size().saturating_mul(usize::try_from(times).unwrap_or(usize::MAX))
}

/// Where to go on so that the load at `instruction` happens with `page` in place of the one it asked for;
/// `offset` is its place there. None for an instruction that cannot be carried out so.
pub fn redirect(
    instruction: &Instruction,
    registers: &mut [u64; 16],
    page: &[u8; PAGE],
    offset: usize,
) -> Option<usize> {
    let pages = pages();
    let data = pages + PAGE;
    let origin = usize::try_from(instruction.ip()).ok()?;
    let mut code = match instruction.mnemonic() {
        Mnemonic::Movsb | Mnemonic::Movsw | Mnemonic::Movsd | Mnemonic::Movsq
            if instruction.op0_kind() == OpKind::MemoryESRDI =>
        {
            by_rsi(instruction, registers, data + offset)?
        }
        Mnemonic::Lodsb | Mnemonic::Lodsw | Mnemonic::Lodsd | Mnemonic::Lodsq => {
            by_rsi(instruction, registers, data + offset)?
        }
        _ => relative(instruction, pages, data + offset)?,
    };
    code.extend([0xFF, 0x25, 0, 0, 0, 0]); // jmp [rip]
    code.extend(instruction.next_ip().to_le_bytes());
    ORIGIN.set(origin);
    raw::write(data, page);
    raw::write(pages, &code);
    Some(pages)
}

/// The instruction with its memory operand at `data`, to be executed at `at`.
fn relative(instruction: &Instruction, at: usize, data: usize) -> Option<Vec<u8>> {
    let mut copy = *instruction;
    // The forms with an address of 64 bits have no other operand; the usual forms do the same.
    match copy.code() {
        Code::Mov_AL_moffs8 => copy.set_code(Code::Mov_r8_rm8),
        Code::Mov_AX_moffs16 => copy.set_code(Code::Mov_r16_rm16),
        Code::Mov_EAX_moffs32 => copy.set_code(Code::Mov_r32_rm32),
        Code::Mov_RAX_moffs64 => copy.set_code(Code::Mov_r64_rm64),
        _ => {}
    }
    copy.set_segment_prefix(Register::None);
    copy.set_memory_base(Register::RIP);
    copy.set_memory_index(Register::None);
    copy.set_memory_displ_size(8);
    copy.set_memory_displacement64(data as u64);
    let mut encoder = Encoder::new(64);
    encoder.encode(&copy, at as u64).ok()?;
    Some(encoder.take_buffer())
}

/// The instruction as it is, with rsi at `data` while it runs; the direction flag is clear in a kernel.
fn by_rsi(instruction: &Instruction, registers: &mut [u64; 16], data: usize) -> Option<Vec<u8>> {
    if instruction.segment_prefix() != Register::None {
        return None;
    }
    let origin = usize::try_from(instruction.ip()).ok()?;
    let mut code = raw::bytes(origin, instruction.len());
    let after = registers[RSI].wrapping_add(length(instruction, registers) as u64);
    code.extend([0x48, 0xBE]); // mov rsi, after
    code.extend(after.to_le_bytes());
    registers[RSI] = data as u64;
    Some(code)
}
