//! Synchronisation of processors: a spin lock, rundown protection, and the list that is made of them.
//!
//! In an image the two are the kernel's (`nt`); on a host they are models of them (`model`), so that the
//! very list that ships is run by tests, by Miri, and by loom.
#![allow(unsafe_code, reason = "a door: cells that only the holder of a lock touches")]

pub mod list;
#[cfg(test)]
mod model;
#[cfg(not(test))]
mod nt;

#[cfg(test)]
use model::{Rundown, SpinLock};
#[cfg(not(test))]
use nt::{Rundown, SpinLock};
