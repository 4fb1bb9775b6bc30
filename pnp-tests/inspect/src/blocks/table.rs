//! Tables of jumps, as compilers write them for `switch`.

use iced_x86::{Instruction, Mnemonic, OpKind, Register};

use super::state::{Place, State, Value};
use image::Survey;

/// The place and targets of a table.
pub struct Table {
    pub range: (u32, u32),
    pub targets: Vec<u32>,
}

/// The value that a load out of `[base + index * width + displacement]` gives.
pub fn entry(instruction: &Instruction, state: &State) -> Option<Value> {
    let four = instruction.memory_size().size() == 4 && instruction.memory_index_scale() == 4;
    if !four || instruction.op1_kind() != OpKind::Memory {
        return None;
    }
    let (table, count) = indexed(instruction, state)?;
    Some(Value::Entry { table, count })
}

/// The largest byte that a load of one out of a table of bytes can give, and where that table is.
pub fn largest_byte(
    image: &Survey,
    instruction: &Instruction,
    state: &State,
) -> Option<(u32, (u32, u32))> {
    let one = instruction.memory_size().size() == 1 && instruction.memory_index_scale() == 1;
    let loads = instruction.mnemonic() == Mnemonic::Movzx && one;
    if !loads || instruction.op1_kind() != OpKind::Memory {
        return None;
    }
    let (table, count) = indexed(instruction, state)?;
    let bytes = image.bytes(table).get(..count? as usize)?;
    Some((u32::from(*bytes.iter().max()?), (table, table.checked_add(count?)?)))
}

/// The first entry of the array that is indexed, and how many entries there are.
fn indexed(instruction: &Instruction, state: &State) -> Option<(u32, Option<u32>)> {
    if instruction.memory_index() == Register::None {
        return None;
    }
    let displacement = instruction.memory_displacement64();
    let at = |value| match value {
        Value::Address(base) => u32::try_from(u64::from(base).wrapping_add(displacement)).ok(),
        _ => None,
    };
    let index = instruction.memory_index().full_register();
    let bound = state.bound(Place::Register(index.number()));
    Some((at(state.value(instruction.memory_base()))?, bound.map(|bound| bound + 1)))
}

/// The targets of a jump to the sum of an entry and `base`; `None` if one of them is not in the function.
pub fn sums(
    image: &Survey,
    (table, count, base): (u32, u32, u32),
    inside: impl Fn(u32) -> bool,
) -> Option<Table> {
    let mut targets = Vec::new();
    for index in 0..count {
        let entry = image.u32(table.checked_add(index * 4)?)?;
        let target = base.wrapping_add(entry);
        targets.push(Some(target).filter(|target| inside(*target))?);
    }
    Some(Table { range: (table, table.checked_add(count * 4)?), targets })
}

/// The targets of `jmp [base + index * 8]`, a table of pointers.
pub fn pointers(
    image: &Survey,
    instruction: &Instruction,
    state: &State,
    inside: impl Fn(u32) -> bool,
) -> Option<Table> {
    if instruction.op0_kind() != OpKind::Memory || instruction.memory_index_scale() != 8 {
        return None;
    }
    let (table, count) = indexed(instruction, state)?;
    let count = count?;
    let mut targets = Vec::new();
    for index in 0..count {
        let pointer = image.u64(table.checked_add(index * 8)?)?;
        let rva = pointer.checked_sub(image.preferred_base)?;
        targets.push(u32::try_from(rva).ok().filter(|target| inside(*target))?);
    }
    Some(Table { range: (table, table.checked_add(count * 8)?), targets })
}
