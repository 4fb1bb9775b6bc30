//! A KEVENT that is set once.

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::ptr;

use driver_abi::nt::{EVENT_TYPE, KEVENT, KWAIT_REASON, MODE};

use super::import::{KeInitializeEvent, KeSetEvent, KeWaitForSingleObject};

/// A notification event: an occurrence that comes once in an object's life, and that threads may wait for.
pub struct Event(UnsafeCell<MaybeUninit<KEVENT>>);

// SAFETY: the kernel's dispatcher keeps concurrent users of a KEVENT apart.
unsafe impl Sync for Event {}

impl Event {
    /// Memory for an event; [`Event::initialize`] makes it one.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "inside the object whose event it is")]
    pub const fn new() -> Self {
        Self(UnsafeCell::new(MaybeUninit::uninit()))
    }

    /// Makes the memory an event that is not set, once it is where it stays. Any IRQL.
    /// Source: ddi:wdm/nf-wdm-keinitializeevent.
    ///
    /// # Safety
    ///
    /// Once, before anybody waits or sets it; `self` does not move any more.
    pub unsafe fn initialize(&self) {
        // SAFETY: writable memory of the right size that stays (caller).
        unsafe { KeInitializeEvent(self.0.get().cast(), EVENT_TYPE::NotificationEvent, 0) };
    }

    /// Sets the event and wakes those who wait. At most DISPATCH_LEVEL. A thread that waited may free the event
    /// as soon as it runs; KeSetEvent with Wait FALSE does not touch it after that.
    /// Source: ddi:wdm/nf-wdm-kesetevent.
    ///
    /// # Safety
    ///
    /// `initialize` came before.
    pub unsafe fn set(&self) {
        // SAFETY: an initialised event (caller).
        let _ = unsafe { KeSetEvent(self.0.get().cast(), 0, 0) };
    }

    /// Waits until the event is set, without a timeout. PASSIVE_LEVEL.
    /// Source: ddi:wdm/nf-wdm-kewaitforsingleobject.
    ///
    /// # Safety
    ///
    /// `initialize` came before; PASSIVE_LEVEL.
    pub unsafe fn wait(&self) {
        // SAFETY: an initialised event, PASSIVE_LEVEL (caller); no timeout, not alertable.
        let _ = unsafe {
            KeWaitForSingleObject(
                self.0.get().cast(),
                KWAIT_REASON::Executive,
                MODE::KernelMode,
                0,
                ptr::null(),
            )
        };
    }
}
