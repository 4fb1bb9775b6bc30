//! Following a linked list that may be endless, cyclic or torn.

use super::bytes::u64_at;
use super::error::ListError;
use super::memory::Memory;

/// The most entries of any list that are followed. Contract d, buffer reading rule 4.
pub(crate) const ENTRIES_MAX: u32 = 256;

/// The entries of a list, as Brent's algorithm visits them.
///
/// The algorithm needs no memory of visited entries: one earlier address is compared with every later one.
/// So a cycle is noticed late, after some of its entries were visited twice, and a cycle of more than about
/// a hundred entries meets [`ENTRIES_MAX`] first.
#[derive(Clone)]
pub(crate) struct Walk<'a> {
    /// Address of the next entry; 0 at the end.
    next: u64,
    memory: &'a dyn Memory,
    entries: u32,
    /// An earlier address, compared with every later one.
    anchor: u64,
    /// The count of entries until the anchor moves up, and the count for which it then stays.
    left: u32,
    lap: u32,
    ended: bool,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(first: u64, memory: &'a dyn Memory) -> Self {
        Self { next: first, memory, entries: 0, anchor: 0, left: 1, lap: 1, ended: false }
    }

    /// The next entry: what `read` makes of its address and its first `length` bytes, of which the
    /// first eight are the address of the entry after it. Nothing comes after an error.
    pub(crate) fn next<T>(
        &mut self,
        length: usize,
        read: impl FnOnce(u64, &'a [u8]) -> Result<T, ListError>,
    ) -> Option<Result<T, ListError>> {
        if self.ended || self.next == 0 {
            return None;
        }
        let address = self.next;
        let entry = self.visit(length).and_then(|bytes| read(address, bytes));
        self.ended = entry.is_err();
        Some(entry)
    }

    fn visit(&mut self, length: usize) -> Result<&'a [u8], ListError> {
        if self.next == self.anchor {
            return Err(ListError::Cyclic);
        }
        if self.entries >= ENTRIES_MAX {
            return Err(ListError::TooLong);
        }
        self.entries = self.entries.saturating_add(1);
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            self.anchor = self.next;
            self.lap = self.lap.saturating_mul(2);
            self.left = self.lap;
        }
        let entry = self.memory.read(self.next, length).ok_or(ListError::Unreadable)?;
        self.next = u64_at(entry, 0).ok_or(ListError::Unreadable)?;
        Ok(entry)
    }
}
