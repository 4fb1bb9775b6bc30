//! Fuzzing with libFuzzer, on the stable toolchain: coverage comes from LLVM's own pass.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::ValueEnum;

use crate::filters;
use crate::image::{self, Arch};
use crate::run::{Failed, Run, cargo, program, root};

/// A fuzz target: a reader of foreign bytes.
#[derive(Clone, Copy, ValueEnum)]
pub enum Target {
    /// The driver's decoder of network events: any code, any graph of memory.
    Decode,
    /// The driver's decoders of device events and status indications.
    Device,
    /// The reader of event trace logs: `.etl` files.
    Etl,
    /// The loader: `.sys` files.
    Image,
    /// The driver's reader of strings: binding orders, device names.
    MultiSz,
    /// The driver's reader of restart attributes, a linked list.
    RestartAttributes,
    /// The parser of scenarios: `.pnp` files.
    Scenario,
}

/// What `cargo fuzz` passes, without a sanitizer: those need a nightly toolchain. Overflow and debug
/// checks are on, the loader's memory is between guard pages, and the decoders have no unsafe code.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
                     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
                     -Cllvm-args=-sanitizer-coverage-pc-table \
                     -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing \
                     -Ccodegen-units=1 -Coverflow-checks -Cdebug-assertions";
const HOST: &str = "x86_64-unknown-linux-gnu";

/// The driver's decoders: their corpora are in the repository, and a test run tries each.
const DECODERS: [Target; 4] =
    [Target::Decode, Target::Device, Target::RestartAttributes, Target::MultiSz];
/// Inputs for each decoder in a test run.
const BOUNDED_RUNS: u64 = 20_000;

impl Target {
    fn name(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::Device => "device",
            Self::Etl => "etl",
            Self::Image => "image",
            Self::MultiSz => "multi-sz",
            Self::RestartAttributes => "restart-attributes",
            Self::Scenario => "scenario",
        }
    }

    fn package(self) -> &'static str {
        match self {
            Self::Decode | Self::Device | Self::MultiSz | Self::RestartAttributes => {
                "ndis-filter-fuzz"
            }
            Self::Etl | Self::Image | Self::Scenario => "pnp-fuzz",
        }
    }

    /// The longest input: past the limits that the decoders keep, which are 4 KiB.
    fn max_len(self) -> usize {
        match self {
            Self::Decode | Self::Device | Self::MultiSz | Self::RestartAttributes => 8192,
            Self::Etl | Self::Image | Self::Scenario => 131_072,
        }
    }
}

/// Tries `runs` inputs; the corpus stays in `target/fuzz`, a crash is written beside it.
pub fn run(target: Target, runs: u64) -> Result<(), Failed> {
    let corpus = folder().join(target.name());
    make(&corpus)?;
    let seeds = seeds(target)?;
    build(target)?;
    fuzzer(target, &corpus, &seeds, runs).run()
}

/// Tries the same few inputs of every decoder each time.
pub fn bounded() -> Result<(), Failed> {
    for target in DECODERS {
        build(target)?;
        let corpus = folder().join("bounded").join(target.name());
        // From the repository's inputs alone, whatever an earlier run found.
        if corpus.exists() {
            fs::remove_dir_all(&corpus)
                .map_err(|error| Failed(format!("cannot empty {}: {error}", corpus.display())))?;
        }
        make(&corpus)?;
        let start = Instant::now();
        fuzzer(target, &corpus, &seeds(target)?, BOUNDED_RUNS)
            .args(["-seed=1", "-verbosity=0"])
            .run()?;
        println!("fuzz {}: {BOUNDED_RUNS} inputs in {:.1?}", target.name(), start.elapsed());
    }
    Ok(())
}

fn folder() -> PathBuf {
    root().join("target/fuzz")
}

fn make(corpus: &Path) -> Result<(), Failed> {
    fs::create_dir_all(corpus)
        .map_err(|error| Failed(format!("cannot make {}: {error}", corpus.display())))
}

fn build(target: Target) -> Result<(), Failed> {
    // The target is named, so that the flags are not for build scripts.
    cargo(["build", "--release", "--package", target.package(), "--bin", target.name()])
        .args(["--features", "fuzz"])
        .args(["--target", HOST, "--target-dir", "target/fuzz/build"])
        .env("RUSTFLAGS", FLAGS)
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .run()
}

/// New inputs go to `corpus`; `seeds` are read only.
fn fuzzer(target: Target, corpus: &Path, seeds: &Path, runs: u64) -> Run {
    let name = target.name();
    let binary = folder().join("build").join(HOST).join("release").join(name);
    let binary = binary.canonicalize().unwrap_or(binary);
    program(binary)
        .arg(corpus.canonicalize().unwrap_or_else(|_| corpus.to_owned()))
        .arg(seeds)
        .arg(format!("-artifact_prefix=target/fuzz/{name}-"))
        .arg(format!("-runs={runs}"))
        .arg(format!("-max_len={}", target.max_len()))
        .args(["-timeout=10", "-rss_limit_mb=4096", "-print_final_stats=1"])
}

/// The folder with inputs to start from.
fn seeds(target: Target) -> Result<PathBuf, Failed> {
    let (folder, ending) = match target {
        Target::Decode | Target::Device | Target::MultiSz | Target::RestartAttributes => {
            return Ok(Path::new("driver/ndis-filter/fuzz/corpus").join(target.name()));
        }
        Target::Etl => {
            // Written, rather than kept: logs are mostly fill.
            cargo(["test", "--quiet", "--package", "netpnp", "--test", "etl", "seeds"])
                .unwinding()
                .run()?;
            ("target/etl/seeds", "etl")
        }
        Target::Image => {
            image::build_driver(Arch::X64)?;
            filters::build()?;
            ("target/netpnplwf/x64", "sys")
        }
        Target::Scenario => ("pnp-tests/ndis/scenarios", "pnp"),
    };
    collect(target, folder, ending)
}

/// Copies real files to a folder that has nothing else.
fn collect(target: Target, from: &str, ending: &str) -> Result<PathBuf, Failed> {
    let seeds = Path::new("target/fuzz/seeds").join(target.name());
    make(&root().join(&seeds))?;
    let entries = fs::read_dir(root().join(from))
        .map_err(|error| Failed(format!("cannot list {from}: {error}")))?;
    for entry in entries.flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|found| found == ending)
            && let Some(name) = path.file_name()
        {
            fs::copy(&path, root().join(&seeds).join(name))
                .map_err(|error| Failed(format!("cannot copy {}: {error}", path.display())))?;
        }
    }
    Ok(seeds)
}
