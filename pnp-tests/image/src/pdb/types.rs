//! Stream 2: how large the types are that variables have.

use std::collections::BTreeMap;

use super::super::cursor::Cursor;
use super::function;

const LF_MODIFIER: u16 = 0x1001;
const LF_POINTER: u16 = 0x1002;
const LF_ARRAY: u16 = 0x1503;
const LF_CLASS: u16 = 0x1504;
const LF_STRUCTURE: u16 = 0x1505;
const LF_UNION: u16 = 0x1506;
const LF_ENUM: u16 = 0x1507;

/// Types that only wrap another are followed this far.
const DEEPEST: usize = 16;

#[derive(Default)]
pub(super) struct Types {
    records: BTreeMap<u32, Type>,
    /// Of structures that other records only announce.
    named: BTreeMap<Vec<u8>, u64>,
}

enum Type {
    Size(u64),
    Same(u32),
    Announced(Vec<u8>),
}

impl Types {
    pub(super) fn parse(stream: &[u8]) -> Option<Self> {
        let mut header = Cursor(stream);
        let (_version, header_size) = (header.u32()?, header.len()?);
        let first = header.u32()?;
        let mut records = Cursor(stream.get(header_size..)?);
        let mut types = Self::default();
        for index in first.. {
            let Some(record) = function::next(&mut records) else { break };
            if let Some(found) = types.read(record) {
                types.records.insert(index, found);
            }
        }
        Some(types)
    }

    pub(super) fn size(&self, index: u32) -> Option<u64> {
        let mut index = index;
        for _ in 0..DEEPEST {
            if index < 0x1000 {
                return simple(index);
            }
            match self.records.get(&index)? {
                Type::Size(size) => return Some(*size),
                Type::Announced(name) => return self.named.get(name).copied(),
                Type::Same(other) => index = *other,
            }
        }
        None
    }

    fn read(&mut self, mut record: Cursor<'_>) -> Option<Type> {
        match record.u16()? {
            LF_MODIFIER => Some(Type::Same(record.u32()?)),
            LF_POINTER => Some(Type::Size(8)),
            LF_ARRAY => {
                record.take(8)?;
                Some(Type::Size(number(&mut record)?))
            }
            LF_ENUM => {
                record.take(4)?;
                Some(Type::Same(record.u32()?))
            }
            LF_CLASS | LF_STRUCTURE => self.structure(record, 12),
            LF_UNION => self.structure(record, 4),
            _ => None,
        }
    }

    /// A member count, properties, `skipped` bytes of other types, the size, two names.
    fn structure(&mut self, mut record: Cursor<'_>, skipped: usize) -> Option<Type> {
        const FORWARD: u16 = 0x80;
        record.take(2)?;
        let properties = record.u16()?;
        record.take(skipped)?;
        let size = number(&mut record)?;
        // Two types of one name are told apart by the second, which is last.
        let names = record.0.to_vec();
        if properties & FORWARD != 0 {
            return Some(Type::Announced(names));
        }
        self.named.insert(names, size);
        Some(Type::Size(size))
    }
}

/// A numeric leaf: small values stand for themselves.
fn number(record: &mut Cursor<'_>) -> Option<u64> {
    match record.u16()? {
        small @ 0..0x8000 => Some(u64::from(small)),
        0x8002 => record.u16().map(u64::from),
        0x8003 | 0x8004 => record.u32().map(u64::from),
        0x8009 | 0x800a => record.u64(),
        _ => None,
    }
}

/// The kind of a simple type is in its low byte, a pointer to it in the bits above.
fn simple(index: u32) -> Option<u64> {
    if index & 0x0700 != 0 {
        return Some(8);
    }
    match index & 0xff {
        0x10 | 0x20 | 0x30 | 0x68 | 0x69 | 0x70 | 0x7c => Some(1),
        0x11 | 0x21 | 0x31 | 0x71 | 0x72 | 0x73 | 0x7a => Some(2),
        0x08 | 0x12 | 0x22 | 0x32 | 0x40 | 0x74 | 0x75 | 0x7b => Some(4),
        0x13 | 0x23 | 0x33 | 0x41 | 0x76 | 0x77 => Some(8),
        0x14 | 0x24 | 0x78 | 0x79 => Some(16),
        _ => None,
    }
}
