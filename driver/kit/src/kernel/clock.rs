//! Time as the kernel tells it.

use super::import::{KeQueryInterruptTimePrecise, KeQueryUnbiasedInterruptTimePrecise};

/// A moment, as three clocks tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The performance counter, with which ETW stamps events.
    pub counter: u64,
    /// Time since boot in units of 100 ns, including the time that the machine slept.
    pub interrupt_100ns: u64,
    /// Time since boot in units of 100 ns, without the time that the machine slept. The growth of
    /// `interrupt_100ns - unbiased_100ns` between two moments is the time that the machine slept.
    pub unbiased_100ns: u64,
}

/// The current moment. Any IRQL. Sources: ddi:wdm/nf-wdm-kequeryinterrupttimeprecise, and wdm.h, which
/// declares KeQueryUnbiasedInterruptTimePrecise from Windows 10 on; that function has no page.
#[must_use]
pub fn now() -> Moment {
    let (mut counter, mut again) = (0, 0);
    // SAFETY: `counter` is a live, writable u64 for the duration of the call; any IRQL.
    let interrupt_100ns = unsafe { KeQueryInterruptTimePrecise(&raw mut counter) };
    // SAFETY: as above.
    let unbiased_100ns = unsafe { KeQueryUnbiasedInterruptTimePrecise(&raw mut again) };
    Moment { counter, interrupt_100ns, unbiased_100ns }
}
