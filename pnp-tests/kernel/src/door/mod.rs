//! The kernel's door: everything raw that passes between the kernel and the image.
//!
//! - IRQL: an exported function that is called above the IRQL of its row is written down
//!   ([`crossing`]). A callback is entered at the thread's IRQL, which is restored, and the difference
//!   written down, when the callback returns with another ([`call`]).
//! - Ownership: a structure that the host makes ([`structure`], [`irp`]) is freed with its Rust value. An address that the
//!   image passes stays the image's: it is read and written for the time of one crossing, and a wrong one
//!   faults in the thread that passed it.
//! - The kernel's `unsafe` stands here and in [`machine`](crate::machine).
//!
//! Outward the door has safe functions in the host's words; inward it has the exports of ntoskrnl.exe, each a thunk
//! of a few lines that turns raw values into one call of [`nt`](crate::nt) and back.
#![allow(unsafe_code, reason = "the door between the host and the image")]

pub mod call;
pub mod call_io;
pub mod call_later;
pub mod crossing;
pub mod emulate;
pub mod exports;
pub mod handler;
pub mod header;
pub mod irp;
pub mod irp_stack;
pub mod layout;
pub mod ntoskrnl;
pub mod shared;
pub mod shared_data;
pub mod structure;
pub mod switch_off;
mod variadic;
