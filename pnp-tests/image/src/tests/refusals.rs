//! Each reason to refuse a file, and that its message says file, found and expected.

use object::pe;

use super::super::{Exports, Image, ImageError, ImageFile, Refusal};
use super::{Kernel, NOWHERE, on_disk, open};
use image_builder::{CODE, DATA, Pe, READ_WRITE, TEXT, part};

/// `bytes` do not open, for the reason that `variant` recognises and with `found` in the message.
fn check(bytes: &[u8], variant: fn(&Refusal) -> bool, found: &str) {
    check_error(&open(bytes).expect_err("a refusal"), variant, found);
}

fn check_pe(change: impl FnOnce(&mut Pe), variant: fn(&Refusal) -> bool, found: &str) {
    let mut pe = Pe::driver();
    change(&mut pe);
    check(&pe.build(), variant, found);
}

fn check_load(pe: &Pe, exports: &dyn Exports, variant: fn(&Refusal) -> bool, found: &str) {
    let file = open(&pe.build()).expect("a file that opens");
    check_error(&Image::load(&file, exports).expect_err("a refusal"), variant, found);
}

fn check_error(error: &ImageError, variant: fn(&Refusal) -> bool, found: &str) {
    let message = error.to_string();
    assert!(variant(error.refusal()), "another refusal: {message}");
    assert!(message.contains("monitor.sys: "), "no file: {message}");
    assert!(message.contains(found), "no {found:?}: {message}");
    let expected =
        ["expected", "call for", "What can be done"].iter().any(|word| message.contains(word));
    assert!(expected, "no expectation: {message}");
    assert!(message.contains(';') || message.contains("because"), "no advice: {message}");
}

#[test]
fn a_right_driver_is_not_refused() {
    let file = open(&Pe::driver().build()).expect("a right driver");
    Image::load(&file, &NOWHERE).expect("a right driver");
}

#[test]
fn a_file_that_is_not_there_is_refused_with_the_systems_reason() {
    let (directory, path) = on_disk(b"");
    std::fs::remove_file(&path).unwrap();
    let error = ImageFile::open(&path).unwrap_err();
    check_error(&error, |found| matches!(found, Refusal::CannotRead { .. }), "No such file");
    let error = ImageFile::open(directory.path()).unwrap_err();
    assert!(error.to_string().contains("directory"), "{error}");
}

#[test]
fn an_empty_file_is_refused() {
    check(b"", |found| matches!(found, Refusal::Empty), "is empty");
}

#[test]
fn a_file_that_is_no_pe_is_refused_as_what_it_looks_like() {
    let cases: &[(&[u8], &str)] = &[
        (b"\x7fELF\x02\x01\x01", "an ELF file"),
        (b"\xcf\xfa\xed\xfe\x07", "a Mach-O file"),
        (b"#!/bin/sh\necho hi\n", "a script"),
        (b"[Version]\r\nSignature=\"$WINDOWS NT$\"\r\n", "a text file"),
        (b"\xff\xfe[\0V\0", "a UTF-16 text file"),
        (b"PK\x03\x04\x14\0", "a ZIP archive"),
        (b"MSCF\0\0\0\0", "a Windows cabinet"),
        (b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0", "a PDB"),
        (b"\x64\x86\x05\0", "not linked yet"),
        (b"\x01\x02\x03\x04\x05", "starts with 01 02 03 04"),
        (b"\x01", "starts with 01,"),
    ];
    for (bytes, looks_like) in cases {
        check(bytes, |found| matches!(found, Refusal::NotPe { .. }), looks_like);
    }
}

#[test]
fn a_dos_program_is_refused_as_one() {
    let mut file = Pe::driver().build();
    file[0x40..0x44].copy_from_slice(b"NE\0\0");
    check(&file, |found| matches!(found, Refusal::NotPe { .. }), "a DOS or 16-bit Windows program");
}

#[test]
fn a_truncated_file_is_refused_with_both_sizes_wherever_it_ends() {
    let whole = Pe::driver().build();
    let truncated = |found: &Refusal| matches!(found, Refusal::Truncated { .. });
    let last = whole.len() - 1;
    let both = format!("call for {} bytes, the file has {last}", whole.len());
    check(&whole[..last], truncated, &both);
    check(&whole[..2], truncated, "call for 64 bytes, the file has 2");
    check(&whole[..0x50], truncated, "the file has 80");
    check(&whole[..0x60], truncated, "the file has 96");
}

#[test]
fn a_file_that_lost_its_signature_is_refused_as_truncated() {
    check_pe(
        |pe| pe.directories[pe::IMAGE_DIRECTORY_ENTRY_SECURITY] = (0x10_0000, 0x1000),
        |found| matches!(found, Refusal::Truncated { .. }),
        "call for 1052672 bytes",
    );
}

#[test]
fn an_image_for_another_machine_is_refused_by_its_name() {
    check_pe(|pe| pe.machine = 0x14c, |found| matches!(found, Refusal::X86), "32-bit x86");
    check_pe(|pe| pe.machine = 0xaa64, |found| matches!(found, Refusal::Arm64), "ARM64");
    let other = |found: &Refusal| matches!(found, Refusal::OtherMachine { .. });
    check_pe(|pe| pe.machine = 0x200, other, "Itanium");
    check_pe(|pe| pe.machine = 0x5064, other, "machine 0x5064");
}

#[test]
fn a_32_bit_optional_header_in_a_64_bit_image_is_refused() {
    let broken = |found: &Refusal| matches!(found, Refusal::Malformed { part: "header", .. });
    check_pe(|pe| pe.magic = 0x10b, broken, "optional header magic");
}

#[test]
fn a_program_or_library_for_another_subsystem_is_refused_by_its_kind() {
    let other = |found: &Refusal| matches!(found, Refusal::NotNative { .. });
    check_pe(|pe| pe.subsystem = 3, other, "a DLL for the Windows console subsystem");
    let exe = |pe: &mut Pe| (pe.subsystem, pe.characteristics) = (2, 0x22);
    check_pe(exe, other, "an EXE for the Windows GUI subsystem");
    check_pe(|pe| pe.subsystem = 11, other, "EFI (a firmware driver)");
}

#[test]
fn an_image_without_entry_point_is_refused() {
    check_pe(|pe| pe.entry = 0, |found| matches!(found, Refusal::NoEntryPoint), "no entry point");
}

#[test]
fn an_entry_point_outside_executable_sections_is_refused() {
    let wrong = |found: &Refusal| matches!(found, Refusal::EntryNotExecutable { .. });
    check_pe(|pe| pe.entry = DATA, wrong, "section .data, which is not executable");
    check_pe(|pe| pe.entry = 0x10, wrong, "RVA 0x10 in no section");
}

#[test]
fn stripped_relocations_are_refused() {
    let stripped = |found: &Refusal| matches!(found, Refusal::RelocationsStripped);
    check_pe(|pe| pe.characteristics |= 1, stripped, "stripped");
}

#[test]
fn a_missing_relocation_directory_alone_is_accepted_as_windows_does() {
    let mut pe = Pe::driver();
    pe.directories[pe::IMAGE_DIRECTORY_ENTRY_BASERELOC] = (0, 0);
    open(&pe.build()).expect("an image that needs no relocations");
}

#[test]
fn a_relocation_of_a_32_bit_type_is_refused() {
    let wrong = |found: &Refusal| matches!(found, Refusal::RelocationType { kind: 3, .. });
    check(&Pe::relocating(&[0x3008]).build(), wrong, "type 3 at RVA 0x3008");
}

#[test]
fn a_relocation_that_leaves_the_image_is_refused() {
    let mut pe = Pe::relocating(&[0xaffc]);
    pe.parts[3].data[..4].copy_from_slice(&0x4000_u32.to_le_bytes());
    let wrong = |found: &Refusal| matches!(found, Refusal::RelocationOutsideImage { .. });
    check(&pe.build(), wrong, "RVA 0x4ffc");
}

#[test]
fn a_relocation_table_outside_the_image_is_refused() {
    check_pe(
        |pe| pe.directories[pe::IMAGE_DIRECTORY_ENTRY_BASERELOC] = (0x9000, 12),
        |found| matches!(found, Refusal::Malformed { part: "relocation table", .. }),
        "12 bytes at RVA 0x9000",
    );
}

#[test]
fn a_section_both_writable_and_executable_is_refused_by_name() {
    let both = |found: &Refusal| matches!(found, Refusal::WritableAndExecutable { .. });
    check_pe(|pe| pe.parts[0].flags = CODE | READ_WRITE, both, "section .text");
}

#[test]
fn a_section_outside_the_image_is_refused() {
    let outside = |found: &Refusal| matches!(found, Refusal::SectionOutsideImage { .. });
    check_pe(|pe| pe.size_of_image = 0x4000, outside, ".reloc at 0x4000..");
    check_pe(|pe| pe.parts[3].rva = 0xffff_f000, outside, ".reloc at 0xfffff000..");
}

#[test]
fn a_section_over_another_or_behind_a_gap_is_refused() {
    let misplaced = |found: &Refusal| matches!(found, Refusal::SectionMisplaced { .. });
    check_pe(|pe| pe.parts[3].rva = DATA, misplaced, "RVA 0x3000, expected 0x4000");
    check_pe(|pe| drop(pe.parts.remove(1)), misplaced, ".data at RVA 0x3000, expected 0x2000");
}

#[test]
fn sections_that_share_a_page_are_refused() {
    let unaligned = |found: &Refusal| matches!(found, Refusal::Unaligned { .. });
    check_pe(|pe| pe.alignment = 0x20, unaligned, "section alignment 32");
    check_pe(|pe| pe.parts[1].rva = 0x1800, unaligned, ".rdata at RVA 0x1800");
}

#[test]
fn an_image_larger_than_any_driver_is_refused() {
    let too_big = |found: &Refusal| matches!(found, Refusal::TooBig { .. });
    check_pe(|pe| pe.size_of_image = 0xffff_ffff, too_big, "more than 268435456 bytes");
}

#[test]
fn directories_that_a_driver_cannot_have_are_refused() {
    let forbidden = |found: &Refusal| matches!(found, Refusal::ForbiddenDirectory { .. });
    for (index, name) in [(9, "a TLS directory"), (13, "delay-loaded"), (14, ".NET")] {
        check_pe(|pe| pe.directories[index] = (TEXT, 8), forbidden, name);
    }
}

#[test]
fn imports_from_user_mode_libraries_are_refused_with_module_and_function() {
    let pe = Pe::importing(&[
        ("ntoskrnl.exe", &["DbgPrint"]),
        ("KERNEL32.dll", &["Sleep"]),
        ("VCRUNTIME140.dll", &["memcpy", "memset"]),
    ]);
    let foreign = |found: &Refusal| matches!(found, Refusal::NotKernelModule { .. });
    let all = "KERNEL32.dll!Sleep, VCRUNTIME140.dll!memcpy, VCRUNTIME140.dll!memset";
    check_load(&pe, &NOWHERE, foreign, all);
}

#[test]
fn an_import_by_ordinal_is_refused() {
    let pe = Pe::importing(&[("NDIS.SYS", &["#7"])]);
    let ordinal = |found: &Refusal| matches!(found, Refusal::ImportByOrdinal { ordinal: 7, .. });
    check(&pe.build(), ordinal, "NDIS.SYS!#7");
}

#[test]
fn imports_that_are_inline_in_the_headers_are_refused_by_their_own_reason() {
    let pe = Pe::importing(&[("ntoskrnl.exe", &["DbgPrint", "IoMarkIrpPending"])]);
    let inline = |found: &Refusal| matches!(found, Refusal::NotExported { .. });
    check_load(&pe, &NOWHERE, inline, "ntoskrnl.exe!IoMarkIrpPending (FORCEINLINE in wdm.h)");
}

#[test]
fn all_imports_that_are_not_implemented_are_listed() {
    let pe = Pe::importing(&[
        ("ntoskrnl.exe", &["DbgPrint", "MmCopyMemory"]),
        ("NDIS.SYS", &["NdisFPauseComplete", "NdisFCloneNbl"]),
    ]);
    let kernel = Kernel { missing: &["MmCopyMemory", "NdisFCloneNbl"], ..NOWHERE };
    let missing = |found: &Refusal| matches!(found, Refusal::NotImplemented { .. });
    let all = "2 functions that this host does not implement; nothing was tested\n  \
               NDIS.SYS\n    NdisFCloneNbl\n  ntoskrnl.exe\n    MmCopyMemory\nWhat can be done:";
    check_load(&pe, &kernel, missing, all);
}

#[test]
fn a_broken_import_table_is_refused() {
    let broken = |found: &Refusal| matches!(found, Refusal::Malformed { part: "import table", .. });
    let import = |rva| move |pe: &mut Pe| pe.directories[1] = (rva, 40);
    check_pe(import(0x9000), broken, "import descriptor address");
    // The code is no import table; its bytes point nowhere.
    check_pe(import(TEXT + 2), broken, "import table");
}

#[test]
fn a_name_cannot_smuggle_control_characters_into_a_message() {
    let pe = Pe::importing(&[("evil\x1b[2J.dll", &["A"])]);
    let foreign = |found: &Refusal| matches!(found, Refusal::NotKernelModule { .. });
    check_load(&pe, &NOWHERE, foreign, r"evil\x1b[2J.dll!A");
}

#[test]
fn a_section_that_the_file_does_not_fill_is_zero_beyond_it() {
    let mut pe = Pe::driver();
    pe.parts.push(part(".bss", 0x5000, READ_WRITE, Vec::new()));
    pe.parts[4].virtual_size = 0x2345;
    pe.size_of_image = 0x8000;
    let file = open(&pe.build()).expect("a right driver");
    assert!(file.flat[0x5000..].iter().all(|byte| *byte == 0));
    assert_eq!(file.flat.len(), 0x8000);
}
