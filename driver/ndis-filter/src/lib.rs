//! A safe `no_std` layer for writing an NDIS 6.x lightweight filter (LWF) in Rust.
//!
//! A filter implements two traits, `kernel::FilterDriver` and `kernel::FilterModule`, and calls
//! `kernel::register` in DriverEntry. It is handed typed events; it never sees a raw structure, and
//! a network event it forgot does not compile, because [`event::NetPnpEvent`] is closed.
//!
//! - [`event`]: bytes in, closed enums out. Cannot fail to return, never allocates, never reads
//!   past what a buffer says it is.
//! - [`state`], [`condition`]: where a module is in its life, as one table and one word.
//! - [`etw`]: trace events as a table, their schemas made by the compiler.
//! - [`version`]: under which NDIS version to register.
//! - `kernel`: the door to NDIS, for Windows targets only: trampolines, registration, pool, clock.
//!
//! Everything but `kernel` compiles and is tested on any host.
#![no_std]
#![deny(unsafe_code)]

#[cfg(test)]
extern crate std;

pub mod condition;
pub mod etw;
pub mod event;
#[cfg(all(kernel, not(test)))]
pub mod kernel;
pub mod packet;
pub mod state;
pub mod text;
pub mod version;
