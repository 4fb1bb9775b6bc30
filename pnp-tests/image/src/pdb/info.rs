//! Stream 1: what identifies a PDB, and the numbers of the streams that have names.

use super::super::cursor::{self, Cursor};
use super::super::debug::guid_text;

pub(super) struct Info {
    pub(super) guid: String,
    /// The stream of file names.
    pub(super) names: Option<usize>,
}

impl Info {
    pub(super) fn parse(stream: &[u8]) -> Option<Self> {
        let mut cursor = Cursor(stream);
        let (_version, _time, _age) = (cursor.u32()?, cursor.u32()?, cursor.u32()?);
        let guid = guid_text(&mut cursor)?;
        Some(Self { guid, names: named_stream(&mut cursor, b"/names") })
    }
}

/// The map is a string buffer and a hash table on disk: its size and capacity, two bit sets (which
/// slots are taken, which were), and the taken slots in order, each a string's offset and a value.
fn named_stream(cursor: &mut Cursor<'_>, wanted: &[u8]) -> Option<usize> {
    let size = cursor.len()?;
    let strings = cursor.take(size)?;
    let (count, _capacity) = (cursor.len()?, cursor.u32()?);
    for _bit_set in 0..2 {
        let words = cursor.len()?;
        cursor.take(words.checked_mul(4)?)?;
    }
    for _ in 0..count {
        let (name, stream) = (cursor.u32()?, cursor.len()?);
        if cursor::at(strings, name)?.string() == wanted {
            return Some(stream);
        }
    }
    None
}
