//! Executive resources (ERESOURCE).
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::{Crossing, cross};
use crate::door::exports::exports;
use crate::machine::raw;
use crate::nt::bugcheck;
use crate::nt::executive::{self, Access};
use crate::world::resource;

exports! {
    ExAcquireResourceExclusiveLite: le APC, fails FALSE, since 2195,
        "ddi:wdm/nf-wdm-exacquireresourceexclusivelite";
    ExAcquireResourceSharedLite: le APC, fails FALSE, since 2195,
        "ddi:wdm/nf-wdm-exacquireresourcesharedlite";
    ExAcquireSharedStarveExclusive: le APC, fails FALSE, since 2195,
        "ddi:wdm/nf-wdm-exacquiresharedstarveexclusive";
    ExAcquireSharedWaitForExclusive = ExAcquireResourceSharedLite: le APC, fails FALSE, since 2195,
        "ddi:wdm/nf-wdm-exacquiresharedwaitforexclusive";
    ExConvertExclusiveToSharedLite: le APC, since 2195,
        "ddi:wdm/nf-wdm-exconvertexclusivetosharedlite";
    ExDeleteResourceLite: le APC, fails NTSTATUS, since 2195, "ddi:wdm/nf-wdm-exdeleteresourcelite";
    ExInitializeResourceLite: le DISPATCH, since 2195,
        "ddi:wdm/nf-wdm-exinitializeresourcelite";
    ExIsResourceAcquiredExclusiveLite: le DISPATCH, since 2195,
        "ddi:wdm/nf-wdm-exisresourceacquiredexclusivelite";
    ExIsResourceAcquiredSharedLite: le DISPATCH, since 2195,
        "ddi:wdm/nf-wdm-exisresourceacquiredsharedlite";
    ExReinitializeResourceLite: le DISPATCH, since 2195,
        "ddi:wdm/nf-wdm-exreinitializeresourcelite";
    ExReleaseResourceLite: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-exreleaseresourcelite";
}

/// How a resource that is never deleted is told: it stays in the system's list.
const RESOURCE: &str = "executive resource";
/// RESOURCE_NOT_OWNED.
const NOT_OWNED: u32 = 0xE3;
/// sizeof(ERESOURCE), opaque to drivers.
const BYTES: usize = 104;
const INVALID_PARAMETER: i32 = 0xC000_000D_u32.cast_signed();

extern "win64" fn ExInitializeResourceLite(address: usize) -> i32 {
    let world = cross();
    raw::fill(address, 0, BYTES);
    executive::initialise(&world, address);
    resource::take(&world, RESOURCE, address, None);
    0
}

extern "win64" fn ExReinitializeResourceLite(address: usize) -> i32 {
    let world = cross();
    executive::initialise(&world, address);
    0
}

extern "win64" fn ExDeleteResourceLite(address: usize) -> i32 {
    let world = cross();
    resource::give(&world, RESOURCE, address);
    if executive::delete(&world, address) { 0 } else { INVALID_PARAMETER }
}

fn acquire(world: &Crossing, address: usize, access: Access, wait: u8) -> u8 {
    executive::acquire(world, address, access, wait != 0).map_or_else(
        || {
            let what = format!("{} of what is no initialised resource", world.import());
            bugcheck::stop(world, bugcheck::NOT_LESS_OR_EQUAL, &what);
            0
        },
        u8::from,
    )
}

extern "win64" fn ExAcquireResourceExclusiveLite(address: usize, wait: u8) -> u8 {
    let world = cross();
    acquire(&world, address, Access::Exclusive, wait)
}

extern "win64" fn ExAcquireResourceSharedLite(address: usize, wait: u8) -> u8 {
    let world = cross();
    acquire(&world, address, Access::Shared, wait)
}

extern "win64" fn ExAcquireSharedStarveExclusive(address: usize, wait: u8) -> u8 {
    let world = cross();
    acquire(&world, address, Access::SharedStarveExclusive, wait)
}

extern "win64" fn ExReleaseResourceLite(address: usize) {
    let world = cross();
    if !executive::release(&world, address) {
        let what = "ExReleaseResourceLite of a resource that this thread does not own";
        bugcheck::stop(&world, NOT_OWNED, what);
    }
}

extern "win64" fn ExConvertExclusiveToSharedLite(address: usize) {
    let world = cross();
    if !executive::share(&world, address) {
        let what =
            "ExConvertExclusiveToSharedLite of a resource that this thread does not own alone";
        bugcheck::stop(&world, NOT_OWNED, what);
    }
}

extern "win64" fn ExIsResourceAcquiredExclusiveLite(address: usize) -> u8 {
    let world = cross();
    u8::from(executive::has(&world, address, true))
}

/// How often, in any way.
extern "win64" fn ExIsResourceAcquiredSharedLite(address: usize) -> u32 {
    let world = cross();
    executive::held(&world, address, false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::block::Block;
    use crate::world::sample::machine;
    use crate::world::thread::Rest;

    #[test]
    fn a_writer_is_alone_readers_are_not_and_both_may_take_it_again() {
        let (rest, journal) = machine(0, |world| {
            let block = Block::with(&[0xAA; BYTES], false);
            let lock = block.address();
            ExInitializeResourceLite(lock);
            assert_eq!(ExAcquireResourceExclusiveLite(lock, 1), 1);
            assert_eq!(ExAcquireResourceSharedLite(lock, 0), 1, "a writer may read");
            assert_eq!(ExIsResourceAcquiredSharedLite(lock), 2);
            let other = world.threads.spawn("other".to_owned(), move || {
                assert_eq!(ExAcquireResourceSharedLite(lock, 0), 0);
                assert_eq!(ExAcquireResourceSharedLite(lock, 1), 1);
                assert_eq!(ExAcquireResourceExclusiveLite(lock, 0), 0, "there are two readers");
                ExReleaseResourceLite(lock);
            });
            world.sleep(5);
            ExReleaseResourceLite(lock);
            ExConvertExclusiveToSharedLite(lock);
            assert_eq!(ExIsResourceAcquiredExclusiveLite(lock), 0);
            world.wait_for(&other);
            ExReleaseResourceLite(lock);
            assert_eq!(ExDeleteResourceLite(lock), 0);
            assert!(!world.resources.borrow().holds(RESOURCE, lock));
        });
        assert!(matches!(rest, Rest::Done), "{rest:?}\n{journal}");
    }

    #[test]
    fn a_reader_waits_behind_a_writer_that_waits_unless_it_may_starve_it() {
        let (rest, journal) = machine(0, |world| {
            let block = Block::with(&[0; BYTES], false);
            let lock = block.address();
            ExInitializeResourceLite(lock);
            ExAcquireResourceSharedLite(lock, 1);
            let writer = world.threads.spawn("writer".to_owned(), move || {
                ExAcquireResourceExclusiveLite(lock, 1);
                ExReleaseResourceLite(lock);
            });
            let reader = world.threads.spawn("reader".to_owned(), move || {
                assert_eq!(ExAcquireResourceSharedLite(lock, 0), 0);
                assert_eq!(ExAcquireSharedStarveExclusive(lock, 0), 1);
                ExReleaseResourceLite(lock);
            });
            world.wait_for(&reader);
            ExReleaseResourceLite(lock);
            world.wait_for(&writer);
        });
        assert!(matches!(rest, Rest::Done), "{rest:?}\n{journal}");
    }

    #[test]
    fn what_is_not_owned_cannot_be_released() {
        let (rest, _) = machine(0, |_| {
            let block = Block::with(&[0; BYTES], false);
            ExInitializeResourceLite(block.address());
            ExReleaseResourceLite(block.address());
        });
        assert!(matches!(rest, Rest::Stopped), "{rest:?}");
    }
}
