//! Symbol records of data: which variable lies where.

use super::super::cursor::Cursor;
use super::super::section::Section;
use super::types::Types;
use super::{function, rva};

const S_LDATA32: u16 = 0x110c;
const S_GDATA32: u16 = 0x110d;
const S_PUB32: u16 = 0x110e;

#[derive(Debug)]
pub(in super::super) struct Variable {
    pub(in super::super) rva: u32,
    /// In bytes; a public symbol does not say.
    pub(in super::super) size: Option<u64>,
    /// As in the PDB: qualified in data records, mangled in public symbols.
    pub(in super::super) name: String,
}

/// Appends the variables among `records`.
pub(super) fn collect(
    records: Option<&[u8]>,
    sections: &[Section],
    types: &Types,
    into: &mut Vec<Variable>,
) {
    let mut records = Cursor(records.unwrap_or_default());
    while let Some(record) = function::next(&mut records) {
        into.extend(variable(record, sections, types));
    }
}

fn variable(mut record: Cursor<'_>, sections: &[Section], types: &Types) -> Option<Variable> {
    let size = match record.u16()? {
        S_LDATA32 | S_GDATA32 => types.size(record.u32()?),
        S_PUB32 => {
            const CODE_OR_FUNCTION: u32 = 3;
            if record.u32()? & CODE_OR_FUNCTION != 0 {
                return None;
            }
            None
        }
        _ => return None,
    };
    let (offset, segment) = (record.u32()?, record.u16()?);
    let name = String::from_utf8_lossy(record.string()).into_owned();
    Some(Variable { rva: rva(sections, segment, offset)?, size, name })
}
