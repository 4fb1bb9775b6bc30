//! NET_BUFFER_LISTs in memory: reading the image's, and building those of the host.

use super::layout::{net_buffer as nb, net_buffer_list as nbl};
use kernel::door::layout::mdl;
use kernel::door::structure::mdl_over;
use kernel::machine::block::Block;
use kernel::machine::raw;

/// Longer chains are broken ones.
const LONGEST_CHAIN: usize = 4096;

/// A NET_BUFFER_LIST at an address. It may be the image's: a wrong address faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct List(pub usize);

impl List {
    /// Links the list to the NET_BUFFER_LIST at `next`, 0 for none.
    pub fn set_next(self, next: usize) {
        raw::put(self.0 + nbl::NEXT, next);
    }

    /// The list's Status, NDIS_STATUS.
    pub fn status(self) -> i32 {
        raw::get(self.0 + nbl::STATUS)
    }

    /// Sets the list's Status, NDIS_STATUS.
    pub fn set_status(self, status: i32) {
        raw::put(self.0 + nbl::STATUS, status);
    }

    /// The address of the first NET_BUFFER, 0 for none.
    pub fn first_buffer(self) -> usize {
        raw::get(self.0 + nbl::FIRST_NET_BUFFER)
    }

    /// How many net buffers there are, and how many bytes they say they hold.
    pub fn size(self) -> (u64, u64) {
        let (mut packets, mut bytes) = (0, 0);
        let mut buffer = self.first_buffer();
        while buffer != 0 && packets < LONGEST_CHAIN as u64 {
            packets += 1;
            bytes += u64::from(raw::get::<u32>(buffer + nb::DATA_LENGTH));
            buffer = raw::get(buffer + nb::NEXT);
        }
        (packets, bytes)
    }

    /// A number that changes when the buffers, their lengths, their MDLs or their data do (FNV-1a).
    pub fn fingerprint(self) -> u64 {
        let mut hash = 0xCBF2_9CE4_8422_2325_u64;
        let mut mix = |value: u64| {
            hash = (hash ^ value).wrapping_mul(0x0100_0000_01B3);
        };
        let mut buffer = self.first_buffer();
        while buffer != 0 {
            mix(u64::from(raw::get::<u32>(buffer + nb::DATA_LENGTH)));
            mix(u64::from(raw::get::<u32>(buffer + nb::DATA_OFFSET)));
            let mut at: usize = raw::get(buffer + nb::MDL_CHAIN);
            while at != 0 {
                let (va, count): (usize, u32) =
                    (raw::get(at + mdl::MAPPED_SYSTEM_VA), raw::get(at + mdl::BYTE_COUNT));
                mix(u64::from(count));
                let whole = count as usize & !7;
                (0..whole).step_by(8).for_each(|at| mix(raw::get(va + at)));
                (whole..count as usize).for_each(|at| mix(u64::from(raw::get::<u8>(va + at))));
                at = raw::get(at + mdl::NEXT);
            }
            buffer = raw::get(buffer + nb::NEXT);
        }
        hash
    }
}

/// The lists of a chain, in order.
pub fn chain(first: usize) -> Vec<List> {
    let mut lists = Vec::new();
    let mut at = first;
    while at != 0 && lists.len() < LONGEST_CHAIN {
        lists.push(List(at));
        at = raw::get(at + nbl::NEXT);
    }
    lists
}

/// Links lists to a chain; gives its first.
pub fn link(lists: &[List]) -> usize {
    for (index, list) in lists.iter().enumerate() {
        list.set_next(lists.get(index + 1).map_or(0, |next| next.0));
    }
    lists.first().map_or(0, |list| list.0)
}

/// A list of the host's, with everything it points at.
#[derive(Debug)]
pub struct NewPackets {
    /// The list first.
    blocks: Vec<Block>,
}

impl NewPackets {
    /// The list at its address.
    pub fn list(&self) -> List {
        List(self.blocks[0].address())
    }
}

/// Builds a list of `buffers` net buffers, the data of each spread over `mdls` MDLs; `offset` bytes
/// of the first MDL are before the data. `source` becomes SourceHandle.
pub fn make(
    buffers: usize,
    mdls: usize,
    offset: usize,
    length: usize,
    source: usize,
) -> NewPackets {
    let mut blocks = vec![zeroed(nbl::SIZEOF)];
    let mut next_buffer = 0_usize;
    for number in (0..buffers).rev() {
        let data_length = length + number;
        let (chain, mut parts) = mdl_chain(mdls, offset, data_length);
        let mut buffer = zeroed(nb::SIZEOF);
        buffer.write(nb::NEXT, &next_buffer.to_le_bytes());
        buffer.write(nb::CURRENT_MDL, &chain.to_le_bytes());
        buffer.write(nb::MDL_CHAIN, &chain.to_le_bytes());
        let offset = u32::try_from(offset).expect("offsets are small").to_le_bytes();
        buffer.write(nb::CURRENT_MDL_OFFSET, &offset);
        buffer.write(nb::DATA_OFFSET, &offset);
        let data_length = u32::try_from(data_length).expect("packets are small").to_le_bytes();
        buffer.write(nb::DATA_LENGTH, &data_length);
        next_buffer = buffer.address();
        blocks.push(buffer);
        blocks.append(&mut parts);
    }
    blocks[0].write(nbl::FIRST_NET_BUFFER, &next_buffer.to_le_bytes());
    blocks[0].write(nbl::SOURCE_HANDLE, &source.to_le_bytes());
    NewPackets { blocks }
}

fn zeroed(length: usize) -> Block {
    let mut block = Block::new(length, 16);
    block.write(0, &vec![0; length]);
    block
}

/// MDLs that hold `offset` and `length` bytes together; the address of the first, and all blocks.
fn mdl_chain(mdls: usize, offset: usize, length: usize) -> (usize, Vec<Block>) {
    let total = offset + length;
    let share = total.div_ceil(mdls.max(1));
    let mut blocks = Vec::new();
    let mut next = 0_usize;
    let sizes: Vec<usize> = (0..mdls.max(1))
        .map(|index| share.min(total.saturating_sub(index * share)))
        .filter(|size| *size > 0)
        .collect();
    for size in sizes.into_iter().rev() {
        let mut data = Block::new(size, 1);
        data.write(0, &vec![0x42; size]);
        let block = mdl_over(data.address(), size, next);
        next = block.address();
        blocks.extend([block, data]);
    }
    (next, blocks)
}
