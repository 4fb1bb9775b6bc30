//! An image file that passed every check that needs no kernel to import from.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use object::pe;

use super::debug::{self, PdbReference};
use super::error::{ImageError, Refusal};
use super::header::Header;
use super::import::{self, Import};
use super::section::{self, Section};
use super::{LARGEST_IMAGE, load_config, relocation};

/// A driver on disk, parsed and laid out but not loaded.
#[derive(Debug)]
pub struct ImageFile {
    path: PathBuf,
    imports: Vec<Import>,
    sections: Vec<Section>,
    facts: ImageFacts,
    /// The image as it will lie in memory, before relocation.
    pub(super) flat: Vec<u8>,
    pub(super) size_of_headers: u32,
    pub(super) relocations: Vec<u32>,
    pub(super) cookie: Option<u32>,
}

/// The facts about an image that are worth printing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageFacts {
    /// Always this: other machines are refused.
    pub machine: &'static str,
    /// Always this: other subsystems are refused.
    pub subsystem: &'static str,
    /// Bytes in memory, headers included.
    pub size_of_image: u32,
    /// RVA of `DriverEntry`.
    pub entry_rva: u32,
    /// The address that the image was linked for.
    pub preferred_base: u64,
    /// The symbols that were linked together with it, if it names any.
    pub pdb: Option<PdbReference>,
    /// A fact and no refusal: a wrong one changes nothing about what the code does, and `/RELEASE`,
    /// which writes it, is easily forgotten.
    pub checksum_ok: bool,
}

impl ImageFile {
    /// Reads and checks the whole file; nothing of it is executable yet.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or neither Windows nor this host would load it.
    pub fn open(path: &Path) -> Result<Self, ImageError> {
        read(path)
            .and_then(|bytes| Self::parse(path, &bytes))
            .map_err(|refusal| ImageError::new(path, refusal))
    }

    /// Checks an image that is in memory; `path` is what messages call it.
    ///
    /// # Errors
    ///
    /// When neither Windows nor this host would load it.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, Refusal> {
        let header = Header::parse(bytes)?;
        let (sections, flat) = section::lay_out(bytes, &header)?;
        refuse_entry(header.entry(), &sections)?;
        let directory =
            |index| header.directories.get(index).map(pe::ImageDataDirectory::address_range);
        let relocations = directory(pe::IMAGE_DIRECTORY_ENTRY_BASERELOC)
            .map_or(Ok(Vec::new()), |(rva, size)| relocation::parse(&flat, rva, size))?;
        let imports = directory(pe::IMAGE_DIRECTORY_ENTRY_IMPORT)
            .map_or(Ok(Vec::new()), |(rva, _)| import::parse(&flat, rva))?;
        let cookie = directory(pe::IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG)
            .and_then(|(rva, _)| load_config::cookie(&flat, rva, header.preferred_base()));
        let facts = ImageFacts {
            machine: "x86-64",
            subsystem: "native",
            size_of_image: header.size_of_image(),
            entry_rva: header.entry(),
            preferred_base: header.preferred_base(),
            pdb: directory(pe::IMAGE_DIRECTORY_ENTRY_DEBUG)
                .and_then(|(rva, size)| debug::pdb_reference(&flat, rva, size)),
            checksum_ok: header.checksum_ok,
        };
        let (path, size_of_headers) = (path.to_owned(), header.size_of_headers());
        Ok(Self { path, imports, sections, facts, flat, size_of_headers, relocations, cookie })
    }

    /// The path as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file's name without its extension.
    #[must_use]
    pub fn name(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The functions that the image wants, in the order of its table.
    #[must_use]
    pub fn imports(&self) -> &[Import] {
        &self.imports
    }

    /// The sections, by RVA and without gaps.
    #[must_use]
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// The facts of the headers.
    #[must_use]
    pub fn facts(&self) -> &ImageFacts {
        &self.facts
    }
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, Refusal> {
    let limit = u64::from(LARGEST_IMAGE);
    let mut bytes = Vec::new();
    // A device such as /dev/zero has no end, hence the limit on reading too.
    File::open(path)
        .and_then(|file| file.take(limit + 1).read_to_end(&mut bytes))
        .map_err(|error: io::Error| Refusal::CannotRead { why: error.to_string() })?;
    if bytes.len() as u64 > limit {
        return Err(Refusal::TooBig { limit: LARGEST_IMAGE });
    }
    Ok(bytes)
}

fn refuse_entry(entry: u32, sections: &[Section]) -> Result<(), Refusal> {
    let place = match sections.iter().find(|section| section.contains(entry)) {
        Some(section) if section.execute => return Ok(()),
        Some(section) => format!("section {}, which is not executable", section.name),
        None => "no section".to_owned(),
    };
    Err(Refusal::EntryNotExecutable { entry, place })
}
