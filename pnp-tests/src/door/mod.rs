//! The other door: everything raw that passes between the host and the image.
//!
//! Outward it offers safe functions in the host's own words (`call`, `structure`, `block`,
//! `fiber`); inward it offers the image the exports of ntoskrnl.exe and ndis.sys, each a thunk of
//! a few lines that turns raw into one world method and back. `unsafe` stands here and in
//! `image/`, nowhere else.
#![allow(unsafe_code, reason = "the door between the host and the image")]

pub mod block;
pub mod call;
pub mod call_later;
pub mod crossing;
pub mod exports;
pub mod fiber;
pub mod gate;
pub mod handle;
pub mod header;
mod ndis;
mod ntoskrnl;
pub mod raw;
pub mod structure;
pub mod trap;
