//! A spin lock of the kernel.

use core::cell::UnsafeCell;

use crate::import::{
    KeAcquireSpinLockAtDpcLevel, KeAcquireSpinLockRaiseToDpc, KeInitializeSpinLock,
    KeReleaseSpinLock, KeReleaseSpinLockFromDpcLevel,
};

/// A KSPIN_LOCK: one pointer-sized word, in memory that stays where it is.
#[repr(transparent)]
pub struct Lock(UnsafeCell<usize>);

// SAFETY: the word is the kernel's alone.
unsafe impl Sync for Lock {}

impl Lock {
    pub const fn new() -> Self {
        Self(UnsafeCell::new(0))
    }

    pub fn initialise(&self) {
        // SAFETY: the lock stays where it is and nobody has it.
        unsafe { KeInitializeSpinLock(self.0.get()) };
    }

    /// At most DISPATCH_LEVEL; gives the IRQL for `release`.
    pub fn acquire(&self) -> u8 {
        // SAFETY: initialised, not held by this processor.
        unsafe { KeAcquireSpinLockRaiseToDpc(self.0.get()) }
    }

    pub fn release(&self, irql: u8) {
        // SAFETY: held since `acquire`, which gave this IRQL.
        unsafe { KeReleaseSpinLock(self.0.get(), irql) };
    }

    /// Runs `body` with the lock held, at DISPATCH_LEVEL.
    pub fn with<T>(&self, body: impl FnOnce() -> T) -> T {
        let irql = self.acquire();
        let result = body();
        self.release(irql);
        result
    }

    /// [`with`](Self::with) where the flags of the data path tell whether this is DISPATCH_LEVEL already.
    pub fn with_dispatch<T>(&self, dispatch: bool, body: impl FnOnce() -> T) -> T {
        if !dispatch {
            return self.with(body);
        }
        // SAFETY: DISPATCH_LEVEL, initialised, not held by this processor.
        unsafe { KeAcquireSpinLockAtDpcLevel(self.0.get()) };
        let result = body();
        // SAFETY: held, at DISPATCH_LEVEL.
        unsafe { KeReleaseSpinLockFromDpcLevel(self.0.get()) };
        result
    }
}
