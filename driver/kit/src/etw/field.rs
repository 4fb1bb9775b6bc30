//! The kinds of field: how a schema names them, and which bytes a value becomes.

use super::payload::{Cursor, Pieces};

/// One field of a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Name of the field, as every reader of the trace sees it.
    pub name: &'static str,
    /// TlgIn: the type of the bytes in the payload.
    pub in_type: u8,
    /// TlgOut: the form in which readers show the value; 0 leaves that to `in_type`.
    pub out_type: u8,
    /// Meaning of the field, for the documentation.
    pub meaning: &'static str,
}

/// A kind of field.
pub trait Kind {
    /// The Rust value of such a field.
    type Value<'a>;
    /// TlgIn of the kind: the type of the bytes in the payload.
    const IN: u8;
    /// TlgOut of the kind: the form in which readers show it.
    const OUT: u8;
    /// Bytes that a value puts inline, beside the descriptors: all of a number, the count of a text.
    const INLINE: usize;
    /// Whether the value has a descriptor of its own, which points at the bytes behind the count.
    const POINTS: bool;

    /// Adds `value` to a payload and gives the cursor after it.
    fn put<'p>(value: &'p Self::Value<'_>, pieces: &mut Pieces<'p>, cursor: Cursor) -> Cursor;
}

/// Numbers of a fixed size: kind, Rust type, TlgIn, TlgOut.
macro_rules! number {
    ($($(#[$doc:meta])* $kind:ident: $rust:ty, $in_type:literal, $out_type:literal;)*) => {$(
        $(#[$doc])*
        pub struct $kind;

        impl Kind for $kind {
            type Value<'a> = $rust;
            const IN: u8 = $in_type;
            const OUT: u8 = $out_type;
            const INLINE: usize = size_of::<$rust>();
            const POINTS: bool = false;

            #[inline(always)]
            fn put<'p>(value: &'p $rust, pieces: &mut Pieces<'p>, cursor: Cursor) -> Cursor {
                pieces.inline(cursor, value.to_le_bytes())
            }
        }
    )*};
}

number! {
    /// An unsigned number of 8 bits.
    U8: u8, 4, 0;
    /// An unsigned number of 32 bits.
    U32: u32, 8, 0;
    /// An unsigned number of 64 bits.
    U64: u64, 10, 0;
    /// A signed number of 32 bits.
    I32: i32, 7, 0;
    /// A number of 32 bits that readers show in hexadecimal.
    Hex32: u32, 20, 0;
    /// A number of 64 bits that readers show in hexadecimal.
    Hex64: u64, 21, 0;
    /// An NTSTATUS or NDIS_STATUS, shown by name where there is one.
    Status: i32, 20, 14;
}

/// A Boolean, in one byte.
pub struct Bool;

impl Kind for Bool {
    type Value<'a> = bool;
    const IN: u8 = 4;
    const OUT: u8 = 3;
    const INLINE: usize = 1;
    const POINTS: bool = false;

    #[inline(always)]
    fn put<'p>(value: &'p bool, pieces: &mut Pieces<'p>, cursor: Cursor) -> Cursor {
        pieces.inline(cursor, [u8::from(*value)])
    }
}

/// The most bytes of one text that an event carries: 4 KiB. The rest is cut off.
const TEXT_MAX_BYTES: usize = 4096;

fn capped(bytes: &[u8]) -> &[u8] {
    bytes.get(..TEXT_MAX_BYTES).unwrap_or(bytes)
}

/// The count in front of a text or a list; all of them are capped far below 64 Ki.
#[inline(always)]
fn count(length: usize) -> [u8; 2] {
    #[expect(clippy::cast_possible_truncation, reason = "capped")]
    let count = length as u16;
    count.to_le_bytes()
}

/// A UTF-8 text as the value of a field: its first 4,096 bytes.
#[derive(Clone, Copy)]
pub struct Counted<'a>(&'a [u8]);

/// Makes a UTF-8 text the value of a field. Bytes after the 4,096th are left out.
#[must_use]
pub fn text(text: &str) -> Counted<'_> {
    Counted(capped(text.as_bytes()))
}

/// A text in UTF-8, preceded by its length in bytes.
pub struct Text;

impl Kind for Text {
    type Value<'a> = Counted<'a>;
    const IN: u8 = 23;
    const OUT: u8 = 35;
    const INLINE: usize = 2;
    const POINTS: bool = true;

    #[inline(always)]
    fn put<'p>(value: &'p Counted<'_>, pieces: &mut Pieces<'p>, cursor: Cursor) -> Cursor {
        let cursor = pieces.inline(cursor, count(value.0.len()));
        pieces.point(cursor, value.0)
    }
}

/// A UTF-16 text as the value of a field: its first 4,096 bytes. As bytes, because text that Windows hands
/// over need not be aligned.
#[derive(Clone, Copy)]
pub struct CountedWide<'a>(&'a [u8]);

impl<'a> CountedWide<'a> {
    #[inline(always)]
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.0
    }
}

/// Makes UTF-16 text (low byte first) the value of a field. Bytes after the 4,096th are left out.
#[must_use]
pub fn wide(bytes: &[u8]) -> CountedWide<'_> {
    CountedWide(capped(bytes))
}

/// A text in UTF-16, preceded by its length in bytes.
pub struct Wide;

impl Kind for Wide {
    type Value<'a> = CountedWide<'a>;
    const IN: u8 = 22;
    const OUT: u8 = 0;
    const INLINE: usize = 2;
    const POINTS: bool = true;

    #[inline(always)]
    fn put<'p>(value: &'p CountedWide<'_>, pieces: &mut Pieces<'p>, cursor: Cursor) -> Cursor {
        let cursor = pieces.inline(cursor, count(value.0.len()));
        pieces.point(cursor, value.0)
    }
}

/// A list of numbers as the value of a field, each in little-endian bytes.
#[derive(Clone, Copy)]
pub struct Numbers<'a>(&'a [[u8; 4]]);

/// Makes a list of numbers the value of a field. Numbers after the first 1,024 are left out.
#[must_use]
pub fn numbers(numbers: &[[u8; 4]]) -> Numbers<'_> {
    Numbers(numbers.get(..1024).unwrap_or(numbers))
}

/// A list of unsigned numbers of 32 bits, preceded by their count.
pub struct U32List;

impl Kind for U32List {
    type Value<'a> = Numbers<'a>;
    /// U32, with the flag that the count is in the payload.
    const IN: u8 = 8 | 0x40;
    const OUT: u8 = 0;
    const INLINE: usize = 2;
    const POINTS: bool = true;

    #[inline(always)]
    fn put<'p>(value: &'p Numbers<'_>, pieces: &mut Pieces<'p>, cursor: Cursor) -> Cursor {
        let cursor = pieces.inline(cursor, count(value.0.len()));
        pieces.point(cursor, value.0.as_flattened())
    }
}
