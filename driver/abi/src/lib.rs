//! What Windows says, and nothing else: structures, enumerations and constants that a driver and the
//! simulated kernel exchange, under their Windows names and in the Windows layout.
//!
//! This crate has no functions, no imports and no opinions. The drivers and the host both build on it
//! and share nothing else: layouts are common property, interpretations are written twice.
//!
//! - `nt`, `io`, `etw`: the kernel of any driver. A subsystem has a folder of its own (`ndis`, `wsk`), and a
//!   structure of Windows stands in one place only.
//! - Every structure stands in a `layout!` block with its size, alignment and field offsets beside
//!   it; they are asserted when the crate is compiled, on x86-64 and on ARM64 alike.
//! - Enumerations are transparent newtypes with associated constants: a value outside the list is
//!   representable, because the other side of the border may be newer than this crate.
//! - `facts/` has a file for each folder of `src` (`facts/nt.json` for the files that are in none), computed
//!   from the public headers. `tests/facts` compares every definition with the facts of its folder: a
//!   definition without a fact fails the test. A build with the feature `wdk` compares the facts with the
//!   headers of the kit that is installed.
//!
//! No type implements `Default`, and nothing is zeroed: fill every field.

#![no_std]
#![forbid(unsafe_code)]
#![allow(
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    reason = "Windows names, letter for letter as in the headers"
)]

#[macro_use]
mod layout;

pub mod etw;
pub mod io;
pub mod ndis;
pub mod nt;
pub mod wsk;
