//! The append-only history of a run, and the single truth about it.

pub mod etw;
