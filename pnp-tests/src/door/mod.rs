//! The other door: everything raw that passes between the host and the image.
//!
//! Outward it offers safe functions in the host's own words (`call`, `structure`, `block`,
//! `fiber`); inward it offers the image the exports of ntoskrnl.exe and ndis.sys, each a thunk of
//! a few lines that turns raw into one world method and back. `unsafe` stands here and in
//! `image/`, nowhere else.
#![allow(unsafe_code, reason = "the door between the host and the image")]

mod arena;
pub mod block;
pub mod call;
pub mod call_io;
pub mod call_later;
pub mod call_oid;
pub mod call_packet;
pub mod crossing;
mod emulate;
pub mod exports;
pub mod fiber;
pub mod garbage;
pub mod gate;
pub mod handle;
pub mod header;
pub mod irp;
pub mod layout;
pub mod limit;
mod ndis;
mod ntoskrnl;
pub mod oid;
pub mod packet;
pub mod raw;
mod restart;
mod shared;
pub mod structure;
pub mod trap;

pub use emulate::name as instruction_name;
