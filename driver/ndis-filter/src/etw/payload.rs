//! The values of one event, laid out for EtwWriteTransfer: bytes that stand here, and places
//! elsewhere.

use core::marker::PhantomData;

use ndis_abi::etw::EVENT_DATA_DESCRIPTOR;

use super::declare::{Event, Group};

/// Descriptors of an event, the two for its metadata included.
const DESCRIPTORS: usize = 24;
/// Bytes of numbers and counts.
const INLINE: usize = 176;

/// EVENT_DATA_DESCRIPTOR_TYPE: what a descriptor points at.
const PAYLOAD: u8 = 0;
const EVENT_METADATA: u8 = 1;
const PROVIDER_METADATA: u8 = 2;

/// The pieces of one event, in order. What stands here is one run of bytes after another; the
/// descriptors of those runs get their addresses when the event is written, since this moves.
pub struct Pieces<'a> {
    descriptors: [EVENT_DATA_DESCRIPTOR; DESCRIPTORS],
    used: usize,
    /// Bit by bit: which descriptors name a run here, by offset.
    here: u32,
    inline: [u8; INLINE],
    filled: usize,
    borrows: PhantomData<&'a [u8]>,
}

const NONE: EVENT_DATA_DESCRIPTOR =
    EVENT_DATA_DESCRIPTOR { Ptr: 0, Size: 0, Type: PAYLOAD, Reserved1: 0, Reserved2: 0 };

fn describe(kind: u8, bytes: &[u8]) -> EVENT_DATA_DESCRIPTOR {
    // Every length is capped where the value is made, far below 4 Gi.
    let size = u32::try_from(bytes.len()).unwrap_or(0);
    let address = bytes.as_ptr().expose_provenance() as u64;
    EVENT_DATA_DESCRIPTOR { Ptr: address, Size: size, Type: kind, Reserved1: 0, Reserved2: 0 }
}

impl<'a> Pieces<'a> {
    /// The pieces of `event`: the provider's traits, the event's schema, then `head` and the fields.
    #[inline]
    pub fn new<E: Event<'a>>(traits: &'static [u8], event: &E, head: &E::Head) -> Self {
        const {
            let descriptors = 2 + <E::Head as Group>::DESCRIPTORS + <E as Group>::DESCRIPTORS;
            assert!(descriptors <= DESCRIPTORS, "the event has too many pieces");
            let inline = <E::Head as Group>::INLINE + <E as Group>::INLINE;
            assert!(inline <= INLINE, "the event has too many bytes of numbers");
        }
        let mut pieces = Self {
            descriptors: [NONE; DESCRIPTORS],
            used: 0,
            here: 0,
            inline: [0; INLINE],
            filled: 0,
            borrows: PhantomData,
        };
        pieces.push(describe(PROVIDER_METADATA, traits));
        pieces.push(describe(EVENT_METADATA, E::SCHEMA));
        head.put(&mut pieces);
        event.put(&mut pieces);
        pieces
    }

    #[inline]
    fn push(&mut self, descriptor: EVENT_DATA_DESCRIPTOR) {
        if let Some(place) = self.descriptors.get_mut(self.used) {
            *place = descriptor;
            self.used += 1;
        }
    }

    /// Adds bytes that stand here, to the run before them if that is one.
    #[inline]
    pub(super) fn inline<const N: usize>(&mut self, bytes: [u8; N]) {
        let Some(place) = self.inline.get_mut(self.filled..).and_then(<[u8]>::first_chunk_mut)
        else {
            return;
        };
        *place = bytes;
        let last = self.used.wrapping_sub(1);
        if self.here & 1_u32.unbounded_shl(u32::try_from(last).unwrap_or(32)) == 0 {
            self.here |= 1 << (self.used & 31);
            self.push(EVENT_DATA_DESCRIPTOR { Ptr: self.filled as u64, ..NONE });
        }
        if let Some(run) = self.descriptors.get_mut(self.used.wrapping_sub(1)) {
            run.Size += u32::try_from(N).unwrap_or(0);
        }
        self.filled += N;
    }

    /// Adds bytes that stand elsewhere.
    #[inline]
    pub(super) fn point(&mut self, bytes: &'a [u8]) {
        if !bytes.is_empty() {
            self.push(describe(PAYLOAD, bytes));
        }
    }

    /// The descriptors, complete. They hold as long as `self` does not move.
    #[inline]
    pub fn descriptors(&mut self) -> &[EVENT_DATA_DESCRIPTOR] {
        let base = self.inline.as_ptr().expose_provenance() as u64;
        let used = self.descriptors.get_mut(..self.used).unwrap_or_default();
        for (index, descriptor) in used.iter_mut().enumerate() {
            if self.here & (1 << (index & 31)) != 0 {
                descriptor.Ptr += base;
            }
        }
        self.here = 0;
        used
    }
}
