//! Tagged non-paged pool out of NDIS.
//!
//! NdisAllocateMemoryWithTagPriority rather than ExAllocatePool2: the latter is not exported before
//! Windows 10 2004, and a missing import keeps the whole driver from loading
//! (`docs/decisions/0002-ndis-pool.md`).

use core::ptr::NonNull;

use driver_abi::ndis::object::NDIS_HANDLE;
use driver_abi::nt::EX_POOL_PRIORITY;
use driver_kit::pool::{self, Allocator};

use super::AttachError;
use super::import::{NdisAllocateMemoryWithTagPriority, NdisFreeMemoryWithTagPriority};

/// Bytes in NDIS's memory, freed on drop.
pub type PoolBytes = pool::PoolBytes<Pool>;

/// A value in NDIS's memory, freed on drop.
pub(super) type PoolBox<T> = pool::PoolBox<T, Pool>;

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

// SAFETY: NDIS gives whole blocks of pool, which are aligned to 16 bytes and stay until they are freed; a copy of
// the handle and the tag names the same pool.
unsafe impl Allocator for Pool {
    /// At most DISPATCH_LEVEL; callers are at PASSIVE_LEVEL.
    /// Source: ddi:ndis/nf-ndis-ndisallocatememorywithtagpriority.
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

    unsafe fn free(self, memory: NonNull<u8>) {
        // SAFETY: the caller says the block is this pool's and dead; handle and tag are the ones it
        // was allocated with.
        unsafe {
            NdisFreeMemoryWithTagPriority(self.handle, memory.as_ptr().cast(), self.tag);
        };
    }
}

impl Pool {
    pub(super) const fn new(handle: NDIS_HANDLE, tag: u32) -> Self {
        Self { handle, tag }
    }

    /// The driver's tag.
    pub(super) const fn tag(self) -> u32 {
        self.tag
    }

    /// Copies `bytes` into pool memory of their length; no bytes need no memory. PASSIVE_LEVEL, in FilterAttach.
    /// The one error is [`AttachError::Memory`].
    pub fn copy(self, bytes: &[u8]) -> Result<PoolBytes, AttachError> {
        PoolBytes::copy(self, bytes).ok_or(AttachError::Memory)
    }

    /// Moves `value` into pool memory. PASSIVE_LEVEL. The one error is [`AttachError::Memory`].
    pub(super) fn place<T>(self, value: T) -> Result<PoolBox<T>, AttachError> {
        PoolBox::new(self, value).ok_or(AttachError::Memory)
    }
}
