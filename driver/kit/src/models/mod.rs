//! Models for loom: small worlds in which every interleaving of the list and the ring is tried, and every
//! value that the memory orderings allow to be read. `cargo xtask loom` runs them, and each again with
//! one ordering weakened, which it must notice.
#![allow(unsafe_code, reason = "what loom checks is who touches a cell")]

mod list;
mod ring;
