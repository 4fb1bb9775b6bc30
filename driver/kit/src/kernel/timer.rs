//! A timer that calls back once.

use core::ffi::c_void;
use core::ptr::{self, NonNull};

use driver_abi::nt::EXT_CALLBACK;

use super::import::{ExAllocateTimer, ExCancelTimer, ExDeleteTimer, ExSetTimer};

/// A timer of the executive. Its callback runs at DISPATCH_LEVEL and is over when the timer is dropped.
pub struct Timer(NonNull<c_void>);

// SAFETY: the executive takes its timers on any processor.
unsafe impl Send for Timer {}
// SAFETY: as for Send; setting and cancelling are serialised by the executive.
unsafe impl Sync for Timer {}

impl Timer {
    /// None without memory. At most DISPATCH_LEVEL. ExAllocateTimer is there from Windows 8.1 on, as
    /// KeQueryInterruptTimePrecise is. Source: ddi:wdm/nf-wdm-exallocatetimer.
    ///
    /// # Safety
    ///
    /// `callback` may be called with `context` until the timer is dropped.
    pub unsafe fn new(callback: EXT_CALLBACK, context: *mut c_void) -> Option<Self> {
        // SAFETY: at most DISPATCH_LEVEL; the callback and its context are the caller's word.
        NonNull::new(unsafe { ExAllocateTimer(callback, context, 0) }).map(Self)
    }

    /// Calls back once, that much later. At most DISPATCH_LEVEL.
    /// Source: ddi:wdm/nf-wdm-exsettimer.
    pub fn set(&self, after_100ns: u32) {
        // SAFETY: a live timer; a negative time is relative to now.
        let _ = unsafe { ExSetTimer(self.0.as_ptr(), -i64::from(after_100ns), 0, ptr::null()) };
    }

    /// The callback does not come any more, unless it has begun. At most DISPATCH_LEVEL.
    /// Source: ddi:wdm/nf-wdm-excanceltimer.
    pub fn cancel(&self) {
        // SAFETY: a live timer.
        let _ = unsafe { ExCancelTimer(self.0.as_ptr(), ptr::null()) };
    }
}

impl Drop for Timer {
    /// PASSIVE_LEVEL: waits until a callback that has begun is over.
    /// Source: ddi:wdm/nf-wdm-exdeletetimer.
    fn drop(&mut self) {
        // SAFETY: a live timer that nobody uses after this; timers are dropped in FilterAttach and
        // FilterDetach, at PASSIVE_LEVEL.
        let _ = unsafe { ExDeleteTimer(self.0.as_ptr(), 1, 1, ptr::null()) };
    }
}
