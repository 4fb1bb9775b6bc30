//! Driver images: what cargo calls `netpnplwf.dll` is a `.sys` by another name.

use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::link;
use crate::run::{Failed, Run, cargo, program, root};

/// Processor of an image.
#[derive(Clone, Copy, ValueEnum)]
pub enum Arch {
    X64,
    Arm64,
}

impl Arch {
    pub fn target(self) -> &'static str {
        match self {
            Self::X64 => "x86_64-pc-windows-msvc",
            Self::Arm64 => "aarch64-pc-windows-msvc",
        }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::X64 => "x64",
            Self::Arm64 => "arm64",
        }
    }
}

/// Builds the driver; gives the path of the `.sys`, with the PDB beside it.
pub fn build_driver(arch: Arch) -> Result<PathBuf, Failed> {
    build(arch)?.args(["--package", "netpnplwf", "--release", "--no-default-features"]).run()?;
    collect(&target()?, "release", "netpnplwf", "netpnplwf", arch)
}

/// `cargo build` for Windows, such that the same sources give the same bytes wherever they lie.
pub fn build(arch: Arch) -> Result<Run, Failed> {
    let flags = serde_json::to_string(&flags()?)
        .map_err(|error| Failed(format!("cannot write the flags of rustc: {error}")))?;
    // Joined with those of .cargo/config.toml; from the environment they would replace them.
    let mut cargo = cargo(["--config"])
        .arg(format!("target.{}.rustflags={flags}", arch.target()))
        .args(["build", "--target", arch.target()])
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        // It parts the crates otherwise, and other bytes come of that.
        .env("CARGO_INCREMENTAL", "0");
    // Only where there is no MSVC linker: on Windows link.exe stays.
    if !cfg!(windows) {
        let linker = link::program()?;
        let name = arch.target().to_uppercase().replace('-', "_");
        cargo = cargo.env(&format!("CARGO_TARGET_{name}_LINKER"), linker);
    }
    Ok(cargo)
}

/// What a build's folders are called in the images. Of several that fit, rustc takes the last.
fn flags() -> Result<Vec<String>, Failed> {
    let version = program("rustc").arg("-vV").output()?;
    let version = String::from_utf8_lossy(&version).into_owned();
    let commit = version.lines().find_map(|line| line.strip_prefix("commit-hash: "));
    let sysroot = program("rustc").args(["--print", "sysroot"]).output()?;
    let sysroot = PathBuf::from(String::from_utf8_lossy(&sysroot).trim());
    let mut names = vec![
        // What is below the checkout is called as there: `driver/src/lib.rs`.
        (checkout()?, String::new()),
        (target()?, "target".to_owned()),
        // As without the component rust-src, which shows rustc where that is.
        (sysroot.join("lib/rustlib/src/rust"), format!("/rustc/{}", commit.unwrap_or("unknown"))),
    ];
    for registry in registries() {
        names.push((registry, "/crates".to_owned()));
    }
    let mut flags = Vec::new();
    if !cfg!(windows) {
        flags.push("-Clinker-flavor=lld-link".to_owned());
    }
    flags.extend(
        names
            .iter()
            .map(|(folder, name)| format!("--remap-path-prefix={}={name}", folder.display())),
    );
    Ok(flags)
}

/// Where cargo unpacks crates: a folder for each registry or mirror of one.
fn registries() -> Vec<PathBuf> {
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let folders = home.and_then(|home| fs::read_dir(home.join("registry/src")).ok());
    let mut folders: Vec<_> =
        folders.into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect();
    folders.sort();
    folders
}

/// The workspace's root, absolute and without links, as rustc sees it.
fn checkout() -> Result<PathBuf, Failed> {
    // On Windows that would begin with `\\?\`, as rustc's paths do not.
    if cfg!(windows) {
        return Ok(root());
    }
    fs::canonicalize(root()).map_err(|error| Failed(format!("cannot find the workspace: {error}")))
}

/// Cargo's target folder.
pub fn target() -> Result<PathBuf, Failed> {
    let named = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    Ok(checkout()?.join(named))
}

/// Where the image of this name is put.
pub fn place(stem: &str, arch: Arch) -> Result<PathBuf, Failed> {
    Ok(target()?.join("netpnplwf").join(arch.folder()).join(format!("{stem}.sys")))
}

/// Copies an image and its PDB out of the folder that cargo built them into (for one profile)
/// under the names Windows knows.
pub fn collect(
    built: &Path,
    profile: &str,
    crate_name: &str,
    stem: &str,
    arch: Arch,
) -> Result<PathBuf, Failed> {
    publish(&built.join(arch.target()).join(profile), crate_name, stem, arch)
}

/// Copies an image and its PDB out of the folder that a linker put them into.
pub fn publish(built: &Path, name: &str, stem: &str, arch: Arch) -> Result<PathBuf, Failed> {
    let image = place(stem, arch)?;
    if let Some(folder) = image.parent() {
        fs::create_dir_all(folder)
            .map_err(|error| Failed(format!("cannot make {}: {error}", folder.display())))?;
    }
    copy(&built.join(format!("{name}.pdb")), &image.with_extension("pdb"))?;
    // The image last: it is what tells that both are up to date.
    copy(&built.join(format!("{name}.dll")), &image)?;
    Ok(image)
}

fn copy(from: &Path, to: &Path) -> Result<(), Failed> {
    let copied = fs::copy(from, to);
    copied.map(drop).map_err(|error| {
        Failed(format!("cannot copy {} to {}: {error}", from.display(), to.display()))
    })
}
