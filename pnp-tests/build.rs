//! Says whether this is a system that can run drivers: of every package here that differs by it.

fn main() {
    // A path would be one of the package that is built. What a target is does not change, and cargo runs
    // a script anew when it is built anew.
    println!("cargo::rerun-if-env-changed=CARGO_CFG_TARGET_OS");
    println!("cargo::rustc-check-cfg=cfg(host)");
    let target = |what: &str| std::env::var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default();
    if target("OS") == "linux" && target("ARCH") == "x86_64" {
        println!("cargo::rustc-cfg=host");
    }
}
