//! A value behind a KSPIN_LOCK.

use core::cell::UnsafeCell;

use super::import::{KeAcquireSpinLockRaiseToDpc, KeReleaseSpinLock};

/// A value that one processor at a time may touch, at DISPATCH_LEVEL.
pub(super) struct SpinLock<T> {
    /// KSPIN_LOCK; free as 0, which is what KeInitializeSpinLock writes.
    lock: UnsafeCell<usize>,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached with the lock held only, by one processor at a time.
unsafe impl<T: Send> Sync for SpinLock<T> {}

impl<T> SpinLock<T> {
    pub(super) const fn new(value: T) -> Self {
        Self { lock: UnsafeCell::new(0), value: UnsafeCell::new(value) }
    }

    /// Runs `body` with the lock held. At most DISPATCH_LEVEL. `body` is short, calls nothing
    /// outside and does not come back for the same lock.
    /// Source: ddi:wdm/nf-wdm-keacquirespinlockraisetodpc.
    pub(super) fn with<R>(&self, body: impl FnOnce(&mut T) -> R) -> R {
        // SAFETY: at most DISPATCH_LEVEL (caller); a KSPIN_LOCK of ours that does not move while
        // somebody can reach it.
        let irql = unsafe { KeAcquireSpinLockRaiseToDpc(self.lock.get()) };
        // SAFETY: the lock is held, and `body` cannot come here again.
        let result = body(unsafe { &mut *self.value.get() });
        // SAFETY: acquired above, by this thread, with that IRQL.
        unsafe { KeReleaseSpinLock(self.lock.get(), irql) };
        result
    }
}
