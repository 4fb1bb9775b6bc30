//! The door between NDIS and a filter: the exports of ndis.sys, the filter's callbacks, and the
//! structures that pass between them.
//!
//! - IRQL: an exported function states its IRQL in its row, which the kernel's `crossing` checks. A handler is
//!   entered at the IRQL of the thread that calls it, through the kernel's `Call`, which restores it.
//! - Ownership: a structure that NDIS passes ([`structure`]) lives until the handler has returned; a packet
//!   ([`packet`]) or request ([`oid`]) of NDIS's lives until NDIS has it back. What a filter makes stays the filter's.
//! - But for FilterDetach, no handler is called with a module's context before the module has one, or once
//!   its detach has begun.
#![allow(unsafe_code, reason = "the door between NDIS and the image")]

pub mod call;
pub mod call_oid;
pub mod call_packet;
mod exports;
pub mod handlers;
mod layout;
pub mod oid;
pub mod packet;
pub mod raw;
pub mod restart;
pub mod structure;
mod subsystem;

pub use subsystem::NdisSys;
