//! The memory orderings that hand something over from one processor to another, by name.
//!
//! Each is a sentence of the proof that a model for loom checks by trying every interleaving. A model is
//! worth something only if it notices when its sentence is false, so `cargo xtask loom` also builds
//! each model with one of them weakened (`--cfg weakened="ring"`) and expects it to fail.

use core::sync::atomic::Ordering;

/// `ordering`, or Relaxed in the build in which the ordering's model must fail:
/// `unless_weakened(cfg!(weakened = "name"), ordering)`.
#[must_use]
pub const fn unless_weakened(weakened: bool, ordering: Ordering) -> Ordering {
    if weakened { Ordering::Relaxed } else { ordering }
}

/// A writer's mark on a row of the ring is seen by whoever sees a word that it wrote.
pub(crate) const RING_MARK: Ordering =
    unless_weakened_fence(cfg!(weakened = "ring"), Ordering::Release);

/// The reader's half of [`RING_MARK`].
pub(crate) const RING_READ: Ordering = Ordering::Acquire;

/// A fence cannot be relaxed: one of the other direction does nothing for what it is there for.
const fn unless_weakened_fence(weakened: bool, ordering: Ordering) -> Ordering {
    if weakened { Ordering::Acquire } else { ordering }
}

/// A visitor's work with a member of the list comes before what the owner does after the wait. The kernel's own
/// rundown protection promises it; the model of it says so here.
#[cfg(test)]
pub(crate) const RUNDOWN: Ordering = unless_weakened(cfg!(weakened = "list"), Ordering::Release);
