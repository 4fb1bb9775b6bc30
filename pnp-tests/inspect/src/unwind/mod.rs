//! The table of functions that Windows unwinds with (`.pdata`): where each one is, and how much
//! stack its prologue takes.

mod arm64;
mod x64;

use object::pe;

use image::{Machine, Survey};

/// One entry of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub start: u32,
    pub end: u32,
    /// Bytes of stack below the return address; all of it on ARM64, which has none there.
    pub frame: u64,
    /// The function that this is a part of.
    pub part_of: Option<u32>,
    /// Called by Windows if something goes wrong in here.
    pub handler: Option<u32>,
}

/// The entries that make sense, by start, and how many do not.
pub fn read(image: &Survey) -> (Vec<Entry>, usize) {
    let Some((table, size)) = image.directory(pe::IMAGE_DIRECTORY_ENTRY_EXCEPTION) else {
        return (Vec::new(), 0);
    };
    let width = match image.machine {
        Machine::X64 => 12,
        Machine::Arm64 => 8,
    };
    let size = size.min(u32::try_from(image.bytes(table).len()).unwrap_or(u32::MAX));
    let mut broken = 0;
    let mut entries = Vec::new();
    for offset in (0..size / width).map(|index| index * width) {
        let rva = table + offset;
        let entry = match image.machine {
            Machine::X64 => x64::entry(image, rva),
            Machine::Arm64 => arm64::entry(image, rva),
        };
        match entry.filter(|entry| entry.start < entry.end && image.is_code(entry.start)) {
            Some(entry) => entries.push(entry),
            None => broken += 1,
        }
    }
    entries.sort_by_key(|entry| entry.start);
    entries.dedup_by_key(|entry| entry.start);
    (entries, broken)
}
