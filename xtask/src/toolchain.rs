//! The toolchain in use, completed: rustup installs one that is missing with all that
//! `rust-toolchain.toml` names, but adds nothing to one that is there.

use std::path::{Path, PathBuf};

use crate::image::Arch;
use crate::run::{Failed, program};

/// The components of `rust-toolchain.toml`, each with a program that it brings.
const COMPONENTS: [(&str, &str); 2] = [("rustfmt", "rustfmt"), ("clippy", "cargo-clippy")];

/// Adds what the toolchain in use lacks of `rust-toolchain.toml`; without a lack it asks nothing of rustup.
pub fn complete() -> Result<(), Failed> {
    let sysroot = program("rustc").args(["--print", "sysroot"]).output()?;
    let sysroot = PathBuf::from(String::from_utf8_lossy(&sysroot).trim());
    add("target", &missing_targets(&sysroot), &sysroot)?;
    add("component", &missing_components(&sysroot), &sysroot)
}

fn missing_targets(sysroot: &Path) -> Vec<&'static str> {
    let targets = [Arch::X64, Arch::Arm64].map(Arch::target);
    let is_missing = |target: &&str| !sysroot.join("lib/rustlib").join(target).join("lib").is_dir();
    targets.into_iter().filter(is_missing).collect()
}

fn missing_components(sysroot: &Path) -> Vec<&'static str> {
    let is_there = |name: &str| {
        sysroot.join("bin").join(name).with_extension(std::env::consts::EXE_EXTENSION).is_file()
    };
    let missing = COMPONENTS.into_iter().filter(|(_, program)| !is_there(program));
    missing.map(|(component, _)| component).collect()
}

/// `rustup target add` or `rustup component add`, for the toolchain in use. rustup's proxy of cargo puts its
/// name into the environment, which every rustup that is called from here takes before the file's.
fn add(kind: &str, names: &[&str], sysroot: &Path) -> Result<(), Failed> {
    if names.is_empty() {
        return Ok(());
    }
    program("rustup").args([kind, "add"]).args(names).run().map_err(|Failed(why)| {
        let (names, sysroot) = (names.join(", "), sysroot.display());
        Failed(format!(
            "the toolchain in {sysroot} lacks what rust-toolchain.toml names ({kind} {names}), and it \
             could not be added: {why}\nAdd it as this toolchain came, or use rustup (https://rustup.rs)."
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The quoted words in the list of that name.
    fn listed(name: &str) -> Vec<&'static str> {
        let file = include_str!("../../rust-toolchain.toml");
        let line = file.lines().find(|line| line.starts_with(name)).expect("it is named");
        line.split('"').skip(1).step_by(2).collect()
    }

    #[test]
    fn a_toolchain_with_nothing_lacks_what_rust_toolchain_toml_names() {
        let nowhere = Path::new("no such folder");
        assert_eq!(missing_targets(nowhere), listed("targets"));
        assert_eq!(missing_components(nowhere), listed("components"));
    }
}
