//! What Windows says: the NT and NDIS 6.x structures, enumerations and constants that a lightweight
//! filter and its host exchange, under their Windows names and in the Windows layout.
//!
//! This crate has no functions, no imports and no opinions. The driver and the host both build on
//! it and share nothing else: layouts are common property, interpretations are written twice.
//!
//! - Every structure stands in a `layout!` block with its size, alignment and field offsets beside
//!   it; they are asserted when the crate is compiled, on x86-64 and on ARM64 alike.
//! - Enumerations are transparent newtypes with associated constants: a value outside the list is
//!   representable, because the other side of the border may be newer than this crate.
//! - `tests/facts.rs` compares every definition with `abi.json`, which was computed from the public
//!   headers: a definition without a fact fails the test. A build with the feature `wdk` compares `abi.json`
//!   with the headers of the kit that is installed.
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
pub mod ndis;
pub mod nt;
