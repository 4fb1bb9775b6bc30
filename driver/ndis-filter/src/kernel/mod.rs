//! The door: everything raw that passes between NDIS and a filter written with this crate.
//!
//! This is the only place of the crate with `unsafe` in it. `callback` turns what NDIS calls into
//! safe calls of [`FilterDriver`] and [`FilterModule`], `data_path` and `module_options` do it for the
//! packets of a [`DataPath`], `oid` and `own_request` for requests; the other files are the few things
//! those need: `register`, `parameters` (views of them), `memory` (reading through foreign pointers),
//! `pool` (NDIS's allocator), `list` (the modules) and `import` (the functions of ndis.sys). Everything
//! that is not NDIS's comes from `driver-kit`.
#![allow(unsafe_code, reason = "the door between NDIS and safe code")]

mod callback;
mod context;
mod data_path;
mod filter;
mod import;
mod list;
mod memory;
mod module_options;
mod oid;
mod own_request;
mod parameters;
pub mod pool;
mod register;

pub use data_path::DataPath;
pub use filter::{AttachError, Completion, FilterDriver, FilterModule};
pub use list::ModuleList;
pub use module_options::Tap;
pub use own_request::Requests;
pub use parameters::{AttachParameters, LowerLayer, PauseParameters, RestartParameters};
pub use register::{Names, RegisterError, Registration, register, register_with_data_path};
