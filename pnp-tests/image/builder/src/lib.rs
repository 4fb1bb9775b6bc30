//! A PE image whose every field a test can set wrong.
//!
//! - It gives bytes, and knows nobody who reads them.
//! - What it writes is checked by who loads it: it refuses nothing, and panics where a number does not fit.
#![forbid(unsafe_code)]

use object::pe;

/// RVA of `.text`; the entry is its first byte.
pub const TEXT: u32 = 0x1000;
/// RVA of `.rdata`; the import table is at its start.
pub const RDATA: u32 = 0x2000;
/// RVA of `.data`.
pub const DATA: u32 = 0x3000;
/// RVA of `.reloc`.
pub const RELOC: u32 = 0x4000;
/// The preferred address.
pub const BASE: u64 = 0x1_4000_0000;
/// RVA in `.text` of code that adds one to `COUNTER` and returns it.
pub const COUNT: u32 = TEXT + 0x10;
/// RVA in `.text` of a jump through the first import's slot.
pub const CALL_IMPORT: u32 = TEXT + 0x20;
/// RVA in `.data` of the absolute address of the entry.
pub const POINTER: u32 = DATA;
/// RVA in `.data` of the counter.
pub const COUNTER: u32 = DATA + 8;
/// RVA in `.data` of the security cookie.
pub const COOKIE: u32 = DATA + 16;
/// The security cookie that a linker writes.
pub const DEFAULT_COOKIE: u64 = 0x0000_2b99_2ddf_a232;
const LOAD_CONFIG: u32 = RDATA + 0x400;
const DEBUG: u32 = RDATA + 0x500;

/// Flags of a section of code.
pub const CODE: u32 = 0x6000_0020;
/// Flags of a section of constants.
pub const READ_ONLY: u32 = 0x4000_0040;
/// Flags of a section of variables.
pub const READ_WRITE: u32 = 0xc000_0040;
const DISCARDABLE: u32 = 0x4200_0040;

/// A section.
pub struct Part {
    /// At most eight bytes.
    pub name: &'static str,
    /// Where it begins in memory.
    pub rva: u32,
    /// Bytes in memory.
    pub virtual_size: u32,
    /// `Characteristics`.
    pub flags: u32,
    /// The section's bytes in the file.
    pub data: Vec<u8>,
}

/// An image field by field; what is not here is right.
pub struct Pe {
    /// `Machine`; x86-64 is 0x8664.
    pub machine: u16,
    /// `Magic`; PE32+ is 0x20b.
    pub magic: u16,
    /// `Characteristics` of the file header.
    pub characteristics: u16,
    /// `Subsystem`; 1 is native.
    pub subsystem: u16,
    /// RVA of the entry.
    pub entry: u32,
    /// Bytes to a multiple of which sections begin.
    pub alignment: u32,
    /// Bytes in memory.
    pub size_of_image: u32,
    /// The sections, by RVA.
    pub parts: Vec<Part>,
    /// RVA and size of each data directory.
    pub directories: [(u32, u32); 16],
}

impl Pe {
    /// A right driver: entry `mov eax, 42; ret`, imports, relocations, cookie, PDB reference.
    #[must_use]
    pub fn driver() -> Self {
        let rdata = rdata(&imports(RDATA, &[("ntoskrnl.exe", &["DbgPrint", "KeBugCheckEx"])]));
        let mut data = (BASE + u64::from(TEXT)).to_le_bytes().to_vec();
        data.resize(16, 0);
        data.extend(DEFAULT_COOKIE.to_le_bytes());
        let parts = vec![
            part(".text", TEXT, CODE, text()),
            part(".rdata", RDATA, READ_ONLY, rdata),
            Part { virtual_size: 0x900, ..part(".data", DATA, READ_WRITE, data) },
            part(".reloc", RELOC, DISCARDABLE, relocations(&[0xa000])),
        ];
        let mut pe = Self {
            machine: 0x8664,
            magic: 0x20b,
            characteristics: 0x2022,
            subsystem: 1,
            entry: TEXT,
            alignment: 0x1000,
            size_of_image: 0x5000,
            parts,
            directories: [(0, 0); 16],
        };
        pe.directories[pe::IMAGE_DIRECTORY_ENTRY_IMPORT] = (RDATA, 40);
        pe.directories[pe::IMAGE_DIRECTORY_ENTRY_BASERELOC] = (RELOC, 12);
        pe.directories[pe::IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG] = (LOAD_CONFIG, 0x70);
        pe.directories[pe::IMAGE_DIRECTORY_ENTRY_DEBUG] = (DEBUG, 28);
        pe
    }

    /// The right driver with these modules and functions as its imports; `#7` is an import by ordinal.
    #[must_use]
    pub fn importing(modules: &[(&str, &[&str])]) -> Self {
        let mut pe = Self::driver();
        pe.parts[1].data = rdata(&imports(RDATA, modules));
        pe
    }

    /// One block of relocations in page `DATA`, as the format's 16-bit words.
    #[must_use]
    pub fn relocating(words: &[u16]) -> Self {
        let mut pe = Self::driver();
        pe.parts[3].data = relocations(words);
        pe.directories[pe::IMAGE_DIRECTORY_ENTRY_BASERELOC].1 = len(&pe.parts[3].data);
        pe
    }

    /// The bytes of the file.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        let mut file = b"MZ".to_vec();
        file.resize(0x3c, 0);
        put32(&mut file, &[0x40]);
        file.extend(b"PE\0\0");
        put16(&mut file, &[self.machine, u16::try_from(self.parts.len()).unwrap()]);
        put32(&mut file, &[0, 0, 0]);
        put16(&mut file, &[240, self.characteristics, self.magic, 0]);
        put32(&mut file, &[0, 0, 0, self.entry, TEXT]);
        file.extend(BASE.to_le_bytes());
        put32(&mut file, &[self.alignment, 0x200]);
        put16(&mut file, &[10, 0, 0, 0, 10, 0]);
        put32(&mut file, &[0, self.size_of_image, 0x400, 0]);
        put16(&mut file, &[self.subsystem, 0x0160]);
        file.extend([0; 32]);
        put32(&mut file, &[0, 16]);
        for (rva, size) in self.directories {
            put32(&mut file, &[rva, size]);
        }
        let mut offset = 0x400;
        for part in &self.parts {
            let mut name = part.name.as_bytes().to_vec();
            name.resize(8, 0);
            file.extend(name);
            let raw = len(&part.data).next_multiple_of(0x200);
            put32(&mut file, &[part.virtual_size, part.rva, raw, offset, 0, 0, 0, part.flags]);
            offset += raw;
        }
        file.resize(0x400, 0);
        for part in &self.parts {
            file.extend(&part.data);
            file.resize(file.len().next_multiple_of(0x200), 0);
        }
        file
    }
}

/// A section whose bytes are all in the file.
#[must_use]
pub fn part(name: &'static str, rva: u32, flags: u32, data: Vec<u8>) -> Part {
    Part { name, rva, virtual_size: len(&data), flags, data }
}

fn text() -> Vec<u8> {
    let mut text = vec![0xb8, 42, 0, 0, 0, 0xc3];
    text.resize((COUNT - TEXT) as usize, 0xcc);
    // inc dword [rip + COUNTER]; mov eax, [rip + COUNTER]; ret
    text.extend([0xff, 0x05]);
    put32(&mut text, &[COUNTER - COUNT - 6]);
    text.extend([0x8b, 0x05]);
    put32(&mut text, &[COUNTER - COUNT - 12]);
    text.push(0xc3);
    text.resize((CALL_IMPORT - TEXT) as usize, 0xcc);
    // jmp [rip + slot]
    text.extend([0xff, 0x25]);
    put32(&mut text, &[RDATA + 40 - CALL_IMPORT - 6]);
    text
}

fn rdata(imports: &[u8]) -> Vec<u8> {
    let mut rdata = imports.to_vec();
    rdata.resize((LOAD_CONFIG - RDATA) as usize, 0);
    put32(&mut rdata, &[0x70]);
    rdata.resize((LOAD_CONFIG - RDATA) as usize + 88, 0);
    rdata.extend((BASE + u64::from(COOKIE)).to_le_bytes());
    rdata.resize((DEBUG - RDATA) as usize, 0);
    put32(&mut rdata, &[0, 0, 0, 2, 24 + 12, DEBUG + 28, 0]);
    rdata.extend(b"RSDS");
    rdata.extend(0..16);
    put32(&mut rdata, &[7]);
    rdata.extend(b"C:\\m\\mon.pdb\0");
    rdata
}

/// Descriptors first, then per module the slots (which hold the names, too), then all strings. A
/// name `#7` is an import by ordinal. The first slot of a single module is at `rva + 40`.
fn imports(rva: u32, modules: &[(&str, &[&str])]) -> Vec<u8> {
    let descriptors = (len(modules) + 1) * 20;
    let slots: u32 = modules.iter().map(|(_, names)| (len(names) + 1) * 8).sum();
    let (mut slot, mut string) = (rva + descriptors, rva + descriptors + slots);
    let (mut first, mut second, mut third) = (Vec::new(), Vec::new(), Vec::new());
    for (module, names) in modules {
        put32(&mut first, &[0, 0, 0, string, slot]);
        third.extend(module.bytes().chain([0]));
        string += u32::try_from(module.len()).unwrap() + 1;
        for name in *names {
            if let Some(ordinal) = name.strip_prefix('#') {
                put32(&mut second, &[ordinal.parse().unwrap(), 0x8000_0000]);
                continue;
            }
            put32(&mut second, &[string, 0]);
            third.extend([0, 0].into_iter().chain(name.bytes()).chain([0]));
            string += u32::try_from(name.len()).unwrap() + 3;
        }
        put32(&mut second, &[0, 0]);
        slot += (len(names) + 1) * 8;
    }
    first.extend([0; 20]);
    [first, second, third].concat()
}

fn relocations(words: &[u16]) -> Vec<u8> {
    let mut block = Vec::new();
    let padded = words.len().next_multiple_of(2);
    put32(&mut block, &[DATA, 8 + 2 * u32::try_from(padded).unwrap()]);
    put16(&mut block, words);
    block.resize(8 + 2 * padded, 0);
    block
}

fn len<T>(items: &[T]) -> u32 {
    u32::try_from(items.len()).unwrap()
}

fn put16(into: &mut Vec<u8>, values: &[u16]) {
    into.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

fn put32(into: &mut Vec<u8>, values: &[u32]) {
    into.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}
