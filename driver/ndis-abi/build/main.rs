//! Nothing, but for a build with the Windows Driver Kit: there every fact of `abi.json`, and with it every
//! definition of this crate (`tests/facts`), is compared with the headers of the kit that is installed.

#[cfg(all(windows, feature = "wdk"))]
mod headers;

fn main() {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=abi.json");
    #[cfg(all(windows, feature = "wdk"))]
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("windows")
        && let Err(error) = compare()
    {
        println!(
            "cargo::error=the headers of the WDK (10.0.26100 or newer is needed) do not confirm \
             driver/ndis-abi/abi.json: {error}"
        );
    }
}

/// Has clang, which bindgen loads, judge the assertions behind the kit's headers.
#[cfg(all(windows, feature = "wdk"))]
fn compare() -> Result<(), Box<dyn std::error::Error>> {
    use wdk_build::{ApiSubset, BuilderExt, Config};

    let facts = serde_json::from_str(&std::fs::read_to_string("abi.json")?)?;
    let config = Config::from_env_auto()?;
    let header = [
        config.bindgen_header_contents([ApiSubset::Base])?,
        // The level of the facts.
        "#define NDIS_WDM 1\n#define NDIS685 1\n#include <ndis.h>\n#include <netpnp.h>\n"
            .to_owned(),
        headers::assertions(&facts, &std::env::var("CARGO_CFG_TARGET_ARCH")?),
    ]
    .concat();
    bindgen::Builder::wdk_default(&config)?
        .header_contents("facts.h", &header)
        .allowlist_type("NDIS_OBJECT_HEADER")
        .generate()?;
    Ok(())
}
