//! The host: the closed sums over everything that a kind of driver brings, and what is done with them.
//!
//! ```text
//! .pnp -> scenario -> world -> image -> journal -+-> rules -> violations
//!                     (seed)   (door)            +-> expectations
//!                                                +-> recording -> timeline
//! ```
//!
//! - Nothing right of the journal influences anything left of it: a run is a value of (image, scenario,
//!   options).
//! - A kind of driver is one entry in [`kinds`] and [`subsystems`] and one variant in each sum; a forgotten
//!   arm does not compile.
#![cfg(host)]
#![forbid(unsafe_code)]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a check picks the few facts it is about out of a history that grows; the driver, where a \
              forgotten event matters, has no wildcard"
)]
#![allow(clippy::must_use_candidate, reason = "an application: nobody outside calls these")]

pub mod alike;
pub mod catalogue;
pub mod kinds;
pub mod measure;
pub mod recorded;
pub mod report;
pub mod rules;
pub mod scenario;
pub mod subsystems;
pub mod verify;
