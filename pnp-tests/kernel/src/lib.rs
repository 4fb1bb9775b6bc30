//! The simulated NT kernel: it loads a driver's image, runs it on threads of its own in virtual time,
//! and writes down what passes between the two.
//!
//! ```text
//! machine -> world -> nt -> door        (each knows those before it)
//!                      rules, words     (what holds for a driver of any kind)
//! ```
//!
//! - It knows no kind of driver. What it must ask of one, it asks through
//!   [`Subsystem`](world::subsystem::Subsystem).
//! - `unsafe` stands in [`machine`] and [`door`] only.
//! - A run is a value of (image, scenario, seed): no clock, no dice, no order of addresses.
#![cfg(host)]
#![deny(unsafe_code)]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a check picks the few facts it is about out of a history that grows; the driver, where a \
              forgotten event matters, has no wildcard"
)]
#![allow(clippy::must_use_candidate, reason = "an application: nobody outside calls these")]

pub mod door;
pub mod machine;
pub mod nt;
#[deny(dead_code, reason = "a rule that stands in no list is never checked")]
pub mod rules;
pub mod words;
pub mod world;
