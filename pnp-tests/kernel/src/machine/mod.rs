//! The machine under the kernel: memory that ends where it should, stacks, traps, and the gate that
//! a driver's calls pass. It knows no kernel: no thread, no lock, no driver.
#![allow(unsafe_code, reason = "memory, stacks and signals of the process that the machine is")]

mod arena;
pub mod block;
pub mod breakpoint;
pub mod export;
pub mod fiber;
pub mod garbage;
pub mod gate;
pub mod handle;
pub mod irql;
pub mod limit;
pub mod preempt;
pub mod raw;
pub mod trap;
