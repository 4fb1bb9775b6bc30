//! Symbol records: which code belongs to which function.

use super::super::cursor::Cursor;
use super::super::section::Section;
use super::rva;

const S_THUNK32: u16 = 0x1102;
const S_PUB32: u16 = 0x110e;
const S_LPROC32: u16 = 0x110f;
const S_GPROC32: u16 = 0x1110;
const S_LPROC32_ID: u16 = 0x1146;
const S_GPROC32_ID: u16 = 0x1147;

#[derive(Debug)]
pub(in super::super) struct Function {
    pub(in super::super) rva: u32,
    /// In bytes; a public symbol does not say.
    pub(in super::super) length: Option<u32>,
    /// As in the PDB: qualified in procedures, mangled in public symbols.
    pub(in super::super) name: String,
}

/// Appends the functions among `records`.
pub(super) fn collect(records: Option<&[u8]>, sections: &[Section], into: &mut Vec<Function>) {
    let mut records = Cursor(records.unwrap_or_default());
    while let Some(record) = next(&mut records) {
        into.extend(function(record, sections));
    }
}

/// A record is its length, which does not count itself, and that many bytes.
pub(super) fn next<'a>(records: &mut Cursor<'a>) -> Option<Cursor<'a>> {
    let length = records.u16()?;
    records.take(usize::from(length)).map(Cursor)
}

/// `None` for the other kinds of record and for code that the linker dropped.
fn function(mut record: Cursor<'_>, sections: &[Section]) -> Option<Function> {
    let (segment, offset, length) = match record.u16()? {
        S_GPROC32 | S_LPROC32 | S_GPROC32_ID | S_LPROC32_ID => {
            record.take(12)?;
            let length = record.u32()?;
            record.take(12)?;
            let (offset, segment) = (record.u32()?, record.u16()?);
            record.take(1)?;
            (segment, offset, Some(length))
        }
        S_THUNK32 => {
            record.take(12)?;
            let (offset, segment, length) = (record.u32()?, record.u16()?, record.u16()?);
            record.take(1)?;
            (segment, offset, Some(u32::from(length)))
        }
        S_PUB32 => {
            const CODE_OR_FUNCTION: u32 = 3;
            if record.u32()? & CODE_OR_FUNCTION == 0 {
                return None;
            }
            let (offset, segment) = (record.u32()?, record.u16()?);
            (segment, offset, None)
        }
        _ => return None,
    };
    let name = String::from_utf8_lossy(record.string()).into_owned();
    Some(Function { rva: rva(sections, segment, offset)?, length, name })
}
