//! The files that are made of the table of events: `docs/events.md`, and the files in `lab/` for Windows
//! Performance Recorder and Analyzer. Each test makes its file and compares it with the one in the
//! repository; with NETPNP_WRITE=1 it writes it (`cargo xtask lab`).

#![allow(clippy::format_push_string, clippy::format_collect, reason = "texts that are made once")]

use std::path::{Path, PathBuf};
use std::string::String;
use std::{env, format, fs};

use sha1::{Digest, Sha1};

mod events_page;
mod names;
mod profile;
mod regions;

/// Compares a file of the repository with what it should be, or writes it.
fn keep(name: &str, wanted: &str) {
    let path = root().join(name);
    if env::var_os("NETPNP_WRITE").is_some() {
        fs::write(&path, wanted).unwrap();
        return;
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    if found != wanted {
        let differs = found.lines().zip(wanted.lines()).position(|(one, other)| one != other);
        let line = differs.unwrap_or(found.lines().count().min(wanted.lines().count()));
        panic!(
            "{name} differs from the table of events from line {} on:\n  has      {}\n  should   {}\n\
             run `cargo xtask lab` and look at the difference",
            line + 1,
            found.lines().nth(line).unwrap_or("(nothing)"),
            wanted.lines().nth(line).unwrap_or("(nothing)")
        );
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).into()
}

/// The GUID that TraceLogging makes of a provider's name: a SHA-1 over a namespace and the name in
/// capitals, UTF-16 big-endian. Source: TraceLoggingProvider.h.
fn guid_of(name: &str) -> String {
    const NAMESPACE: [u8; 16] = [
        0x48, 0x2C, 0x2D, 0xB2, 0xC3, 0x90, 0x47, 0xC8, 0x87, 0xF8, 0x1A, 0x15, 0xBF, 0xC1, 0x30,
        0xFB,
    ];
    let mut hash = Sha1::new();
    hash.update(NAMESPACE);
    for unit in name.to_uppercase().encode_utf16() {
        hash.update(unit.to_be_bytes());
    }
    let hash = hash.finalize();
    let b = &hash[..16];
    let version = (b[7] & 0x0F) | 0x50;
    format!(
        "{:02x}{:02x}{:02x}{:02x}-{:02x}{:02x}-{version:02x}{:02x}-{:02x}{:02x}-{:02x}{:02x}{:02x}{:02x}{:02x}{:02x}",
        b[3],
        b[2],
        b[1],
        b[0],
        b[5],
        b[4],
        b[6],
        b[8],
        b[9],
        b[10],
        b[11],
        b[12],
        b[13],
        b[14],
        b[15]
    )
}

/// Text in an attribute.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[test]
fn the_providers_guid_is_the_hash_of_its_name() {
    assert_eq!(guid_of("MyProvider"), "b3864c38-4273-58c5-545b-8b3608343471");
    assert_eq!(guid_of(crate::events::PROVIDER), "b4d39adf-672a-5f7e-841e-83a329f9bbe0");
    // The driver has it as a constant, which only images contain.
    let source = include_str!("trace/mod.rs");
    assert!(source.contains("{b4d39adf-672a-5f7e-841e-83a329f9bbe0}"));
    assert!(source.contains("Data1: 0xb4d3_9adf"));
}
