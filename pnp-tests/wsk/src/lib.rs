//! The simulated Winsock Kernel (WSK): the registrations of its clients, and the provider that they
//! capture.
//!
//! - The provider is there from the start and has no sockets yet: a call of one of its functions stops
//!   the machine, and says that it is this host that lacks them.
//! - Nothing here is unsafe: the image's memory is read and written through the kernel's `raw`.
//! - No other kind of driver is known here.
#![cfg(host)]
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "an application: what a name does not say has a sentence")]
#![allow(clippy::must_use_candidate, reason = "an application: nobody outside calls these")]

pub mod door;
mod provider;
#[cfg(test)]
mod sample;
pub mod words;

pub use provider::Wsk;
