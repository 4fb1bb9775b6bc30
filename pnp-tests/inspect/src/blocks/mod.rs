//! Basic blocks of an x86-64 image, for whoever wants to stop at them: nothing is a block that is not
//! reached by following instructions from a proven start.
//!
//! Starts are proven by the entry point, the unwind table, a direct call or jump, or a PDB that says a
//! function's length. A jump through a table is followed where a comparison before it says how many
//! entries the table has. What overlaps with something else is left out: a byte that is patched although it
//! is data, or the middle of an instruction, changes what the driver does.

mod descent;
mod state;
mod table;
mod touch;

use std::collections::{BTreeMap, BTreeSet};

use super::unwind;
use descent::Descent;
use image::{Machine, Survey, Symbols};
pub use touch::Touch;

/// The code of an image, as far as it is proven to be code.
#[derive(Debug, Default)]
pub struct Blocks {
    /// The basic blocks, by start.
    pub list: Vec<Block>,
    /// The starts of functions that have a block, by start.
    pub functions: Vec<u32>,
    /// The instructions that reach memory other than the stack, by RVA.
    pub touches: BTreeMap<u32, Touch>,
    /// The `pause` instructions: what a loop that waits for memory to change has in it.
    pub pauses: Vec<u32>,
    /// Jumps through tables whose length nothing proves: what stands behind them is not here.
    pub unresolved: usize,
}

/// Instructions that are carried out one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// RVA of the first byte.
    pub start: u32,
    /// RVA behind the last byte.
    pub end: u32,
    /// RVA of the function that it belongs to.
    pub function: u32,
}

impl Blocks {
    /// Those of an image; none of an image for another machine.
    #[must_use]
    pub fn read(image: &Survey, symbols: Option<&Symbols>) -> Self {
        if image.machine != Machine::X64 {
            return Self::default();
        }
        let mut descent = Descent::new(image, ranges(image, symbols));
        descent.start(image.entry);
        descent.run();
        let Descent { code, leaders, tables, unresolved, .. } = descent;
        let bad = overlapping(&code, &tables);
        let mut blocks = Self { unresolved, ..Self::default() };
        let mut functions = BTreeSet::new();
        for (start, function) in &leaders {
            let Some(end) = end(*start, &code, &leaders) else { continue };
            let is_whole = bad.range(*start..end).next().is_none();
            // What begins with `int3` is no way that a driver goes and lives.
            if is_whole && image.byte(*start) != Some(0xCC) {
                blocks.list.push(Block { start: *start, end, function: *function });
                functions.insert(*function);
            }
        }
        let starts: BTreeSet<u32> = blocks.list.iter().map(|block| block.start).collect();
        blocks.functions = functions.into_iter().filter(|start| starts.contains(start)).collect();
        let whole = |rva: &u32| {
            let before = blocks.list.partition_point(|block| block.start <= *rva);
            before.checked_sub(1).is_some_and(|at| *rva < blocks.list[at].end)
        };
        for (rva, instruction) in code.iter().filter(|(rva, _)| whole(rva)) {
            if let Some(touch) = instruction.touch {
                blocks.touches.insert(*rva, touch);
            }
            if instruction.pauses {
                blocks.pauses.push(*rva);
            }
        }
        blocks
    }
}

/// The parts of functions: start, end, start of the function that it is a part of.
fn ranges(image: &Survey, symbols: Option<&Symbols>) -> BTreeMap<u32, (u32, u32)> {
    let (entries, _) = unwind::read(image);
    let parts = entries.iter().map(|part| (part.start, (part.end, part.part_of)));
    let mut ranges: BTreeMap<u32, (u32, u32)> =
        parts.map(|(start, (end, owner))| (start, (end, owner.unwrap_or(start)))).collect();
    for (start, length, _) in symbols.into_iter().flat_map(Symbols::functions) {
        let end = length.and_then(|length| start.checked_add(length));
        let Some(end) = end.filter(|end| *end > start && image.is_code(start)) else { continue };
        let before = ranges.range(..=start).next_back();
        if before.is_none_or(|(_, (before, _))| *before <= start) {
            ranges.insert(start, (end, start));
        }
    }
    ranges
}

/// The end of the block that begins at `start`; `None` where there is no instruction.
fn end(
    start: u32,
    code: &BTreeMap<u32, descent::Instruction>,
    leaders: &BTreeMap<u32, u32>,
) -> Option<u32> {
    let mut at = start;
    loop {
        let instruction = code.get(&at)?;
        at += instruction.length;
        if instruction.ends || leaders.contains_key(&at) || !code.contains_key(&at) {
            return Some(at);
        }
    }
}

/// Instructions that overlap with the one before or after them, or with a table.
fn overlapping(code: &BTreeMap<u32, descent::Instruction>, tables: &[(u32, u32)]) -> BTreeSet<u32> {
    let mut bad = BTreeSet::new();
    let mut widest: Option<(u32, u32)> = None;
    for (start, instruction) in code {
        let end = start + instruction.length;
        if let Some((before, before_end)) = widest
            && before_end > *start
        {
            bad.extend([before, *start]);
        }
        if widest.is_none_or(|(_, before_end)| end > before_end) {
            widest = Some((*start, end));
        }
    }
    for (start, end) in tables {
        let first = start.saturating_sub(descent::LONGEST);
        let touched = code.range(first..*end);
        bad.extend(touched.filter(|(at, one)| **at + one.length > *start).map(|(at, _)| *at));
    }
    bad
}

#[cfg(test)]
mod tests;
