//! A timer that calls back once.

use core::ffi::c_void;
use core::ptr::{self, NonNull};

use driver_abi::nt::EXT_CALLBACK;

use super::import::{ExAllocateTimer, ExCancelTimer, ExDeleteTimer, ExSetTimer};

/// A timer of the executive that calls back once. The callback runs at DISPATCH_LEVEL; dropping the timer
/// waits for it.
pub struct Timer(NonNull<c_void>);

// SAFETY: the executive takes its timers on any processor.
unsafe impl Send for Timer {}
// SAFETY: as for Send; setting and cancelling are serialised by the executive.
unsafe impl Sync for Timer {}

impl Timer {
    /// Allocates a timer that is not set; None when memory is low. At most DISPATCH_LEVEL. The import is
    /// there from Windows 8.1 on, as KeQueryInterruptTimePrecise is. Source:
    /// ddi:wdm/nf-wdm-exallocatetimer.
    ///
    /// # Safety
    ///
    /// `callback` may be called with `context` until the timer is dropped.
    pub unsafe fn new(callback: EXT_CALLBACK, context: *mut c_void) -> Option<Self> {
        // SAFETY: at most DISPATCH_LEVEL; the callback and its context are the caller's word.
        NonNull::new(unsafe { ExAllocateTimer(callback, context, 0) }).map(Self)
    }

    /// Has the callback run once, `after_100ns` units of 100 ns from now. At most DISPATCH_LEVEL.
    /// Source: ddi:wdm/nf-wdm-exsettimer.
    pub fn set(&self, after_100ns: u32) {
        // SAFETY: a live timer; a negative time is relative to now.
        let _ = unsafe { ExSetTimer(self.0.as_ptr(), -i64::from(after_100ns), 0, ptr::null()) };
    }

    /// Keeps the callback from running, unless it has begun. At most DISPATCH_LEVEL.
    /// Source: ddi:wdm/nf-wdm-excanceltimer.
    pub fn cancel(&self) {
        // SAFETY: a live timer.
        let _ = unsafe { ExCancelTimer(self.0.as_ptr(), ptr::null()) };
    }
}

impl Drop for Timer {
    /// Deletes the timer and waits until a callback that has begun is over. PASSIVE_LEVEL.
    /// Source: ddi:wdm/nf-wdm-exdeletetimer.
    fn drop(&mut self) {
        // SAFETY: a live timer that nobody uses after this; timers are dropped in FilterAttach and
        // FilterDetach, at PASSIVE_LEVEL.
        let _ = unsafe { ExDeleteTimer(self.0.as_ptr(), 1, 1, ptr::null()) };
    }
}
