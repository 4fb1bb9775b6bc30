//! The sections, and the image as it will lie in memory.

use object::LittleEndian as LE;
use object::pe;

use super::PAGE;
use super::cursor::printable;
use super::error::Refusal;
use super::header::Header;

/// One section as the image declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "they are four independent flags in the file")]
pub struct Section {
    /// The section's name, escaped; at most eight bytes of the file.
    pub name: String,
    /// RVA of its first byte.
    pub rva: u32,
    /// Bytes in memory.
    pub virtual_size: u32,
    /// Bytes in the file.
    pub raw_size: u32,
    /// Memory that can be read.
    pub read: bool,
    /// Memory that can be written.
    pub write: bool,
    /// Memory that can be executed.
    pub execute: bool,
    /// Windows frees it after `DriverEntry`.
    pub discardable: bool,
}

impl Section {
    /// Whether `rva` lies in the section, as far as it reaches in memory.
    #[must_use]
    pub fn contains(&self, rva: u32) -> bool {
        rva.checked_sub(self.rva).is_some_and(|offset| offset < self.virtual_size)
    }

    pub(super) fn new(section: &pe::ImageSectionHeader) -> Self {
        let flags = section.characteristics.get(LE);
        let raw_size = section.size_of_raw_data.get(LE);
        // Windows takes the raw size where an old linker left the virtual one zero.
        let virtual_size = match section.virtual_size.get(LE) {
            0 => raw_size,
            size => size,
        };
        Self {
            name: printable(section.raw_name()),
            rva: section.virtual_address.get(LE),
            virtual_size,
            raw_size,
            read: flags.contains(pe::IMAGE_SCN_MEM_READ),
            write: flags.contains(pe::IMAGE_SCN_MEM_WRITE),
            execute: flags.contains(pe::IMAGE_SCN_MEM_EXECUTE),
            discardable: flags.contains(pe::IMAGE_SCN_MEM_DISCARDABLE),
        }
    }
}

/// The sections, checked, and headers and sections copied to where they will be, zeros elsewhere.
/// The copy ends with the last section; nothing beyond it can be touched.
pub(super) fn lay_out(
    bytes: &[u8],
    header: &Header<'_>,
) -> Result<(Vec<Section>, Vec<u8>), Refusal> {
    let alignment = u64::from(header.nt.optional_header.section_alignment.get(LE));
    let size = header.size_of_image();
    let mut expected = u64::from(header.size_of_headers()).next_multiple_of(alignment);
    let mut end = header.size_of_headers();
    let mut sections = Vec::new();
    for section in header.sections.iter().map(Section::new) {
        check(&section, expected, size)?;
        end = section.rva + section.virtual_size;
        expected = u64::from(end).next_multiple_of(alignment);
        sections.push(section);
    }
    let mut flat = vec![0; end.next_multiple_of(PAGE) as usize];
    copy(bytes, 0, &mut flat, 0, header.size_of_headers());
    for (section, raw) in sections.iter().zip(header.sections.iter()) {
        let mapped = section.virtual_size.next_multiple_of(PAGE).min(section.raw_size);
        copy(bytes, raw.pointer_to_raw_data.get(LE), &mut flat, section.rva, mapped);
    }
    Ok((sections, flat))
}

fn check(section: &Section, expected: u64, size: u32) -> Result<(), Refusal> {
    let name = || section.name.clone();
    if section.write && section.execute {
        return Err(Refusal::WritableAndExecutable { section: name() });
    }
    if !section.rva.is_multiple_of(PAGE) {
        let what = format!("section {} at RVA {:#x}", section.name, section.rva);
        return Err(Refusal::Unaligned { what });
    }
    let start = u64::from(section.rva);
    let end = start + u64::from(section.virtual_size);
    if end > u64::from(size) {
        return Err(Refusal::SectionOutsideImage { section: name(), start, end, size });
    }
    if start != expected {
        let found = section.rva;
        return Err(Refusal::SectionMisplaced { section: name(), found, expected });
    }
    Ok(())
}

/// Ranges were checked by `Header` (file) and `check` (image); one that still does not fit is
/// left out.
pub(super) fn copy(file: &[u8], offset: u32, flat: &mut [u8], rva: u32, count: u32) {
    let count = count as usize;
    let from = file.get(offset as usize..).and_then(|rest| rest.get(..count));
    let to = flat.get_mut(rva as usize..).and_then(|rest| rest.get_mut(..count));
    if let (Some(from), Some(to)) = (from, to) {
        to.copy_from_slice(from);
    }
}
