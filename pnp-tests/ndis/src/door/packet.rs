//! NET_BUFFER_LISTs in memory: reading the image's, and building those of the host.

use std::cell::Cell;

use super::layout::{net_buffer as nb, net_buffer_list as nbl};
use kernel::door::layout::mdl;
use kernel::door::structure::mdl_bytes;
use kernel::machine::block::Block;
use kernel::machine::raw;

/// Longer chains are broken ones.
const LONGEST_CHAIN: usize = 4096;

/// NetBufferListInfo[NetBufferListCancelId].
const CANCEL_ID: usize = nbl::NET_BUFFER_LIST_INFO + 5 * 8;

/// The contents of [`MEMBERS`].
pub type Members = [Vec<u8>; 5];

/// Members of a list that a filter leaves alone when the list is another's: name, offset, bytes
/// (docs:network/net-buffer-list-structure).
pub const MEMBERS: [(&str, usize, usize); 5] = [
    ("SourceHandle", nbl::SOURCE_HANDLE, 8),
    ("NdisPoolHandle", nbl::NDIS_POOL_HANDLE, 8),
    ("NdisReserved", nbl::NDIS_RESERVED, nbl::PROTOCOL_RESERVED - nbl::NDIS_RESERVED),
    ("MiniportReserved", nbl::MINIPORT_RESERVED, nbl::SCRATCH - nbl::MINIPORT_RESERVED),
    ("ParentNetBufferList", nbl::PARENT_NET_BUFFER_LIST, 8),
];

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

    /// The identifier with which the list's transmission can be cancelled, 0 for none.
    pub fn cancel_id(self) -> usize {
        raw::get(self.0 + CANCEL_ID)
    }

    /// Marks the list with an identifier for its cancellation.
    pub fn set_cancel_id(self, id: usize) {
        raw::put(self.0 + CANCEL_ID, id);
    }

    /// The members that belong to others than a filter that the list passes through.
    pub fn members(self) -> Members {
        MEMBERS.map(|(_, at, length)| raw::bytes(self.0 + at, length))
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

/// The lists of a chain, in order. `reach` brings each into reach before it is looked at.
pub fn chain(first: usize, mut reach: impl FnMut(List)) -> Vec<List> {
    let mut lists = Vec::new();
    let mut at = first;
    while at != 0 && lists.len() < LONGEST_CHAIN {
        lists.push(List(at));
        reach(List(at));
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

/// A list of the host's, with everything it points at. List, net buffers and MDLs lie in one piece, which goes out
/// of bounds while the list is not the image's.
#[derive(Debug)]
pub struct NewPackets {
    /// The list first.
    frame: Block,
    _data: Vec<Block>,
    open: Cell<bool>,
}

impl NewPackets {
    /// The list at its address.
    pub fn list(&self) -> List {
        List(self.frame.address())
    }

    /// Puts list, net buffers and MDLs of each in bounds.
    pub fn open<'a>(all: impl Iterator<Item = &'a Self>) {
        Block::open_all(all.filter(|one| !one.open.replace(true)).map(|one| &one.frame));
    }

    /// Puts list, net buffers and MDLs out of bounds.
    pub fn close(&self) {
        if self.open.replace(false) {
            self.frame.protect(false);
        }
    }

    /// Whether list, net buffers and MDLs are in bounds.
    pub fn is_open(&self) -> bool {
        self.open.get()
    }

    /// Whether `address` lies in the list, its net buffers or its MDLs.
    pub fn is_at(&self, address: usize) -> bool {
        self.frame.is_near(address)
    }
}

/// The shape of a list.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// The count of its net buffers; each has one byte more than the one before.
    pub buffers: usize,
    /// The count of MDLs of each.
    pub mdls: usize,
    /// The bytes of data in the first MDL; 0 for an even share.
    pub first: usize,
    /// The bytes of the first MDL before the data.
    pub offset: usize,
    /// The bytes of the first net buffer's data.
    pub length: usize,
}

impl Shape {
    /// The bytes of data in the first MDL of the first net buffer.
    pub fn first(self) -> usize {
        let share = (self.offset + self.length).div_ceil(self.mdls.max(1));
        match self.first {
            0 => share.saturating_sub(self.offset),
            first => first.min(self.length),
        }
    }
}

/// Builds a list; `source` becomes SourceHandle.
pub fn make(shape: Shape, source: usize) -> NewPackets {
    let Shape { buffers, offset, length, .. } = shape;
    let parts: Vec<Vec<Block>> = (0..buffers).map(|number| data(shape, length + number)).collect();
    let mdls: usize = parts.iter().map(Vec::len).sum();
    let bytes = nbl::SIZEOF + buffers * nb::SIZEOF + mdls * mdl::SIZEOF;
    let mut frame = zeroed(Block::parcel(bytes, 16));
    let base = frame.address();
    let first = if buffers == 0 { 0 } else { base + nbl::SIZEOF };
    frame.write(nbl::SOURCE_HANDLE, &source.to_le_bytes());
    frame.write(nbl::FIRST_NET_BUFFER, &first.to_le_bytes());
    let mut next_mdl = nbl::SIZEOF + buffers * nb::SIZEOF;
    for (number, parts) in parts.iter().enumerate() {
        let at = nbl::SIZEOF + number * nb::SIZEOF;
        let chain = if parts.is_empty() { 0 } else { base + next_mdl };
        let follows = number + 1 < buffers;
        let next = if follows { base + at + nb::SIZEOF } else { 0 };
        for (field, value) in [(nb::NEXT, next), (nb::CURRENT_MDL, chain), (nb::MDL_CHAIN, chain)] {
            frame.write(at + field, &value.to_le_bytes());
        }
        let offset = u32::try_from(offset).expect("offsets are small").to_le_bytes();
        frame.write(at + nb::CURRENT_MDL_OFFSET, &offset);
        frame.write(at + nb::DATA_OFFSET, &offset);
        let length = u32::try_from(length + number).expect("packets are small").to_le_bytes();
        frame.write(at + nb::DATA_LENGTH, &length);
        for (index, part) in parts.iter().enumerate() {
            let follows = index + 1 < parts.len();
            let next = if follows { base + next_mdl + mdl::SIZEOF } else { 0 };
            frame.write(next_mdl, &mdl_bytes(part.address(), part.len(), next));
            next_mdl += mdl::SIZEOF;
        }
    }
    NewPackets { frame, _data: parts.into_iter().flatten().collect(), open: Cell::new(true) }
}

fn zeroed(mut block: Block) -> Block {
    block.clear();
    block
}

/// What the MDLs of one net buffer describe: its offset and its data, each piece with an end of its own.
fn data(shape: Shape, length: usize) -> Vec<Block> {
    let total = shape.offset + length;
    let mdls = shape.mdls.max(1);
    let first = match shape.first {
        0 => total.div_ceil(mdls),
        first => shape.offset + first.min(length),
    };
    let other = (total - first.min(total)).div_ceil((mdls - 1).max(1));
    let mut left = total;
    let sizes = (0..mdls).map(|index| if index == 0 { first } else { other });
    let pieces = sizes.filter_map(|size| {
        let size = size.min(left);
        left -= size;
        (size > 0).then(|| {
            let mut piece = Block::new(size, 1);
            piece.write(0, &vec![0x42; size]);
            piece
        })
    });
    pieces.collect()
}
