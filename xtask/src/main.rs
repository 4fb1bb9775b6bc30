//! The repository's chores. Thin: sets the cross linker, calls cargo, calls `netpnp`.

mod c_filter;
mod docs;
mod filters;
mod fuzz;
mod image;
mod link;
mod loom;
mod miri;
mod picture;
mod run;
mod toolchain;

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, Subcommand};

use image::Arch;
use run::{Failed, cargo};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The repository's chores")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Builds netpnplwf.sys and plays the scenario `tour` against it.
    Demo,
    /// Formatting, lints for host and Windows, and every test.
    Test {
        /// Lints and tests of this package only; may be given several times.
        #[arg(long, short)]
        package: Vec<String>,
    },
    /// Builds netpnplwf.sys and its PDB into target/netpnplwf.
    Build {
        /// Processor of the image.
        #[arg(long, value_enum, default_value_t = Arch::X64)]
        arch: Arch,
    },
    /// Lays out driver, INF, symbols and scripts into folders and zips; `package --help` says how.
    #[command(disable_help_flag = true)]
    Package {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Builds the filters that the host's own tests and benches run, right and wrong ones.
    Filters,
    /// Makes `docs/events.md` and the files of `lab/` out of the table of events.
    Lab,
    /// Builds `docs/` as a book into target/book; installs mdbook into target/tools first.
    Docs,
    /// Tries every interleaving of the driver's gate, list and ring, and weakened ones that must fail.
    Loom,
    /// Checks the linked images of the driver, for both processors.
    Inspect,
    /// Runs the tests of what drivers are written on in Miri, which finds undefined behaviour.
    Miri,
    /// Measures what the driver adds to a network event, and how the host grows with modules.
    Bench,
    /// Draws the picture of the README. Needs Chromium.
    Picture,
    /// Measures the driver's callbacks, and writes `docs/performance.md` and the baseline of tests.
    Performance,
    /// Feeds a reader of foreign bytes with made-up ones, guided by what they make it do.
    Fuzz {
        /// Which reader.
        #[arg(value_enum)]
        target: fuzz::Target,
        /// Inputs to try.
        #[arg(long, default_value_t = 1_000_000)]
        runs: u64,
    },
}

fn main() -> ExitCode {
    let ended = match link::arguments() {
        Some(arguments) => link::run(arguments),
        None => perform(&Cli::parse().task).map(|()| ExitCode::SUCCESS),
    };
    match ended {
        Ok(code) => code,
        Err(Failed(why)) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: &Task) -> Result<(), Failed> {
    toolchain::complete()?;
    match task {
        Task::Demo => {
            let driver = image::build_driver(Arch::X64)?;
            cargo(["run", "--quiet", "--package", "netpnp", "--", "run"])
                .args(["--scenario", "tour", "--driver"])
                .arg(driver)
                .run()
        }
        Task::Test { package } if package.is_empty() => test(),
        Task::Test { package } => test_only(package),
        Task::Build { arch } => {
            let driver = image::build_driver(*arch)?;
            println!("{}\n{}", driver.display(), driver.with_extension("pdb").display());
            Ok(())
        }
        Task::Package { arguments } => package(arguments),
        Task::Filters => filters::build(),
        Task::Lab => cargo(["test", "--package", "netpnplwf", "--lib", "lab::"])
            .args(["--no-default-features"])
            .env("NETPNP_WRITE", "1")
            .run(),
        Task::Docs => {
            println!("{}", docs::build()?.display());
            Ok(())
        }
        Task::Fuzz { target, runs } => fuzz::run(*target, *runs),
        Task::Loom => loom::run(),
        Task::Inspect => inspect(),
        Task::Miri => miri::run(),
        Task::Picture => picture::draw(),
        Task::Performance => callbacks("--write"),
        Task::Bench => {
            let driver = image::build_driver(Arch::X64)?;
            filters::build()?;
            let images = driver.parent().unwrap_or(&driver).display().to_string();
            for bench in ["callbacks", "scale", "etl", "attribute"] {
                cargo(["bench", "--package", "netpnp", "--bench", bench])
                    .env("NETPNP_IMAGES", &images)
                    .run()?;
            }
            Ok(())
        }
    }
}

/// A program of its own, which has said why when it fails.
fn package(arguments: &[OsString]) -> Result<(), Failed> {
    let package = ["run", "--quiet", "--package", "netpnplwf-package", "--"];
    let status = cargo(package).args(arguments).where_the_user_is().status()?;
    if status.success() { Ok(()) } else { std::process::exit(status.code().unwrap_or(1)) }
}

/// The bench of the driver's callbacks, in one of its modes.
fn callbacks(mode: &str) -> Result<(), Failed> {
    let driver = image::build_driver(Arch::X64)?;
    image::build_driver(Arch::Arm64)?;
    filters::build()?;
    let images = driver.parent().unwrap_or(&driver).display().to_string();
    // What the image executes does not depend on how the host is built, and for tests it is built.
    let profile = if mode == "--check" { "dev" } else { "bench" };
    cargo(["bench", "--quiet", "--package", "netpnp", "--bench", "callbacks", "--profile"])
        .args([profile, "--", mode])
        .env("NETPNP_IMAGES", &images)
        .run()
}

/// `netpnp inspect` over what ships, with the house's own limits.
fn inspect() -> Result<(), Failed> {
    for arch in [Arch::X64, Arch::Arm64] {
        let driver = image::build_driver(arch)?;
        cargo(["run", "--quiet", "--package", "netpnp", "--", "inspect"])
            .args(["--strict", "--globals", "driver/globals.txt"])
            .arg(driver)
            .run()?;
    }
    Ok(())
}

/// Formatting, lints and tests of some packages, after a change in them. Tests that need images build them.
fn test_only(packages: &[String]) -> Result<(), Failed> {
    let selected = || packages.iter().flat_map(|package| ["--package", package]);
    cargo(["fmt", "--check"]).args(selected()).run()?;
    cargo(["clippy", "--all-targets"]).args(selected()).run()?;
    cargo(["test"]).args(selected()).run()
}

/// A part of what is tested.
type Step = fn() -> Result<(), Failed>;

/// The whole test, a developer's and CI's.
fn test() -> Result<(), Failed> {
    let steps: [(&str, Step); 13] = [
        ("formatting", || cargo(["fmt", "--all", "--check"]).run()),
        ("lints for this system", || cargo(["clippy", "--workspace", "--all-targets"]).run()),
        ("lints for Windows", lints_for_windows),
        ("lints of the filters", filters::lint),
        ("documentation", documentation),
        ("the book", docs::bounded),
        ("images", images),
        ("tests", || cargo(["test", "--workspace"]).run()),
        ("inspection of the driver", inspect),
        ("instructions of callbacks", || callbacks("--check")),
        ("loom", loom::run),
        ("miri", miri::bounded),
        ("fuzzing", fuzz::bounded),
    ];
    let mut times = Vec::new();
    for (name, step) in steps {
        let begun = Instant::now();
        step()?;
        let seconds = begun.elapsed().as_secs();
        println!("xtask: {name}: {seconds} s");
        times.push(format!("{name} {seconds}"));
    }
    println!("xtask: all of it passed; seconds: {}", times.join(", "));
    Ok(())
}

/// Clippy on the host never sees the kernel side. And everything must compile for Windows, where
/// `cargo wdk build` builds every package; what differs between processors is in the driver.
fn lints_for_windows() -> Result<(), Failed> {
    let driver = ["netpnplwf", "ndis-filter", "driver-kit"].map(|name| ["--package", name]);
    for (arch, packages) in
        [(Arch::X64, &["--workspace"][..]), (Arch::Arm64, driver.as_flattened())]
    {
        cargo(["clippy", "--no-default-features", "--target", arch.target()])
            .args(packages)
            .run()?;
    }
    Ok(())
}

fn documentation() -> Result<(), Failed> {
    cargo(["doc", "--quiet", "--no-deps", "--workspace"])
        .env("RUSTDOCFLAGS", "-D warnings")
        .run()?;
    // The doors to the kernel are there for Windows targets only.
    cargo(["doc", "--quiet", "--no-deps", "--package", "driver-kit", "--package", "ndis-filter"])
        .args(["--no-default-features"])
        .args(["--target", Arch::X64.target()])
        .env("RUSTDOCFLAGS", "-D warnings")
        .run()
}

/// The driver for both processors, and every filter that the tests run.
fn images() -> Result<(), Failed> {
    for arch in [Arch::X64, Arch::Arm64] {
        image::build_driver(arch)?;
    }
    filters::build()
}
