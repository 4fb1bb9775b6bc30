//! NDIS handles: addresses that name something and that nobody may touch.

use super::arena::Run;

/// Room between two handles, so that a handle plus a small offset is still recognised as wrong.
const STRIDE: usize = 64;
/// The number of handles in a range.
pub const CAPACITY: usize = 1 << 16;

/// A range of addresses out of bounds, cut into handles.
#[derive(Debug)]
pub struct Handles {
    range: Run,
}

impl Handles {
    /// A range of [`CAPACITY`] handles, no byte of which can be read or written.
    pub fn new() -> Self {
        Self { range: Run::closed(CAPACITY * STRIDE) }
    }

    /// The handle of number `index`.
    pub fn of(&self, index: usize) -> usize {
        assert!(index < CAPACITY, "a run names fewer than {CAPACITY} things");
        self.range.start + index * STRIDE
    }

    /// The number behind a handle, if it is one.
    pub fn index(&self, handle: usize) -> Option<usize> {
        let offset = handle.checked_sub(self.range.start)?;
        (offset % STRIDE == 0 && offset / STRIDE < CAPACITY).then_some(offset / STRIDE)
    }
}

impl Default for Handles {
    fn default() -> Self {
        Self::new()
    }
}
