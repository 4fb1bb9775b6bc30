//! `netpnplwf.sys`: an NDIS monitoring lightweight filter that makes every network PnP and power
//! event visible and attributable.
//!
//! One event, in one direction:
//!
//! ```text
//! NDIS -raw-> callback -view-> decode -NetPnpEvent-> observe -Description-> trace -> ETW
//!               |                                       (ndis-filter | this crate)
//!               +- NdisFNetPnPEvent(same pointer) -> layers above
//!               v status
//!             trace -> ETW ; return Completion
//! ```
//!
//! `observe` says what each event means, exhaustively; `events` is the table of ETW events and
//! fields, `names` what a record says in a byte; `module` is what is kept for one filter module; `trace` writes events and `recorder` keeps
//! the last of them for whoever comes late; `entry` is where Windows comes in. The last four exist in
//! images only: what runs in the tests is the image.
#![no_std]

#[cfg(any(test, not(kernel)))]
extern crate std;
// The panic handler of a build with the WDK; without it, ndis-filter brings one.
#[cfg(all(wdk, not(test)))]
extern crate wdk_panic;

pub mod events;
#[cfg(test)]
mod lab;
pub mod observe;

#[cfg(all(kernel, not(test)))]
mod entry;
#[cfg(all(kernel, not(test)))]
mod module;
pub mod names;
#[cfg(all(kernel, not(test)))]
mod recorder;
#[cfg(all(kernel, not(test)))]
mod trace;
