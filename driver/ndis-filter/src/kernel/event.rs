//! A KEVENT that is set once.

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::ptr;

use ndis_abi::nt::KEVENT;

use super::import::{KeInitializeEvent, KeSetEvent, KeWaitForSingleObject};

/// NotificationEvent: stays set.
const NOTIFICATION_EVENT: i32 = 0;

/// Something that happens once in an object's life, and that threads may wait for.
pub(super) struct Event(UnsafeCell<MaybeUninit<KEVENT>>);

// SAFETY: the kernel's dispatcher keeps concurrent users of a KEVENT apart.
unsafe impl Sync for Event {}

impl Event {
    pub(super) const fn new() -> Self {
        Self(UnsafeCell::new(MaybeUninit::uninit()))
    }

    /// Makes it an event, once it is where it stays. Source: ddi:wdm/nf-wdm-keinitializeevent.
    ///
    /// # Safety
    ///
    /// Once, before anybody waits or sets it; `self` does not move any more.
    pub(super) unsafe fn initialize(&self) {
        // SAFETY: writable memory of the right size that stays (caller).
        unsafe { KeInitializeEvent(self.0.get().cast(), NOTIFICATION_EVENT, 0) };
    }

    /// At most DISPATCH_LEVEL. A thread that waited may free the event as soon as it runs; KeSetEvent
    /// with Wait FALSE does not touch it after that. Source: ddi:wdm/nf-wdm-kesetevent.
    ///
    /// # Safety
    ///
    /// `initialize` came before.
    pub(super) unsafe fn set(&self) {
        // SAFETY: an initialised event (caller).
        let _ = unsafe { KeSetEvent(self.0.get().cast(), 0, 0) };
    }

    /// Until it is set. PASSIVE_LEVEL. Source: ddi:wdm/nf-wdm-kewaitforsingleobject.
    ///
    /// # Safety
    ///
    /// `initialize` came before; PASSIVE_LEVEL.
    pub(super) unsafe fn wait(&self) {
        const EXECUTIVE: i32 = 0;
        const KERNEL_MODE: i8 = 0;
        // SAFETY: an initialised event, PASSIVE_LEVEL (caller); no timeout, not alertable.
        let _ = unsafe {
            KeWaitForSingleObject(self.0.get().cast(), EXECUTIVE, KERNEL_MODE, 0, ptr::null())
        };
    }
}
