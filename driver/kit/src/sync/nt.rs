//! KSPIN_LOCK and EX_RUNDOWN_REF.

use core::cell::UnsafeCell;

use crate::kernel::import::{
    ExAcquireRundownProtection, ExInitializeRundownProtection, ExReleaseRundownProtection,
    ExWaitForRundownProtectionRelease, KeAcquireSpinLockRaiseToDpc, KeReleaseSpinLock,
};

/// KSPIN_LOCK with the value that it protects: one processor at a time has it, at DISPATCH_LEVEL.
pub(super) struct SpinLock<T> {
    /// The KSPIN_LOCK; 0 is free, which is what KeInitializeSpinLock writes.
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

/// EX_RUNDOWN_REF: the users of an object, for whom its owner can wait.
pub(crate) struct Rundown(UnsafeCell<usize>);

// SAFETY: the executive changes an EX_RUNDOWN_REF atomically.
unsafe impl Sync for Rundown {}

impl Rundown {
    /// Rundown protection that is not in use yet: `initialize` follows, when the object is where it stays.
    pub(crate) const fn new() -> Self {
        Self(UnsafeCell::new(0))
    }

    /// Allows users. Source: ddi:wdm/nf-wdm-exinitializerundownprotection.
    pub(super) fn initialize(&self) {
        // SAFETY: memory of ours; nobody else knows it yet (the list's `insert`).
        unsafe { ExInitializeRundownProtection(self.0.get()) };
    }

    /// Becomes a user; false when the owner waits, or has waited. At most DISPATCH_LEVEL.
    /// Source: ddi:wdm/nf-wdm-exacquirerundownprotection.
    pub(super) fn acquire(&self) -> bool {
        // SAFETY: initialised (the list's `insert`).
        unsafe { ExAcquireRundownProtection(self.0.get()) != 0 }
    }

    /// Ceases to be a user, once for each success of `acquire`. At most DISPATCH_LEVEL.
    /// Source: ddi:wdm/nf-wdm-exreleaserundownprotection.
    pub(super) fn release(&self) {
        // SAFETY: acquired by the caller.
        unsafe { ExReleaseRundownProtection(self.0.get()) };
    }

    /// Waits until there is no user, and allows none from then on. PASSIVE_LEVEL.
    /// Source: ddi:wdm/nf-wdm-exwaitforrundownprotectionrelease.
    pub(super) fn wait(&self) {
        // SAFETY: initialised; PASSIVE_LEVEL: in FilterDetach.
        unsafe { ExWaitForRundownProtectionRelease(self.0.get()) };
    }
}
