//! The kinds of field: how a schema names them, and which bytes a value becomes.

use super::payload::{Cursor, Pieces};

/// One field of a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// As every reader of the trace sees it.
    pub name: &'static str,
    /// TlgIn: how the bytes are read.
    pub in_type: u8,
    /// TlgOut: how the value is shown; 0 leaves that to `in_type`.
    pub out_type: u8,
    /// What it means, for the documentation.
    pub meaning: &'static str,
}

/// A kind of field.
pub trait Kind {
    /// The Rust value of such a field.
    type Value<'a>;
    /// TlgIn.
    const IN: u8;
    /// TlgOut.
    const OUT: u8;
    /// Bytes that a value puts beside the descriptors: all of a number, the count of a text.
    const INLINE: usize;
    /// Whether a descriptor of its own points at the rest.
    const POINTS: bool;

    /// Adds `value` to a payload.
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
    /// An unsigned byte.
    U8: u8, 4, 0;
    /// An unsigned number.
    U32: u32, 8, 0;
    /// An unsigned number.
    U64: u64, 10, 0;
    /// A signed number.
    I32: i32, 7, 0;
    /// Shown in hexadecimal.
    Hex32: u32, 20, 0;
    /// Shown in hexadecimal.
    Hex64: u64, 21, 0;
    /// An NTSTATUS or NDIS_STATUS, shown by name where there is one.
    Status: i32, 20, 14;
}

/// A truth, in one byte.
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

/// The most bytes of one text that an event carries: 4 KiB, as the contract caps copies.
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

/// A text in UTF-8, at most 4096 bytes of it.
#[derive(Clone, Copy)]
pub struct Counted<'a>(&'a [u8]);

/// A text for an event.
#[must_use]
pub fn text(text: &str) -> Counted<'_> {
    Counted(capped(text.as_bytes()))
}

/// Counted UTF-8.
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

/// A text in UTF-16, as bytes because what NDIS hands over need not be aligned; at most 4096.
#[derive(Clone, Copy)]
pub struct CountedWide<'a>(&'a [u8]);

impl<'a> CountedWide<'a> {
    #[inline(always)]
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.0
    }
}

/// A UTF-16 text for an event.
#[must_use]
pub fn wide(bytes: &[u8]) -> CountedWide<'_> {
    CountedWide(capped(bytes))
}

/// Counted UTF-16.
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

/// Numbers in little-endian bytes.
#[derive(Clone, Copy)]
pub struct Numbers<'a>(&'a [[u8; 4]]);

/// A list of numbers for an event; the first thousand of them.
#[must_use]
pub fn numbers(numbers: &[[u8; 4]]) -> Numbers<'_> {
    Numbers(numbers.get(..1024).unwrap_or(numbers))
}

/// A list of unsigned numbers.
pub struct U32List;

impl Kind for U32List {
    type Value<'a> = Numbers<'a>;
    /// U32, and its count is in the payload.
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
