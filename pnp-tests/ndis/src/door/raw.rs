//! A structure that NDIS hands to a filter, in memory that ends where it ends.

use std::mem::offset_of;

use driver_abi::ndis::indication::NDIS_STATUS_INDICATION;
use driver_abi::ndis::object::NDIS_OBJECT_HEADER;
use kernel::machine::block::Block;

use crate::switches::Headers;

/// 2.5 Gbit/s, in bits per second.
pub(super) const LINK_SPEED: u64 = 2_500_000_000;

/// A structure and everything it points at.
#[derive(Debug)]
pub struct Raw {
    /// The structure first.
    pub(super) blocks: Vec<Block>,
}

impl Raw {
    /// The structure as a later NDIS would give it: a higher revision, a larger size, and really more bytes,
    /// whatever the size of what is known.
    #[must_use]
    pub fn of_age(mut self, headers: Headers) -> Self {
        const MORE: usize = 64;
        if headers == Headers::Exact {
            return self;
        }
        let mut bytes = self.blocks[0].bytes();
        let size = u16::from_le_bytes([bytes[2], bytes[3]]);
        bytes.extend([0xAB; MORE]);
        bytes[1] = 9;
        let size = size + u16::try_from(MORE).expect("a small number");
        bytes[2..4].copy_from_slice(&size.to_le_bytes());
        self.blocks[0] = Block::with(&bytes, false);
        self
    }

    /// A status indication as the answer to a request of somebody above: RequestId and DestinationHandle are set.
    #[must_use]
    pub fn to_a_request(mut self) -> Self {
        let destination = offset_of!(NDIS_STATUS_INDICATION, DestinationHandle);
        let request = offset_of!(NDIS_STATUS_INDICATION, RequestId);
        self.blocks[0].write(destination, &0xFFFF_C000_5EED_0000_u64.to_le_bytes());
        self.blocks[0].write(request, &0x1DEA_u64.to_le_bytes());
        self
    }

    /// The address of the structure.
    pub fn address(&self) -> usize {
        self.blocks[0].address()
    }

    /// The number that the event's buffer holds, if it is one of four bytes.
    pub fn buffer_number(&self) -> Option<u32> {
        let bytes = self.blocks.get(1)?.bytes();
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    }

    /// A number that changes when anything of it is written (FNV-1a).
    pub fn hash(&self) -> u64 {
        let bytes = self.blocks.iter().flat_map(Block::bytes);
        bytes.fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        })
    }
}

/// A header of these numbers.
pub(super) fn header(kind: u8, revision: u8, size: u16) -> NDIS_OBJECT_HEADER {
    NDIS_OBJECT_HEADER { Type: kind, Revision: revision, Size: size }
}
