//! `cargo xtask package`: what a person with Windows needs of one commit, as a folder and a zip.
//!
//! A program of its own, since it wants a compressor and a hash: xtask is the first thing that
//! `cargo xtask demo` compiles on a fresh machine and stays small.

mod arch;
mod archive;
mod check;
mod layout;
mod out;
mod print;
mod readme;
mod revision;
mod sbom;
mod stamp;
mod sums;
mod tool;
mod wdk;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

use arch::Arch;
use layout::{Job, Signing};
use out::Out;
use revision::Revision;
use sums::Summed;
use tool::Failed;

#[derive(Parser)]
#[command(
    name = "cargo xtask package",
    bin_name = "cargo xtask package",
    about = "Lays out netpnplwf.sys, its INF and the lab's scripts"
)]
struct Cli {
    /// Processor of the image; both without it.
    #[arg(long, value_enum)]
    arch: Option<Arch>,
    /// Where folders, zips and SHA256SUMS go; target/package without it.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Checks with this `netpnp`; without it, the one of this checkout is built.
    #[arg(long, value_name = "FILE")]
    netpnp: Option<PathBuf>,
    /// Prints one JSON document.
    #[arg(long)]
    json: bool,
    /// On Windows: signs with the certificate of this SHA-1 instead of a self-signed one.
    #[arg(long, value_name = "THUMBPRINT")]
    sign: Option<String>,
    /// On Windows: leaves catalog and signature out, as on any other system.
    #[arg(long, conflicts_with = "sign")]
    unsigned: bool,
}

/// One package that is finished.
struct Made {
    arch: Arch,
    zip: Summed,
    files: Vec<Summed>,
}

fn main() -> ExitCode {
    match perform(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed(why)) => {
            eprintln!("package: {why}");
            ExitCode::FAILURE
        }
    }
}

fn perform(cli: &Cli) -> Result<(), Failed> {
    let signing = signing(cli)?;
    let root = root()?;
    let revision = Revision::read(&root)?;
    if revision.dirty {
        eprintln!(
            "package: warning: the work tree has changes that are in no commit; names say -dirty"
        );
    }
    let out = Out::open(&cli.out.clone().unwrap_or_else(|| target(&root).join("package")))?;
    let job = Job { root, revision, signing, netpnp: cli.netpnp.clone() };
    let mut made = Vec::new();
    for arch in cli.arch.map_or(Arch::BOTH.to_vec(), |arch| vec![arch]) {
        made.push(make(&job, arch, &out.staging())?);
    }
    let zips: Vec<_> = made.iter().map(|package| &package.zip).collect();
    let sums = out.staging().join(sums::NAME);
    fs::write(&sums, sums::text(zips)).map_err(|error| tool::failed("write", &sums, &error))?;
    let folder = out.publish()?;
    if cli.json {
        print::json(&job.revision, &folder, &made);
    } else {
        print::text(&job.revision, &folder, &made);
    }
    Ok(())
}

/// One architecture, as a folder and a zip in `staging`.
fn make(job: &Job, arch: Arch, staging: &Path) -> Result<Made, Failed> {
    let name = job.revision.name(arch);
    let folder = staging.join(&name);
    layout::lay_out(job, arch, &folder)?;
    let files = sums::of_folder(&folder)?;
    let zip = staging.join(format!("{name}.zip"));
    archive::write(&zip, &folder, &files, &job.revision)?;
    Ok(Made { arch, zip: sums::of_file(&zip)?, files })
}

fn signing(cli: &Cli) -> Result<Signing, Failed> {
    match (&cli.sign, cfg!(windows)) {
        (Some(_), false) => Err(Failed(
            "--sign: signtool runs on Windows only; docs/package.md, Signing".to_owned(),
        )),
        (Some(thumbprint), true) => Ok(Signing::Certificate(thumbprint.clone())),
        (None, true) if !cli.unsigned => Ok(Signing::SelfSigned),
        (None, _) => Ok(Signing::None),
    }
}

/// The checkout. From the environment, which cargo sets for what it runs: two checkouts with one target
/// folder have one program.
fn root() -> Result<PathBuf, Failed> {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let root = package.as_deref().and_then(|package| package.ancestors().nth(2));
    root.map(Path::to_owned).ok_or_else(|| Failed("start it as `cargo xtask package`".to_owned()))
}

/// Cargo's target folder.
fn target(root: &Path) -> PathBuf {
    root.join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}
