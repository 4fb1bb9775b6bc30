//! What travels beside the data of a list, and the data of one net buffer copied to another.
#![allow(non_snake_case, reason = "Windows names")]

use super::packet_pool::find_current;
use crate::door::layout::{net_buffer as nb, net_buffer_list as nbl};
use kernel::door::crossing::cross;
use kernel::door::exports::exports;
use kernel::door::layout::mdl;
use kernel::machine::raw;

exports! {
    NdisAdjustNetBufferCurrentMdl: le ANY, since 6000,
        "ddi:nblapi/nf-nblapi-ndisadjustnetbuffercurrentmdl";
    NdisCopyFromNetBufferToNetBuffer: le DISPATCH, fails NDIS_STATUS, since 6000,
        "ddi:nblapi/nf-nblapi-ndiscopyfromnetbuffertonetbuffer";
    NdisCopyReceiveNetBufferListInfo: le DISPATCH, since 6000,
        "ddi:nblapi/nf-nblapi-ndiscopyreceivenetbufferlistinfo";
    NdisCopySendNetBufferListInfo: le DISPATCH, since 6000,
        "ddi:nblapi/nf-nblapi-ndiscopysendnetbufferlistinfo";
    NdisGetPoolFromNetBuffer: le DISPATCH, since 6000,
        "ddi:nblapi/nf-nblapi-ndisgetpoolfromnetbuffer";
    NdisGetPoolFromNetBufferList: le DISPATCH, since 6000,
        "ddi:nblapi/nf-nblapi-ndisgetpoolfromnetbufferlist";
    NdisQueryNetBufferPhysicalCount: le DISPATCH, since 6000,
        "ddi:nblapi/nf-nblapi-ndisquerynetbufferphysicalcount";
}

const SUCCESS: i32 = 0;
const PAGE: usize = 4096;

/// NDIS_NET_BUFFER_LIST_INFO: checksum, IPsec, large send, 802.1Q, cancel id, media, protocol id, IPsec
/// version 2 (tunnel, header), filtering, virtual subnet; as the page lists them.
const OF_A_SEND: [usize; 11] = [0, 1, 2, 4, 5, 6, 7, 11, 12, 14, 20];
/// The same without a cancel id, and with the hash (value, information).
const OF_A_RECEIVE: [usize; 12] = [0, 1, 2, 4, 6, 7, 8, 9, 11, 12, 14, 20];

fn copy_info(target: usize, source: usize, entries: &[usize]) {
    for entry in entries {
        let at = nbl::NET_BUFFER_LIST_INFO + 8 * entry;
        raw::put(target + at, raw::get::<usize>(source + at));
    }
}

extern "win64" fn NdisCopySendNetBufferListInfo(target: usize, source: usize) {
    let _ = cross();
    copy_info(target, source, &OF_A_SEND);
}

extern "win64" fn NdisCopyReceiveNetBufferListInfo(target: usize, source: usize) {
    let _ = cross();
    copy_info(target, source, &OF_A_RECEIVE);
}

extern "win64" fn NdisGetPoolFromNetBufferList(list: usize) -> usize {
    let _ = cross();
    raw::get(list + nbl::NDIS_POOL_HANDLE)
}

extern "win64" fn NdisGetPoolFromNetBuffer(buffer: usize) -> usize {
    let _ = cross();
    raw::get(buffer + nb::NDIS_POOL_HANDLE)
}

extern "win64" fn NdisAdjustNetBufferCurrentMdl(buffer: usize) {
    let _ = cross();
    find_current(buffer);
}

/// How many pages the MDLs from the current one on touch.
extern "win64" fn NdisQueryNetBufferPhysicalCount(buffer: usize) -> u32 {
    let _ = cross();
    let mut pages = 0;
    let mut at: usize = raw::get(buffer + nb::CURRENT_MDL);
    while at != 0 {
        let offset = raw::get::<u32>(at + mdl::BYTE_OFFSET) as usize;
        pages += (offset + raw::get::<u32>(at + mdl::BYTE_COUNT) as usize).div_ceil(PAGE);
        at = raw::get(at + mdl::NEXT);
    }
    u32::try_from(pages).unwrap_or(u32::MAX)
}

/// The pieces of memory from `skip` bytes behind the start of a net buffer's data on: address, length.
fn pieces(buffer: usize, skip: u32) -> Vec<(usize, u32)> {
    let mut at: usize = raw::get(buffer + nb::CURRENT_MDL);
    let mut offset = raw::get::<u32>(buffer + nb::CURRENT_MDL_OFFSET).saturating_add(skip);
    let mut pieces = Vec::new();
    while at != 0 {
        let count: u32 = raw::get(at + mdl::BYTE_COUNT);
        if offset < count {
            let address = raw::get::<usize>(at + mdl::MAPPED_SYSTEM_VA) + offset as usize;
            pieces.push((address, count - offset));
            offset = 0;
        } else {
            offset -= count;
        }
        at = raw::get(at + mdl::NEXT);
    }
    pieces
}

/// Copies as much as there is on both sides; the target's lengths and offsets are the caller's.
extern "win64" fn NdisCopyFromNetBufferToNetBuffer(
    target: usize,
    target_offset: u32,
    bytes: u32,
    source: usize,
    source_offset: u32,
    copied: usize,
) -> i32 {
    let _ = cross();
    let data = raw::get::<u32>(source + nb::DATA_LENGTH).saturating_sub(source_offset);
    let mut left = bytes.min(data);
    let (mut to, mut from) =
        (pieces(target, target_offset).into_iter(), pieces(source, source_offset).into_iter());
    let (mut room, mut content) = (to.next(), from.next());
    let mut done = 0_u32;
    while let (Some((into, space)), Some((out_of, there)), true) = (room, content, left > 0) {
        let share = space.min(there).min(left);
        raw::write(into, &raw::bytes(out_of, share as usize));
        (done, left) = (done + share, left - share);
        let step = share as usize;
        room = if share < space { Some((into + step, space - share)) } else { to.next() };
        content = if share < there { Some((out_of + step, there - share)) } else { from.next() };
    }
    raw::put(copied, done);
    SUCCESS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::packet;
    use crate::sample::machine;
    use kernel::machine::block::Block;

    #[test]
    fn data_are_copied_across_the_pieces_of_both_sides() {
        machine(0, |_| {
            let (from, to) = (
                packet::make(
                    packet::Shape { buffers: 1, mdls: 3, first: 0, offset: 14, length: 90 },
                    0,
                ),
                packet::make(
                    packet::Shape { buffers: 1, mdls: 2, first: 0, offset: 0, length: 60 },
                    0,
                ),
            );
            let (source, target) = (from.list().first_buffer(), to.list().first_buffer());
            let mut number = 0_u8;
            for (address, length) in pieces(source, 0) {
                for byte in 0..length {
                    raw::put(address + byte as usize, number);
                    number += 1;
                }
            }
            let copied = Block::of(0_u32);
            let at = copied.address();
            assert_eq!(NdisCopyFromNetBufferToNetBuffer(target, 10, 90, source, 20, at), SUCCESS);
            assert_eq!(raw::get::<u32>(at), 50, "as much as there is room");
            let whole: Vec<u8> = pieces(target, 0)
                .into_iter()
                .flat_map(|(address, length)| raw::bytes(address, length as usize))
                .collect();
            assert_eq!(whole[..10], [0x42; 10]);
            assert_eq!(whole[10..], (20..70).collect::<Vec<u8>>());
            NdisCopyFromNetBufferToNetBuffer(target, 0, 90, source, 80, at);
            assert_eq!(raw::get::<u32>(at), 10, "as much as there are data");
        });
    }

    #[test]
    fn what_the_page_lists_is_copied_and_nothing_else() {
        machine(0, |_| {
            let (from, to) = (
                packet::make(
                    packet::Shape { buffers: 1, mdls: 1, first: 0, offset: 0, length: 60 },
                    0,
                ),
                packet::make(
                    packet::Shape { buffers: 1, mdls: 1, first: 0, offset: 0, length: 60 },
                    0,
                ),
            );
            let entry = |list: usize, entry: usize| list + nbl::NET_BUFFER_LIST_INFO + 8 * entry;
            for index in 0..26 {
                raw::put(entry(from.list().0, index), 100 + index);
            }
            let copied = |copy: extern "win64" fn(usize, usize)| -> Vec<usize> {
                for index in 0..26 {
                    raw::put(entry(to.list().0, index), 0_usize);
                }
                copy(to.list().0, from.list().0);
                (0..26).filter(|index| raw::get::<usize>(entry(to.list().0, *index)) != 0).collect()
            };
            assert_eq!(copied(NdisCopySendNetBufferListInfo), OF_A_SEND);
            assert_eq!(copied(NdisCopyReceiveNetBufferListInfo), OF_A_RECEIVE);
        });
    }
}
