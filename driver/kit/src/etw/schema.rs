//! An event's schema as TraceLogging writes it, made by the compiler.
//!
//! ```text
//! u16 total size | u8 tag, 0 | event name, NUL | { field name, NUL | u8 in | [u8 out] }*
//! ```
//! Source: TraceLoggingProvider.h.

use super::field::Field;

/// A TlgOut byte follows the TlgIn byte.
const HAS_OUT: u8 = 0x80;

/// Bytes of the schema of an event with these groups of fields.
#[must_use]
pub const fn length(event: &str, groups: &[&[Field]]) -> usize {
    let mut total = 2 + 1 + event.len() + 1;
    let mut group = 0;
    while group < groups.len() {
        let fields = groups[group];
        let mut field = 0;
        while field < fields.len() {
            total += fields[field].name.len() + 1 + 1 + (fields[field].out_type != 0) as usize;
            field += 1;
        }
        group += 1;
    }
    total
}

/// The schema; `N` is what [`length`] says of the same event. Evaluated by the compiler only.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "asserted")]
pub const fn blob<const N: usize>(event: &str, groups: &[&[Field]]) -> [u8; N] {
    assert!(N == length(event, groups) && N <= u16::MAX as usize);
    let size = (N as u16).to_le_bytes();
    let mut out = [0; N];
    out[0] = size[0];
    out[1] = size[1];
    // The tag stays 0, and so does every NUL that is stepped over.
    let mut at = put(&mut out, 3, event);
    let mut group = 0;
    while group < groups.len() {
        let fields = groups[group];
        let mut field = 0;
        while field < fields.len() {
            let Field { name, in_type, out_type, .. } = fields[field];
            at = put(&mut out, at, name);
            if out_type == 0 {
                out[at] = in_type;
            } else {
                out[at] = in_type | HAS_OUT;
                at += 1;
                out[at] = out_type;
            }
            at += 1;
            field += 1;
        }
        group += 1;
    }
    assert!(at == N);
    out
}

/// Writes a name and steps over its NUL.
const fn put(out: &mut [u8], mut at: usize, name: &str) -> usize {
    let name = name.as_bytes();
    let mut index = 0;
    while index < name.len() {
        assert!(name[index] != 0);
        out[at] = name[index];
        at += 1;
        index += 1;
    }
    at + 1
}
