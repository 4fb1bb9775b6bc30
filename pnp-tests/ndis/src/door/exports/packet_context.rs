//! Context space of lists, which grows downwards in NET_BUFFER_LIST_CONTEXT; net buffers with their data.
#![allow(non_snake_case, reason = "Windows names")]

use super::packet_pool::{self, data_size, describe, lay_out, mdl_and_data, tag_of};
use crate::door::layout::{
    net_buffer as nb, net_buffer_list as nbl, net_buffer_list_context as at,
};
use driver_abi::ndis::status::{NDIS_STATUS_FAILURE, NDIS_STATUS_RESOURCES, NDIS_STATUS_SUCCESS};
use kernel::door::crossing::cross;
use kernel::door::exports::exports;
use kernel::machine::raw;
use kernel::nt::pool;

exports! {
    NdisAllocateNetBufferListContext: le DISPATCH,
        fails NDIS_STATUS_RESOURCES | NDIS_STATUS_FAILURE by allocation, since 6000,
        "ddi:nblapi/nf-nblapi-ndisallocatenetbufferlistcontext";
    NdisAllocateNetBufferMdlAndData: le DISPATCH, fails NULL by allocation, since 6000,
        "ddi:nblapi/nf-nblapi-ndisallocatenetbuffermdlanddata";
    NdisFreeNetBufferListContext: le DISPATCH, since 6000,
        "ddi:nblapi/nf-nblapi-ndisfreenetbufferlistcontext";
}

/// Sizes of context space are multiples of a pointer's.
const POINTER: u16 = 8;

/// Takes the space in front of what is used, or allocates more.
extern "win64" fn NdisAllocateNetBufferListContext(
    list: usize,
    size: u16,
    backfill: u16,
    tag: u32,
) -> i32 {
    let world = cross();
    if !size.is_multiple_of(POINTER) || !backfill.is_multiple_of(POINTER) {
        return NDIS_STATUS_FAILURE.0;
    }
    let context: usize = raw::get(list + nbl::CONTEXT);
    if context != 0 {
        let offset: u16 = raw::get(context + at::OFFSET);
        if offset >= size {
            raw::put(context + at::OFFSET, offset - size);
            return NDIS_STATUS_SUCCESS.0;
        }
    }
    let room = usize::from(size) + usize::from(backfill);
    let Ok(whole) = u16::try_from(room) else { return NDIS_STATUS_FAILURE.0 };
    let new = packet_pool::memory(&world, at::SIZEOF + room, tag.to_le_bytes(), None);
    if new == 0 {
        return NDIS_STATUS_RESOURCES.0;
    }
    raw::put(new + at::NEXT, context);
    raw::put(new + at::SIZE, whole);
    raw::put(new + at::OFFSET, backfill);
    raw::put(list + nbl::CONTEXT, new);
    NDIS_STATUS_SUCCESS.0
}

/// Gives the space back; a structure of which nothing is used any more goes, if it was allocated.
extern "win64" fn NdisFreeNetBufferListContext(list: usize, size: u16) {
    let world = cross();
    let context: usize = raw::get(list + nbl::CONTEXT);
    let used = raw::get::<u16>(context + at::SIZE) - raw::get::<u16>(context + at::OFFSET);
    if used <= size && !is_part_of(list, context) {
        raw::put(list + nbl::CONTEXT, raw::get::<usize>(context + at::NEXT));
        return pool::free(&world, context, None);
    }
    raw::put(context + at::OFFSET, raw::get::<u16>(context + at::OFFSET) + size);
}

/// Whether a context was allocated with its list, behind it.
fn is_part_of(list: usize, context: usize) -> bool {
    context == list + nbl::SIZEOF
}

/// A net buffer with an MDL and data in one piece of memory, as much as the pool says.
extern "win64" fn NdisAllocateNetBufferMdlAndData(pool: usize) -> usize {
    let world = cross();
    let bytes = data_size(pool);
    let buffer = packet_pool::memory(&world, nb::SIZEOF + mdl_and_data(bytes), tag_of(pool), None);
    if buffer != 0 {
        raw::put(buffer + nb::NDIS_POOL_HANDLE, pool);
        if bytes > 0 {
            describe(buffer, lay_out(buffer + nb::SIZEOF, bytes), 0, 0);
        }
    }
    buffer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::packet;
    use crate::sample::machine;
    use kernel::nt::pool::Pool;

    #[test]
    fn context_space_is_taken_from_the_backfill_first_and_given_back() {
        machine(0, |world| {
            let made = packet::make(
                packet::Shape { buffers: 1, mdls: 1, first: 0, offset: 0, length: 60 },
                0,
            );
            let list = made.list().0;
            let live = || world.of::<Pool>().borrow().live().count();
            let allocate =
                |size, backfill| NdisAllocateNetBufferListContext(list, size, backfill, 7);
            assert_eq!(allocate(12, 0), NDIS_STATUS_FAILURE.0, "no multiple of a pointer");
            assert_eq!(allocate(16, 32), NDIS_STATUS_SUCCESS.0);
            let context: usize = raw::get(list + nbl::CONTEXT);
            assert_eq!(raw::get::<[u16; 2]>(context + at::SIZE), [48, 32]);
            assert_eq!((allocate(24, 0), live()), (NDIS_STATUS_SUCCESS.0, 1));
            assert_eq!((allocate(16, 0), live()), (NDIS_STATUS_SUCCESS.0, 2), "8 bytes were left");
            NdisFreeNetBufferListContext(list, 16);
            assert_eq!((raw::get::<usize>(list + nbl::CONTEXT), live()), (context, 1));
            NdisFreeNetBufferListContext(list, 24);
            NdisFreeNetBufferListContext(list, 16);
            assert_eq!((raw::get::<usize>(list + nbl::CONTEXT), live()), (0, 0));
        });
    }
}
