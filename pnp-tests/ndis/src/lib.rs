//! The simulated NDIS: what is on the machine (`stack`) and one file for each conversation that NDIS
//! holds with filters.
//!
//! - Every step of a flow cites where its order is documented.
//! - `unsafe` stands in [`door`] only.
//! - No other kind of driver is known here.
#![cfg(host)]
#![deny(unsafe_code)]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a check picks the few facts it is about out of a history that grows; the driver, where a \
              forgotten event matters, has no wildcard"
)]
#![allow(clippy::must_use_candidate, reason = "an application: nobody outside calls these")]

pub mod attach;
pub mod bind;
pub mod chain;
pub mod device_pnp;
pub mod door;
pub mod exercise;
pub mod flight;
pub mod given;
pub mod guest;
pub mod id;
pub mod idle;
pub mod names;
pub mod net_pnp;
pub mod oid;
pub mod packet;
pub mod pause;
pub mod pnp;
pub mod port;
pub mod power;
pub mod receive;
pub mod reconfigure;
pub mod register;
#[deny(dead_code, reason = "a rule that stands in no list is never checked")]
pub mod rules;
#[cfg(test)]
mod sample;
pub mod send;
pub mod stack;
pub mod status;
pub mod switches;
pub mod traffic;
pub mod words;

pub use id::{AdapterId, ModuleId};
pub use stack::{Adapter, Filter, Layer, Module, Ndis};
