//! The documentation, as something that can be wrong: its links, its place in the book, and every
//! command in it that can run on Linux.
#![allow(missing_docs, reason = "tests: the names are the documentation")]

mod book;
mod cited;
mod fences;
mod links;
mod page;
mod powershell;
#[path = "../pwsh/mod.rs"]
mod pwsh;
mod repository;
mod sources;

#[cfg(host)]
mod commands;
#[cfg(host)]
mod fixture;
#[cfg(host)]
mod imports;
#[cfg(host)]
#[path = "../host/netpnp.rs"]
mod netpnp;
#[cfg(host)]
mod shown;
#[cfg(host)]
mod tasks;

/// Every fault at once: who repairs a page wants all of them.
fn report(what: &str, faults: &[String]) {
    assert!(faults.is_empty(), "{what}:\n  {}", faults.join("\n  "));
}
