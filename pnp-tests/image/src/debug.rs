//! The debug directory's reference to the PDB that was linked together with an image.

use object::LittleEndian as LE;
use object::pe;

use super::cursor::{self, Cursor, printable};

/// Where the linker put the symbols, and what identifies them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PdbReference {
    /// As on the machine that linked the image; often only a file name.
    pub path: String,
    /// Upper case with hyphens, as `symchk` prints it.
    pub guid: String,
    /// How often the PDB was written since it was created.
    pub age: u32,
}

/// The first CodeView 7.0 (`RSDS`) entry. A broken debug directory does not stop a driver from
/// loading in Windows, so here it only means no reference.
pub(super) fn pdb_reference(flat: &[u8], rva: u32, size: u32) -> Option<PdbReference> {
    let entry_size = size_of::<pe::ImageDebugDirectory>();
    let entries = cursor::at(flat, rva)?.take(size as usize)?;
    entries.chunks_exact(entry_size).find_map(|bytes| {
        let (entry, _) = object::pod::from_bytes::<pe::ImageDebugDirectory>(bytes).ok()?;
        if entry.typ.get(LE) != pe::IMAGE_DEBUG_TYPE_CODEVIEW {
            return None;
        }
        let mut record = cursor::at(flat, entry.address_of_raw_data.get(LE))?;
        let mut record = Cursor(record.take(entry.size_of_data.get(LE) as usize)?);
        if record.take(4)? != b"RSDS" {
            return None;
        }
        let guid = guid_text(&mut record)?;
        Some(PdbReference { age: record.u32()?, path: printable_path(record.string()), guid })
    })
}

/// Linkers write UTF-8; backslashes are kept as they are.
fn printable_path(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec())
        .ok()
        .filter(|path| !path.chars().any(char::is_control))
        .unwrap_or_else(|| printable(bytes))
}

/// The text of a GUID, whose first three fields are little-endian in memory.
pub(super) fn guid_text(cursor: &mut Cursor<'_>) -> Option<String> {
    let (first, second, third) = (cursor.u32()?, cursor.u16()?, cursor.u16()?);
    let last = u64::from_be_bytes(cursor.array()?);
    let (fourth, node) = (last >> 48, last & 0xffff_ffff_ffff);
    Some(format!("{first:08X}-{second:04X}-{third:04X}-{fourth:04X}-{node:012X}"))
}
