//! Answers once which world this is, and tells the linker what a driver image is.
//!
//! - Host (not Windows): nothing; the crate builds as an ordinary library for tests and lints.
//! - `cfg(kernel)`: any Windows target. Without the WDK the link arguments below make the image.
//! - `cfg(kernel)` and `cfg(wdk)`: the feature `wdk` on a Windows host; wdk-build configures it.

use std::env;

/// Link arguments of an image built without the WDK. Spelled for link.exe and rust-lld alike.
const PLAIN_LINK_ARGS: &[&str] = &[
    "/DRIVER",
    "/NODEFAULTLIB",
    "/SUBSYSTEM:NATIVE,10.00",
    "/ENTRY:DriverEntry",
    "/NXCOMPAT",
    "/DYNAMICBASE",
    "/INTEGRITYCHECK",
    // Executable, readable, discardable: the system frees it when DriverEntry has returned.
    "/SECTION:INIT,ERD",
    "/MANIFEST:NO",
    "/OPT:REF,ICF",
    "/DEBUG",
    "/PDBALTPATH:netpnplwf.pdb",
    // The same sources give the same bytes: a hash instead of the time of day.
    "/Brepro",
    // Writes the checksum, which the loader checks for boot and system start drivers.
    "/RELEASE",
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
        configure_wdk();
    } else {
        configure_plain();
    }
}

#[cfg(all(windows, feature = "wdk"))]
fn configure_wdk() {
    println!("cargo::rustc-cdylib-link-arg=ndis.lib");
    if let Err(error) = wdk_build::configure_wdk_binary_build() {
        println!("cargo::error=the WDK build could not be configured: {error}");
    }
}

#[cfg(not(all(windows, feature = "wdk")))]
fn configure_wdk() {
    println!(
        "cargo::error=the feature `wdk` needs a Windows host with the WDK; \
         elsewhere build with --no-default-features, as `cargo xtask build` does"
    );
}

fn configure_plain() {
    for argument in PLAIN_LINK_ARGS {
        println!("cargo::rustc-cdylib-link-arg={argument}");
    }
}
