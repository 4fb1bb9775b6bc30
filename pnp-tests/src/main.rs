//! `netpnp`: runs a filter driver's `.sys` through scenarios on a simulated NT kernel and NDIS.
//!
//! Exit codes: 0 all held, 1 an expectation or a rule was broken, 2 it could not run.

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod cli;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn main() -> std::process::ExitCode {
    cli::main()
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn main() -> std::process::ExitCode {
    eprintln!("netpnp runs x86-64 drivers on Linux, on an x86-64 processor");
    std::process::ExitCode::from(2)
}
