//! The filters that the host's tests run: right ones, and one for each way of getting it wrong.
//!
//! The list is the features of the filters' own manifests, so a new mistake is a new feature and
//! nothing else. An image that is newer than every file it is made of is not built again.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use crate::c_filter;
use crate::image::{self, Arch};
use crate::run::{Failed, cargo, root};

/// The packages, each with its folder and the image that has no feature.
const PACKAGES: [Package; 4] = [
    // As the driver, with which the bench compares it.
    Package {
        name: "bare-filter",
        folder: "pnp-tests/filters",
        layer: &[],
        stem: "bare",
        profile: "release",
    },
    Package {
        name: "plain-filter",
        folder: "pnp-tests/filters/plain",
        layer: &[],
        stem: "plain",
        profile: "filter",
    },
    Package {
        name: "wsk-registrar",
        folder: "pnp-tests/filters/wsk",
        layer: &[],
        stem: "wsk-registrar",
        profile: "filter",
    },
    // The example of the layer under the driver, built as the driver is.
    Package {
        name: "packet-counter",
        folder: "driver/ndis-filter/examples/packet-counter",
        layer: &["driver/kit", "driver/ndis-filter"],
        stem: "packet-counter",
        profile: "release",
    },
];

/// Without it the packages are empty (their build script).
const WANTED: &str = "NETPNP_FILTERS";

/// What every image is made of besides its package.
const SHARED: [&str; 6] = [
    "pnp-tests/filters/build.rs",
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
    "driver/abi",
    "xtask/src",
];

struct Package {
    name: &'static str,
    folder: &'static str,
    /// The crates that it is written with, besides `driver-abi`.
    layer: &'static [&'static str],
    stem: &'static str,
    /// Of cargo; also the name of its folder in the target folder.
    profile: &'static str,
}

/// Builds every image that is out of date.
pub fn build() -> Result<(), Failed> {
    let metadata = cargo(["metadata", "--no-deps", "--format-version", "1"]).output()?;
    let metadata = serde_json::from_slice(&metadata)
        .map_err(|error| Failed(format!("cannot read cargo's metadata: {error}")))?;
    let mut shared = SystemTime::UNIX_EPOCH;
    for path in SHARED {
        shared = shared.max(newest(&root().join(path))?);
    }
    for package in &PACKAGES {
        let folder = root().join(package.folder);
        let mut sources = shared;
        for path in ["Cargo.toml", "src"] {
            sources = sources.max(newest(&folder.join(path))?);
        }
        for layer in package.layer {
            sources = sources.max(newest(&root().join(layer))?);
        }
        build_one(package, package.stem, "", sources)?;
        for feature in features(&metadata, package)? {
            build_one(package, feature, feature, sources)?;
        }
    }
    if is_up_to_date("plain-c", shared.max(newest(&c_filter::folder())?))? {
        return Ok(());
    }
    c_filter::build()
}

/// Clippy over the filters that no other task checks, for the only target they are built for.
pub fn lint() -> Result<(), Failed> {
    for package in ["plain-filter", "wsk-registrar"] {
        for features in ["--no-default-features", "--all-features"] {
            cargo(["clippy", "--package", package, features, "--target"])
                .arg(Arch::X64.target())
                .env(WANTED, "1")
                .run()?;
        }
    }
    cargo(["clippy", "--package", "packet-counter", "--target"])
        .arg(Arch::X64.target())
        .env(WANTED, "1")
        .run()
}

fn build_one(
    package: &Package,
    stem: &str,
    feature: &str,
    sources: SystemTime,
) -> Result<(), Failed> {
    if is_up_to_date(stem, sources)? {
        return Ok(());
    }
    image::build(Arch::X64)?
        .args(["--quiet", "--package", package.name, "--profile", package.profile])
        .args(["--features", feature])
        .env(WANTED, "1")
        .run()?;
    let crate_name = package.name.replace('-', "_");
    image::collect(&image::target()?, package.profile, &crate_name, stem, Arch::X64).map(drop)
}

/// Whether there is an image newer than what it is made of.
fn is_up_to_date(stem: &str, sources: SystemTime) -> Result<bool, Failed> {
    let made = fs::metadata(image::place(stem, Arch::X64)?).and_then(|image| image.modified());
    Ok(made.is_ok_and(|made| made > sources))
}

/// The names of a package's features.
fn features<'a>(
    metadata: &'a serde_json::Value,
    package: &Package,
) -> Result<Vec<&'a str>, Failed> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let features = packages
        .filter(|found| found["name"] == package.name)
        .find_map(|found| found["features"].as_object());
    let Some(features) = features else {
        return Err(Failed(format!("cargo knows no features of {}", package.name)));
    };
    Ok(features.keys().map(String::as_str).filter(|&name| name != "default").collect())
}

/// When a file, or the newest file of a folder, was changed last.
fn newest(path: &Path) -> Result<SystemTime, Failed> {
    let failed = |error| Failed(format!("cannot look at {}: {error}", path.display()));
    let metadata = fs::metadata(path).map_err(failed)?;
    if metadata.is_file() {
        return metadata.modified().map_err(failed);
    }
    let mut newest_of_all = SystemTime::UNIX_EPOCH;
    for entry in fs::read_dir(path).map_err(failed)? {
        newest_of_all = newest_of_all.max(newest(&entry.map_err(failed)?.path())?);
    }
    Ok(newest_of_all)
}
