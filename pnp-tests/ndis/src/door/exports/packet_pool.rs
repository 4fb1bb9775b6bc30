//! Packets of a filter's own: pools, lists, buffers, and moving the start of the data.
#![allow(non_snake_case, reason = "Windows names")]

use super::owner;
use crate::Ndis;
use crate::door::layout::{net_buffer as nb, net_buffer_list as nbl};
use crate::door::packet::List;
use kernel::door::crossing::{Crossing, cross};
use kernel::door::exports::exports;
use kernel::door::layout::mdl;
use kernel::door::ntoskrnl::mdl as mdls;
use kernel::machine::raw;
use kernel::machine::raw::pointer;
use kernel::nt::pool::{self, PoolRequest};
use kernel::world::owner::Owner;
use kernel::world::{World, resource};

exports! {
    NdisAdvanceNetBufferDataStart: le DISPATCH, since 6000,
        "ddi:nblapi/nf-nblapi-ndisadvancenetbufferdatastart";
    NdisAdvanceNetBufferListDataStart: le DISPATCH, since 6000,
        "ddi:nblapi/nf-nblapi-ndisadvancenetbufferlistdatastart";
    NdisAllocateMdl: le DISPATCH, fails NULL by allocation, since 6000,
        "ddi:mdlapi/nf-mdlapi-ndisallocatemdl";
    NdisAllocateNetBuffer: le DISPATCH, fails NULL by allocation, since 6000,
        "ddi:nblapi/nf-nblapi-ndisallocatenetbuffer";
    NdisAllocateNetBufferAndNetBufferList: le DISPATCH, fails NULL by allocation, since 6000,
        "ddi:nblapi/nf-nblapi-ndisallocatenetbufferandnetbufferlist";
    NdisAllocateNetBufferList: le DISPATCH, fails NULL by allocation, since 6000,
        "ddi:nblapi/nf-nblapi-ndisallocatenetbufferlist";
    NdisAllocateNetBufferListPool: le DISPATCH, fails NULL by allocation, since 6000,
        "ddi:nblapi/nf-nblapi-ndisallocatenetbufferlistpool";
    NdisAllocateNetBufferPool = NdisAllocateNetBufferListPool: le DISPATCH,
        fails NULL by allocation, since 6000, "ddi:nblapi/nf-nblapi-ndisallocatenetbufferpool";
    NdisFreeMdl: le DISPATCH, since 6000, "ddi:mdlapi/nf-mdlapi-ndisfreemdl";
    NdisFreeNetBuffer: le DISPATCH, since 6000, "ddi:nblapi/nf-nblapi-ndisfreenetbuffer";
    NdisFreeNetBufferList: le DISPATCH, since 6000, "ddi:nblapi/nf-nblapi-ndisfreenetbufferlist";
    NdisFreeNetBufferListPool: le DISPATCH, since 6000,
        "ddi:nblapi/nf-nblapi-ndisfreenetbufferlistpool";
    NdisFreeNetBufferPool = NdisFreeNetBufferListPool: le DISPATCH, since 6000,
        "ddi:nblapi/nf-nblapi-ndisfreenetbufferpool";
    NdisGetDataBuffer: le DISPATCH, fails NULL, since 6000,
        "ddi:nblapi/nf-nblapi-ndisgetdatabuffer";
    NdisGetNblTimestampInfo: le DISPATCH, since inline,
        "ddi:nbltimestamp/nf-nbltimestamp-ndisgetnbltimestampinfo";
    NdisRetreatNetBufferDataStart: le DISPATCH,
        fails NDIS_STATUS_RESOURCES | NDIS_STATUS_FAILURE by allocation, since 6000,
        "ddi:nblapi/nf-nblapi-ndisretreatnetbufferdatastart";
    NdisRetreatNetBufferListDataStart: le DISPATCH,
        fails NDIS_STATUS_RESOURCES | NDIS_STATUS_FAILURE by allocation, since 6000,
        "ddi:nblapi/nf-nblapi-ndisretreatnetbufferlistdatastart";
    NdisSetNblTimestampInfo: le DISPATCH, since inline,
        "ddi:nbltimestamp/nf-nbltimestamp-ndissetnbltimestampinfo";
}

const SUCCESS: i32 = 0;
const RESOURCES: i32 = 0xC000_009A_u32.cast_signed();
/// NET_BUFFER_LIST_POOL_PARAMETERS: fAllocateNetBuffer, ContextSize, PoolTag
/// (ddi:nblapi/ns-nblapi-net_buffer_list_pool_parameters).
const WITH_BUFFER: usize = 5;
const CONTEXT_SIZE: usize = 6;
const POOL_TAG: usize = 8;
/// What the host keeps of a pool, which is a handle to drivers: tag, with buffers, context size.
const KEPT_TAG: usize = 0;
const KEPT_WITH_BUFFER: usize = 4;
const KEPT_CONTEXT: usize = 6;

fn memory(world: &World, bytes: usize, tag: [u8; 4], owner: Option<Owner>) -> usize {
    let ask = PoolRequest { bytes, tag, zeroed: true, paged: false, owner };
    pool::allocate(world, ask).unwrap_or(0)
}

extern "win64" fn NdisAllocateNetBufferListPool(handle: usize, parameters: usize) -> usize {
    let world = cross();
    let Ok(owner) = owner(&world, world.import(), handle) else { return 0 };
    let tag: [u8; 4] = raw::get(parameters + POOL_TAG);
    let address = memory(&world, 16, tag, owner);
    if address != 0 {
        raw::put(address + KEPT_TAG, tag);
        raw::put(address + KEPT_WITH_BUFFER, raw::get::<u8>(parameters + WITH_BUFFER));
        raw::put(address + KEPT_CONTEXT, raw::get::<u16>(parameters + CONTEXT_SIZE));
        resource::take(&world, "packet pool", address, owner);
    }
    address
}

extern "win64" fn NdisFreeNetBufferListPool(handle: usize) {
    let world = cross();
    resource::give(&world, "packet pool", handle);
    pool::free(&world, handle, None);
}

fn tag_of(pool: usize) -> [u8; 4] {
    raw::get(pool + KEPT_TAG)
}

/// A list, with room for context and a net buffer behind it.
fn list(world: &Crossing, pool: usize, context: u16, with_buffer: bool) -> usize {
    let context = usize::from(context + raw::get::<u16>(pool + KEPT_CONTEXT)).next_multiple_of(16);
    let buffer = if with_buffer { nb::SIZEOF } else { 0 };
    let address = memory(world, nbl::SIZEOF + context + buffer, tag_of(pool), None);
    if address != 0 {
        raw::put(address + nbl::NDIS_POOL_HANDLE, pool);
        if with_buffer {
            let buffer = address + nbl::SIZEOF + context;
            raw::put(buffer + nb::NDIS_POOL_HANDLE, pool);
            raw::put(address + nbl::FIRST_NET_BUFFER, buffer);
        }
    }
    address
}

extern "win64" fn NdisAllocateNetBufferList(pool: usize, context: u16, _backfill: u16) -> usize {
    let world = cross();
    let with_buffer = raw::get::<u8>(pool + KEPT_WITH_BUFFER) != 0;
    list(&world, pool, context, with_buffer)
}

extern "win64" fn NdisAllocateNetBufferAndNetBufferList(
    pool: usize,
    context: u16,
    _backfill: u16,
    chain: usize,
    offset: u32,
    length: usize,
) -> usize {
    let world = cross();
    let address = list(&world, pool, context, true);
    if address != 0 {
        describe(List(address).first_buffer(), chain, offset, length);
    }
    address
}

extern "win64" fn NdisFreeNetBufferList(address: usize) {
    let world = cross();
    pool::free(&world, address, None);
}

extern "win64" fn NdisAllocateNetBuffer(
    pool: usize,
    chain: usize,
    offset: u32,
    length: usize,
) -> usize {
    let world = cross();
    let address = memory(&world, nb::SIZEOF, tag_of(pool), None);
    if address != 0 {
        raw::put(address + nb::NDIS_POOL_HANDLE, pool);
        describe(address, chain, offset, length);
    }
    address
}

extern "win64" fn NdisFreeNetBuffer(address: usize) {
    let world = cross();
    pool::free(&world, address, None);
}

extern "win64" fn NdisAllocateMdl(handle: usize, address: usize, length: u32) -> usize {
    let world = cross();
    let _ = owner(&world, world.import(), handle);
    let mdl = mdls::allocate(&world, address, length);
    if mdl != 0 {
        mdls::build(mdl);
    }
    mdl
}

extern "win64" fn NdisFreeMdl(mdl: usize) {
    let world = cross();
    pool::free(&world, mdl, None);
}

/// Fills in where a net buffer's data is.
fn describe(buffer: usize, chain: usize, offset: u32, length: usize) {
    raw::put(buffer + nb::MDL_CHAIN, chain);
    raw::put(buffer + nb::DATA_OFFSET, offset);
    raw::put(buffer + nb::DATA_LENGTH, u32::try_from(length).unwrap_or(u32::MAX));
    find_current(buffer);
}

/// The MDL that the data begins in, and where in it.
fn find_current(buffer: usize) {
    let mut at: usize = raw::get(buffer + nb::MDL_CHAIN);
    let mut offset: u32 = raw::get(buffer + nb::DATA_OFFSET);
    while at != 0 {
        let count: u32 = raw::get(at + mdl::BYTE_COUNT);
        if offset < count {
            break;
        }
        let next: usize = raw::get(at + mdl::NEXT);
        if next == 0 {
            break;
        }
        offset -= count;
        at = next;
    }
    raw::put(buffer + nb::CURRENT_MDL, at);
    raw::put(buffer + nb::CURRENT_MDL_OFFSET, offset);
}

/// PVOID handlers of NDIS for memory it must add or take away.
type OnAllocateMdl = unsafe extern "win64" fn(*mut u32) -> usize;
type OnFreeMdl = unsafe extern "win64" fn(*mut u8);

/// Adds `delta` bytes before the data: the space that was left there, or a new MDL in front.
fn retreat(world: &World, buffer: usize, delta: u32, backfill: u32, allocate: usize) -> i32 {
    let offset: u32 = raw::get(buffer + nb::DATA_OFFSET);
    let length: u32 = raw::get(buffer + nb::DATA_LENGTH);
    if offset >= delta {
        raw::put(buffer + nb::DATA_OFFSET, offset - delta);
    } else {
        let missing = delta - offset;
        let bytes = missing + backfill;
        let front = if allocate == 0 {
            let data = memory(world, bytes as usize, *b"NDrt", None);
            if data == 0 { 0 } else { front_mdl(world, data, bytes) }
        } else {
            let wanted = std::cell::Cell::new(bytes);
            // SAFETY: the address that the driver gave for a routine of this type.
            let allocate = unsafe { std::mem::transmute::<usize, OnAllocateMdl>(allocate) };
            // SAFETY: the driver's own routine; the size is ours and lives for the call.
            unsafe { allocate(wanted.as_ptr()) }
        };
        if front == 0 {
            return RESOURCES;
        }
        raw::put(front + mdl::NEXT, raw::get::<usize>(buffer + nb::MDL_CHAIN));
        raw::put(buffer + nb::MDL_CHAIN, front);
        raw::put(buffer + nb::DATA_OFFSET, backfill);
    }
    raw::put(buffer + nb::DATA_LENGTH, length + delta);
    find_current(buffer);
    SUCCESS
}

fn front_mdl(world: &World, data: usize, bytes: u32) -> usize {
    let front = mdls::allocate(world, data, bytes);
    if front == 0 {
        pool::free(world, data, None);
    } else {
        mdls::build(front);
        world.of::<Ndis>().borrow_mut().front_mdls.push((front, data));
    }
    front
}

/// Takes `delta` bytes off the front of the data; MDLs that are passed may be freed.
fn advance(world: &World, buffer: usize, delta: u32, free_mdl: bool, free: usize) {
    let offset: u32 = raw::get(buffer + nb::DATA_OFFSET);
    let length: u32 = raw::get(buffer + nb::DATA_LENGTH);
    raw::put(buffer + nb::DATA_OFFSET, offset + delta);
    raw::put(buffer + nb::DATA_LENGTH, length - delta);
    if !free_mdl {
        return find_current(buffer);
    }
    loop {
        let first: usize = raw::get(buffer + nb::MDL_CHAIN);
        let count: u32 = raw::get(first + mdl::BYTE_COUNT);
        let next: usize = raw::get(first + mdl::NEXT);
        let offset: u32 = raw::get(buffer + nb::DATA_OFFSET);
        if next == 0 || offset < count {
            break;
        }
        raw::put(buffer + nb::MDL_CHAIN, next);
        raw::put(buffer + nb::DATA_OFFSET, offset - count);
        free_front(world, first, free);
    }
    find_current(buffer);
}

fn free_front(world: &World, front: usize, free: usize) {
    if free != 0 {
        // SAFETY: the address that the driver gave for a routine of this type.
        let free = unsafe { std::mem::transmute::<usize, OnFreeMdl>(free) };
        // SAFETY: the driver's own routine and an MDL that it allocated.
        unsafe { free(pointer(front)) };
        return;
    }
    let data = {
        let mut ndis = world.of::<Ndis>().borrow_mut();
        let at = ndis.front_mdls.iter().position(|(mdl, _)| *mdl == front);
        at.map(|at| ndis.front_mdls.remove(at).1)
    };
    pool::free(world, front, None);
    if let Some(data) = data {
        pool::free(world, data, None);
    }
}

extern "win64" fn NdisRetreatNetBufferDataStart(
    buffer: usize,
    delta: u32,
    backfill: u32,
    allocate: usize,
) -> i32 {
    let world = cross();
    retreat(&world, buffer, delta, backfill, allocate)
}

extern "win64" fn NdisAdvanceNetBufferDataStart(
    buffer: usize,
    delta: u32,
    free_mdl: u8,
    free: usize,
) {
    let world = cross();
    advance(&world, buffer, delta, free_mdl != 0, free);
}

fn buffers(list: usize) -> Vec<usize> {
    let mut buffers = Vec::new();
    let mut at = List(list).first_buffer();
    while at != 0 {
        buffers.push(at);
        at = raw::get(at + nb::NEXT);
    }
    buffers
}

/// All or nothing: what was done is undone when memory runs out.
extern "win64" fn NdisRetreatNetBufferListDataStart(
    list: usize,
    delta: u32,
    backfill: u32,
    allocate: usize,
    free: usize,
) -> i32 {
    let world = cross();
    let buffers = buffers(list);
    for (index, buffer) in buffers.iter().enumerate() {
        let status = retreat(&world, *buffer, delta, backfill, allocate);
        if status != SUCCESS {
            for done in &buffers[..index] {
                advance(&world, *done, delta, true, free);
            }
            return status;
        }
    }
    SUCCESS
}

extern "win64" fn NdisAdvanceNetBufferListDataStart(
    list: usize,
    delta: u32,
    free_mdl: u8,
    free: usize,
) {
    let world = cross();
    for buffer in buffers(list) {
        advance(&world, buffer, delta, free_mdl != 0, free);
    }
}

/// Where the host keeps a list's time stamp: the last entry of NetBufferListInfo. The two functions
/// are inline in newer headers, which then agree with each other.
const TIMESTAMP: usize = nbl::SIZEOF - 16;

extern "win64" fn NdisGetNblTimestampInfo(list: usize, timestamp: usize) {
    let _ = cross();
    raw::put(timestamp, raw::get::<u64>(list + TIMESTAMP));
}

extern "win64" fn NdisSetNblTimestampInfo(list: usize, timestamp: usize) {
    let _ = cross();
    raw::put(list + TIMESTAMP, raw::get::<u64>(timestamp));
}

/// The first `needed` bytes in one piece: where they are, or a copy in `storage`.
extern "win64" fn NdisGetDataBuffer(
    buffer: usize,
    needed: u32,
    storage: usize,
    align_multiple: u32,
    align_offset: u32,
) -> usize {
    let _world = cross();
    if needed == 0 || raw::get::<u32>(buffer + nb::DATA_LENGTH) < needed {
        return 0;
    }
    let mut at: usize = raw::get(buffer + nb::CURRENT_MDL);
    let mut offset: u32 = raw::get(buffer + nb::CURRENT_MDL_OFFSET);
    let count: u32 = raw::get(at + mdl::BYTE_COUNT);
    let start = raw::get::<usize>(at + mdl::MAPPED_SYSTEM_VA) + offset as usize;
    let multiple = (align_multiple as usize).max(1);
    let aligned = start % multiple == align_offset as usize % multiple;
    if count - offset >= needed && aligned {
        return start;
    }
    if storage == 0 {
        return 0;
    }
    let mut copied = 0;
    while copied < needed && at != 0 {
        let count: u32 = raw::get(at + mdl::BYTE_COUNT);
        let share = (count - offset).min(needed - copied);
        let from = raw::get::<usize>(at + mdl::MAPPED_SYSTEM_VA) + offset as usize;
        raw::write(storage + copied as usize, &raw::bytes(from, share as usize));
        copied += share;
        offset = 0;
        at = raw::get(at + mdl::NEXT);
    }
    if copied == needed { storage } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::packet::{self, Shape};
    use crate::sample::machine;
    use kernel::machine::block::Block;
    use kernel::nt::pool::Pool;

    #[test]
    fn room_before_the_data_is_used_then_made_and_given_back() {
        machine(0, |world| {
            // One buffer of 60 bytes in one MDL, 14 bytes in.
            let made =
                packet::make(Shape { buffers: 1, mdls: 1, first: 0, offset: 14, length: 60 }, 0);
            let buffer = made.list().first_buffer();
            let length = || raw::get::<u32>(buffer + nb::DATA_LENGTH);
            assert_eq!(NdisRetreatNetBufferDataStart(buffer, 14, 0, 0), SUCCESS);
            assert_eq!((length(), world.of::<Pool>().borrow().live().count()), (74, 0));
            assert_eq!(NdisRetreatNetBufferDataStart(buffer, 20, 0, 0), SUCCESS);
            assert_eq!(length(), 94);
            assert!(world.of::<Pool>().borrow().live().count() > 0, "a new MDL and its data");
            NdisAdvanceNetBufferDataStart(buffer, 34, 1, 0);
            assert_eq!((length(), world.of::<Pool>().borrow().live().count()), (60, 0));
            assert_eq!(raw::get::<u32>(buffer + nb::CURRENT_MDL_OFFSET), 14);
        });
    }

    #[test]
    fn data_in_one_piece_is_pointed_at_and_scattered_data_is_copied() {
        machine(0, |_| {
            let made =
                packet::make(Shape { buffers: 1, mdls: 3, first: 0, offset: 0, length: 90 }, 0);
            let buffer = made.list().first_buffer();
            let storage = Block::with(&[0; 90], false);
            let inside = NdisGetDataBuffer(buffer, 30, 0, 1, 0);
            assert_eq!(raw::bytes(inside, 30), [0x42; 30]);
            assert_eq!(NdisGetDataBuffer(buffer, 31, 0, 1, 0), 0, "no storage");
            assert_eq!(NdisGetDataBuffer(buffer, 90, storage.address(), 1, 0), storage.address());
            assert_eq!(storage.bytes(), [0x42; 90]);
            assert_eq!(NdisGetDataBuffer(buffer, 91, storage.address(), 1, 0), 0, "too much");
        });
    }
}
