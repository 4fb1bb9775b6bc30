//! Nothing, but for a build with the Windows Driver Kit: there every fact of `facts/`, and with it every
//! definition of this crate (`tests/facts`), is compared with the headers of the kit that is installed.

#[cfg(all(windows, feature = "wdk"))]
mod headers;

fn main() {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=facts");
    #[cfg(all(windows, feature = "wdk"))]
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("windows") {
        for (name, includes) in headers::FACTS {
            if let Err(error) = compare(name, includes) {
                println!(
                    "cargo::error=the headers of the WDK (10.0.26100 or newer is needed) do not confirm \
                     driver/abi/facts/{name}.json: {error}"
                );
            }
        }
    }
}

/// Has clang, which bindgen loads, judge the assertions of one file of facts behind the kit's headers.
#[cfg(all(windows, feature = "wdk"))]
fn compare(name: &str, includes: &str) -> Result<(), Box<dyn std::error::Error>> {
    use wdk_build::{ApiSubset, BuilderExt, Config};

    let facts = serde_json::from_str(&std::fs::read_to_string(format!("facts/{name}.json"))?)?;
    let config = Config::from_env_auto()?;
    let header = [
        config.bindgen_header_contents([ApiSubset::Base])?,
        includes.to_owned(),
        headers::assertions(&facts, &std::env::var("CARGO_CFG_TARGET_ARCH")?),
    ]
    .concat();
    bindgen::Builder::wdk_default(&config)?
        .header_contents("facts.h", &header)
        .allowlist_type("UNICODE_STRING")
        .generate()?;
    Ok(())
}
