//! The machine under the kernel: memory that ends where it should, stacks, traps, and the gate that
//! a driver's calls pass. It knows no kernel: no thread, no lock, no driver.
#![allow(unsafe_code, reason = "memory, stacks and signals of the process that the machine is")]

pub mod arena;
pub mod block;
pub mod breakpoint;
#[cfg(test)]
pub mod code;
pub mod context;
pub mod export;
pub mod fiber;
pub mod garbage;
pub mod gate;
pub mod handle;
pub mod irql;
mod key;
pub mod limit;
pub mod preempt;
pub mod raw;
pub mod shadow;
mod shelf;
pub mod space;
mod stack;
pub mod trap;
pub mod unwind;
