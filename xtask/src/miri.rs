//! Miri over the tests of what drivers are written on: undefined behaviour, should there be any.

use crate::run::{Failed, Run, program};

/// A nightly whose Miri is known to build and pass; rustup's default has none on some days.
const TOOLCHAIN: &str = "nightly-2026-05-20";

/// Pointers keep their provenance, and aliasing follows tree borrows. Isolation is off because
/// proptest asks for the current folder.
const FLAGS: &str = "-Zmiri-strict-provenance -Zmiri-tree-borrows -Zmiri-disable-isolation";

/// Cases of each property: Miri takes seconds for one.
const CASES: &str = "2";

/// Every test of `driver-kit` and `ndis-filter`.
pub fn run() -> Result<(), Failed> {
    install()?;
    miri(&[]).run()
}

/// The part that takes seconds: the unit tests, and of the other tests the ones without long lists.
pub fn bounded() -> Result<(), Failed> {
    if let Err(Failed(why)) = install() {
        println!("miri: skipped, {TOOLCHAIN} cannot be installed: {why}");
        return Ok(());
    }
    miri(&["--lib", "--test", "device_and_status"]).run()
}

fn install() -> Result<(), Failed> {
    let miri = || program("rustup").args(["run", TOOLCHAIN, "cargo-miri", "miri", "--version"]);
    if miri().output().is_ok() {
        return Ok(());
    }
    program("rustup")
        .args(["toolchain", "install", TOOLCHAIN, "--profile", "minimal"])
        .args(["--component", "miri", "--component", "rust-src"])
        .run()
}

fn miri(tests: &[&str]) -> Run {
    program("rustup")
        .args(["run", TOOLCHAIN, "cargo", "miri", "test"])
        .args(["--package", "driver-kit", "--package", "ndis-filter"])
        .args(tests)
        // A folder of its own: another compiler made what is there.
        .args(["--target-dir", "target/miri"])
        .env("MIRIFLAGS", FLAGS)
        .env("PROPTEST_CASES", CASES)
}
