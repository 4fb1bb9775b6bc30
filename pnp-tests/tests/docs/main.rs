//! The documentation, as something that can be wrong: its links, its place in the book, and every
//! command in it that can run on Linux.
#![allow(missing_docs, reason = "tests: the names are the documentation")]

mod book;
mod fences;
mod links;
mod page;
mod powershell;
mod repository;
mod sources;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod commands;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod fixture;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[path = "../host/netpnp.rs"]
mod netpnp;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod shown;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod tasks;

/// Every fault at once: who repairs a page wants all of them.
fn report(what: &str, faults: &[String]) {
    assert!(faults.is_empty(), "{what}:\n  {}", faults.join("\n  "));
}
