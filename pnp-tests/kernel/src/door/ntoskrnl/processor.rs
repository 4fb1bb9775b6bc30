//! The processors: two, in one group.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::{DISPATCH, cross};
use crate::machine::raw;
use crate::nt::thread;
use crate::world::World;
use journal::KernelFact;

use crate::door::exports::exports;

exports! {
    KeGetCurrentProcessorIndex: le ANY, since inline, "undocumented:wdm.h";
    KeGetCurrentProcessorNumberEx: le ANY, since 7600,
        "ddi:wdm/nf-wdm-kegetcurrentprocessornumberex";
    KeGetProcessorIndexFromNumber: le ANY, fails INVALID_PROCESSOR_INDEX, since 7600,
        "ddi:wdm/nf-wdm-kegetprocessorindexfromnumber";
    KeGetProcessorNumberFromIndex: le ANY, fails STATUS_INVALID_PARAMETER, since 7600,
        "ddi:wdm/nf-wdm-kegetprocessornumberfromindex";
    KeQueryActiveGroupCount: le ANY, since 7600, "ddi:wdm/nf-wdm-kequeryactivegroupcount";
    KeQueryActiveProcessorCount: le ANY, since 6000,
        "ddi:wdm/nf-wdm-kequeryactiveprocessorcount";
    KeQueryActiveProcessorCountEx: le ANY, since 7600,
        "ddi:wdm/nf-wdm-kequeryactiveprocessorcountex";
    KeQueryActiveProcessors: le ANY, since 2195, "ddi:wdm/nf-wdm-kequeryactiveprocessors";
    KeQueryMaximumGroupCount = KeQueryActiveGroupCount: le ANY, since 7600,
        "ddi:wdm/nf-wdm-kequerymaximumgroupcount";
    KeQueryMaximumProcessorCount: le ANY, since 6000, "ddi:wdm/nf-wdm-kequerymaximumprocessorcount";
    KeQueryMaximumProcessorCountEx = KeQueryActiveProcessorCountEx: le ANY, since 7600,
        "ddi:wdm/nf-wdm-kequerymaximumprocessorcountex";
    KeRevertToUserAffinityThreadEx: le DISPATCH, since 6000,
        "ddi:wdm/nf-wdm-kereverttouseraffinitythreadex";
    KeRevertToUserGroupAffinityThread: le DISPATCH, since 7600,
        "ddi:wdm/nf-wdm-kereverttousergroupaffinitythread";
    KeSetSystemAffinityThreadEx: le DISPATCH, since 6000, "ddi:wdm/nf-wdm-kesetsystemaffinitythreadex";
    KeSetSystemGroupAffinityThread: le DISPATCH, since 7600,
        "ddi:wdm/nf-wdm-kesetsystemgroupaffinitythread";
    KeShouldYieldProcessor: ge DISPATCH, since unknown, "ddi:wdm/nf-wdm-keshouldyieldprocessor";
    KeStallExecutionProcessor: le ANY, since 2195, "ddi:wdm/nf-wdm-kestallexecutionprocessor";
}

/// How many processors there are.
pub const COUNT: u32 = 2;
/// All of them.
const MASK: u64 = 0b11;
const SUCCESS: i32 = 0;
const INVALID_PARAMETER: i32 = 0xC000_000D_u32.cast_signed();
/// INVALID_PROCESSOR_INDEX.
pub const INVALID_INDEX: u32 = u32::MAX;

/// A PROCESSOR_NUMBER (ddi:miniport/ns-miniport-_processor_number): group, number, reserved; the
/// group is 0, so the number alone tells.
pub fn number(index: u32) -> [u8; 4] {
    [0, 0, index.to_le_bytes()[0], 0]
}

/// The index of a PROCESSOR_NUMBER, if there is such a processor.
pub fn index(number: [u8; 4]) -> Option<u32> {
    let [low, high, number, _] = number;
    let index = u32::from(number);
    (low == 0 && high == 0 && index < COUNT).then_some(index)
}

/// The processor that the current thread runs on: the one it asked for, else one by its number.
pub fn current(world: &World) -> u32 {
    let affinity = thread::with_current(world, |thread| thread.affinity);
    match affinity & MASK {
        0 => world.threads.current_id() % COUNT,
        mask => mask.trailing_zeros(),
    }
}

/// The number of the current processor, asked for by the driver.
pub fn asked(world: &World) -> u32 {
    world.knows_processors.set(true);
    current(world)
}

/// Processors of a group, or of all of them.
pub fn count(group: u16) -> u32 {
    /// ALL_PROCESSOR_GROUPS.
    const ALL: u16 = 0xFFFF;
    if group == 0 || group == ALL { COUNT } else { 0 }
}

/// Whether the PROCESSOR_NUMBER at an address names a processor, as a status.
pub(super) fn check(_world: &World, address: usize) -> i32 {
    if index(raw::get(address)).is_some() { SUCCESS } else { INVALID_PARAMETER }
}

extern "win64" fn KeGetCurrentProcessorIndex() -> u32 {
    asked(&cross())
}

extern "win64" fn KeGetCurrentProcessorNumberEx(out: usize) -> u32 {
    let world = cross();
    let index = asked(&world);
    if out != 0 {
        raw::put(out, number(index));
    }
    index
}

extern "win64" fn KeGetProcessorIndexFromNumber(address: usize) -> u32 {
    let _world = cross();
    index(raw::get(address)).unwrap_or(INVALID_INDEX)
}

extern "win64" fn KeGetProcessorNumberFromIndex(index: u32, out: usize) -> i32 {
    let _world = cross();
    if index >= COUNT {
        return INVALID_PARAMETER;
    }
    raw::put(out, number(index));
    SUCCESS
}

extern "win64" fn KeQueryActiveGroupCount() -> u16 {
    let _world = cross();
    1
}

extern "win64" fn KeQueryActiveProcessorCount(active: usize) -> u32 {
    let _world = cross();
    if active != 0 {
        raw::put(active, MASK);
    }
    COUNT
}

extern "win64" fn KeQueryActiveProcessorCountEx(group: u16) -> u32 {
    let _world = cross();
    count(group)
}

extern "win64" fn KeQueryMaximumProcessorCount() -> u32 {
    let _world = cross();
    COUNT
}

extern "win64" fn KeQueryActiveProcessors() -> u64 {
    let _world = cross();
    MASK
}

/// GROUP_AFFINITY (ddi:miniport/ns-miniport-_group_affinity): the mask, then the group.
extern "win64" fn KeSetSystemGroupAffinityThread(affinity: usize, previous: usize) {
    let world = cross();
    let mask: u64 = raw::get(affinity);
    let before =
        thread::with_current(&world, |thread| std::mem::replace(&mut thread.affinity, mask));
    if previous != 0 {
        raw::put(previous, [before, 0]);
    }
}

extern "win64" fn KeRevertToUserGroupAffinityThread(previous: usize) {
    let world = cross();
    let mask: u64 = raw::get(previous);
    thread::with_current(&world, |thread| thread.affinity = mask);
}

extern "win64" fn KeSetSystemAffinityThreadEx(affinity: u64) -> u64 {
    let world = cross();
    match affinity & MASK {
        // No processor: nothing changes.
        0 => 0,
        mask => {
            thread::with_current(&world, |thread| std::mem::replace(&mut thread.affinity, mask))
        }
    }
}

extern "win64" fn KeRevertToUserAffinityThreadEx(affinity: u64) {
    let world = cross();
    thread::with_current(&world, |thread| thread.affinity = affinity & MASK);
}

/// Nothing here runs long enough at DISPATCH_LEVEL to have to give way.
extern "win64" fn KeShouldYieldProcessor() -> u32 {
    let _world = cross();
    0
}

extern "win64" fn KeStallExecutionProcessor(microseconds: u32) {
    let world = cross();
    if world.threads.current().irql.get() >= DISPATCH {
        world.record(KernelFact::Stalled { microseconds: u64::from(microseconds) });
    }
    world.sleep(u64::from(microseconds) * 10);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::block::Block;
    use crate::world::sample::machine;
    use crate::world::thread::Rest;

    #[test]
    fn a_thread_runs_on_the_processor_it_asked_for() {
        let (rest, _) = machine(0, |_| {
            let out = Block::of([0_u8; 4]);
            for index in 0..COUNT {
                let before = KeSetSystemAffinityThreadEx(1 << index);
                assert_eq!(KeGetCurrentProcessorNumberEx(out.address()), index);
                assert_eq!(KeGetProcessorIndexFromNumber(out.address()), index);
                KeRevertToUserAffinityThreadEx(before);
            }
            assert_eq!(KeGetProcessorNumberFromIndex(COUNT, out.address()), INVALID_PARAMETER);
            assert_eq!([count(0), count(0xFFFF), count(1)], [COUNT, COUNT, 0]);
        });
        assert!(matches!(rest, Rest::Done), "{rest:?}");
    }

    #[test]
    fn a_stall_takes_its_time() {
        let (rest, _) = machine(0, |world| {
            KeStallExecutionProcessor(50);
            assert_eq!(world.clock.get(), 500);
        });
        assert!(matches!(rest, Rest::Done), "{rest:?}");
    }
}
