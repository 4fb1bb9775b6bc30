//! A safe `no_std` layer for writing an NDIS 6.x lightweight filter (LWF) in Rust.
//!
//! # What a lightweight filter is
//!
//! A kernel driver that Windows puts into the stack of every network adapter, between the adapter's
//! own driver (the miniport, below) and the protocols such as TCP/IP (above). One image, loaded once;
//! one *module* for each stack that it is attached to. NDIS calls it for what passes by: packets,
//! requests (OIDs), network PnP and power events on their way up, device events on their way down,
//! status indications. Whatever it has a handler for it must pass on, or answer, exactly once;
//! whatever it has none for goes past it at no cost. It does not choose when it is called: NDIS
//! attaches, restarts, pauses and detaches modules as adapters come, sleep and go, and a filter that
//! waits in the wrong place stops the machine from sleeping.
//!
//! # The two traits
//!
//! - `kernel::FilterDriver`, one value for the image: makes a module for every FilterAttach.
//! - `kernel::FilterModule`, one value for each attachment: is told what happens to its stack.
//!
//! A module that also wants packets implements `kernel::DataPath`. DriverEntry calls
//! `kernel::register`, or `kernel::register_with_data_path`, and DriverUnload ends what that gave
//! it.
//!
//! # The life of a module
//!
//! ```text
//!            attach                 restarted
//! Detached ----------> Paused <-------------------> Running
//!    ^                   |            paused           |
//!    |      detached     |                             |  packets, if wants_packets()
//!    +-------------------+                             |
//!    net_pnp_event, device_pnp_event, status: in every state but Detached, on any processor
//! ```
//!
//! `attach`, `restarted`, `paused` and `detached` of one module exclude each other; everything else
//! may run at the same time as anything else. [`state`] is the table of it, [`condition`] the word
//! in which the layer keeps where a module is.
//!
//! # What the layer guarantees
//!
//! - A filter sees typed values, never a raw structure, and needs `unsafe` for DriverEntry and
//!   DriverUnload only.
//! - An event is forwarded exactly once, unchanged, whatever the module does with it; and it cannot
//!   be pended or swallowed, because no answer says so.
//! - An event that a filter forgot does not compile: [`event::NetPnpEvent`] is closed.
//! - Parameters, events and packets are lent for the length of a call and cannot be kept. A chain of
//!   packets is passed on, exactly once, when the module has seen it; a send that comes while the
//!   module is paused is completed with NDIS_STATUS_PAUSED and not shown to it.
//! - A module is freed when nobody can reach it any more: FilterDetach waits for visitors.
//! - What a failed attach had allocated is given back.
//! - A driver without a data path registers none of its handlers, nor FilterSetModuleOptions.
//!
//! `tests/compile_fail/` has a filter for each of these that the compiler is to refuse.
//!
//! # What it leaves to you
//!
//! - Do not wait in a callback, least of all for SetPower and QueryPower, or for a restart that you
//!   asked for.
//! - Touch no paged memory, and call nothing that needs PASSIVE_LEVEL, in `status`, `sending`
//!   and `received`: each method says its IRQL.
//! - Create everything that a module needs before you call `register`, because FilterAttach may run
//!   before DriverEntry returns. Unregister the trace provider last, because modules write events until
//!   `deregister` returns.
//! - Write the INF, and keep the promises in it: whether the filter only watches (`FilterType` 1) or may
//!   modify (2), where in the stack it stands, whether a machine may run without it.
//!
//! # The smallest filter
//!
//! It does nothing, and does it right. A test compiles this very file.
//!
//! ```text
#![doc = include_str!("../docs/smallest_filter.rs")]
//! ```
//!
//! The next one is `examples/packet-counter`: it counts packets while an ETW session listens, and
//! its data path is not there while none does. `netpnplwf.sys` itself, `driver/src`, is the third.
//!
//! # Building and running one
//!
//! A driver is a package with `crate-type = ["cdylib"]` and the link arguments of
//! `pnp-tests/filters/build.rs`. It is built for `x86_64-pc-windows-msvc` or
//! `aarch64-pc-windows-msvc` on any host, with rust-lld as the linker; what cargo calls `.dll` is
//! the `.sys`. It is run on Linux by the host of this repository:
//!
//! ```sh
//! cargo xtask filters
//! cargo run -p netpnp -- verify target/netpnplwf/x64/packet-counter.sys
//! cargo run -p netpnp -- run --scenario flows/driver_unload \
//!     --driver target/netpnplwf/x64/packet-counter.sys
//! ```
//!
//! # Where things are
//!
//! - [`event`]: bytes in, closed enums out. Cannot fail to return, never allocates, never reads
//!   past what a buffer says it is.
//! - [`packet`]: chains of packets, read only, and walked to an end whatever their links say.
//! - [`state`], [`condition`]: where a module is in its life, as one table and one word.
//! - [`gate`]: when a module may send requests of its own.
//! - [`version`]: under which NDIS version to register.
//! - `kernel`: the door to NDIS, for Windows targets only: trampolines, registration, pool.
//!
//! What every driver needs, whatever it drives, is in `driver-kit`, which a filter names itself: trace
//! events and their provider, the recorder's ring, the clock, registry settings, UTF-16 constants.
//!
//! Everything but `kernel` compiles and is tested on any host.
#![no_std]
#![deny(unsafe_code)]

#[cfg(test)]
extern crate std;

pub mod condition;
pub mod event;
pub mod gate;
#[cfg(all(kernel, not(test)))]
pub mod kernel;
#[cfg(all(test, loom))]
mod models;
pub mod packet;
pub mod state;
pub mod version;
