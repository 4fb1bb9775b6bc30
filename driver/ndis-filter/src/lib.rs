//! A safe `no_std` layer for writing an NDIS 6.x lightweight filter (LWF) in Rust.
//!
//! A filter implements two traits, `kernel::FilterDriver` and `kernel::FilterModule`, and calls
//! `kernel::register` in DriverEntry. It is handed typed events; it never sees a raw structure, and
//! a network event it forgot does not compile, because [`event::NetPnpEvent`] is closed.
//!
//! - [`event`]: bytes in, closed enums out. Cannot fail to return, never allocates, never reads
//!   past what a buffer says it is.
//! - [`state`], [`condition`]: where a module is in its life, as one table and one word.
//! - [`gate`]: when a module may send requests of its own.
//! - [`etw`]: trace events as a table, their schemas made by the compiler.
//! - [`ring`]: the last records of a driver, without a lock.
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
pub mod gate;
#[cfg(all(kernel, not(test)))]
pub mod kernel;
mod order;
pub mod ring;
pub mod state;
pub mod text;
pub mod version;
