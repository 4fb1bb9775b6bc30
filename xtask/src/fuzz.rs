//! Fuzzing with libFuzzer, on the stable toolchain: coverage comes from LLVM's own pass.

use std::fs;

use clap::ValueEnum;

use crate::filters;
use crate::image::{self, Arch};
use crate::run::{Failed, cargo, program, root};

/// A reader of files.
#[derive(Clone, Copy, ValueEnum)]
pub enum Target {
    /// The reader of event trace logs: `.etl` files.
    Etl,
    /// The loader: `.sys` files.
    Image,
    /// The parser of scenarios: `.pnp` files.
    Scenario,
}

/// What `cargo fuzz` passes, without a sanitizer: those need a nightly toolchain. Overflow and debug
/// checks are on, and the loader's memory is between guard pages anyway.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
                     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
                     -Cllvm-args=-sanitizer-coverage-pc-table \
                     -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing \
                     -Ccodegen-units=1 -Coverflow-checks -Cdebug-assertions";
const HOST: &str = "x86_64-unknown-linux-gnu";

/// Tries `runs` inputs; the corpus stays in `target/fuzz`, a crash is written beside it.
pub fn run(target: Target, runs: u64) -> Result<(), Failed> {
    let name = match target {
        Target::Etl => "etl",
        Target::Image => "image",
        Target::Scenario => "scenario",
    };
    let folder = root().join("target/fuzz");
    let corpus = folder.join(name);
    fs::create_dir_all(&corpus)
        .map_err(|error| Failed(format!("cannot make {}: {error}", corpus.display())))?;
    seed(target, &corpus)?;
    // Named explicitly, so that the flags are not for build scripts.
    cargo(["build", "--release", "--package", "pnp-fuzz", "--bin", name, "--target", HOST])
        .args(["--target-dir", "target/fuzz/build"])
        .env("RUSTFLAGS", FLAGS)
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .run()?;
    let binary = folder.join("build").join(HOST).join("release").join(name);
    let binary = binary.canonicalize().unwrap_or(binary);
    program(binary)
        .arg(format!("target/fuzz/{name}"))
        .arg(format!("-artifact_prefix=target/fuzz/{name}-"))
        .arg(format!("-runs={runs}"))
        .args(["-max_len=131072", "-timeout=10", "-rss_limit_mb=4096", "-print_final_stats=1"])
        .run()
}

/// Real files to start from.
fn seed(target: Target, corpus: &std::path::Path) -> Result<(), Failed> {
    let (folder, ending) = match target {
        Target::Etl => {
            // Written, rather than kept: logs are mostly fill.
            cargo(["test", "--quiet", "--package", "pnp-tests", "--test", "etl", "seeds"]).run()?;
            ("target/etl/seeds", "etl")
        }
        Target::Image => {
            image::build_driver(Arch::X64)?;
            filters::build()?;
            ("target/netpnplwf/x64", "sys")
        }
        Target::Scenario => ("pnp-tests/scenarios", "pnp"),
    };
    let entries = fs::read_dir(root().join(folder))
        .map_err(|error| Failed(format!("cannot list {folder}: {error}")))?;
    for entry in entries.flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|found| found == ending)
            && let Some(name) = path.file_name()
        {
            fs::copy(&path, corpus.join(name))
                .map_err(|error| Failed(format!("cannot copy {}: {error}", path.display())))?;
        }
    }
    Ok(())
}
