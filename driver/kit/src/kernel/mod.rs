//! The door: everything raw that passes between the kernel and a driver, for any kind of driver.
//!
//! `import` is the one file that chooses where functions come from, with or without the Windows Driver
//! Kit; `prototype` and `shared` compare what is declared with the kit, where there is one.
#![allow(unsafe_code, reason = "the door between the kernel and safe code")]

pub mod clock;
pub mod etw;
pub mod event;
pub(crate) mod import;
#[cfg(not(wdk))]
mod panic;
#[cfg(wdk)]
pub mod prototype;
pub mod settings;
#[cfg(wdk)]
mod shared;
pub mod timer;
