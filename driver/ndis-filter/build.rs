//! Answers once which world this is: `cfg(kernel)` for a Windows target, `cfg(wdk)` with the kit.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(kernel)");
    println!("cargo::rustc-check-cfg=cfg(wdk)");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("windows") {
        println!("cargo::rustc-cfg=kernel");
        if std::env::var_os("CARGO_FEATURE_WDK").is_some() {
            println!("cargo::rustc-cfg=wdk");
        }
    }
}
