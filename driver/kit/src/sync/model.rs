//! Models of KSPIN_LOCK and EX_RUNDOWN_REF: what their pages promise and nothing more.

use crate::order;

#[cfg(not(loom))]
mod host {
    pub use std::sync::Mutex;
    pub use std::sync::atomic::{AtomicUsize, Ordering};

    /// A way to sleep until something changes, or for a while.
    pub struct Sleep;

    impl Sleep {
        pub const fn new() -> Self {
            Self
        }

        pub fn wake(&self) {
            let _ = self;
        }

        pub fn sleep(&self) {
            let _ = self;
            std::thread::yield_now();
        }
    }
}
#[cfg(loom)]
mod host {
    pub use loom::sync::Mutex;
    pub use loom::sync::atomic::{AtomicUsize, Ordering};

    /// A way to sleep until something changes, or for a while.
    pub struct Sleep(loom::sync::Notify);

    impl Sleep {
        pub fn new() -> Self {
            Self(loom::sync::Notify::new())
        }

        pub fn wake(&self) {
            self.0.notify();
        }

        pub fn sleep(&self) {
            self.0.wait();
        }
    }
}
use host::{AtomicUsize, Mutex, Ordering, Sleep};

/// KSPIN_LOCK.
pub(super) struct SpinLock<T>(Mutex<T>);

impl<T> SpinLock<T> {
    pub(super) fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    pub(super) fn with<R>(&self, body: impl FnOnce(&mut T) -> R) -> R {
        body(&mut *self.0.lock().expect("nobody panics with the lock"))
    }
}

/// EX_RUNDOWN_REF: bit 0: the owner waits; above it the number of users.
pub(crate) struct Rundown {
    users: AtomicUsize,
    owner: Sleep,
}

impl Rundown {
    pub(crate) fn new() -> Self {
        Self { users: AtomicUsize::new(0), owner: Sleep::new() }
    }

    #[expect(clippy::unused_self, reason = "as in the kernel")]
    pub(super) fn initialize(&self) {}

    pub(super) fn acquire(&self) -> bool {
        let mut now = self.users.load(Ordering::Relaxed);
        while now & 1 == 0 {
            match self.users.compare_exchange(now, now + 2, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(other) => now = other,
            }
        }
        false
    }

    pub(super) fn release(&self) {
        // The last one wakes the owner, who may free the object as soon as the number says so.
        if self.users.fetch_sub(2, order::RUNDOWN) == 3 {
            self.owner.wake();
        }
    }

    pub(super) fn wait(&self) {
        self.users.fetch_or(1, Ordering::Acquire);
        while self.users.load(Ordering::Acquire) != 1 {
            self.owner.sleep();
        }
    }
}
