//! Loading: relocate, bind, map, protect.

use std::io;
use std::ops::Range;

use super::error::{ImageError, Refusal};
use super::file::ImageFile;
use super::import::{Import, is_kernel_module};
use super::map::{Access, Mapping};
use super::section::Section;
use super::{load_config, relocation};

/// The kernel that an image is bound to.
pub trait Exports {
    /// The address of `module`'s function, if this host implements it.
    fn resolve(&self, module: &str, name: &str) -> Option<usize>;

    /// `FORCEINLINE in wdm.h`: how a header defines a function that no Windows exports, if it is such a one.
    fn inline_in(&self, _module: &str, _name: &str) -> Option<String> {
        None
    }
}

/// A driver in memory, ready to be entered. It is unmapped when dropped: whoever calls into it or
/// keeps an address of it keeps the `Image` as well.
#[derive(Debug)]
pub struct Image {
    name: String,
    mapping: Mapping,
    entry_rva: u32,
    discardable: Vec<Range<usize>>,
}

impl Image {
    /// A fresh copy: images loaded from one file share nothing.
    ///
    /// # Errors
    ///
    /// When it imports what `exports` lacks, or the system gives no memory.
    pub fn load(file: &ImageFile, exports: &dyn Exports) -> Result<Self, ImageError> {
        bind(file.imports(), exports)
            .and_then(|slots| Self::map(file, &slots))
            .map_err(|refusal| ImageError::new(file.path(), refusal))
    }

    fn map(file: &ImageFile, slots: &[(u32, usize)]) -> Result<Self, Refusal> {
        let size = file.facts().size_of_image;
        let cannot = |error: io::Error| Refusal::CannotMap { size, why: error.to_string() };
        let mut mapping = Mapping::reserve(size as usize).map_err(cannot)?;
        let mut flat = file.flat.clone();
        let delta = (mapping.base() as u64).wrapping_sub(file.facts().preferred_base);
        relocation::apply(&mut flat, &file.relocations, delta);
        for (slot, address) in slots {
            relocation::write(&mut flat, *slot, *address as u64);
        }
        if let Some(cookie) = file.cookie {
            load_config::set_cookie(&mut flat, cookie);
        }
        mapping.fill(&flat).map_err(cannot)?;
        mapping.protect(0..file.size_of_headers as usize, Access::Read).map_err(cannot)?;
        for section in file.sections() {
            mapping.protect(range(section), access(section)).map_err(cannot)?;
        }
        let discardable = file.sections().iter().filter(|section| section.discardable);
        let discardable = discardable.map(range).collect();
        let entry_rva = file.facts().entry_rva;
        Ok(Self { name: file.name(), mapping, entry_rva, discardable })
    }

    /// Takes the discardable sections (`INIT`, `.reloc`) away, as Windows does once `DriverEntry`
    /// has returned: a driver that comes back to them faults here as it does there.
    ///
    /// # Errors
    ///
    /// Those of the system, which protects the pages.
    pub fn discard_init(&self) -> io::Result<()> {
        let mut ranges = self.discardable.iter();
        ranges.try_for_each(|range| self.mapping.protect(range.clone(), Access::None))
    }

    /// The address of the headers.
    #[must_use]
    pub fn base(&self) -> usize {
        self.mapping.base()
    }

    /// In bytes, whole pages.
    #[must_use]
    pub fn size(&self) -> usize {
        self.mapping.size()
    }

    /// The address of `DriverEntry`.
    #[must_use]
    pub fn entry(&self) -> usize {
        self.base() + self.entry_rva as usize
    }

    /// Where in the image `address` is, if it is in the image.
    #[must_use]
    pub fn rva_of(&self, address: usize) -> Option<u32> {
        let offset = address.checked_sub(self.base()).filter(|offset| *offset < self.size())?;
        u32::try_from(offset).ok()
    }

    /// The file's name without its extension.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Every import's slot and address, or all that is wrong with the imports.
fn bind(imports: &[Import], exports: &dyn Exports) -> Result<Vec<(u32, usize)>, Refusal> {
    let names = |wrong: Vec<&Import>| wrong.into_iter().map(Import::to_string).collect();
    let foreign: Vec<_> =
        imports.iter().filter(|import| !is_kernel_module(&import.module)).collect();
    if !foreign.is_empty() {
        return Err(Refusal::NotKernelModule { imports: names(foreign) });
    }
    let inline = |import: &Import| {
        let place = exports.inline_in(&import.module, &import.name)?;
        Some(format!("{import} ({place})"))
    };
    let inline: Vec<_> = imports.iter().filter_map(inline).collect();
    if !inline.is_empty() {
        return Err(Refusal::NotExported { imports: inline });
    }
    let mut slots = Vec::new();
    let mut missing = Vec::new();
    for import in imports {
        match exports.resolve(&import.module, &import.name) {
            Some(address) => slots.push((import.slot_rva, address)),
            None => missing.push(import),
        }
    }
    if missing.is_empty() {
        return Ok(slots);
    }
    Err(Refusal::NotImplemented { imports: names(missing) })
}

fn range(section: &Section) -> Range<usize> {
    let start = section.rva as usize;
    start..start + section.virtual_size as usize
}

/// The file was refused if a section is both writable and executable. On x86-64 what can be
/// written or executed can also be read.
fn access(section: &Section) -> Access {
    match (section.read, section.write, section.execute) {
        (_, true, _) => Access::ReadWrite,
        (_, false, true) => Access::ReadExecute,
        (true, false, false) => Access::Read,
        (false, false, false) => Access::None,
    }
}
