//! Decides whether this is a host, a plain Windows or a WDK build: `cfg(kernel)` for a Windows target,
//! `cfg(wdk)` with the kit, for which it writes NDIS's prototypes.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // `cargo xtask loom` weakens an ordering (`src/gate.rs`) to see a model notice it. For loom alone:
    // whatever the environment says, nothing else is built with it.
    println!("cargo::rerun-if-env-changed=NETPNP_WEAKENED");
    if let (Some(_), Ok(name)) =
        (std::env::var_os("CARGO_CFG_LOOM"), std::env::var("NETPNP_WEAKENED"))
    {
        println!("cargo::rustc-cfg=weakened=\"{name}\"");
    }
    println!("cargo::rustc-check-cfg=cfg(kernel)");
    println!("cargo::rustc-check-cfg=cfg(wdk)");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("windows") {
        println!("cargo::rustc-cfg=kernel");
        if std::env::var_os("CARGO_FEATURE_WDK").is_some() {
            println!("cargo::rustc-cfg=wdk");
            #[cfg(all(windows, feature = "wdk"))]
            if let Err(error) = bind_ndis() {
                println!("cargo::error=no prototypes from the WDK's ndis.h: {error}");
            }
        }
    }
}

/// Writes the prototypes of the NDIS functions that this crate imports, for `kernel/import.rs`: wdk-sys
/// has none of NDIS.
#[cfg(all(windows, feature = "wdk"))]
fn bind_ndis() -> Result<(), Box<dyn std::error::Error>> {
    use wdk_build::{ApiSubset, BuilderExt, Config};

    println!("cargo::rerun-if-changed=src/kernel/import.rs");
    let config = Config::from_env_auto()?;
    let header = config.bindgen_header_contents([ApiSubset::Base])?
        + "#define NDIS_WDM 1\n#define NDIS685 1\n#include <ndis.h>\n";
    let imports = std::fs::read_to_string("src/kernel/import.rs")?;
    let names = imports.split("fn ").filter_map(|rest| rest.split('(').next());
    let mut builder = bindgen::Builder::wdk_default(&config)?
        .header_contents("ndis-prototypes.h", &header)
        // bindgen loses the unnamed union of this one, and then finds its size wrong. Prototypes only
        // point to it.
        .opaque_type("_NET_BUFFER_HEADER");
    for name in names.filter(|name| name.starts_with("Ndis")) {
        builder = builder.allowlist_function(name);
    }
    let written = std::path::Path::new(&std::env::var("OUT_DIR")?).join("ndis.rs");
    builder.generate()?.write_to_file(written)?;
    Ok(())
}
