//! How decoding reaches bytes that a pointer names.

/// Memory that NDIS lends a filter for the length of one callback.
///
/// The door implements it over real memory, tests implement it over a map. Decoding reads through
/// it and in no other way, so a test can prove which bytes were touched.
pub trait Memory {
    /// The `length` bytes at `address`, borrowed for as long as the memory itself is.
    ///
    /// `None` when `address` is NULL, when the range wraps around the address space, and when the
    /// bytes cannot be read. No alignment is promised. A slice is never longer or shorter than
    /// `length`.
    fn read(&self, address: u64, length: usize) -> Option<&[u8]>;
}
