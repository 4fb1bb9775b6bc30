//! An image as it says it is: of either 64-bit machine, refused only if it cannot be read.
//!
//! The loader refuses what must not run; this is for the inspection, which reports all that is
//! wrong with a file instead of the first thing.

use std::path::{Path, PathBuf};

use object::LittleEndian as LE;
use object::pe;

use super::cursor;
use super::debug::{self, PdbReference};
use super::error::{ImageError, Refusal};
use super::header::{self, Header};
use super::import::{self, Import};
use super::section::{self, Section};
use super::symbols::{Symbols, SymbolsState};
use super::{LARGEST_IMAGE, PAGE, file, relocation, version};

/// The processor for which an image holds instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Machine {
    /// x86-64.
    X64,
    /// ARM64.
    Arm64,
}

/// A file's headers and sections, and the image as far as they fit together.
pub struct Survey {
    /// The path as it was given.
    pub path: PathBuf,
    /// The machine whose instructions the image holds.
    pub machine: Machine,
    /// `Characteristics` of the file header.
    pub file_flags: u16,
    /// `DllCharacteristics` of the optional header.
    pub dll_flags: u16,
    /// `Subsystem` of the optional header; 1 is native.
    pub subsystem: u16,
    /// Seconds since 1970 at linking, or a hash of a reproducible build.
    pub time: u32,
    /// The checksum of the optional header; 0 where none was written.
    pub checksum: u32,
    /// Whether that is the checksum of these bytes.
    pub checksum_ok: bool,
    /// Bytes to a multiple of which sections begin.
    pub section_alignment: u32,
    /// Bytes of the headers in memory.
    pub size_of_headers: u32,
    /// Bytes in memory, as the header says.
    pub size_of_image: u32,
    /// RVA of the entry; 0 is none.
    pub entry: u32,
    /// The address that the image was linked for.
    pub preferred_base: u64,
    /// The sections in the order of the file.
    pub sections: Vec<Section>,
    /// The characteristics of each section, as in the file.
    pub flags: Vec<u32>,
    directories: Vec<(u32, u32)>,
    flat: Vec<u8>,
}

impl Survey {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or has no whole headers of either machine.
    pub fn open(path: &Path) -> Result<Self, ImageError> {
        file::read(path)
            .and_then(|bytes| Self::parse(path, &bytes))
            .map_err(|refusal| ImageError::new(path, refusal))
    }

    /// Looks at an image that is in memory; its PDB is looked for beside `path`.
    ///
    /// # Errors
    ///
    /// When there are no whole headers of either machine.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, Refusal> {
        let header = Header::read(bytes, refuse_machine)?;
        header.refuse_truncated(bytes)?;
        let optional = &header.nt.optional_header;
        let machine = match header.nt.file_header.machine.get(LE) {
            pe::IMAGE_FILE_MACHINE_ARM64 => Machine::Arm64,
            _ => Machine::X64,
        };
        let directories = header.directories.iter();
        let sections: Vec<_> = header.sections.iter().map(Section::new).collect();
        Ok(Self {
            path: path.to_owned(),
            machine,
            file_flags: header.nt.file_header.characteristics.get(LE).0,
            dll_flags: optional.dll_characteristics.get(LE).0,
            subsystem: optional.subsystem.get(LE).0,
            time: header.nt.file_header.time_date_stamp.get(LE),
            checksum: optional.check_sum.get(LE),
            checksum_ok: header.checksum_ok,
            section_alignment: optional.section_alignment.get(LE),
            size_of_headers: header.size_of_headers(),
            size_of_image: optional.size_of_image.get(LE),
            entry: header.entry(),
            preferred_base: header.preferred_base(),
            flags: header.sections.iter().map(|raw| raw.characteristics.get(LE).0).collect(),
            directories: directories.map(pe::ImageDataDirectory::address_range).collect(),
            flat: lay_out(bytes, &header, &sections),
            sections,
        })
    }

    /// RVA and size of a data directory that is there.
    #[must_use]
    pub fn directory(&self, index: usize) -> Option<(u32, u32)> {
        self.directories.get(index).copied().filter(|(rva, _)| *rva != 0)
    }

    /// The section around `rva`, and its number.
    #[must_use]
    pub fn section_of(&self, rva: u32) -> Option<(usize, &Section)> {
        self.sections.iter().enumerate().find(|(_, section)| section.contains(rva))
    }

    /// Whether `rva` lies in a section whose code runs.
    #[must_use]
    pub fn is_code(&self, rva: u32) -> bool {
        self.section_of(rva).is_some_and(|(_, section)| section.execute)
    }

    /// The file's bytes of the image from `rva` on.
    #[must_use]
    pub fn bytes(&self, rva: u32) -> &[u8] {
        self.flat.get(rva as usize..).unwrap_or_default()
    }

    /// The byte at `rva`, if the image reaches that far.
    #[must_use]
    pub fn byte(&self, rva: u32) -> Option<u8> {
        self.bytes(rva).first().copied()
    }

    /// The little-endian number at `rva`, if the image reaches that far.
    #[must_use]
    pub fn u16(&self, rva: u32) -> Option<u16> {
        cursor::at(&self.flat, rva)?.u16()
    }

    /// The little-endian number at `rva`, if the image reaches that far.
    #[must_use]
    pub fn u32(&self, rva: u32) -> Option<u32> {
        cursor::at(&self.flat, rva)?.u32()
    }

    /// The little-endian number at `rva`, if the image reaches that far.
    #[must_use]
    pub fn u64(&self, rva: u32) -> Option<u64> {
        cursor::at(&self.flat, rva)?.u64()
    }

    /// The functions that the image wants.
    ///
    /// # Errors
    ///
    /// When the table contradicts the format.
    pub fn imports(&self) -> Result<Vec<Import>, Refusal> {
        self.directory(pe::IMAGE_DIRECTORY_ENTRY_IMPORT)
            .map_or(Ok(Vec::new()), |(rva, _)| import::parse(&self.flat, rva))
    }

    /// Where the image holds absolute addresses.
    ///
    /// # Errors
    ///
    /// When the table contradicts the format.
    pub fn relocations(&self) -> Result<Vec<u32>, Refusal> {
        self.directory(pe::IMAGE_DIRECTORY_ENTRY_BASERELOC)
            .map_or(Ok(Vec::new()), |(rva, size)| relocation::parse(&self.flat, rva, size))
    }

    /// The symbols that were linked together with the image, if it names any.
    #[must_use]
    pub fn pdb(&self) -> Option<PdbReference> {
        self.directory(pe::IMAGE_DIRECTORY_ENTRY_DEBUG)
            .and_then(|(rva, size)| debug::pdb_reference(&self.flat, rva, size))
    }

    /// The file version in the version resource; none without one, or why it cannot be read.
    pub fn file_version(&self) -> Result<Option<[u16; 4]>, &'static str> {
        self.directory(pe::IMAGE_DIRECTORY_ENTRY_RESOURCE)
            .map_or(Ok(None), |(rva, _)| version::file_version(&self.flat, rva))
    }

    /// The symbols beside the file, or why there are none.
    #[must_use]
    pub fn symbols(&self) -> SymbolsState {
        Symbols::find(&self.path, self.pdb().as_ref(), &self.sections)
    }

    /// The name of the subsystem, or its number.
    #[must_use]
    pub fn subsystem_name(&self) -> String {
        header::subsystem_name(pe::Subsystem(self.subsystem))
    }
}

/// Both machines that Windows 11 drivers are built for.
fn refuse_machine(machine: pe::Machine) -> Result<(), Refusal> {
    match machine {
        pe::IMAGE_FILE_MACHINE_ARM64 => Ok(()),
        other => header::refuse_machine(other),
    }
}

/// As the loader does, but a section that does not fit in is left out, and nothing is checked.
fn lay_out(bytes: &[u8], header: &Header<'_>, sections: &[Section]) -> Vec<u8> {
    let end = |section: &Section| section.rva.checked_add(section.virtual_size);
    let ends = sections.iter().filter_map(end).filter(|end| *end <= LARGEST_IMAGE);
    let size = ends.max().unwrap_or(0).max(header.size_of_headers().min(LARGEST_IMAGE));
    let mut flat = vec![0; size.next_multiple_of(PAGE) as usize];
    section::copy(bytes, 0, &mut flat, 0, header.size_of_headers());
    for (section, raw) in sections.iter().zip(header.sections.iter()) {
        let mapped = section.virtual_size.checked_next_multiple_of(PAGE).unwrap_or(u32::MAX);
        let mapped = mapped.min(section.raw_size);
        section::copy(bytes, raw.pointer_to_raw_data.get(LE), &mut flat, section.rva, mapped);
    }
    flat
}
