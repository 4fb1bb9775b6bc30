//! The memory orderings that hand something over from one processor to another, by name.
//!
//! Each is a sentence of the proof that `tests/loom` checks by trying every interleaving. A model is
//! worth something only if it notices when its sentence is false, so `cargo xtask loom` also builds
//! each model with one of them weakened (`--cfg weakened="gate"`) and expects it to fail.

use core::sync::atomic::Ordering;

const fn unless_weakened(weakened: bool, ordering: Ordering) -> Ordering {
    if weakened { Ordering::Relaxed } else { ordering }
}

/// What the last user of the request wrote is seen by the next, and by whoever waits for the drain.
pub(crate) const GATE: Ordering = unless_weakened(cfg!(weakened = "gate"), Ordering::AcqRel);
