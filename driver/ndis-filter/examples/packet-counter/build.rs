//! Link arguments of a driver image built without the WDK, as in the workspace's own build script.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("windows") {
        println!("cargo::error=a filter is a Windows driver: build it with `cargo xtask filters`");
        return;
    }
    for argument in [
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
        "/PDBALTPATH:packet-counter.pdb",
        "/Brepro",
        "/RELEASE",
    ] {
        println!("cargo::rustc-cdylib-link-arg={argument}");
    }
}
