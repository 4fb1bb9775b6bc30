//! Decides whether this is a host, a plain Windows or a WDK build (`cfg(kernel)`, `cfg(wdk)`), and passes the
//! linker arguments of a driver image.
//!
//! - Host (not Windows): nothing; the crate builds as an ordinary library for tests and lints.
//! - `cfg(kernel)`: any Windows target. Without the WDK the link arguments below make the image.
//! - `cfg(kernel)` and `cfg(wdk)`: the feature `wdk` on a Windows host; wdk-build configures it.

use std::path::PathBuf;
use std::{env, fs};

#[path = "driver/version_resource.rs"]
mod version_resource;

/// Linker arguments of every image. Spelled for link.exe and rust-lld alike.
const LINK_ARGS: &[&str] = &[
    // Executable, readable, discardable: the system frees it when DriverEntry has returned.
    "/SECTION:INIT,ERD",
    "/PDBALTPATH:netpnplwf.pdb",
    // The same sources give the same bytes: a hash instead of the time of day.
    "/Brepro",
    // Writes the checksum, which the loader checks for boot and system start drivers.
    "/RELEASE",
];

/// Linker arguments that make it an image without the WDK; with it, wdk-build passes them.
const PLAIN_LINK_ARGS: &[&str] = &[
    "/DRIVER",
    "/NODEFAULTLIB",
    "/SUBSYSTEM:NATIVE,10.00",
    "/ENTRY:DriverEntry",
    "/NXCOMPAT",
    "/DYNAMICBASE",
    "/INTEGRITYCHECK",
    "/MANIFEST:NO",
    "/OPT:REF,ICF",
    "/DEBUG",
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(kernel)");
    println!("cargo::rustc-check-cfg=cfg(wdk)");
    println!(
        "cargo::rustc-check-cfg=cfg(driver_model__driver_type, values(\"WDM\", \"KMDF\", \"UMDF\"))"
    );
    if env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("windows") {
        return;
    }
    println!("cargo::rustc-cfg=kernel");
    if env::var_os("CARGO_FEATURE_WDK").is_some() {
        println!("cargo::rustc-cfg=wdk");
        if let Err(error) = configure_wdk() {
            println!("cargo::error=the build with the WDK could not be configured: {error}");
        }
    } else {
        link_args(PLAIN_LINK_ARGS);
    }
    link_args(LINK_ARGS);
    match version_resource() {
        Ok(file) => link_args(&[&file.display().to_string()]),
        Err(error) => println!("cargo::error={error}"),
    }
}

/// What the image says of itself: the names as in the INF, the version of the package. The fourth number,
/// with which `cargo xtask package` tells commits apart, is in the INF alone: what is packed is what was tested.
fn version_resource() -> Result<PathBuf, Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=driver/version_resource.rs");
    let number = |part: &str| -> Result<u16, Box<dyn std::error::Error>> {
        let number = env::var(format!("CARGO_PKG_VERSION_{part}"))?;
        number.parse().map_err(|_| {
            format!(
                "Cargo.toml: version: {number}: a number of a version of Windows is below 65536"
            )
            .into()
        })
    };
    let (major, minor, patch) = (number("MAJOR")?, number("MINOR")?, number("PATCH")?);
    let version = format!("{major}.{minor}.{patch}.0");
    let resource = version_resource::resource_file(
        [major, minor, patch, 0],
        &[
            // Those that are required: learn:windows/win32/menurc/versioninfo-resource.
            ("CompanyName", "NetPnP"),
            ("FileDescription", "NetPnP Event Monitoring Filter"),
            ("FileVersion", &version),
            ("InternalName", "netpnplwf"),
            ("OriginalFilename", "netpnplwf.sys"),
            ("ProductName", "netpnplwf"),
            ("ProductVersion", &version),
        ],
    );
    let file = PathBuf::from(env::var("OUT_DIR")?).join("netpnplwf.res");
    fs::write(&file, resource).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(file)
}

fn link_args(arguments: &[&str]) {
    for argument in arguments {
        println!("cargo::rustc-cdylib-link-arg={argument}");
    }
}

/// ndis.lib and what wdk-build knows; and the INF, which cargo-wdk and cargo-make want beside `Cargo.toml`,
/// under the package's name, when cargo is done. It lives in `inf/`; the copy is ignored by git.
#[cfg(all(windows, feature = "wdk"))]
fn configure_wdk() -> Result<(), Box<dyn std::error::Error>> {
    wdk_build::configure_wdk_binary_build()?;
    link_args(&["ndis.lib"]);

    let (inf, copy) = ("inf/netpnplwf.inx", "netpnplwf.inx");
    println!("cargo::rerun-if-changed={inf}");
    // Also when somebody changes or deletes the copy.
    println!("cargo::rerun-if-changed={copy}");
    let text = fs::read(inf)?;
    if fs::read(copy).ok().as_ref() != Some(&text) {
        fs::write(copy, text)?;
    }
    Ok(())
}

#[cfg(not(all(windows, feature = "wdk")))]
fn configure_wdk() -> Result<(), Box<dyn std::error::Error>> {
    Err("it needs a Windows host; elsewhere pass --no-default-features, as `cargo xtask build` does".into())
}
