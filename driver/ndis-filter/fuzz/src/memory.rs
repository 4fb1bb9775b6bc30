//! A memory whose regions, and the pointers in them, are the fuzzer's.

use std::cell::RefCell;

use ndis_filter::event::Memory;

use crate::input::Input;

/// Enough for lists that meet, fork and end in nothing.
const REGIONS_MAX: usize = 16;
/// More entries than any list is followed for.
const CHAIN_MAX: u16 = 300;
/// Entries of most lists: they are quicker to walk.
const SHORT_CHAIN_MAX: u16 = 9;
/// Of one region.
const BYTES_MAX: usize = 1 << 15;

/// A range that decoding asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// The first byte.
    pub address: u64,
    /// Bytes.
    pub length: u64,
    /// Whether it was there.
    pub granted: bool,
}

/// Regions at addresses, up to the top of the address space, and every read, in order.
///
/// A read across two regions is refused, even if they touch.
#[derive(Default)]
pub struct Regions {
    regions: Vec<(u64, Vec<u8>)>,
    reads: RefCell<Vec<Read>>,
}

impl Regions {
    /// Regions until the input ends: a kind, an address, a length, bytes.
    ///
    /// With an odd kind the bytes are one entry of a list, repeated: the first eight of each are the
    /// address of the one after it, those of the last are left as they came. The next bit of the
    /// kind says whether it may be a long one.
    #[must_use]
    pub fn of(input: &mut Input<'_>) -> Self {
        let mut regions = Vec::new();
        while !input.is_empty() && regions.len() < REGIONS_MAX {
            let (kind, address) = (input.u8(), input.u64());
            let length = input.u16();
            let count = match kind & 3 {
                1 => input.u16() % SHORT_CHAIN_MAX,
                3 => input.u16() % CHAIN_MAX,
                _ => 1,
            };
            let bytes = input.take(usize::from(length));
            let bytes = chain(address, bytes, count);
            // An address has one content, however it is read.
            if !regions.iter().any(|region| overlap(region, address, bytes.len())) {
                regions.push((address, bytes));
            }
        }
        Self { regions, reads: RefCell::default() }
    }

    /// With one more region, where there is none.
    #[must_use]
    pub fn with(mut self, address: u64, bytes: &[u8]) -> Self {
        self.regions.push((address, bytes.to_vec()));
        self
    }

    /// The bytes at `address`, without a note that somebody looked.
    #[must_use]
    pub fn peek(&self, address: u64, length: u64) -> Option<&[u8]> {
        if address == 0 || length > 0 && address.checked_add(length - 1).is_none() {
            return None;
        }
        let length = usize::try_from(length).ok()?;
        self.regions.iter().find_map(|(start, bytes)| {
            let offset = usize::try_from(address.checked_sub(*start)?).ok()?;
            bytes.get(offset..offset.checked_add(length)?)
        })
    }

    /// The number of this many bytes at an address.
    #[must_use]
    pub fn peek_number(&self, address: u64, length: u64) -> Option<u64> {
        let bytes = self.peek(address, length)?;
        Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// The reads since the last time.
    pub fn reads(&self) -> Vec<Read> {
        self.reads.take()
    }
}

fn overlap((start, bytes): &(u64, Vec<u8>), address: u64, length: usize) -> bool {
    let before = start.saturating_add(bytes.len() as u64) <= address;
    let behind = address.saturating_add(length as u64) <= *start;
    !before && !behind
}

fn chain(address: u64, entry: &[u8], count: u16) -> Vec<u8> {
    let count = usize::from(count).min(BYTES_MAX.checked_div(entry.len()).unwrap_or(0));
    let mut bytes = entry.repeat(count);
    if entry.len() >= 8 {
        let mut next = address;
        for entry in bytes.chunks_exact_mut(entry.len()).rev().skip(1).rev() {
            next = next.wrapping_add(entry.len() as u64);
            entry[..8].copy_from_slice(&next.to_le_bytes());
        }
    }
    bytes
}

impl Memory for Regions {
    fn read(&self, address: u64, length: usize) -> Option<&[u8]> {
        let length = length as u64;
        assert!(length > 0, "a read of nothing at {address:#x}");
        let found = self.peek(address, length);
        self.reads.borrow_mut().push(Read { address, length, granted: found.is_some() });
        found
    }
}
