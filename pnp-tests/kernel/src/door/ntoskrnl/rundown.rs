//! Rundown protection, plain and cache-aware: bit 0 of the count says that the rundown has begun,
//! the references are counted in twos (wdm.h).
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::cross;
use crate::door::exports::exports;
use crate::machine::raw;
use crate::nt::pool::{self, PoolRequest};
use crate::world::World;
use crate::world::resource;
use crate::world::signal;

exports! {
    ExAcquireRundownProtection: le DISPATCH, fails FALSE, since 2600,
        "ddi:wdm/nf-wdm-exacquirerundownprotection";
    ExAcquireRundownProtectionCacheAware: le DISPATCH, fails FALSE, since 3790,
        "ddi:wdm/nf-wdm-exacquirerundownprotectioncacheaware";
    ExAcquireRundownProtectionCacheAwareEx = ExAcquireRundownProtectionEx: le DISPATCH, fails FALSE,
        since 3790, "ddi:wdm/nf-wdm-exacquirerundownprotectioncacheawareex";
    ExAcquireRundownProtectionEx: le DISPATCH, fails FALSE, since 3790,
        "ddi:wdm/nf-wdm-exacquirerundownprotectionex";
    ExAllocateCacheAwareRundownProtection: le APC, fails NULL by allocation, since 3790,
        "ddi:wdm/nf-wdm-exallocatecacheawarerundownprotection";
    ExFreeCacheAwareRundownProtection: le APC, since 3790,
        "ddi:wdm/nf-wdm-exfreecacheawarerundownprotection";
    ExInitializeRundownProtection: le DISPATCH, since 2600,
        "ddi:wdm/nf-wdm-exinitializerundownprotection";
    ExReInitializeRundownProtection = ExInitializeRundownProtection: le DISPATCH, since 2600,
        "ddi:wdm/nf-wdm-exreinitializerundownprotection";
    ExReInitializeRundownProtectionCacheAware = ExInitializeRundownProtection: le DISPATCH,
        since 3790, "ddi:wdm/nf-wdm-exreinitializerundownprotectioncacheaware";
    ExReleaseRundownProtection: le DISPATCH, since 2600,
        "ddi:wdm/nf-wdm-exreleaserundownprotection";
    ExReleaseRundownProtectionCacheAware: le DISPATCH, since 3790,
        "ddi:wdm/nf-wdm-exreleaserundownprotectioncacheaware";
    ExReleaseRundownProtectionCacheAwareEx = ExReleaseRundownProtectionEx: le DISPATCH, since 3790,
        "ddi:wdm/nf-wdm-exreleaserundownprotectioncacheawareex";
    ExReleaseRundownProtectionEx: le DISPATCH, since 3790,
        "ddi:wdm/nf-wdm-exreleaserundownprotectionex";
    ExRundownCompleted: le DISPATCH, since 2600, "ddi:wdm/nf-wdm-exrundowncompleted";
    ExRundownCompletedCacheAware = ExRundownCompleted: le DISPATCH, since 3790,
        "ddi:wdm/nf-wdm-exrundowncompletedcacheaware";
    ExWaitForRundownProtectionRelease: le APC, since 2600,
        "ddi:wdm/nf-wdm-exwaitforrundownprotectionrelease";
    ExWaitForRundownProtectionReleaseCacheAware = ExWaitForRundownProtectionRelease: le APC,
        since 3790, "ddi:wdm/nf-wdm-exwaitforrundownprotectionreleasecacheaware";
}

const ACTIVE: u64 = 1;
const ONE: u64 = 2;

extern "win64" fn ExInitializeRundownProtection(reference: usize) {
    let _ = cross();
    raw::put(reference, 0_u64);
}

fn acquire(reference: usize, count: u32) -> u8 {
    let value: u64 = raw::get(reference);
    if value & ACTIVE != 0 {
        return 0;
    }
    raw::put(reference, value + ONE * u64::from(count));
    1
}

fn release(world: &World, reference: usize, count: u32) {
    let value: u64 = raw::get(reference);
    raw::put(reference, value.wrapping_sub(ONE * u64::from(count)));
    signal::notify(world, reference);
}

extern "win64" fn ExAcquireRundownProtection(reference: usize) -> u8 {
    let _world = cross();
    acquire(reference, 1)
}

extern "win64" fn ExAcquireRundownProtectionCacheAware(reference: usize) -> u8 {
    let _world = cross();
    acquire(reference, 1)
}

extern "win64" fn ExAcquireRundownProtectionEx(reference: usize, count: u32) -> u8 {
    let _world = cross();
    acquire(reference, count)
}

extern "win64" fn ExReleaseRundownProtection(reference: usize) {
    let world = cross();
    release(&world, reference, 1);
}

extern "win64" fn ExReleaseRundownProtectionCacheAware(reference: usize) {
    let world = cross();
    release(&world, reference, 1);
}

extern "win64" fn ExReleaseRundownProtectionEx(reference: usize, count: u32) {
    let world = cross();
    release(&world, reference, count);
}

extern "win64" fn ExWaitForRundownProtectionRelease(reference: usize) {
    let world = cross();
    let value: u64 = raw::get(reference);
    raw::put(reference, value | ACTIVE);
    while raw::get::<u64>(reference) & !ACTIVE != 0 {
        signal::wait(&world, reference);
    }
}

extern "win64" fn ExRundownCompleted(reference: usize) {
    let _ = cross();
    raw::put(reference, ACTIVE);
}

extern "win64" fn ExAllocateCacheAwareRundownProtection(kind: u32, tag: u32) -> usize {
    let world = cross();
    let paged = kind & 1 != 0;
    let ask = PoolRequest { bytes: 64, tag: tag.to_le_bytes(), zeroed: true, paged, owner: None };
    let address = pool::allocate(&world, ask).unwrap_or(0);
    if address != 0 {
        resource::take(&world, "rundown reference", address, None);
    }
    address
}

extern "win64" fn ExFreeCacheAwareRundownProtection(reference: usize) {
    let world = cross();
    resource::give(&world, "rundown reference", reference);
    pool::free(&world, reference, None);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::block::Block;
    use crate::world::sample::machine;
    use crate::world::thread::Rest;

    #[test]
    fn a_rundown_waits_for_every_reference_and_lets_no_new_one_in() {
        for seed in 0..8 {
            let (rest, _) = machine(seed, |world| {
                let block = Block::with(&[0; 8], false);
                let reference = block.address();
                ExInitializeRundownProtection(reference);
                assert_eq!(ExAcquireRundownProtection(reference), 1);
                assert_eq!(ExAcquireRundownProtectionEx(reference, 2), 1);
                world.threads.spawn("other".to_owned(), move || {
                    ExReleaseRundownProtection(reference);
                    ExReleaseRundownProtectionEx(reference, 2);
                });
                ExWaitForRundownProtectionRelease(reference);
                assert_eq!(ExAcquireRundownProtection(reference), 0);
            });
            assert!(matches!(rest, Rest::Done), "seed {seed}");
        }
    }
}
