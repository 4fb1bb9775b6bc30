use std::path::Path;

use image_builder::{BASE, Pe, RDATA, TEXT};

use super::*;

const PDATA: u32 = RDATA + 0x600;

/// An image with this code, a function from the first to the last byte but `behind`, and `constants`
/// in `.rdata` at 0x700.
fn read(code: &[u8], behind: u32, constants: &[u8]) -> Blocks {
    let mut pe = Pe::driver();
    let text = &mut pe.parts[0];
    text.data = code.to_vec();
    text.virtual_size = u32::try_from(code.len()).expect("short");
    let end = TEXT + text.virtual_size - behind;
    let rdata = &mut pe.parts[1];
    rdata.data.resize(0x600, 0);
    for word in [TEXT, end, PDATA + 12, 1] {
        rdata.data.extend(word.to_le_bytes());
    }
    rdata.data.resize(0x700, 0);
    rdata.data.extend(constants);
    rdata.virtual_size = u32::try_from(rdata.data.len()).expect("short");
    pe.directories[3] = (PDATA, 12);
    let image = Survey::parse(Path::new("test.sys"), &pe.build()).expect("a right image");
    Blocks::read(&image, None)
}

fn starts(blocks: &Blocks) -> Vec<u32> {
    blocks.list.iter().map(|block| block.start - TEXT).collect()
}

/// The distance from the end of an instruction that ends at `at` in the code.
fn from(at: u32, to: u32) -> [u8; 4] {
    to.wrapping_sub(TEXT + at).to_le_bytes()
}

/// `cmp ecx, 1; ja 0x1B; lea rax, [table]; movsxd rcx, [rax+rcx*4]; add rcx, rax; jmp rcx`, then
/// `ret` at 0x16 and `xor eax, eax; ret` at 0x17, and `ret` at 0x1B.
fn switch(compares: bool) -> Vec<u8> {
    let mut code = vec![0x83, 0xF9, 0x01, 0x77, 0x16];
    if !compares {
        // `test ecx, ecx` says nothing about how many entries there are.
        code[..3].copy_from_slice(&[0x85, 0xC9, 0x90]);
    }
    code.extend([0x48, 0x8D, 0x05]);
    code.extend(from(12, RDATA + 0x700));
    code.extend([0x48, 0x63, 0x0C, 0x88, 0x48, 0x01, 0xC1, 0xFF, 0xE1, 0x90]);
    code.extend([0xC3, 0x31, 0xC0, 0xC3, 0x90, 0xC3]);
    code
}

/// Entries of a table at `RDATA + 0x700`, relative to it.
fn relative(targets: [u32; 3]) -> Vec<u8> {
    let entry = |target: u32| (TEXT + target).wrapping_sub(RDATA + 0x700).to_le_bytes();
    targets.into_iter().flat_map(entry).collect()
}

#[test]
fn a_table_is_followed_as_far_as_the_comparison_proves_and_no_entry_further() {
    // The third entry leads into the middle of an instruction: it is another table's.
    let blocks = read(&switch(true), 0, &relative([0x16, 0x17, 0x18]));
    assert_eq!(starts(&blocks), [0, 5, 0x16, 0x17, 0x1B]);
    assert_eq!(blocks.unresolved, 0);
}

#[test]
fn a_table_without_a_comparison_is_not_followed() {
    let blocks = read(&switch(false), 0, &relative([0x16, 0x17, 0x18]));
    assert_eq!((starts(&blocks), blocks.unresolved), (vec![0, 5, 0x1B], 1));
}

#[test]
fn a_table_that_leads_out_of_its_function_is_not_followed() {
    let blocks = read(&switch(true), 0, &relative([0x16, 0x117, 0x18]));
    assert_eq!((starts(&blocks), blocks.unresolved), (vec![0, 5, 0x1B], 1));
}

/// As cl writes it: image base, index out of a table of bytes, tables behind the code.
#[test]
fn tables_in_the_code_are_read_and_never_taken_for_code() {
    let mut code = vec![0x83, 0xF9, 0x02, 0x77, 0x1C]; // cmp ecx, 2; ja 0x21
    code.extend([0x48, 0x8D, 0x15]); // lea rdx, [image]
    code.extend(from(12, 0));
    code.extend([0x0F, 0xB6, 0x8C, 0x0A]); // movzx ecx, byte [rdx+rcx+bytes]
    code.extend((TEXT + 0x2A).to_le_bytes());
    code.extend([0x8B, 0x8C, 0x8A]); // mov ecx, [rdx+rcx*4+table]
    code.extend((TEXT + 0x22).to_le_bytes());
    code.extend([0x48, 0x01, 0xD1, 0xFF, 0xE1, 0xC3]); // add rcx, rdx; jmp rcx; ret at 0x20
    assert_eq!(code.len(), 0x21);
    code.push(0xC3);
    code.extend((TEXT + 0x20).to_le_bytes());
    code.extend((TEXT + 0x21).to_le_bytes());
    code.extend([0, 1, 0]);
    let blocks = read(&code, 0, &[]);
    assert_eq!((starts(&blocks), blocks.unresolved), (vec![0, 5, 0x20, 0x21], 0));
}

#[test]
fn instructions_that_overlap_are_left_out_and_so_is_what_goes_on_into_them() {
    // jmp 3; (a jump into the middle of the next instruction) je 6; mov eax, ...; ret
    let code = [0x74, 0x01, 0xB8, 0x31, 0xC0, 0xC3, 0x90, 0xC3];
    let blocks = read(&code, 0, &[]);
    assert_eq!(starts(&blocks), [0], "0xB8 swallows the instruction that the branch leads to");
}

#[test]
fn what_nothing_leads_to_is_no_block() {
    // ret; then bytes that decode well.
    assert_eq!(starts(&read(&[0xC3, 0x31, 0xC0, 0xC3], 0, &[])), [0]);
}

#[test]
fn only_memory_that_others_reach_is_touched() {
    let mut code = vec![0x48, 0x89, 0x44, 0x24, 0x08]; // mov [rsp+8], rax
    code.extend([0x8B, 0x01, 0x89, 0x01, 0xFF, 0x01]); // mov eax, [rcx]; mov [rcx], eax; inc [rcx]
    code.extend([0xF0, 0xFF, 0x01, 0x87, 0x01, 0xC3]); // lock inc [rcx]; xchg [rcx], eax; ret
    let touches = read(&code, 0, &[]).touches;
    let touches: Vec<_> = touches.into_iter().map(|(rva, touch)| (rva - TEXT, touch)).collect();
    let expected = [
        (5, Touch::Reads),
        (7, Touch::Writes),
        (9, Touch::Updates),
        (11, Touch::Writes),
        (14, Touch::Writes),
    ];
    assert_eq!(touches, expected);
}

#[test]
fn pointers_to_code_make_a_table_too() {
    // cmp ecx, 1; ja 0x10; lea rax, [table]; jmp [rax+rcx*8]; ret; ret
    let mut code = vec![0x83, 0xF9, 0x01, 0x77, 0x0B, 0x48, 0x8D, 0x05];
    code.extend(from(12, RDATA + 0x700));
    code.extend([0xFF, 0x24, 0xC8, 0xC3, 0xC3]);
    let target = |rva: u32| (BASE + u64::from(TEXT + rva)).to_le_bytes();
    let blocks = read(&code, 0, &[target(0x0F), target(0x10)].concat());
    assert_eq!((starts(&blocks), blocks.unresolved), (vec![0, 5, 0x0F, 0x10], 0));
}
