//! The other door: everything raw that passes between the host and the image.
//!
//! Outward it offers safe functions in the host's own words (`call`, `structure`, `block`,
//! `fiber`); inward it offers the image the exports of ntoskrnl.exe and ndis.sys, each a thunk of
//! a few lines that turns raw into one world method and back. `unsafe` stands here and in
//! `image/`, nowhere else.
#![allow(unsafe_code, reason = "the door between the host and the image")]

pub mod call;
pub mod call_io;
pub mod call_later;
pub mod crossing;
pub mod emulate;
pub mod exports;
pub mod header;
pub mod irp;
pub mod layout;
pub mod ntoskrnl;
pub mod shared;
pub mod structure;
