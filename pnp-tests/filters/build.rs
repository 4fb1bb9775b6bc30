//! Link arguments of a driver image, as in the workspace's own build script: of both packages of test
//! filters, and of the example `packet-counter`.

fn main() {
    // Of the script alone, wherever the package lies that is built with it.
    println!("cargo::rerun-if-env-changed=CARGO_CFG_TARGET_OS");
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
        // The PDB by its name alone: whose folder it was built in is nobody's business.
        "/PDBALTPATH:%_PDB%",
        "/Brepro",
        "/RELEASE",
    ] {
        println!("cargo::rustc-cdylib-link-arg={argument}");
    }
}
