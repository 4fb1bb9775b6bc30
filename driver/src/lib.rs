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
//! - `observe`: the meaning of each event, exhaustively.
//! - `events`: the table of ETW events and fields.
//! - `names`: names as the numbers that a record holds.
//! - `module`: the data of one filter module.
//! - `trace`: writes events to ETW, and their records to the recorder.
//! - `recorder`: keeps the last records, for sessions that begin later.
//! - `entry`: DriverEntry and DriverUnload.
//!
//! `module`, `trace`, `recorder` and `entry` are compiled for Windows targets only. Tests run the linked
//! image.
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
