//! The door between NDIS and a filter: the exports of ndis.sys, the filter's callbacks, and the
//! structures that pass between them.
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
mod restart;
pub mod structure;
mod subsystem;

pub use subsystem::NdisSys;
