//! Models for loom: small worlds in which every interleaving of the gate is tried, and every value that the
//! memory orderings allow to be read. `cargo xtask loom` runs them, and again with the ordering weakened,
//! which they must notice. Those of the list and the ring are in `driver-kit`.
#![allow(unsafe_code, reason = "what loom checks is who touches a cell")]

mod gate;
