//! Time as the kernel tells it.

use super::import::{KeQueryInterruptTimePrecise, KeQueryUnbiasedInterruptTimePrecise};

/// One moment on the three clocks that tell how long something took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The performance counter, which stamps events.
    pub counter: u64,
    /// Time since boot in units of 100 ns, time asleep included.
    pub interrupt_100ns: u64,
    /// Time since boot in units of 100 ns, time asleep not included: what the two differ by between
    /// two moments is how long the machine slept.
    pub unbiased_100ns: u64,
}

/// This moment. Any IRQL. Sources: ddi:wdm/nf-wdm-kequeryinterrupttimeprecise, and wdm.h for
/// KeQueryUnbiasedInterruptTimePrecise, which has no page.
#[must_use]
pub fn now() -> Moment {
    let (mut counter, mut again) = (0, 0);
    // SAFETY: `counter` is a live, writable u64 for the duration of the call; any IRQL.
    let interrupt_100ns = unsafe { KeQueryInterruptTimePrecise(&raw mut counter) };
    // SAFETY: as above.
    let unbiased_100ns = unsafe { KeQueryUnbiasedInterruptTimePrecise(&raw mut again) };
    Moment { counter, interrupt_100ns, unbiased_100ns }
}
