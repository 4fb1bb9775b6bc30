//! Decides whether this is a host, a plain Windows or a WDK build: `cfg(kernel)` for a Windows target,
//! `cfg(wdk)` with the kit.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // `cargo xtask loom` weakens an ordering (`src/order.rs`) to see a model notice it. For loom alone:
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
        }
    }
}
