//! `netpnp`: runs a filter driver's `.sys` through scenarios on a simulated NT kernel and NDIS.
//!
//! Exit codes: 0 all held, 1 an expectation or a rule was broken, 2 it could not run.
#![forbid(unsafe_code)]

mod cli;

/// A worker that gets no memory ends, and says so by how it ends.
#[cfg(host)]
#[global_allocator]
static ALLOCATOR: kernel::machine::limit::Limited = kernel::machine::limit::Limited;

fn main() -> std::process::ExitCode {
    cli::main()
}
