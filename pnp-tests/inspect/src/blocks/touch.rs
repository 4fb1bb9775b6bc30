//! What an instruction does to memory that another processor can reach.

use iced_x86::{Instruction, InstructionInfoFactory, Mnemonic, OpAccess, OpKind, Register};

use super::state::is_local;

/// An access to memory other than the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Touch {
    /// Reads, and does not write: `mov rax, [rcx]`, `cmp [rcx], 0`.
    Reads,
    /// Writes what it did not read, or reads and writes at once for all processors (`lock`, `xchg`).
    Writes,
    /// Reads, computes and writes, and another processor may come in between: `inc [rcx]`.
    Updates,
}

/// The touch of an instruction, if it has one.
pub fn of(instruction: &Instruction, factory: &mut InstructionInfoFactory) -> Option<Touch> {
    if instruction.mnemonic() == Mnemonic::Lea || instruction.is_string_instruction() {
        return None;
    }
    let reaches = (0..instruction.op_count()).any(|op| instruction.op_kind(op) == OpKind::Memory);
    let elsewhere = instruction.segment_prefix() == Register::GS
        || instruction.memory_base() == Register::RSP
        || is_local(instruction);
    if !reaches || elsewhere {
        return None;
    }
    let (mut reads, mut writes) = (false, false);
    for used in factory.info(instruction).used_memory() {
        match used.access() {
            OpAccess::Read | OpAccess::CondRead => reads = true,
            OpAccess::Write | OpAccess::CondWrite => writes = true,
            OpAccess::ReadWrite | OpAccess::ReadCondWrite => {
                reads = true;
                writes = true;
            }
            _ => {}
        }
    }
    // `xchg` with memory locks by itself.
    let whole = instruction.has_lock_prefix() || instruction.mnemonic() == Mnemonic::Xchg;
    match (reads, writes) {
        (true, true) if !whole && instruction.memory_size().size() <= 8 => Some(Touch::Updates),
        (_, true) => Some(Touch::Writes),
        (true, false) => Some(Touch::Reads),
        (false, false) => None,
    }
}
