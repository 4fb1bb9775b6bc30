//! Packets on their way past a filter: how many there are, and how long each is.
//!
//! Packets travel as NET_BUFFER_LISTs in a chain, each with NET_BUFFERs in a chain of its own. Of
//! these structures only what the documentation lets a filter read is read: the links, and a
//! packet's DataLength (docs:network/net-buffer-list-structure). Nothing is written, nothing is
//! allocated, and the walk ends whatever the links say.

use core::mem::offset_of;

use driver_abi::ndis::packet::{NET_BUFFER, NET_BUFFER_HEADER, NET_BUFFER_LIST};

use crate::event::Memory;
use crate::event::bytes::{u32_at, u64_at};

/// Offset of the part of a NET_BUFFER that drivers read.
const HEADER: usize = offset_of!(NET_BUFFER, NetBufferHeader);

/// The most structures of one chain that are followed, lists and packets together. A call brings a
/// few hundred at most; a cycle ends here.
pub const STRUCTURES_MAX: u32 = 16 * 1024;

/// A chain that NDIS hands to a filter for the length of one call.
///
/// Holding one means that the packets have not been passed on. It is borrowed from the call, so it
/// cannot be kept.
#[derive(Clone, Copy)]
#[doc(alias = "NET_BUFFER_LIST")]
pub struct Packets<'a> {
    first: u64,
    memory: &'a dyn Memory,
}

/// The number and the length of the packets of a chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Number of NET_BUFFERs.
    pub packets: u64,
    /// Sum of NET_BUFFER::DataLength of those packets, in bytes.
    pub bytes: u64,
    /// Whether the count ended before the chain did: a link could not be read, or there are more than
    /// [`STRUCTURES_MAX`] structures.
    pub cut: bool,
}

impl<'a> Packets<'a> {
    /// The chain whose first list is at this address; 0 for none.
    #[must_use]
    pub fn at(first: u64, memory: &'a dyn Memory) -> Self {
        Self { first, memory }
    }

    /// The DataLength of each packet in bytes, in the order of the chain.
    #[must_use]
    #[inline]
    pub fn lengths(&self) -> Lengths<'a> {
        let Self { first, memory } = *self;
        Lengths { list: first, buffer: 0, memory, left: STRUCTURES_MAX, cut: false }
    }

    /// The number of packets, and of the bytes in them.
    #[must_use]
    #[inline]
    pub fn count(&self) -> Count {
        let mut count = Count::default();
        let mut lengths = self.lengths();
        for length in &mut lengths {
            count.packets += 1;
            count.bytes += u64::from(length);
        }
        count.cut = lengths.cut;
        count
    }
}

/// An iterator over the lengths of packets, in bytes.
pub struct Lengths<'a> {
    /// The list that comes after the packets of this one.
    list: u64,
    /// The packet that comes next; 0 at the end of a list.
    buffer: u64,
    memory: &'a dyn Memory,
    left: u32,
    cut: bool,
}

impl Lengths<'_> {
    /// Whether the walk has ended before the chain did.
    #[must_use]
    pub fn was_cut(&self) -> bool {
        self.cut
    }

    /// A structure's leading bytes. Nothing comes after one that cannot be read, or one too many.
    #[inline]
    fn visit<T>(&mut self, address: u64, read: impl FnOnce(&[u8]) -> Option<T>) -> Option<T> {
        let length = size_of::<NET_BUFFER_HEADER>();
        let read = match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                self.memory.read(address, length).and_then(read)
            }
            None => None,
        };
        if read.is_none() {
            self.cut = true;
            (self.list, self.buffer) = (0, 0);
        }
        read
    }
}

impl Iterator for Lengths<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        // A list need not have packets.
        while self.buffer == 0 {
            if self.list == 0 {
                return None;
            }
            let (next, first) = self.visit(self.list, |list| {
                let next = u64_at(list, offset_of!(NET_BUFFER_LIST, Next))?;
                Some((next, u64_at(list, offset_of!(NET_BUFFER_LIST, FirstNetBuffer))?))
            })?;
            (self.list, self.buffer) = (next, first);
        }
        let (next, length) = self.visit(self.buffer, |buffer| {
            let next = u64_at(buffer, HEADER + offset_of!(NET_BUFFER_HEADER, Next))?;
            // DataLength, the lower half of stDataLength.
            Some((next, u32_at(buffer, HEADER + offset_of!(NET_BUFFER_HEADER, stDataLength))?))
        })?;
        self.buffer = next;
        Some(length)
    }
}
