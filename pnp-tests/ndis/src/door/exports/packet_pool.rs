//! Packets of a filter's own: pools, lists, buffers, and moving the start of the data.
#![allow(non_snake_case, reason = "Windows names")]

use super::owner;
use crate::Ndis;
use crate::door::layout::{
    net_buffer as nb, net_buffer_list as nbl, net_buffer_list_context as at_context,
};
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
    NdisAllocateNetBufferPool: le DISPATCH, fails NULL by allocation, since 6000,
        "ddi:nblapi/nf-nblapi-ndisallocatenetbufferpool";
    NdisFreeMdl: le DISPATCH, since 6000, "ddi:mdlapi/nf-mdlapi-ndisfreemdl";
    NdisFreeNetBuffer: le DISPATCH, since 6000, "ddi:nblapi/nf-nblapi-ndisfreenetbuffer";
    NdisFreeNetBufferList: le DISPATCH, since 6000, "ddi:nblapi/nf-nblapi-ndisfreenetbufferlist";
    NdisFreeNetBufferListPool: le DISPATCH, since 6000,
        "ddi:nblapi/nf-nblapi-ndisfreenetbufferlistpool";
    NdisFreeNetBufferPool = NdisFreeNetBufferListPool: le DISPATCH, since 6000,
        "ddi:nblapi/nf-nblapi-ndisfreenetbufferpool";
    NdisGetDataBuffer: le DISPATCH, fails NULL, since 6000,
        "ddi:nblapi/nf-nblapi-ndisgetdatabuffer";
    NdisRetreatNetBufferDataStart: le DISPATCH,
        fails NDIS_STATUS_RESOURCES | NDIS_STATUS_FAILURE by allocation, since 6000,
        "ddi:nblapi/nf-nblapi-ndisretreatnetbufferdatastart";
    NdisRetreatNetBufferListDataStart: le DISPATCH,
        fails NDIS_STATUS_RESOURCES | NDIS_STATUS_FAILURE by allocation, since 6000,
        "ddi:nblapi/nf-nblapi-ndisretreatnetbufferlistdatastart";
}

const SUCCESS: i32 = 0;
const RESOURCES: i32 = 0xC000_009A_u32.cast_signed();
/// NET_BUFFER_LIST_POOL_PARAMETERS: fAllocateNetBuffer, ContextSize, PoolTag
/// (ddi:nblapi/ns-nblapi-net_buffer_list_pool_parameters).
const WITH_BUFFER: usize = 5;
const CONTEXT_SIZE: usize = 6;
const POOL_TAG: usize = 8;
const DATA_SIZE: usize = 12;
/// NET_BUFFER_POOL_PARAMETERS: PoolTag, DataSize (ndis.h).
const BUFFER_POOL_TAG: usize = 4;
const BUFFER_DATA_SIZE: usize = 8;
/// What the host keeps of a pool, which is a handle to drivers: tag, with buffers, context size, data size.
const KEPT_TAG: usize = 0;
const KEPT_WITH_BUFFER: usize = 4;
const KEPT_CONTEXT: usize = 6;
const KEPT_DATA: usize = 8;

pub(super) fn memory(world: &World, bytes: usize, tag: [u8; 4], owner: Option<Owner>) -> usize {
    let ask = PoolRequest { bytes, tag, zeroed: true, paged: false, owner };
    pool::allocate(world, ask).unwrap_or(0)
}

/// Whose a new pool is. The handle is optional, `_In_opt_` in ndis.h: without one it is the driver's.
fn pool_owner(world: &Crossing, handle: usize) -> Result<Option<Owner>, ()> {
    if handle == 0 { Ok(None) } else { owner(world, world.import(), handle) }
}

extern "win64" fn NdisAllocateNetBufferListPool(handle: usize, parameters: usize) -> usize {
    let world = cross();
    let Ok(owner) = pool_owner(&world, handle) else { return 0 };
    let tag: [u8; 4] = raw::get(parameters + POOL_TAG);
    let address = memory(&world, 16, tag, owner);
    if address != 0 {
        raw::put(address + KEPT_TAG, tag);
        raw::put(address + KEPT_WITH_BUFFER, raw::get::<u8>(parameters + WITH_BUFFER));
        raw::put(address + KEPT_CONTEXT, raw::get::<u16>(parameters + CONTEXT_SIZE));
        raw::put(address + KEPT_DATA, raw::get::<u32>(parameters + DATA_SIZE));
        resource::take(&world, "packet pool", address, owner);
    }
    address
}

extern "win64" fn NdisAllocateNetBufferPool(handle: usize, parameters: usize) -> usize {
    let world = cross();
    let Ok(owner) = pool_owner(&world, handle) else { return 0 };
    let tag: [u8; 4] = raw::get(parameters + BUFFER_POOL_TAG);
    let address = memory(&world, 16, tag, owner);
    if address != 0 {
        raw::put(address + KEPT_TAG, tag);
        raw::put(address + KEPT_DATA, raw::get::<u32>(parameters + BUFFER_DATA_SIZE));
        resource::take(&world, "packet pool", address, owner);
    }
    address
}

extern "win64" fn NdisFreeNetBufferListPool(handle: usize) {
    let world = cross();
    resource::give(&world, "packet pool", handle);
    pool::free(&world, handle, None);
}

pub(super) fn tag_of(pool: usize) -> [u8; 4] {
    raw::get(pool + KEPT_TAG)
}

/// How many bytes of data every net buffer of a pool comes with.
pub(super) fn data_size(pool: usize) -> u32 {
    raw::get(pool + KEPT_DATA)
}

/// Room for an MDL over so many bytes behind it, and for these.
pub(super) fn mdl_and_data(bytes: u32) -> usize {
    match bytes as usize {
        0 => 0,
        bytes => MDL_ROOM + 8 * bytes.div_ceil(4096).next_multiple_of(2) + bytes,
    }
}

/// An MDL, with one page frame more than the data need.
const MDL_ROOM: usize = mdl::SIZEOF + 16;

/// Makes an MDL and the data behind it, in memory of that size; gives the MDL.
pub(super) fn lay_out(at: usize, bytes: u32) -> usize {
    let data = at + mdl_and_data(bytes) - bytes as usize;
    mdls::initialise(at, data, bytes);
    mdls::build(at);
    at
}

/// A list, with room for context and a net buffer behind it.
fn list(world: &Crossing, pool: usize, context: [u16; 2], with_buffer: bool) -> usize {
    let [size, backfill] = context.map(usize::from);
    let room = size + backfill + usize::from(raw::get::<u16>(pool + KEPT_CONTEXT));
    let context = if room > 0 { (at_context::SIZEOF + room).next_multiple_of(16) } else { 0 };
    let data = if with_buffer { data_size(pool) } else { 0 };
    let buffer = if with_buffer { nb::SIZEOF + mdl_and_data(data) } else { 0 };
    let address = memory(world, nbl::SIZEOF + context + buffer, tag_of(pool), None);
    if address == 0 {
        return 0;
    }
    raw::put(address + nbl::NDIS_POOL_HANDLE, pool);
    if room > 0 {
        let of_list = address + nbl::SIZEOF;
        let short = |bytes: usize| u16::try_from(bytes).unwrap_or(u16::MAX);
        raw::put(of_list + at_context::SIZE, short(room));
        raw::put(of_list + at_context::OFFSET, short(backfill));
        raw::put(address + nbl::CONTEXT, of_list);
    }
    if with_buffer {
        let buffer = address + nbl::SIZEOF + context;
        raw::put(buffer + nb::NDIS_POOL_HANDLE, pool);
        raw::put(address + nbl::FIRST_NET_BUFFER, buffer);
        if data > 0 {
            describe(buffer, lay_out(buffer + nb::SIZEOF, data), 0, 0);
        }
    }
    address
}

extern "win64" fn NdisAllocateNetBufferList(pool: usize, context: u16, backfill: u16) -> usize {
    let world = cross();
    let with_buffer = raw::get::<u8>(pool + KEPT_WITH_BUFFER) != 0;
    list(&world, pool, [context, backfill], with_buffer)
}

extern "win64" fn NdisAllocateNetBufferAndNetBufferList(
    pool: usize,
    context: u16,
    backfill: u16,
    chain: usize,
    offset: u32,
    length: usize,
) -> usize {
    let world = cross();
    let address = list(&world, pool, [context, backfill], true);
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
pub(super) fn describe(buffer: usize, chain: usize, offset: u32, length: usize) {
    raw::put(buffer + nb::MDL_CHAIN, chain);
    raw::put(buffer + nb::DATA_OFFSET, offset);
    raw::put(buffer + nb::DATA_LENGTH, u32::try_from(length).unwrap_or(u32::MAX));
    find_current(buffer);
}

/// The MDL that the data begins in, and where in it.
pub(super) fn find_current(buffer: usize) {
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
pub(super) fn retreat(
    world: &World,
    buffer: usize,
    delta: u32,
    backfill: u32,
    allocate: usize,
) -> i32 {
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
pub(super) fn advance(world: &World, buffer: usize, delta: u32, free_mdl: bool, free: usize) {
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

pub(super) fn buffers(list: usize) -> Vec<usize> {
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
    use journal::{Fact, KernelFact};
    use kernel::machine::block::Block;
    use kernel::nt::pool::Pool;

    #[test]
    fn a_list_has_the_context_space_that_was_asked_for_and_the_pools_data() {
        machine(0, |world| {
            let parameters = Block::with(&[0; 20], false);
            let at = parameters.address();
            raw::put(at + WITH_BUFFER, 1_u8);
            raw::put(at + CONTEXT_SIZE, 16_u16);
            raw::put(at + DATA_SIZE, 1514_u32);
            let driver = world.handles.of(crate::register::DRIVER_HANDLE);
            let pool = NdisAllocateNetBufferListPool(driver, at);
            let list = NdisAllocateNetBufferList(pool, 32, 8);
            let context: usize = raw::get(list + nbl::CONTEXT);
            assert_eq!(raw::get::<[u16; 2]>(context + at_context::SIZE), [56, 8]);
            raw::fill(context + at_context::CONTEXT_DATA + 8, 1, 48);
            let buffer = List(list).first_buffer();
            let chain: usize = raw::get(buffer + nb::MDL_CHAIN);
            raw::fill(raw::get(chain + mdl::MAPPED_SYSTEM_VA), 1, 1514);
            assert_eq!(raw::get::<u32>(chain + mdl::BYTE_COUNT), 1514);
            NdisFreeNetBufferList(list);
            NdisFreeNetBufferListPool(pool);
            assert_eq!(world.of::<Pool>().borrow().live().count(), 0);
        });
    }

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
    fn a_pool_may_be_asked_for_without_a_handle() {
        let (_, journal) = machine(0, |world| {
            let parameters = Block::with(&[0; 16], false);
            for allocate in [NdisAllocateNetBufferListPool, NdisAllocateNetBufferPool] {
                let pool = allocate(0, parameters.address());
                assert_ne!(pool, 0);
                NdisFreeNetBufferListPool(pool);
            }
            assert_eq!(world.of::<Pool>().borrow().live().count(), 0);
            // A handle that names nothing is another matter.
            assert_eq!(NdisAllocateNetBufferListPool(8, parameters.address()), 0);
        });
        let bad = |entry: &journal::Entry| {
            matches!(entry.fact, Fact::Kernel(KernelFact::BadHandle { .. }))
        };
        assert_eq!(journal.entries().iter().filter(|entry| bad(entry)).count(), 1, "{journal}");
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
