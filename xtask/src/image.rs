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

/// Variants of the host's own test filter: file stem and cargo features.
const FILTERS: [(&str, &str); 13] = [
    ("bare", ""),
    ("swallows", "swallows"),
    ("fails-restart", "fails-restart"),
    ("crashes", "crashes"),
    ("copies-null", "copies-null"),
    ("bugchecks", "bugchecks"),
    ("hangs", "hangs"),
    ("leaks", "leaks"),
    ("loops", "loops"),
    ("exhausts", "exhausts"),
    ("cr8", "cr8"),
    ("rdmsr", "rdmsr"),
    ("fast-fail", "fast-fail"),
];

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
    collect("netpnplwf", "netpnplwf", arch)
}

/// Builds every variant of the test filter.
pub fn build_filters() -> Result<(), Failed> {
    for (stem, features) in FILTERS {
        cargo(["build", "--package", "bare-filter", "--release", "--features", features])
            .args(["--target", Arch::X64.target()])
            .run()?;
        collect("bare_filter", stem, Arch::X64)?;
    }
    Ok(())
}

/// Copies an image and its PDB out of cargo's folders under the names Windows knows.
fn collect(crate_name: &str, stem: &str, arch: Arch) -> Result<PathBuf, Failed> {
    let root = fs::canonicalize(root())
        .map_err(|error| Failed(format!("cannot find the workspace: {error}")))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    let built = target.join(arch.target()).join("release");
    let folder = target.join("netpnplwf").join(arch.folder());
    fs::create_dir_all(&folder)
        .map_err(|error| Failed(format!("cannot make {}: {error}", folder.display())))?;
    let image = folder.join(format!("{stem}.sys"));
    copy(&built.join(format!("{crate_name}.dll")), &image)?;
    copy(&built.join(format!("{crate_name}.pdb")), &folder.join(format!("{stem}.pdb")))?;
    Ok(image)
}

fn copy(from: &Path, to: &Path) -> Result<(), Failed> {
    let copied = fs::copy(from, to);
    copied.map(drop).map_err(|error| {
        Failed(format!("cannot copy {} to {}: {error}", from.display(), to.display()))
    })
}
