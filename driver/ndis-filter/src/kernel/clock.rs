//! Time as the kernel tells it.

use super::import::KeQueryInterruptTimePrecise;

/// Time since boot in units of 100 ns, time asleep included, to the precision of the performance
/// counter. Any IRQL. Source: ddi:wdm/nf-wdm-kequeryinterrupttimeprecise.
#[must_use]
pub fn interrupt_time_100ns() -> u64 {
    let mut counter = 0;
    // SAFETY: `counter` is a live, writable u64 for the duration of the call; the function may be
    // called at any IRQL.
    unsafe { KeQueryInterruptTimePrecise(&raw mut counter) }
}
