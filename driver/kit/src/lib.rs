//! What every driver needs, whatever it drives: memory, time, waiting, tracing, settings, and the
//! imports of the kernel. No word of NDIS, of file systems or of any other subsystem is in it.
//!
//! A driver stands on a safe layer for its kind of driver, the layer on this crate, this crate on
//! `driver-abi`. Drivers use this crate directly, too: its trace events, its recorder and its clock
//! are the same in every kind of driver.
//!
//! - [`etw`]: trace events as a table, their schemas made by the compiler.
//! - [`ring`]: the last records of a driver, without a lock.
//! - [`pool`]: owned blocks of memory, out of whichever allocator a layer chooses.
//! - `sync`: a spin lock, rundown protection, and the list that is made of them.
//! - [`order`]: the memory orderings by name, and how a loom model gets a weaker one.
//! - [`text`]: ASCII literals as UTF-16 constants.
//! - `kernel`: the door to the kernel, for Windows targets only: clock, timer, event, registry
//!   settings, trace provider, panic handler, and `import!`, which declares what a crate imports.
//!
//! Everything but `kernel` compiles and is tested on any host.
#![no_std]
#![deny(unsafe_code)]

#[cfg(test)]
extern crate std;

pub mod etw;
#[cfg(all(kernel, not(test)))]
pub mod kernel;
#[cfg(all(test, loom))]
mod models;
pub mod order;
pub mod pool;
pub mod ring;
#[cfg(any(kernel, test))]
pub mod sync;
pub mod text;
