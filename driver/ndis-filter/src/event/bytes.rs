//! Checked little-endian loads out of borrowed bytes, at any alignment.
//!
//! `None` always means "the bytes end before the value does". Nothing here panics.

use core::mem::offset_of;

use driver_abi::ndis::object::NDIS_OBJECT_HEADER;

/// The first `N` bytes from `offset` on.
fn chunk_at<const N: usize>(bytes: &[u8], offset: usize) -> Option<[u8; N]> {
    bytes.get(offset..)?.first_chunk().copied()
}

/// A `UCHAR`.
pub(crate) fn u8_at(bytes: &[u8], offset: usize) -> Option<u8> {
    bytes.get(offset).copied()
}

/// A `USHORT`.
pub(crate) fn u16_at(bytes: &[u8], offset: usize) -> Option<u16> {
    chunk_at(bytes, offset).map(u16::from_le_bytes)
}

/// A `ULONG`.
pub(crate) fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    chunk_at(bytes, offset).map(u32::from_le_bytes)
}

/// A C enumeration, which may hold any number.
pub(crate) fn i32_at(bytes: &[u8], offset: usize) -> Option<i32> {
    chunk_at(bytes, offset).map(i32::from_le_bytes)
}

/// A `ULONG64`, or a pointer.
pub(crate) fn u64_at(bytes: &[u8], offset: usize) -> Option<u64> {
    chunk_at(bytes, offset).map(u64::from_le_bytes)
}

/// Whether the NDIS object header at the start of `bytes` is of this `kind` and covers at least
/// this revision and size.
///
/// Compared by `>=` and never by `==`: a structure grows with its revisions, and a newer one is read as the
/// older one we know (contract a.0). `false` when there is no whole header.
pub(crate) fn header_covers(bytes: &[u8], kind: u8, revision: u8, size: usize) -> bool {
    u8_at(bytes, offset_of!(NDIS_OBJECT_HEADER, Type)) == Some(kind)
        && u8_at(bytes, offset_of!(NDIS_OBJECT_HEADER, Revision)).is_some_and(|r| r >= revision)
        && u16_at(bytes, offset_of!(NDIS_OBJECT_HEADER, Size))
            .is_some_and(|s| usize::from(s) >= size)
}

/// `size_of`, as the `ULONG` that NDIS measures buffers in.
pub(crate) const fn size_of_u32<T>() -> u32 {
    let size = size_of::<T>();
    assert!(size < 4096, "NDIS structures are small");
    #[expect(clippy::cast_possible_truncation, reason = "asserted on the line above")]
    let size = size as u32;
    size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loads_are_little_endian_at_any_offset() {
        let bytes = [0xFF, 1, 2, 3, 4, 5, 6, 7, 8];
        assert_eq!(u8_at(&bytes, 1), Some(1));
        assert_eq!(u16_at(&bytes, 1), Some(0x0201));
        assert_eq!(u32_at(&bytes, 1), Some(0x0403_0201));
        assert_eq!(i32_at(&[0xFF; 4], 0), Some(-1));
        assert_eq!(u64_at(&bytes, 1), Some(0x0807_0605_0403_0201));
    }

    #[test]
    fn a_load_that_ends_past_the_bytes_is_none() {
        let bytes = [0; 8];
        assert_eq!(u8_at(&bytes, 8), None);
        assert_eq!(u16_at(&bytes, 7), None);
        assert_eq!(u32_at(&bytes, 5), None);
        assert_eq!(u64_at(&bytes, 1), None);
        assert_eq!(u32_at(&bytes, usize::MAX), None);
        assert_eq!(u32_at(&[], 0), None);
    }

    #[test]
    fn a_newer_revision_and_a_bigger_size_are_read_as_the_one_we_know() {
        assert!(header_covers(&[0x80, 9, 0xFF, 0xFF], 0x80, 1, 12));
        assert!(header_covers(&[0x80, 1, 12, 0], 0x80, 1, 12));
    }

    #[test]
    fn a_foreign_type_an_older_revision_and_a_smaller_size_are_refused() {
        assert!(!header_covers(&[0x81, 1, 12, 0], 0x80, 1, 12));
        assert!(!header_covers(&[0x80, 0, 12, 0], 0x80, 1, 12));
        assert!(!header_covers(&[0x80, 1, 11, 0], 0x80, 1, 12));
        assert!(!header_covers(&[0x80, 1, 12], 0x80, 1, 12));
    }
}
