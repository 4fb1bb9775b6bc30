//! Threads of the driver that wait.

/// A fact about a waiting thread. A wait that is over at once leaves no trace but its import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitFact {
    /// The thread gives way until something happens; `on` is `event`, `mutex`, `semaphore` or,
    /// for a mere delay, `time`.
    Blocks { import: &'static str, on: &'static str },
    /// It moves again.
    Waited { import: &'static str, for_100ns: u64 },
    /// It asked to wait at DISPATCH_LEVEL or above, and not with a time limit of zero.
    AtDispatch { import: &'static str },
}
