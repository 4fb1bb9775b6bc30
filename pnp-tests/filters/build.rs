//! Link arguments of a driver image, as in the workspace's own build script: of both packages of test
//! filters, and of the example `packet-counter`.
//!
//! They are drivers when `cargo xtask filters` builds them, and empty otherwise: so that everything of the
//! workspace can be built by whoever does not ask for them, cargo-wdk among others.

fn main() {
    println!("cargo::rerun-if-env-changed=NETPNP_FILTERS");
    println!("cargo::rustc-check-cfg=cfg(image)");
    if std::env::var_os("NETPNP_FILTERS").is_none()
        || std::env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("windows")
    {
        return;
    }
    println!("cargo::rustc-cfg=image");
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
