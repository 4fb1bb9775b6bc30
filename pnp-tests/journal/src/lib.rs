//! What happened in a run, as data.
//!
//! - A fact says what happened, and judges nothing.
//! - Nothing here asks the machine: a fact is whole where it stands.
#![forbid(unsafe_code)]

pub mod etw;
