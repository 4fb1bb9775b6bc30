//! What the linked driver is, read out of the file.

use pnp_tests::image::{ImageFile, Symbols};

use crate::netpnp::image;

#[test]
fn the_driver_imports_from_the_kernel_and_ndis_only() {
    let file = ImageFile::open(&image("netpnplwf")).expect("it is a driver");
    assert!(file.imports().len() > 10);
    for import in file.imports() {
        let module = import.module.to_ascii_lowercase();
        assert!(["ntoskrnl.exe", "ndis.sys"].contains(&&*module), "{}!{}", module, import.name);
    }
}

#[test]
fn no_section_is_both_writable_and_executable() {
    let file = ImageFile::open(&image("netpnplwf")).expect("it is a driver");
    for section in file.sections() {
        assert!(!(section.write && section.execute), "{}", section.name);
    }
}

#[test]
fn the_driver_is_below_64_kib_its_checksum_ok_and_its_pdb_matches() {
    let path = image("netpnplwf");
    let file = ImageFile::open(&path).expect("it is a driver");
    assert!(std::fs::metadata(&path).expect("it is there").len() < 64 * 1024);
    assert!(file.facts().checksum_ok);
    assert!(Symbols::beside(&file).is_some());
}

#[test]
fn the_driver_can_be_loaded_anywhere() {
    let file = ImageFile::open(&image("netpnplwf")).expect("it is a driver");
    let relocations = file.sections().iter().find(|section| section.name == ".reloc");
    assert!(relocations.is_some_and(|section| section.virtual_size > 8), "no relocations");
}

#[test]
fn the_arm64_build_is_an_arm64_driver() {
    let path = image("netpnplwf");
    let arm64 = path.parent().expect("x64").with_file_name("arm64").join("netpnplwf.sys");
    let Err(refused) = ImageFile::open(&arm64) else { panic!("this host runs x86-64 only") };
    assert!(refused.to_string().contains("ARM64"), "{refused}");
    assert!(std::fs::metadata(&arm64).expect("it is there").len() < 64 * 1024);
}
