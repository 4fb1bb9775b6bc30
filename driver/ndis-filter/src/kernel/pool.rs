//! Tagged non-paged pool, owned.
//!
//! NdisAllocateMemoryWithTagPriority rather than ExAllocatePool2: the latter is not exported before
//! Windows 10 2004, and a missing import keeps the whole driver from loading
//! (`docs/decisions/0002-ndis-pool.md`).

use core::marker::PhantomData;
use core::mem::size_of;
use core::ops::Deref;
use core::ptr::NonNull;
use core::slice;

use ndis_abi::ndis::object::NDIS_HANDLE;
use ndis_abi::nt::EX_POOL_PRIORITY;

use super::AttachError;
use super::import::{NdisAllocateMemoryWithTagPriority, NdisFreeMemoryWithTagPriority};

/// Where one filter module's memory comes from: its NDIS handle and the driver's tag.
///
/// # Invariants
///
/// The handle is the module's, and the pool and everything allocated from it is gone before
/// FilterDetach (or a failing FilterAttach) returns.
#[derive(Clone, Copy)]
pub struct Pool {
    handle: NDIS_HANDLE,
    tag: u32,
}

// SAFETY: the handle is a name for NDIS, not memory of ours; NDIS takes it on any processor.
unsafe impl Send for Pool {}
// SAFETY: as for Send; a `&Pool` gives nothing but the two values.
unsafe impl Sync for Pool {}

impl Pool {
    pub(super) const fn new(handle: NDIS_HANDLE, tag: u32) -> Self {
        Self { handle, tag }
    }

    /// The driver's tag.
    pub(super) const fn tag(self) -> u32 {
        self.tag
    }

    /// At most DISPATCH_LEVEL; callers are at PASSIVE_LEVEL. 16-byte aligned. None when memory is
    /// low. Source: ddi:ndis/nf-ndis-ndisallocatememorywithtagpriority.
    fn allocate(self, bytes: usize) -> Option<NonNull<u8>> {
        let length = u32::try_from(bytes).ok()?;
        // SAFETY: `handle` is a live module handle (invariant) and the IRQL is PASSIVE_LEVEL.
        let memory = unsafe {
            NdisAllocateMemoryWithTagPriority(
                self.handle,
                length,
                self.tag,
                EX_POOL_PRIORITY::NormalPoolPriority,
            )
        };
        NonNull::new(memory.cast())
    }

    /// # Safety
    ///
    /// `memory` came from `allocate` of the same pool and is not used afterwards.
    unsafe fn free(self, memory: NonNull<u8>) {
        // SAFETY: the caller says the block is this pool's and dead; handle and tag are the ones it
        // was allocated with.
        unsafe {
            NdisFreeMemoryWithTagPriority(self.handle, memory.as_ptr().cast(), self.tag);
        };
    }

    /// Copies `bytes` into pool memory of their length. No bytes need no memory.
    pub fn copy(self, bytes: &[u8]) -> Result<PoolBytes, AttachError> {
        if bytes.is_empty() {
            return Ok(PoolBytes { pool: self, memory: NonNull::dangling(), length: 0 });
        }
        let memory = self.allocate(bytes.len()).ok_or(AttachError::Memory)?;
        // SAFETY: `memory` is a fresh block of `bytes.len()` bytes, so the two do not overlap.
        unsafe { memory.as_ptr().copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        Ok(PoolBytes { pool: self, memory, length: bytes.len() })
    }

    /// Moves `value` into pool memory.
    pub(super) fn place<T>(self, value: T) -> Result<PoolBox<T>, AttachError> {
        const { assert!(align_of::<T>() <= 16, "pool blocks are 16-byte aligned") };
        let memory = self.allocate(size_of::<T>()).ok_or(AttachError::Memory)?.cast::<T>();
        // SAFETY: a fresh block of the right size, and by the assertion above of the right
        // alignment.
        unsafe { memory.write(value) };
        Ok(PoolBox { pool: self, memory, owns: PhantomData })
    }
}

/// Bytes in pool memory, freed on drop.
///
/// # Invariants
///
/// `length` initialised bytes stand at `memory`; with `length` 0 there is no block.
pub struct PoolBytes {
    pool: Pool,
    memory: NonNull<u8>,
    length: usize,
}

// SAFETY: an owned block of plain bytes that nobody else writes.
unsafe impl Send for PoolBytes {}
// SAFETY: a `&PoolBytes` only reads.
unsafe impl Sync for PoolBytes {}

impl Deref for PoolBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the invariant of the type; the block lives as long as `self`. With length 0 a
        // dangling, aligned pointer is what from_raw_parts asks for.
        unsafe { slice::from_raw_parts(self.memory.as_ptr(), self.length) }
    }
}

impl Drop for PoolBytes {
    fn drop(&mut self) {
        if self.length != 0 {
            // SAFETY: a block of this pool (invariant), and `self` is going away.
            unsafe { self.pool.free(self.memory) };
        }
    }
}

/// A value in pool memory, freed on drop.
///
/// # Invariants
///
/// `memory` is an initialised block of `pool`.
pub(super) struct PoolBox<T> {
    pool: Pool,
    memory: NonNull<T>,
    owns: PhantomData<T>,
}

// SAFETY: an owned value: a `&PoolBox` gives no more than a `&T`.
unsafe impl<T: Sync> Sync for PoolBox<T> {}

impl<T> PoolBox<T> {
    pub(super) fn get_mut(&mut self) -> &mut T {
        // SAFETY: the invariant of the type, and `self` is borrowed for as long.
        unsafe { self.memory.as_mut() }
    }

    /// Gives the block away; [`PoolBox::from_raw`] takes it back.
    pub(super) fn into_raw(self) -> NonNull<T> {
        let memory = self.memory;
        core::mem::forget(self);
        memory
    }

    /// # Safety
    ///
    /// `memory` came from [`PoolBox::into_raw`] of a box of `pool`, once.
    pub(super) unsafe fn from_raw(memory: NonNull<T>, pool: Pool) -> Self {
        Self { pool, memory, owns: PhantomData }
    }

    pub(super) fn place(&self) -> NonNull<T> {
        self.memory
    }

    pub(super) fn as_ptr(&self) -> *mut T {
        self.memory.as_ptr()
    }
}

impl<T> Deref for PoolBox<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the invariant of the type.
        unsafe { self.memory.as_ref() }
    }
}

impl<T> Drop for PoolBox<T> {
    fn drop(&mut self) {
        // SAFETY: initialised (invariant), and not used after this line.
        unsafe { self.memory.drop_in_place() };
        // SAFETY: a block of this pool (invariant); its value is gone.
        unsafe { self.pool.free(self.memory.cast()) };
    }
}
