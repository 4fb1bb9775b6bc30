//! Owned blocks of memory out of an allocator that the layer chooses.
//!
//! Which function of the kernel allocates is a decision of each kind of driver (that of NDIS filters:
//! `docs/decisions/0002-ndis-pool.md`), so it is a trait here; who owns a block, and that it is given back
//! once, is the same for all.
#![allow(unsafe_code, reason = "a door: memory that an allocator gives as an address")]

use core::marker::PhantomData;
use core::ops::Deref;
use core::ptr::NonNull;
use core::slice;

/// The alignment of every block: `MEMORY_ALLOCATION_ALIGNMENT` of 64-bit Windows.
pub const ALIGNMENT: usize = 16;

/// Where a driver's blocks come from: non-paged memory under a tag.
///
/// # Safety
///
/// A block that `allocate` gives has at least the bytes that were asked for, aligned to [`ALIGNMENT`],
/// belongs to the caller alone, and stays until `free`. A copy of an allocator is as good as the original.
pub unsafe trait Allocator: Copy {
    /// A block of at least `bytes` bytes, not initialised; None when memory is low.
    fn allocate(self, bytes: usize) -> Option<NonNull<u8>>;

    /// Gives a block back.
    ///
    /// # Safety
    ///
    /// `memory` came from `allocate` of the same allocator and is not used afterwards.
    unsafe fn free(self, memory: NonNull<u8>);
}

/// Bytes in a block, freed on drop.
///
/// # Invariants
///
/// `length` initialised bytes stand at `memory`; with `length` 0 there is no block.
pub struct PoolBytes<A: Allocator> {
    allocator: A,
    memory: NonNull<u8>,
    length: usize,
}

// SAFETY: an owned block of plain bytes that nobody else writes.
unsafe impl<A: Allocator + Send> Send for PoolBytes<A> {}
// SAFETY: a `&PoolBytes` only reads.
unsafe impl<A: Allocator + Sync> Sync for PoolBytes<A> {}

impl<A: Allocator> PoolBytes<A> {
    /// Copies `bytes` into a block of their length. No bytes need no block. None when memory is low. The IRQL is
    /// the allocator's, here and at the drop.
    #[inline]
    pub fn copy(allocator: A, bytes: &[u8]) -> Option<Self> {
        if bytes.is_empty() {
            return Some(Self { allocator, memory: NonNull::dangling(), length: 0 });
        }
        let memory = allocator.allocate(bytes.len())?;
        // SAFETY: `memory` is a fresh block of `bytes.len()` bytes, so the two do not overlap.
        unsafe { memory.as_ptr().copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        Some(Self { allocator, memory, length: bytes.len() })
    }
}

impl<A: Allocator> Deref for PoolBytes<A> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the invariant of the type; the block lives as long as `self`. With length 0 a
        // dangling, aligned pointer is what from_raw_parts asks for.
        unsafe { slice::from_raw_parts(self.memory.as_ptr(), self.length) }
    }
}

impl<A: Allocator> Drop for PoolBytes<A> {
    fn drop(&mut self) {
        if self.length != 0 {
            // SAFETY: a block of this allocator (invariant), and `self` is going away.
            unsafe { self.allocator.free(self.memory) };
        }
    }
}

/// A value in a block, freed on drop.
///
/// # Invariants
///
/// `memory` is an initialised block of `allocator`.
pub struct PoolBox<T, A: Allocator> {
    allocator: A,
    memory: NonNull<T>,
    owns: PhantomData<T>,
}

// SAFETY: an owned value: a `&PoolBox` gives no more than a `&T`.
unsafe impl<T: Sync, A: Allocator + Sync> Sync for PoolBox<T, A> {}

impl<T, A: Allocator> PoolBox<T, A> {
    /// Moves `value` into a block; None when memory is low, and `value` is dropped. The IRQL is the
    /// allocator's, here and at the drop.
    #[inline]
    pub fn new(allocator: A, value: T) -> Option<Self> {
        const { assert!(align_of::<T>() <= ALIGNMENT, "blocks are aligned to 16 bytes") };
        let memory = allocator.allocate(size_of::<T>())?.cast::<T>();
        // SAFETY: a fresh block of the right size, and by the assertion above of the right
        // alignment.
        unsafe { memory.write(value) };
        Some(Self { allocator, memory, owns: PhantomData })
    }

    /// The value, for its one owner.
    pub fn get_mut(&mut self) -> &mut T {
        // SAFETY: the invariant of the type, and `self` is borrowed for as long.
        unsafe { self.memory.as_mut() }
    }

    /// Gives the block away; [`PoolBox::from_raw`] takes it back.
    #[must_use = "the block is lost without it"]
    pub fn into_raw(self) -> NonNull<T> {
        let memory = self.memory;
        core::mem::forget(self);
        memory
    }

    /// Takes back a block that was given away.
    ///
    /// # Safety
    ///
    /// `memory` came from [`PoolBox::into_raw`] of a box of `allocator`, once.
    pub unsafe fn from_raw(memory: NonNull<T>, allocator: A) -> Self {
        Self { allocator, memory, owns: PhantomData }
    }

    /// The address of the value, which stays the same until the box is dropped.
    pub fn place(&self) -> NonNull<T> {
        self.memory
    }

    /// The address of the value as a raw pointer.
    pub fn as_ptr(&self) -> *mut T {
        self.memory.as_ptr()
    }
}

impl<T, A: Allocator> Deref for PoolBox<T, A> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the invariant of the type.
        unsafe { self.memory.as_ref() }
    }
}

impl<T, A: Allocator> Drop for PoolBox<T, A> {
    fn drop(&mut self) {
        // SAFETY: initialised (invariant), and not used after this line.
        unsafe { self.memory.drop_in_place() };
        // SAFETY: a block of this allocator (invariant); its value is gone.
        unsafe { self.allocator.free(self.memory.cast()) };
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::alloc::{Layout, alloc, dealloc};
    use std::cell::{Cell, RefCell};
    use std::string::String;
    use std::vec::Vec;

    use super::*;

    /// An allocator that knows which blocks are out, and refuses after so many.
    struct Heap {
        left: Cell<u32>,
        out: RefCell<Vec<(usize, usize)>>,
    }

    impl Heap {
        fn of(left: u32) -> Self {
            Self { left: Cell::new(left), out: RefCell::default() }
        }
    }

    fn layout(bytes: usize) -> Layout {
        Layout::from_size_align(bytes.max(1), ALIGNMENT).expect("small")
    }

    // SAFETY: blocks of std's allocator with the layout that is promised.
    unsafe impl Allocator for &Heap {
        fn allocate(self, bytes: usize) -> Option<NonNull<u8>> {
            self.left.set(self.left.get().checked_sub(1)?);
            // SAFETY: the layout is not empty.
            let memory = NonNull::new(unsafe { alloc(layout(bytes)) })?;
            self.out.borrow_mut().push((memory.as_ptr().addr(), bytes));
            Some(memory)
        }

        unsafe fn free(self, memory: NonNull<u8>) {
            let address = memory.as_ptr().addr();
            let mut out = self.out.borrow_mut();
            let at = out.iter().position(|(block, _)| *block == address).expect("a block of ours");
            let (_, bytes) = out.swap_remove(at);
            // SAFETY: allocated above with this layout, freed once: the list had it.
            unsafe { dealloc(memory.as_ptr(), layout(bytes)) };
        }
    }

    #[test]
    fn bytes_are_copied_and_given_back_and_none_need_no_block() {
        let heap = Heap::of(9);
        let copy = PoolBytes::copy(&heap, b"adapter").expect("there is memory");
        assert_eq!((&*copy, heap.out.borrow().len()), (&b"adapter"[..], 1));
        let nothing = PoolBytes::copy(&heap, b"").expect("none is needed");
        assert_eq!((&*nothing, heap.out.borrow().len()), (&b""[..], 1));
        drop((copy, nothing));
        assert!(heap.out.borrow().is_empty());
    }

    #[test]
    fn a_value_is_dropped_once_and_its_block_given_back() {
        let heap = Heap::of(9);
        let mut text = PoolBox::new(&heap, String::from("a")).expect("there is memory");
        text.get_mut().push('b');
        let raw = text.into_raw();
        assert_eq!(heap.out.borrow().len(), 1);
        // SAFETY: given away on the line before, taken back once.
        let text = unsafe { PoolBox::from_raw(raw, &heap) };
        assert_eq!((&**text, text.place()), ("ab", raw));
        drop(text);
        assert!(heap.out.borrow().is_empty());
    }

    #[test]
    fn without_memory_there_is_no_block_and_no_leak() {
        let heap = Heap::of(0);
        assert!(PoolBytes::copy(&heap, b"a").is_none());
        assert!(PoolBox::new(&heap, String::from("dropped")).is_none());
    }
}
