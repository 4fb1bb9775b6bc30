//! What a loaded image looks like from the inside and to the system.
#![allow(unsafe_code, reason = "reads loaded images and runs them")]

use super::super::{Image, ImageFile};
use super::{Kernel, NOWHERE, open};
use image_builder::{
    BASE, CALL_IMPORT, COOKIE, COUNT, COUNTER, DATA, DEFAULT_COOKIE, POINTER, Pe, RDATA, RELOC,
    TEXT,
};

fn driver() -> ImageFile {
    open(&Pe::driver().build()).expect("a right driver")
}

fn load(file: &ImageFile) -> Image {
    Image::load(file, &NOWHERE).expect("a right driver")
}

fn read(image: &Image, rva: u32) -> u64 {
    let place = std::ptr::with_exposed_provenance::<u64>(image.base() + rva as usize);
    // SAFETY: the tests pass RVAs of aligned words in readable sections of a live image.
    unsafe { place.read() }
}

/// Calls the code at `rva`, which takes nothing and returns a number.
fn call(image: &Image, rva: u32) -> u32 {
    let code = std::ptr::with_exposed_provenance::<()>(image.base() + rva as usize);
    // SAFETY: the builder put a function of this type there, and `image` keeps it mapped.
    let function: extern "win64" fn() -> u32 = unsafe { std::mem::transmute(code) };
    function()
}

/// The permissions of the page at `address`, as `/proc` prints them.
fn permissions(address: usize) -> String {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("procfs");
    let found = maps.lines().find_map(|line| {
        let (range, rest) = line.split_once(' ')?;
        let (start, end) = range.split_once('-')?;
        let start = usize::from_str_radix(start, 16).ok()?;
        let end = usize::from_str_radix(end, 16).ok()?;
        (start..end).contains(&address).then(|| rest[..3].to_owned())
    });
    found.unwrap_or_else(|| "unmapped".to_owned())
}

#[test]
fn the_entry_runs_and_returns_what_it_computes() {
    let image = load(&driver());
    assert_eq!(image.rva_of(image.entry()), Some(TEXT));
    assert_eq!(call(&image, TEXT), 42);
}

#[test]
fn an_absolute_address_follows_the_image_to_where_it_was_loaded() {
    let image = load(&driver());
    assert_ne!(image.base() as u64, BASE);
    assert_eq!(read(&image, POINTER), image.entry() as u64);
}

#[test]
fn absolute_relocations_are_padding_and_change_nothing() {
    let file = open(&Pe::relocating(&[0xa000, 0x0008, 0]).build()).expect("a right driver");
    let image = load(&file);
    assert_eq!(read(&image, POINTER), image.entry() as u64);
    assert_eq!(read(&image, COUNTER), 0);
}

extern "win64" fn seven() -> u32 {
    7
}

#[test]
fn an_import_slot_holds_the_address_that_the_kernel_gave() {
    let file = driver();
    let slots: Vec<_> =
        file.imports().iter().map(|import| (import.to_string(), import.slot_rva)).collect();
    let expected =
        [("ntoskrnl.exe!DbgPrint", RDATA + 40), ("ntoskrnl.exe!KeBugCheckEx", RDATA + 48)];
    assert_eq!(slots, expected.map(|(name, slot)| (name.to_owned(), slot)));
    let kernel = Kernel { address: (seven as *const ()).expose_provenance(), missing: &[] };
    let image = Image::load(&file, &kernel).expect("a right driver");
    assert_eq!(read(&image, RDATA + 48), kernel.address as u64);
    assert_eq!(call(&image, CALL_IMPORT), 7);
}

#[test]
fn two_loads_of_one_file_share_no_globals() {
    let file = driver();
    let (first, second) = (load(&file), load(&file));
    assert_eq!((call(&first, COUNT), call(&first, COUNT)), (1, 2));
    assert_eq!(call(&second, COUNT), 1);
}

#[test]
fn sections_have_the_protection_they_ask_for_between_guard_pages() {
    let image = load(&driver());
    let at = |rva: u32| permissions(image.base() + rva as usize);
    assert_eq!(at(0), "r--");
    assert_eq!(at(TEXT), "r-x");
    assert_eq!(at(RDATA), "r--");
    assert_eq!(at(DATA), "rw-");
    assert_eq!(at(RELOC), "r--");
    assert_eq!(permissions(image.base() - 1), "---");
    assert_eq!(permissions(image.base() + image.size()), "---");
}

#[test]
fn discardable_sections_can_be_taken_away_after_the_entry_returned() {
    let image = load(&driver());
    image.discard_init().expect("mapped pages");
    let at = |rva: u32| permissions(image.base() + rva as usize);
    assert_eq!((at(RELOC), at(TEXT)), ("---".to_owned(), "r-x".to_owned()));
}

#[test]
fn a_dropped_image_is_unmapped() {
    // Tests that run at the same time map memory, too, but not as much as would reach the middle
    // of the hole that this image leaves.
    let mut pe = Pe::driver();
    pe.size_of_image = 0x0f00_0000;
    let image = load(&open(&pe.build()).expect("a right driver"));
    let middle = image.base() + image.size() / 2;
    assert_eq!(permissions(middle), "---");
    drop(image);
    assert_eq!(permissions(middle), "unmapped");
}

#[test]
fn the_stack_cookie_gets_a_value_that_is_not_the_default_and_the_same_each_time() {
    let file = driver();
    let cookie = read(&load(&file), COOKIE);
    assert_ne!(cookie, DEFAULT_COOKIE);
    assert_eq!(cookie >> 48, 0, "__security_check_cookie fails with upper bits set");
    assert_eq!(read(&load(&file), COOKIE), cookie);
}

#[test]
fn a_cookie_that_the_image_already_set_stays() {
    let mut pe = Pe::driver();
    pe.parts[2].data[16..24].copy_from_slice(&77_u64.to_le_bytes());
    let image = load(&open(&pe.build()).expect("a right driver"));
    assert_eq!(read(&image, COOKIE), 77);
}

#[test]
fn an_address_outside_the_image_has_no_rva() {
    let image = load(&driver());
    assert_eq!(image.rva_of(image.base()), Some(0));
    assert_eq!(image.rva_of(image.base() + image.size() - 1), Some(0x4fff));
    assert_eq!(image.rva_of(image.base() + image.size()), None);
    assert_eq!(image.rva_of(image.base() - 1), None);
    assert_eq!(image.name(), "monitor");
}

#[test]
fn facts_are_known_without_loading() {
    let file = driver();
    let facts = file.facts();
    assert_eq!((facts.machine, facts.subsystem), ("x86-64", "native"));
    assert_eq!((facts.size_of_image, facts.entry_rva), (0x5000, TEXT));
    assert_eq!(facts.preferred_base, BASE);
    assert!(!facts.checksum_ok, "the builder leaves the checksum zero");
    let pdb = facts.pdb.as_ref().expect("a PDB reference");
    assert_eq!(pdb.guid, "03020100-0504-0706-0809-0A0B0C0D0E0F");
    assert_eq!((pdb.age, pdb.path.as_str()), (7, "C:\\m\\mon.pdb"));
    let sections: Vec<_> = file.sections().iter().map(|section| section.name.as_str()).collect();
    assert_eq!(sections, [".text", ".rdata", ".data", ".reloc"]);
    assert!(file.sections().last().is_some_and(|section| section.discardable));
}
