//! UTF-16 text as Windows hands it over: counted, not terminated, not necessarily aligned.

use super::bytes::u16_at;
use super::walk::ENTRIES_MAX;

/// Counted UTF-16LE text in bytes of any alignment. Its length is even.
///
/// The text need not be well-formed UTF-16; nothing here interprets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Utf16<'a>(&'a [u8]);

impl<'a> Utf16<'a> {
    /// The empty text.
    pub const EMPTY: Utf16<'static> = Utf16(&[]);

    /// Takes `bytes`, without a last odd one.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes.get(..bytes.len() & !1).unwrap_or(bytes))
    }

    /// The text, two bytes a unit, low byte first.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.0
    }

    /// The text, unit by unit.
    pub fn units(&self) -> impl Iterator<Item = u16> + use<'a> {
        self.0.as_chunks().0.iter().map(|unit| u16::from_le_bytes(*unit))
    }

    /// The length in units of 16 bits, not in characters.
    #[must_use]
    pub const fn len_units(&self) -> usize {
        self.0.len() / 2
    }

    /// Whether there is no text.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A REG_MULTI_SZ: names, each ended by a zero unit, the list by one more.
///
/// The receiver is told to validate it (ddi:netpnp/ns-netpnp-_net_pnp_event, NetEventBindList):
/// terminators may be missing, names empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MultiSz<'a>(Utf16<'a>);

impl<'a> MultiSz<'a> {
    /// Takes the whole buffer.
    pub(crate) const fn new(text: Utf16<'a>) -> Self {
        Self(text)
    }

    /// The list without the zero units at its end; those between names are kept.
    #[must_use]
    pub fn text(&self) -> Utf16<'a> {
        let mut bytes = self.0.bytes();
        while let Some((rest, [0, 0])) = bytes.split_last_chunk::<2>() {
            bytes = rest;
        }
        Utf16(bytes)
    }

    /// Whether the list ends as it should: with two zero units, or with one if it is empty.
    ///
    /// False as well for a list of more than the 4096 bytes that are looked at.
    #[must_use]
    pub fn is_terminated(&self) -> bool {
        self.0.bytes() == [0, 0] || self.0.bytes().ends_with(&[0, 0, 0, 0])
    }

    /// The names, at most 256, up to the first empty one.
    #[must_use]
    pub fn names(&self) -> MultiSzNames<'a> {
        MultiSzNames { rest: self.0.bytes(), left: ENTRIES_MAX }
    }
}

/// The iterator of [`MultiSz::names`].
#[derive(Clone, Debug)]
pub struct MultiSzNames<'a> {
    rest: &'a [u8],
    left: u32,
}

impl<'a> Iterator for MultiSzNames<'a> {
    type Item = Utf16<'a>;

    fn next(&mut self) -> Option<Utf16<'a>> {
        self.left = self.left.checked_sub(1)?;
        let mut end = 0_usize;
        while u16_at(self.rest, end).is_some_and(|unit| unit != 0) {
            end = end.saturating_add(2);
        }
        let name = self.rest.get(..end)?;
        // Past the terminator; where it is missing, past the end.
        self.rest = self.rest.get(end.saturating_add(2)..).unwrap_or_default();
        (!name.is_empty()).then_some(Utf16(name))
    }
}

#[cfg(test)]
mod tests {
    use std::string::String;
    use std::vec::Vec;

    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn string(text: Utf16<'_>) -> String {
        String::from_utf16_lossy(&text.units().collect::<Vec<_>>())
    }

    /// Names joined by `|`, the whole text, and whether it is terminated.
    fn check(list: &str, names: &str, text: &str, terminated: bool) {
        let buffer = bytes(list);
        let list = MultiSz::new(Utf16::new(&buffer));
        assert_eq!(list.names().map(string).collect::<Vec<_>>().join("|"), names);
        assert_eq!(string(list.text()), text);
        assert_eq!(list.is_terminated(), terminated);
    }

    #[test]
    fn a_list_is_its_names_and_ends_in_two_zero_units() {
        check("a\0bc\0\0", "a|bc", "a\0bc", true);
        check("a\0\0", "a", "a", true);
    }

    #[test]
    fn a_list_without_its_terminators_still_gives_its_names() {
        check("a\0bc", "a|bc", "a\0bc", false);
        check("a\0bc\0", "a|bc", "a\0bc", false);
    }

    #[test]
    fn an_empty_list_is_one_zero_unit_or_two_and_nothing_at_all_is_unterminated() {
        check("\0", "", "", true);
        check("\0\0", "", "", true);
        check("", "", "", false);
    }

    #[test]
    fn names_end_at_the_first_empty_one_whatever_follows() {
        check("a\0\0b\0\0", "a", "a\0\0b", true);
        check("\0a\0\0", "", "\0a", true);
    }

    #[test]
    fn no_more_than_256_names_are_listed() {
        let buffer = bytes(&"x\0".repeat(300));
        assert_eq!(MultiSz::new(Utf16::new(&buffer)).names().count(), 256);
    }

    #[test]
    fn a_zero_unit_is_two_bytes_at_an_even_offset() {
        // U+0100 U+0001: bytes 00 01 01 00, with no zero unit in them.
        check("\u{100}\u{1}\0\0", "\u{100}\u{1}", "\u{100}\u{1}", true);
    }

    #[test]
    fn an_odd_last_byte_is_dropped() {
        assert_eq!(Utf16::new(&[b'a', 0, b'b']).bytes(), [b'a', 0]);
        assert_eq!(Utf16::new(b"a"), Utf16::EMPTY);
        assert_eq!(Utf16::new(&[b'a', 0, b'b']).len_units(), 1);
    }
}
