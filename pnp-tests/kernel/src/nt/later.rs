//! What a driver leaves to be done later, and what becomes of it when the driver goes.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::world::World;

use super::dpc::Dpcs;
use super::timer::{self, Timer};
use super::work::Work;
use super::{bugcheck, dpc, thread, work};

/// Timers, DPCs and work items of a run.
#[derive(Debug, Default)]
pub struct Deferred {
    pub(super) timers: BTreeMap<usize, Timer>,
    pub(super) dpcs: Dpcs,
    pub(super) work: Work,
    next: u32,
}

impl Deferred {
    /// A number that tells one asking from the next.
    pub(super) fn next(&mut self) -> u32 {
        self.next += 1;
        self.next
    }
}

/// Whether a timer that is armed lies in this memory.
pub fn has_armed_timer(world: &World, memory: Range<usize>) -> bool {
    let timers: Vec<usize> =
        world.of::<Deferred>().borrow().timers.range(memory).map(|(timer, _)| *timer).collect();
    timers.into_iter().any(|timer| timer::is_armed(world, timer))
}

/// Before an image goes: waits for the routines that hold it in memory, which are the queued work
/// items of devices and of NDIS (ddi:wdm/nf-wdm-ioqueueworkitem), and for the timers and DPCs
/// that run on another processor at this moment.
pub fn drain(world: &World) {
    work::drain(world);
    dpc::drain(world);
    timer::drain(world);
}

/// The image goes: nothing of it may be called any more. What was pending is a leak, which the
/// caller tells; a thread that is inside the image now would run into nothing.
pub fn abandon(world: &World) {
    timer::forget(world);
    let mut later = world.of::<Deferred>().borrow_mut();
    later.dpcs = Dpcs::default();
    later.work = Work::default();
    drop(later);
    let mut inside = world.threads.others_inside();
    inside.extend((0..thread::unborn(world)).map(|_| "SystemThread, which had not begun"));
    if !inside.is_empty() {
        let what = format!("the driver was unloaded while it ran on: {}", inside.join(", "));
        bugcheck::stop(world, bugcheck::UNLOADED, &what);
    }
}
