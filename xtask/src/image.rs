//! Driver images: what cargo calls `netpnplwf.dll` is a `.sys` by another name.

use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::run::{Failed, cargo, program, root};

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

/// Installs what `rust-toolchain.toml` names, if it is missing; a no-op otherwise.
pub fn install_targets() -> Result<(), Failed> {
    let have = |arch: Arch| {
        let sysroot = option_env!("RUSTUP_HOME")
            .map(PathBuf::from)
            .or_else(|| std::env::home_dir().map(|home| home.join(".rustup")));
        let toolchain = std::env::var("RUSTUP_TOOLCHAIN").unwrap_or_default();
        sysroot.is_some_and(|home| {
            let lib = home.join("toolchains").join(toolchain).join("lib/rustlib");
            lib.join(arch.target()).is_dir()
        })
    };
    if have(Arch::X64) && have(Arch::Arm64) {
        return Ok(());
    }
    program("rustup").args(["toolchain", "install"]).run()
}

/// Builds the driver; gives the path of the `.sys`, with the PDB beside it.
pub fn build_driver(arch: Arch) -> Result<PathBuf, Failed> {
    cargo(["build", "--package", "netpnplwf", "--release", "--no-default-features", "--target"])
        .arg(arch.target())
        .run()?;
    collect(&target()?, "release", "netpnplwf", "netpnplwf", arch)
}

/// Cargo's target folder.
pub fn target() -> Result<PathBuf, Failed> {
    let root = fs::canonicalize(root())
        .map_err(|error| Failed(format!("cannot find the workspace: {error}")))?;
    Ok(std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from))
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
    let built = built.join(arch.target()).join(profile);
    let image = place(stem, arch)?;
    if let Some(folder) = image.parent() {
        fs::create_dir_all(folder)
            .map_err(|error| Failed(format!("cannot make {}: {error}", folder.display())))?;
    }
    copy(&built.join(format!("{crate_name}.pdb")), &image.with_extension("pdb"))?;
    // The image last: it is what tells that both are up to date.
    copy(&built.join(format!("{crate_name}.dll")), &image)?;
    Ok(image)
}

fn copy(from: &Path, to: &Path) -> Result<(), Failed> {
    let copied = fs::copy(from, to);
    copied.map(drop).map_err(|error| {
        Failed(format!("cannot copy {} to {}: {error}", from.display(), to.display()))
    })
}
