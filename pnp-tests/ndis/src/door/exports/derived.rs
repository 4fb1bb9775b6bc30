//! Lists that are derived from others: clones, fragments, and what was fragmented put together again. The
//! data are never copied; new MDLs describe them, unless a clone shares those of its original.
#![allow(non_snake_case, reason = "Windows names")]

use super::packet_pool::{self, advance, buffers, find_current, retreat, tag_of};
use crate::door::layout::{net_buffer as nb, net_buffer_list as nbl};
use kernel::door::crossing::{Crossing, cross};
use kernel::door::exports::exports;
use kernel::door::layout::mdl;
use kernel::door::ntoskrnl::mdl as mdls;
use kernel::machine::raw;
use kernel::nt::pool;

exports! {
    NdisAllocateCloneNetBufferList: le DISPATCH, fails NULL by allocation, since 6000,
        "ddi:nblapi/nf-nblapi-ndisallocateclonenetbufferlist";
    NdisAllocateFragmentNetBufferList: le DISPATCH, fails NULL by allocation, since 6000,
        "ddi:nblapi/nf-nblapi-ndisallocatefragmentnetbufferlist";
    NdisAllocateReassembledNetBufferList: le DISPATCH, fails NULL by allocation, since 6000,
        "ddi:nblapi/nf-nblapi-ndisallocatereassemblednetbufferlist";
    NdisFreeCloneNetBufferList: le DISPATCH, since 6000,
        "ddi:nblapi/nf-nblapi-ndisfreeclonenetbufferlist";
    NdisFreeFragmentNetBufferList: le DISPATCH, since 6000,
        "ddi:nblapi/nf-nblapi-ndisfreefragmentnetbufferlist";
    NdisFreeReassembledNetBufferList = NdisFreeFragmentNetBufferList: le DISPATCH, since 6000,
        "ddi:nblapi/nf-nblapi-ndisfreereassemblednetbufferlist";
}

/// NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS.
const USE_ORIGINAL_MDLS: u32 = 2;
/// The pool tag of what comes out of NDIS's own pool.
const INTERNAL: [u8; 4] = *b"NDnl";
const SUCCESS: i32 = 0;

/// A list in the making: what is there already is given back when the rest fails.
struct Derived<'a> {
    world: &'a Crossing,
    list: usize,
    last: usize,
    /// The pool of net buffers, 0 for NDIS's own.
    buffer_pool: usize,
}

/// A list without a context and without net buffers, the child of `parent`.
fn begin(
    world: &Crossing,
    parent: usize,
    list_pool: usize,
    buffer_pool: usize,
) -> Option<Derived<'_>> {
    let list = packet_pool::memory(world, nbl::SIZEOF, tag(list_pool), None);
    if list == 0 {
        return None;
    }
    raw::put(list + nbl::PARENT_NET_BUFFER_LIST, parent);
    raw::put(list + nbl::NDIS_POOL_HANDLE, list_pool);
    Some(Derived { world, list, last: 0, buffer_pool })
}

impl Derived<'_> {
    /// One more net buffer over a chain of MDLs.
    fn buffer(&mut self, chain: usize, offset: u32, length: u32) -> Option<usize> {
        let buffer = packet_pool::memory(self.world, nb::SIZEOF, tag(self.buffer_pool), None);
        if buffer == 0 {
            return None;
        }
        raw::put(buffer + nb::NDIS_POOL_HANDLE, self.buffer_pool);
        raw::put(buffer + nb::MDL_CHAIN, chain);
        raw::put(buffer + nb::DATA_OFFSET, offset);
        raw::put(buffer + nb::DATA_LENGTH, length);
        find_current(buffer);
        match self.last {
            0 => raw::put(self.list + nbl::FIRST_NET_BUFFER, buffer),
            last => raw::put(last + nb::NEXT, buffer),
        }
        self.last = buffer;
        Some(buffer)
    }

    /// One more net buffer over MDLs of its own for these bytes of another's data.
    fn described(&mut self, source: usize, skip: u32, length: u32) -> Option<usize> {
        let chain = describe_again(self.world, source, skip, length)?;
        let made = self.buffer(chain, 0, length);
        if made.is_none() {
            free_chain(self.world, chain);
        }
        made
    }

    /// The list, or 0 with nothing left of it when something could not be had.
    fn done(self, whole: Option<()>, delta: u32) -> usize {
        if whole.is_some() {
            return self.list;
        }
        free(self.world, self.list, delta, true);
        0
    }
}

fn tag(pool: usize) -> [u8; 4] {
    if pool == 0 { INTERNAL } else { tag_of(pool) }
}

/// New MDLs over `length` bytes of a net buffer's data from `skip` on. `None` when memory or data run out.
fn describe_again(world: &Crossing, source: usize, skip: u32, length: u32) -> Option<usize> {
    let mut at: usize = raw::get(source + nb::CURRENT_MDL);
    let mut offset = raw::get::<u32>(source + nb::CURRENT_MDL_OFFSET) + skip;
    let (mut left, mut first, mut last) = (length, 0, 0);
    while left > 0 && at != 0 {
        let count: u32 = raw::get(at + mdl::BYTE_COUNT);
        if offset < count {
            let share = (count - offset).min(left);
            let address = raw::get::<usize>(at + mdl::MAPPED_SYSTEM_VA) + offset as usize;
            let new = mdls::allocate(world, address, share);
            if new == 0 {
                break;
            }
            mdls::build(new);
            match last {
                0 => first = new,
                last => raw::put(last + mdl::NEXT, new),
            }
            last = new;
            left -= share;
            offset = 0;
        } else {
            offset -= count;
        }
        at = raw::get(at + mdl::NEXT);
    }
    if left > 0 {
        free_chain(world, first);
        return None;
    }
    Some(first)
}

fn free_chain(world: &Crossing, first: usize) {
    let mut at = first;
    while at != 0 {
        let next: usize = raw::get(at + mdl::NEXT);
        pool::free(world, at, None);
        at = next;
    }
}

/// Gives back a list and its net buffers, with their MDLs if those are its own.
fn free(world: &Crossing, list: usize, delta: u32, with_mdls: bool) {
    for buffer in buffers(list) {
        if delta > 0 && raw::get::<u32>(buffer + nb::DATA_LENGTH) >= delta {
            advance(world, buffer, delta, true, 0);
        }
        if with_mdls {
            free_chain(world, raw::get(buffer + nb::MDL_CHAIN));
        }
        pool::free(world, buffer, None);
    }
    pool::free(world, list, None);
}

/// Cloned from the start of the used data space, so that the space before it is not the clone's.
extern "win64" fn NdisAllocateCloneNetBufferList(
    original: usize,
    list_pool: usize,
    buffer_pool: usize,
    flags: u32,
) -> usize {
    let world = cross();
    let Some(mut clone) = begin(&world, original, list_pool, buffer_pool) else { return 0 };
    let shared = flags & USE_ORIGINAL_MDLS != 0;
    let mut one = |source: usize| {
        let length = raw::get(source + nb::DATA_LENGTH);
        if shared {
            let chain = raw::get(source + nb::CURRENT_MDL);
            return clone.buffer(chain, raw::get(source + nb::CURRENT_MDL_OFFSET), length);
        }
        clone.described(source, 0, length)
    };
    let whole = buffers(original).into_iter().try_for_each(|source| one(source).map(|_| ()));
    if shared && whole.is_none() {
        free(&world, clone.list, 0, false);
        return 0;
    }
    clone.done(whole, 0)
}

/// With the flags that the clone was made with.
extern "win64" fn NdisFreeCloneNetBufferList(clone: usize, flags: u32) {
    let world = cross();
    free(&world, clone, 0, flags & USE_ORIGINAL_MDLS == 0);
}

extern "win64" fn NdisAllocateFragmentNetBufferList(
    original: usize,
    list_pool: usize,
    buffer_pool: usize,
    start: u32,
    most: u32,
    delta: u32,
    backfill: u32,
    _flags: u32,
) -> usize {
    let world = cross();
    let made = begin(&world, original, list_pool, buffer_pool);
    let Some(mut fragments) = made.filter(|_| most > 0) else { return 0 };
    let mut one = |source: usize| {
        let length = raw::get::<u32>(source + nb::DATA_LENGTH);
        let mut at = start;
        while at < length {
            let share = most.min(length - at);
            let fragment = fragments.described(source, at, share)?;
            prepend(&world, fragment, delta, backfill)?;
            at += share;
        }
        Some(())
    };
    let whole = buffers(original).into_iter().try_for_each(&mut one);
    fragments.done(whole, delta)
}

/// Adds used data space in front.
fn prepend(world: &Crossing, buffer: usize, delta: u32, backfill: u32) -> Option<()> {
    (delta == 0 || retreat(world, buffer, delta, backfill, 0) == SUCCESS).then_some(())
}

extern "win64" fn NdisAllocateReassembledNetBufferList(
    fragments: usize,
    pool: usize,
    start: u32,
    delta: u32,
    backfill: u32,
    _flags: u32,
) -> usize {
    let world = cross();
    let Some(mut whole) = begin(&world, fragments, pool, pool) else { return 0 };
    let (mut chain, mut last, mut length) = (0_usize, 0_usize, 0_u32);
    let mut one = |source: usize| {
        let share = raw::get::<u32>(source + nb::DATA_LENGTH).checked_sub(start)?;
        let first = describe_again(&world, source, start, share)?;
        match last {
            0 => chain = first,
            last => raw::put(last + mdl::NEXT, first),
        }
        let next = |mdl: &usize| Some(raw::get::<usize>(*mdl + mdl::NEXT)).filter(|n| *n != 0);
        last = std::iter::successors(Some(first).filter(|f| *f != 0), next).last().unwrap_or(last);
        length += share;
        Some(())
    };
    let described = buffers(fragments).into_iter().try_for_each(&mut one);
    let buffer = described.and_then(|()| whole.buffer(chain, 0, length));
    if buffer.is_none() {
        free_chain(&world, chain);
    }
    let prepended = buffer.and_then(|buffer| prepend(&world, buffer, delta, backfill));
    whole.done(prepended, 0)
}

/// The space that was added in front is taken off again before the MDLs go.
extern "win64" fn NdisFreeFragmentNetBufferList(list: usize, delta: u32, _flags: u32) {
    let world = cross();
    free(&world, list, delta, true);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::packet::{self, List};
    use crate::sample::machine;
    use kernel::nt::pool::Pool;
    use kernel::world::World;

    fn live(world: &World) -> usize {
        world.of::<Pool>().borrow().live().count()
    }

    fn lengths(list: usize) -> Vec<u32> {
        buffers(list).iter().map(|buffer| raw::get(buffer + nb::DATA_LENGTH)).collect()
    }

    #[test]
    fn a_clone_describes_the_same_data_and_is_gone_without_a_rest() {
        machine(0, |world| {
            // Two buffers of 90 and 91 bytes in three MDLs each, 14 bytes in.
            let made = packet::make(
                packet::Shape { buffers: 2, mdls: 3, first: 0, offset: 14, length: 90 },
                0,
            );
            let original = made.list();
            let clone = NdisAllocateCloneNetBufferList(original.0, 0, 0, 0);
            assert_eq!(lengths(clone), [90, 91]);
            assert_eq!(raw::get::<usize>(clone + nbl::PARENT_NET_BUFFER_LIST), original.0);
            let (own, shared) = (buffers(clone)[0], original.first_buffer());
            let data = |buffer: usize| {
                let mdl: usize = raw::get(buffer + nb::CURRENT_MDL);
                let offset: u32 = raw::get(buffer + nb::CURRENT_MDL_OFFSET);
                (mdl, raw::get::<usize>(mdl + mdl::MAPPED_SYSTEM_VA) + offset as usize)
            };
            assert_eq!(data(own).1, data(shared).1, "the data are not copied");
            assert_ne!(data(own).0, data(shared).0);
            NdisFreeCloneNetBufferList(clone, 0);
            assert_eq!(live(world), 0);
            let clone = NdisAllocateCloneNetBufferList(original.0, 0, 0, USE_ORIGINAL_MDLS);
            assert_eq!(data(buffers(clone)[0]), data(shared));
            assert_eq!(List(clone).size(), original.size());
            NdisFreeCloneNetBufferList(clone, USE_ORIGINAL_MDLS);
            assert_eq!(live(world), 0);
        });
    }

    #[test]
    fn fragments_are_no_longer_than_asked_and_are_put_together_again() {
        machine(0, |world| {
            let made = packet::make(
                packet::Shape { buffers: 1, mdls: 3, first: 0, offset: 14, length: 90 },
                0,
            );
            let original = made.list().0;
            let fragments = NdisAllocateFragmentNetBufferList(original, 0, 0, 10, 32, 20, 4, 0);
            assert_eq!(lengths(fragments), [52, 52, 36], "20 bytes of header and the rest");
            let whole = NdisAllocateReassembledNetBufferList(fragments, 0, 20, 14, 0, 0);
            assert_eq!(lengths(whole), [94], "80 bytes of data and 14 in front");
            NdisFreeFragmentNetBufferList(whole, 14, 0);
            NdisFreeFragmentNetBufferList(fragments, 20, 0);
            assert_eq!(live(world), 0);
        });
    }
}
