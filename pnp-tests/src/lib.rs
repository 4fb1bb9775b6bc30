//! The NDIS host: runs a lightweight filter's `.sys`, the file Windows would load, inside a
//! simulated NT kernel and NDIS stack on Linux.
//!
//! ```text
//! .pnp -> scenario -> world -> image -> journal -+-> rules -> violations
//!                     (seed)   (door)            +-> expectations
//!                                                +-> trace -> timeline
//! ```
//!
//! Raw structures and `unsafe` live in `door/` and `image/` only. Nothing right of the journal
//! influences anything left of it: a run is a value of (image, scenario, seed).
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![deny(unsafe_code)]
#![allow(missing_docs, reason = "an application: what a name does not say has a sentence")]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a check picks the few facts it is about out of a history that grows; the driver, where a \
              forgotten event matters, has no wildcard"
)]
#![allow(clippy::must_use_candidate, reason = "an application: nobody outside calls these")]

pub mod catalogue;
pub mod door;
pub mod image;
pub mod inf;
pub mod inspect;
pub mod journal;
pub mod measure;
pub mod ndis;
pub mod nt;
pub mod recorded;
pub mod report;
pub mod rules;
pub mod scenario;
pub mod trace;
pub mod verify;
pub mod world;
