//! The real images in the host: what `cargo xtask build` and `cargo xtask filters` made is what
//! runs here, each case in a process of its own.
#![cfg(host)]
#![allow(missing_docs, reason = "tests: the names are the documentation")]

mod bad_input;
mod cases;
mod confirm;
mod conformance;
mod coverage;
mod endurance;
mod example;
mod golden;
mod image;
mod inf;
mod inspect;
mod mistakes;
mod netpnp;
#[path = "../etl/python.rs"]
mod python;
mod races;
mod second_opinion;
mod sweep;
mod table;
mod trace;
mod verify;
mod wsk;
