//! The NDIS host: runs a lightweight filter's `.sys`, the file Windows would load, inside a
//! simulated NT kernel and NDIS stack on Linux.
//!
//! ```text
//! .pnp -> scenario -> world -> image -> journal -+-> rules -> violations
//!                     (seed)   (door)            +-> expectations
//!                                                +-> trace -> timeline
//! ```
//!
//! Raw structures and `unsafe` live in `door/` and in the crate `image` only. Nothing right of the journal
//! influences anything left of it: a run is a value of (image, scenario, seed).
//!
//! What runs a driver is `cfg(host)`, Linux on x86-64 (`build.rs`). What reads files, the crates `image`,
//! `recording`, `inspect` and `inf`, is there on every system.
#![deny(unsafe_code)]
#![allow(missing_docs, reason = "an application: what a name does not say has a sentence")]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a check picks the few facts it is about out of a history that grows; the driver, where a \
              forgotten event matters, has no wildcard"
)]
#![allow(clippy::must_use_candidate, reason = "an application: nobody outside calls these")]

pub use image;
pub use inf;
pub use inspect;
pub use journal_facts::etw;
pub use recording as trace;

#[cfg(host)]
pub mod catalogue;
#[cfg(host)]
pub mod door;
#[cfg(host)]
pub mod host;
#[cfg(host)]
pub mod journal;
#[cfg(host)]
pub mod kinds;
#[cfg(host)]
pub mod lang;
#[cfg(host)]
pub mod machine;
#[cfg(host)]
pub mod measure;
#[cfg(host)]
pub mod ndis;
#[cfg(host)]
pub mod nt;
#[cfg(host)]
pub mod recorded;
#[cfg(host)]
pub mod report;
#[cfg(host)]
pub mod rules;
#[cfg(host)]
pub mod scenario;
#[cfg(host)]
pub mod subsystems;
#[cfg(host)]
pub mod verify;
#[cfg(host)]
pub mod words;
#[cfg(host)]
pub mod world;

/// Columns of everything that a person reads.
pub const WIDTH: usize = 100;
