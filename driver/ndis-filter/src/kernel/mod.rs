//! The door: everything raw that passes between NDIS and a filter written with this crate.
//!
//! This is the only place of the crate with `unsafe` in it. `callback` turns what NDIS calls into
//! safe calls of [`FilterDriver`] and [`FilterModule`]; the other files are the few things those
//! need: `register`, `parameters` (views of them), `memory` (reading through foreign pointers),
//! `pool`, `list` (the modules), `own_request` with `timer` and `event`, `oid`,
//! `settings` (the registry), `etw`, `clock`, `import`.
#![allow(unsafe_code, reason = "the door between NDIS and safe code")]

mod callback;
pub mod clock;
mod context;
pub mod etw;
mod event;
mod filter;
mod import;
mod list;
mod memory;
mod oid;
mod own_request;
#[cfg(not(wdk))]
mod panic;
mod parameters;
pub mod pool;
mod register;
pub mod settings;
mod spin_lock;
mod timer;

pub use filter::{AttachError, Completion, FilterDriver, FilterModule};
pub use list::ModuleList;
pub use own_request::Requests;
pub use parameters::{AttachParameters, PauseParameters, RestartParameters};
pub use register::{Names, RegisterError, Registration, register};
