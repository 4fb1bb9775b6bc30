//! The values of one event, laid out for EtwWriteTransfer: bytes that stand here, and places
//! elsewhere. All indices are constants once the compiler has inlined it, which is why the cursor
//! goes from hand to hand instead of standing beside the arrays.

use driver_abi::etw::EVENT_DATA_DESCRIPTOR;

/// EVENT_DATA_DESCRIPTOR_TYPE: what a descriptor points at.
const PAYLOAD: u8 = 0;
const EVENT_METADATA: u8 = 1;
const PROVIDER_METADATA: u8 = 2;

/// The pieces of one event, in order: descriptors of bytes that stand in `inline` and of bytes that
/// stand elsewhere, all of them borrowed for `'p`.
pub struct Pieces<'p> {
    descriptors: &'p mut [EVENT_DATA_DESCRIPTOR],
    inline: &'p mut [u8],
}

/// A position in the pieces: how many descriptors and inline bytes are laid out.
#[derive(Clone, Copy)]
pub struct Cursor {
    descriptors: usize,
    inline: usize,
    /// Whether the last descriptor is of bytes that stand in `inline`: the next ones join them.
    in_run: bool,
}

impl Cursor {
    /// The position after the traits and the schema, where the first field goes.
    pub const FIRST: Self = Self { descriptors: 2, inline: 0, in_run: false };

    /// The position after one more field, which puts `inline` bytes inline and has a descriptor of its own
    /// if it `points`.
    #[must_use]
    pub const fn after(self, inline: usize, points: bool) -> Self {
        let run = if inline > 0 && !self.in_run { 1 } else { 0 };
        Self {
            descriptors: self.descriptors + run + points as usize,
            inline: self.inline + inline,
            in_run: (self.in_run || inline > 0) && !points,
        }
    }

    /// Whether the fields up to here are one run of `inline` bytes and one text.
    pub(super) const fn is_run_and_text(self, inline: usize) -> bool {
        self.descriptors == Self::FIRST.descriptors + 2 && self.inline == inline && !self.in_run
    }
}

/// A descriptor without contents, to fill arrays with.
pub const BLANK: EVENT_DATA_DESCRIPTOR =
    EVENT_DATA_DESCRIPTOR { Ptr: 0, Size: 0, Type: PAYLOAD, Reserved1: 0, Reserved2: 0 };

#[inline(always)]
fn describe(kind: u8, bytes: &[u8]) -> EVENT_DATA_DESCRIPTOR {
    // Every length is capped where the value is made, far below 4 Gi.
    #[expect(clippy::cast_possible_truncation, reason = "capped")]
    let size = bytes.len() as u32;
    let address = bytes.as_ptr().expose_provenance() as u64;
    EVENT_DATA_DESCRIPTOR { Ptr: address, Size: size, Type: kind, Reserved1: 0, Reserved2: 0 }
}

impl<'p> Pieces<'p> {
    /// Room for values alone, behind two descriptors that are not laid out.
    #[inline(always)]
    pub(super) fn room(descriptors: &'p mut [EVENT_DATA_DESCRIPTOR], inline: &'p mut [u8]) -> Self {
        Self { descriptors, inline }
    }

    /// Pieces that begin with the provider's traits and the event's schema.
    #[inline(always)]
    pub fn new(
        descriptors: &'p mut [EVENT_DATA_DESCRIPTOR],
        inline: &'p mut [u8],
        traits: &'static [u8],
        schema: &'static [u8],
    ) -> (Self, Cursor) {
        let mut pieces = Self { descriptors, inline };
        let cursor = Cursor { descriptors: 0, inline: 0, in_run: false };
        let cursor = pieces.push(cursor, describe(PROVIDER_METADATA, traits));
        let cursor = pieces.push(cursor, describe(EVENT_METADATA, schema));
        (pieces, cursor)
    }

    #[inline(always)]
    fn push(&mut self, cursor: Cursor, descriptor: EVENT_DATA_DESCRIPTOR) -> Cursor {
        if let Some(place) = self.descriptors.get_mut(cursor.descriptors) {
            *place = descriptor;
        }
        Cursor { descriptors: cursor.descriptors + 1, in_run: false, ..cursor }
    }

    /// Adds bytes that are copied inline, to the run before them if there is one.
    #[inline(always)]
    pub(super) fn inline<const N: usize>(&mut self, cursor: Cursor, bytes: [u8; N]) -> Cursor {
        let rest = self.inline.get_mut(cursor.inline..).unwrap_or_default();
        let Some(place) = rest.first_chunk_mut() else { return cursor };
        *place = bytes;
        let begun = describe(PAYLOAD, place);
        let cursor = Cursor { inline: cursor.inline + N, ..cursor };
        if !cursor.in_run {
            return Cursor { in_run: true, ..self.push(cursor, begun) };
        }
        if let Some(run) = self.descriptors.get_mut(cursor.descriptors.wrapping_sub(1)) {
            run.Size += begun.Size;
        }
        cursor
    }

    /// Adds bytes that stay where they are.
    #[inline(always)]
    pub(super) fn point(&mut self, cursor: Cursor, bytes: &'p [u8]) -> Cursor {
        self.push(cursor, describe(PAYLOAD, bytes))
    }

    /// The descriptors up to `cursor`, complete.
    #[inline(always)]
    #[must_use]
    pub fn laid_out(self, cursor: Cursor) -> &'p [EVENT_DATA_DESCRIPTOR] {
        self.descriptors.get(..cursor.descriptors).unwrap_or_default()
    }
}
