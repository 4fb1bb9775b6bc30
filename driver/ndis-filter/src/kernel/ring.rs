//! A ring of records that overwrites the oldest: memory taken once, a lock for one copy.

use core::ptr::{self, NonNull};

use super::import::{ExAllocatePoolWithTag, ExFreePoolWithTag};
use super::spin_lock::SpinLock;

/// POOL_TYPE NonPagedPoolNx.
const NON_PAGED_POOL_NX: i32 = 512;

/// The last records of a driver. At most DISPATCH_LEVEL, but for `open` and `close`.
pub struct Ring<T> {
    state: SpinLock<State<T>>,
    tag: u32,
}

struct State<T> {
    /// NULL before `open`, without memory, and after `close`.
    memory: *mut T,
    capacity: usize,
    /// How many records ever came; the next one's number.
    next: u64,
}

// SAFETY: the block is owned, and reached through the lock only.
unsafe impl<T: Send> Send for State<T> {}

/// How full a ring is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filling {
    /// Number of the oldest record that is still there.
    pub oldest: u64,
    /// Number that the next record will have: how many ever came.
    pub next: u64,
}

impl<T: Copy> Ring<T> {
    /// A ring without memory: what is put in is counted and lost.
    #[must_use]
    pub const fn new(tag: [u8; 4]) -> Self {
        let state = State { memory: ptr::null_mut(), capacity: 0, next: 0 };
        Self { state: SpinLock::new(state), tag: u32::from_le_bytes(tag) }
    }

    /// Takes memory for `capacity` records; false when there is none. PASSIVE_LEVEL, in
    /// DriverEntry, once. ExAllocatePoolWithTag, because the ring is there before NDIS has a handle
    /// to allocate with, and ExAllocatePool2 is missing before Windows 10 2004
    /// (`docs/decisions/0002-ndis-pool.md`).
    pub fn open(&self, capacity: usize) -> bool {
        const { assert!(align_of::<T>() <= 16, "pool blocks are 16-byte aligned") };
        let Some(bytes) = capacity.checked_mul(size_of::<T>()) else { return false };
        // SAFETY: PASSIVE_LEVEL; any size and tag will do.
        let memory = unsafe { ExAllocatePoolWithTag(NON_PAGED_POOL_NX, bytes, self.tag) };
        let Some(memory) = NonNull::new(memory.cast::<T>()) else { return false };
        self.state.with(|state| {
            state.memory = memory.as_ptr();
            state.capacity = capacity;
        });
        true
    }

    /// Gives the memory back. At most DISPATCH_LEVEL; what comes later is counted and lost.
    pub fn close(&self) {
        let memory = self.state.with(|state| {
            state.capacity = 0;
            core::mem::replace(&mut state.memory, ptr::null_mut())
        });
        if !memory.is_null() {
            // SAFETY: the block of `open`, taken out of the ring under the lock, so given back once.
            unsafe { ExFreePoolWithTag(memory.cast(), self.tag) };
        }
    }

    /// Puts a record in place of the oldest.
    pub fn push(&self, record: &T) {
        self.state.with(|state| {
            if let Some(place) = state.place(state.next) {
                // SAFETY: `place` lies inside the block, which `with` keeps to us.
                unsafe { place.write(*record) };
            }
            state.next += 1;
        });
    }

    /// The record of that number, if it is still there.
    pub fn get(&self, number: u64) -> Option<T> {
        self.state.with(|state| {
            let there = number >= state.filling().oldest && number < state.next;
            let place = state.place(number).filter(|_| there)?;
            // SAFETY: inside the block, and written: its number lies between the oldest and the
            // newest.
            Some(unsafe { place.read() })
        })
    }

    /// How many records fit; 0 without memory.
    pub fn capacity(&self) -> usize {
        self.state.with(|state| state.capacity)
    }

    /// Which records are there.
    pub fn filling(&self) -> Filling {
        self.state.with(|state| state.filling())
    }
}

impl<T> State<T> {
    fn filling(&self) -> Filling {
        let oldest = self.next.saturating_sub(self.capacity as u64);
        Filling { oldest, next: self.next }
    }

    fn place(&self, number: u64) -> Option<*mut T> {
        let index = usize::try_from(number.checked_rem(self.capacity as u64)?).ok()?;
        // Inside the block: the remainder is below the capacity.
        Some(self.memory.wrapping_add(index))
    }
}
