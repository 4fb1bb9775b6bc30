//! Locks in the journal.

/// A fault with a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockFact {
    /// A spin lock was acquired by the thread that holds it.
    Recursive,
    /// A spin lock was released by a thread that does not hold it.
    NotHeld,
    /// A callback returned with spin locks that it had taken.
    HeldAtReturn { callback: &'static str, count: usize },
    /// An import that may call back was called with spin locks held.
    HeldAcross { import: &'static str },
}
