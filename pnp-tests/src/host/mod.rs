//! The closed sums: what the kernel and every subsystem bring, in one place each.

pub mod rules;
