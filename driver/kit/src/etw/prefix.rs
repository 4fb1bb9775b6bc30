//! Values that several events begin with, laid out once: every module's events begin alike, and the code
//! that lays that out need not be there for each of them.

use core::marker::PhantomData;

use super::declare::Group;
use super::field::{CountedWide, Field};
use super::payload::{BLANK, Cursor, Pieces};

/// The most bytes that such values put inline.
const MAX: usize = 64;

/// The values of a group whose last field, and no other, is a text.
pub struct Prefix<'a, G> {
    inline: [u8; MAX],
    text: CountedWide<'a>,
    group: PhantomData<G>,
}

impl<'a, G: Group> Prefix<'a, G> {
    /// Lays `group` out; `text` is its last value.
    #[must_use]
    pub fn new(group: &G, text: CountedWide<'a>) -> Self {
        const { assert!(G::INLINE <= MAX, "make room for it") };
        // One run, one text, and no run after it.
        const { assert!(G::END.is_run_and_text(G::INLINE), "a text that is not the last value") };
        let (mut descriptors, mut inline) = ([BLANK; 4], [0; MAX]);
        let _ = group.put(&mut Pieces::room(&mut descriptors, &mut inline), Cursor::FIRST);
        Self { inline, text, group: PhantomData }
    }
}

impl<G: Group> Group for Prefix<'_, G> {
    type Static = G::Static;
    const FIELDS: &'static [Field] = G::FIELDS;
    const DESCRIPTORS: usize = 2;
    const INLINE: usize = 0;
    const END: Cursor = G::END;

    #[inline(always)]
    fn put<'p>(&'p self, pieces: &mut Pieces<'p>, cursor: Cursor) -> Cursor {
        let run = self.inline.get(..G::INLINE).unwrap_or_default();
        let cursor = pieces.point(cursor, run);
        pieces.point(cursor, self.text.bytes())
    }
}
