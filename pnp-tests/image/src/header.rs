//! The DOS and NT headers: is this a 64-bit native driver for x86-64 at all?

use object::LittleEndian as LE;
use object::pe;
use object::read::pe::{DataDirectories, ImageNtHeaders, SectionTable};

use super::error::Refusal;
use super::{LARGEST_IMAGE, PAGE, checksum, magic};

/// Refuses the machines that a caller has no use for.
pub(super) type Accept = fn(pe::Machine) -> Result<(), Refusal>;

/// Headers of an image of the right kind.
pub(super) struct Header<'a> {
    pub(super) nt: &'a pe::ImageNtHeaders64,
    pub(super) directories: DataDirectories<'a>,
    pub(super) sections: SectionTable<'a>,
    pub(super) checksum_ok: bool,
}

impl<'a> Header<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let header = Self::read(bytes, refuse_machine)?;
        header.refuse_other_kinds()?;
        header.refuse_truncated(bytes)?;
        header.refuse_directories()?;
        Ok(header)
    }

    /// Headers that are there and of an accepted machine; what they say is not judged.
    pub(super) fn read(bytes: &'a [u8], accept: Accept) -> Result<Self, Refusal> {
        let start = nt_headers_offset(bytes, accept)?;
        let broken = |error: object::read::Error| Refusal::Malformed {
            part: "header",
            found: error.to_string(),
            expected: "the headers of a PE32+ image",
        };
        let mut offset = start;
        let (nt, directories) = pe::ImageNtHeaders64::parse(bytes, &mut offset).map_err(broken)?;
        let sections = nt.sections(bytes, offset).map_err(broken)?;
        // Signature, file header and the 64 bytes of the optional header before the field.
        let field = usize::try_from(start).unwrap_or(usize::MAX).saturating_add(4 + 20 + 64);
        let checksum_ok = checksum::matches(bytes, field, nt.optional_header.check_sum.get(LE));
        Ok(Self { nt, directories, sections, checksum_ok })
    }

    /// Rounded up to whole pages.
    pub(super) fn size_of_image(&self) -> u32 {
        self.nt.optional_header.size_of_image.get(LE).next_multiple_of(PAGE)
    }

    pub(super) fn size_of_headers(&self) -> u32 {
        self.nt.optional_header.size_of_headers.get(LE)
    }

    pub(super) fn entry(&self) -> u32 {
        self.nt.optional_header.address_of_entry_point.get(LE)
    }

    pub(super) fn preferred_base(&self) -> u64 {
        self.nt.optional_header.image_base.get(LE)
    }

    fn refuse_other_kinds(&self) -> Result<(), Refusal> {
        let optional = &self.nt.optional_header;
        let flags = self.nt.file_header.characteristics.get(LE);
        let subsystem = optional.subsystem.get(LE);
        if subsystem != pe::IMAGE_SUBSYSTEM_NATIVE {
            let kind = if flags.contains(pe::IMAGE_FILE_DLL) { "a DLL" } else { "an EXE" };
            return Err(Refusal::NotNative { kind, subsystem: subsystem_name(subsystem) });
        }
        if self.entry() == 0 {
            return Err(Refusal::NoEntryPoint);
        }
        // As in Windows, it is the flag that counts: an image without any absolute address has no
        // relocation directory and can still go anywhere.
        if flags.contains(pe::IMAGE_FILE_RELOCS_STRIPPED) {
            return Err(Refusal::RelocationsStripped);
        }
        let alignment = optional.section_alignment.get(LE);
        if alignment < PAGE || !alignment.is_power_of_two() {
            return Err(Refusal::Unaligned { what: format!("section alignment {alignment}") });
        }
        if optional.size_of_image.get(LE) > LARGEST_IMAGE {
            return Err(Refusal::TooBig { limit: LARGEST_IMAGE });
        }
        if self.size_of_headers() > self.size_of_image() {
            return Err(Refusal::Malformed {
                part: "header",
                found: format!("{} bytes of headers", self.size_of_headers()),
                expected: "no more than SizeOfImage",
            });
        }
        Ok(())
    }

    pub(super) fn refuse_truncated(&self, bytes: &[u8]) -> Result<(), Refusal> {
        let end = |offset: u32, size: u32| match size {
            0 => 0,
            _ => u64::from(offset) + u64::from(size),
        };
        let sections = self.sections.iter().map(|section| {
            end(section.pointer_to_raw_data.get(LE), section.size_of_raw_data.get(LE))
        });
        // The signature's "address" is a file offset; it comes last, so a short copy loses it first.
        let signature = self
            .directories
            .get(pe::IMAGE_DIRECTORY_ENTRY_SECURITY)
            .map(|directory| end(directory.virtual_address.get(LE), directory.size.get(LE)));
        let headers = u64::from(self.size_of_headers());
        let needed = sections.chain(signature).fold(headers, u64::max);
        let found = bytes.len() as u64;
        if needed > found { Err(Refusal::Truncated { needed, found }) } else { Ok(()) }
    }

    fn refuse_directories(&self) -> Result<(), Refusal> {
        const FORBIDDEN: &[(usize, &str, &str)] = &[
            (
                pe::IMAGE_DIRECTORY_ENTRY_TLS,
                "a TLS directory",
                "kernel threads have no thread-local storage; remove __declspec(thread) and \
                 thread_local!",
            ),
            (
                pe::IMAGE_DIRECTORY_ENTRY_DELAY_IMPORT,
                "delay-loaded imports",
                "the kernel binds all imports at load time; link it without /DELAYLOAD",
            ),
            (
                pe::IMAGE_DIRECTORY_ENTRY_COM_DESCRIPTOR,
                "a .NET header",
                "the kernel runs native code only; compile it without /clr",
            ),
        ];
        let found = FORBIDDEN.iter().find(|(index, ..)| self.directories.get(*index).is_some());
        found
            .map_or(Ok(()), |(_, what, because)| Err(Refusal::ForbiddenDirectory { what, because }))
    }
}

/// Where the NT headers are.
fn nt_headers_offset(bytes: &[u8], accept: Accept) -> Result<u64, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::Empty);
    }
    if !bytes.starts_with(b"MZ") {
        return Err(Refusal::NotPe { looks_like: magic::looks_like(bytes) });
    }
    let found = bytes.len() as u64;
    let dos_size = size_of::<pe::ImageDosHeader>() as u64;
    let Ok((dos, _)) = object::pod::from_bytes::<pe::ImageDosHeader>(bytes) else {
        return Err(Refusal::Truncated { needed: dos_size, found });
    };
    let offset = u64::from(dos.nt_headers_offset());
    let prefix = offset + 4 + size_of::<pe::ImageFileHeader>() as u64;
    let rest = usize::try_from(offset).ok().and_then(|offset| bytes.get(offset..));
    let Some((signature, rest)) = rest.and_then(<[u8]>::split_first_chunk::<4>) else {
        return Err(Refusal::Truncated { needed: prefix, found });
    };
    if signature != b"PE\0\0" {
        let looks_like = "a DOS or 16-bit Windows program (MZ without a PE header)".to_owned();
        return Err(Refusal::NotPe { looks_like });
    }
    let Ok((file_header, _)) = object::pod::from_bytes::<pe::ImageFileHeader>(rest) else {
        return Err(Refusal::Truncated { needed: prefix, found });
    };
    accept(file_header.machine.get(LE))?;
    let needed = offset + size_of::<pe::ImageNtHeaders64>() as u64;
    if needed > found {
        return Err(Refusal::Truncated { needed, found });
    }
    Ok(offset)
}

pub(super) fn refuse_machine(machine: pe::Machine) -> Result<(), Refusal> {
    match machine {
        pe::IMAGE_FILE_MACHINE_AMD64 => Ok(()),
        pe::IMAGE_FILE_MACHINE_I386 => Err(Refusal::X86),
        pe::IMAGE_FILE_MACHINE_ARM64
        | pe::IMAGE_FILE_MACHINE_ARM64EC
        | pe::IMAGE_FILE_MACHINE_ARM64X => Err(Refusal::Arm64),
        pe::IMAGE_FILE_MACHINE_ARMNT => {
            Err(Refusal::OtherMachine { machine: "32-bit ARM".to_owned() })
        }
        pe::IMAGE_FILE_MACHINE_IA64 => Err(Refusal::OtherMachine { machine: "Itanium".to_owned() }),
        pe::Machine(other) => {
            Err(Refusal::OtherMachine { machine: format!("machine {other:#06x}") })
        }
    }
}

pub(super) fn subsystem_name(subsystem: pe::Subsystem) -> String {
    match subsystem {
        pe::IMAGE_SUBSYSTEM_WINDOWS_GUI => "Windows GUI".to_owned(),
        pe::IMAGE_SUBSYSTEM_WINDOWS_CUI => "Windows console".to_owned(),
        pe::IMAGE_SUBSYSTEM_EFI_APPLICATION
        | pe::IMAGE_SUBSYSTEM_EFI_BOOT_SERVICE_DRIVER
        | pe::IMAGE_SUBSYSTEM_EFI_RUNTIME_DRIVER
        | pe::IMAGE_SUBSYSTEM_EFI_ROM => "EFI (a firmware driver)".to_owned(),
        pe::IMAGE_SUBSYSTEM_WINDOWS_BOOT_APPLICATION => "boot application".to_owned(),
        pe::Subsystem(other) => format!("unknown ({other})"),
    }
}
