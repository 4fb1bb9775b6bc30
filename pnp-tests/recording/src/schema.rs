//! The schema which a TraceLogging event carries: its name, and its fields' names and types.
//!
//! ```text
//! u16 total size | tag | event name, NUL | field*
//! field: name, NUL | u8 in | [u8 out] | [tag] | [u16 constant count] | [custom type]
//! ```
//! Source: `TraceLoggingProvider.h`, crate `tracelogging`.

use std::rc::Rc;

use super::bytes::Bytes;

/// The in-type whose out slot counts the members that follow.
pub(super) const STRUCT: u8 = 24;

/// A schema nests as deep as its author likes; ours is walked by recursion.
const MAX_DEPTH: usize = 16;

/// What could be read, and why not more.
pub(super) struct Schema {
    pub(super) name: Rc<str>,
    pub(super) fields: Vec<FieldType>,
    pub(super) problem: Option<String>,
}

pub(super) struct FieldType {
    pub(super) name: Rc<str>,
    /// How the value is encoded, without the flags.
    pub(super) in_type: u8,
    /// How the value wants to be shown; 0 leaves that to `in_type`.
    pub(super) out_type: u8,
    pub(super) count: Count,
    /// Of a struct.
    pub(super) members: Vec<FieldType>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    One,
    Constant(u16),
    /// The payload has the count.
    Variable,
    /// Encoded by a private convention: a byte count, then bytes.
    Custom,
}

pub(super) fn read(metadata: &[u8]) -> Schema {
    let mut schema = Schema { name: "".into(), fields: Vec::new(), problem: None };
    let size = metadata.first_chunk().map_or(0, |size| usize::from(u16::from_le_bytes(*size)));
    // A size that lies either way is told, and what there is gets read all the same.
    let mut bytes = Bytes::new(metadata.get(..size).unwrap_or(metadata));
    schema.problem = read_into(&mut bytes, &mut schema).err().or_else(|| {
        (size != metadata.len())
            .then(|| format!("schema says {size} bytes and has {}", metadata.len()))
    });
    schema
}

fn read_into(bytes: &mut Bytes, schema: &mut Schema) -> Result<(), String> {
    bytes.u16().ok_or("schema has no size")?;
    skip_tag(bytes).ok_or("event tag does not end")?;
    let name = bytes.until_nul().ok_or("event name does not end")?;
    schema.name = String::from_utf8_lossy(name).into();
    while !bytes.rest().is_empty() {
        read_field(bytes, 0, &mut schema.fields)?;
    }
    Ok(())
}

/// Appends one field, and with it the members it counts.
fn read_field(bytes: &mut Bytes, depth: usize, into: &mut Vec<FieldType>) -> Result<(), String> {
    let at = bytes.at();
    let name = bytes
        .until_nul()
        .ok_or_else(|| format!("field name at schema offset {at} does not end"))?;
    let name = String::from_utf8_lossy(name).into();
    let at = bytes.at();
    let Some((in_type, out_type, count)) = read_type(bytes) else {
        return Err(format!("field {name:?}: type at schema offset {at} is cut off"));
    };
    let mut field = FieldType { name, in_type, out_type, count, members: Vec::new() };
    let mut result = Ok(());
    if in_type == STRUCT {
        if out_type == 0 || depth == MAX_DEPTH {
            let why = if out_type == 0 { "has no members" } else { "nests too deep" };
            return Err(format!("field {:?}: struct at schema offset {at} {why}", field.name));
        }
        result = (0..out_type).try_for_each(|_| read_field(bytes, depth + 1, &mut field.members));
    }
    into.push(field);
    result
}

fn read_type(bytes: &mut Bytes) -> Option<(u8, u8, Count)> {
    let encoded = bytes.u8()?;
    let mut out = 0;
    if encoded & 0x80 != 0 {
        out = bytes.u8()?;
        if out & 0x80 != 0 {
            skip_tag(bytes)?;
        }
    }
    let count = match encoded & 0x60 {
        0 => Count::One,
        0x20 => Count::Constant(bytes.u16()?),
        0x40 => Count::Variable,
        _ => {
            let size = bytes.u16()?;
            bytes.take(usize::from(size))?;
            Count::Custom
        }
    };
    Some((encoded & 0x1F, out & 0x7F, count))
}

/// A tag has 28 bits, seven in a byte; the top bit says that another byte follows.
fn skip_tag(bytes: &mut Bytes) -> Option<()> {
    for _ in 0..4 {
        if bytes.u8()? & 0x80 == 0 {
            return Some(());
        }
    }
    None
}
