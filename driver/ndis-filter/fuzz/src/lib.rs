//! What the fuzz targets of the decoders share: memory made of input, and what decoding owes.
#![cfg(not(windows))]

pub mod digest;
pub mod event;
pub mod input;
pub mod list;
pub mod memory;
