//! Why a file is not loaded: what was found, what was expected, what to do about it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// A file that was refused, and the reason.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {refusal}")]
pub struct ImageError {
    file: String,
    refusal: Refusal,
}

impl ImageError {
    pub(super) fn new(file: &Path, refusal: Refusal) -> Self {
        Self { file: file.display().to_string(), refusal }
    }

    /// The path as it was given.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The reason for which the file is refused.
    #[must_use]
    pub fn refusal(&self) -> &Refusal {
        &self.refusal
    }
}

/// One reason to refuse a file. Names that come out of the file are already escaped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The file system does not give the file.
    #[error("cannot be read ({why}); expected a driver image; check the path and its permissions")]
    CannotRead {
        /// What the system says.
        why: String,
    },
    /// A file of no bytes.
    #[error("is empty; expected a driver image; build or copy it again")]
    Empty,
    /// A file or an image larger than any driver.
    #[error(
        "needs more than {limit} bytes, expected at most that for a driver; \
         pass the .sys itself and not an archive or a disk image"
    )]
    TooBig {
        /// Bytes allowed.
        limit: u32,
    },
    /// A file of another format.
    #[error("is {looks_like}, expected a Windows driver (PE32+, x86-64); pass the built .sys")]
    NotPe {
        /// The format that its first bytes suggest.
        looks_like: String,
    },
    /// A file that ends before what its headers describe.
    #[error(
        "is truncated: its headers call for {needed} bytes, the file has {found}; \
         build or copy it again"
    )]
    Truncated {
        /// Bytes that the headers call for.
        needed: u64,
        /// Bytes of the file.
        found: u64,
    },
    /// A table or header that contradicts the format.
    #[error("has a broken {part}: found {found}, expected {expected}; build it again")]
    Malformed {
        /// The table or header.
        part: &'static str,
        /// Its contents, as far as they are wrong.
        found: String,
        /// Contents that would be right.
        expected: &'static str,
    },
    /// An image for 32-bit x86.
    #[error(
        "is a 32-bit x86 image, expected x86-64; build it for x64 \
         (Rust: --target x86_64-pc-windows-msvc)"
    )]
    X86,
    /// An image for ARM64, which this host cannot run.
    #[error(
        "is an ARM64 image: valid for Windows on ARM, but expected x86-64 because this host runs \
         the driver's code natively; pass the x64 build of the same driver"
    )]
    Arm64,
    /// An image for a machine that is neither x86-64, x86 nor ARM64.
    #[error("is built for {machine}, expected x86-64; build it for x64")]
    OtherMachine {
        /// The machine's name, or its number.
        machine: String,
    },
    /// A program or library for another subsystem than the kernel.
    #[error(
        "is {kind} for the {subsystem} subsystem, expected the native subsystem; \
         link it with /SUBSYSTEM:NATIVE /DRIVER"
    )]
    NotNative {
        /// A program or a DLL.
        kind: &'static str,
        /// The subsystem's name, or its number.
        subsystem: String,
    },
    /// An image without an entry.
    #[error(
        "has no entry point, expected DriverEntry (a resource-only or export-only image is not a \
         driver); link it with /ENTRY:DriverEntry"
    )]
    NoEntryPoint,
    /// An entry outside the executable sections.
    #[error(
        "starts at RVA {entry:#x} in {place}, expected an executable section; \
         check the linker's /ENTRY and /SECTION options"
    )]
    EntryNotExecutable {
        /// RVA of the entry.
        entry: u32,
        /// The section around it, if there is one.
        place: String,
    },
    /// An image that can be loaded at one address only.
    #[error(
        "has its relocations stripped, expected an image that can be loaded anywhere; \
         link it with /DYNAMICBASE and without /FIXED"
    )]
    RelocationsStripped,
    /// A relocation that x86-64 does not have.
    #[error(
        "has a relocation of type {kind} at RVA {rva:#x}, expected DIR64 or ABSOLUTE, the only \
         ones an x86-64 image needs; build it again"
    )]
    RelocationType {
        /// The type, four bits.
        kind: u16,
        /// Where it applies.
        rva: u32,
    },
    /// A relocation of memory that is not the image.
    #[error(
        "has a relocation at RVA {rva:#x}, expected all 8 bytes of it inside the {size:#x} bytes \
         of the image; build it again"
    )]
    RelocationOutsideImage {
        /// Where it applies.
        rva: u32,
        /// Bytes of the image.
        size: u32,
    },
    /// A section that can be changed and run.
    #[error(
        "has section {section} both writable and executable, expected one or the other because \
         Windows with memory integrity (HVCI) refuses it; \
         drop /SECTION and /MERGE options that mix code with data"
    )]
    WritableAndExecutable {
        /// Its name.
        section: String,
    },
    /// A section that ends after the image.
    #[error(
        "has section {section} at {start:#x}..{end:#x}, expected it inside the {size:#x} bytes of \
         the image; build it again"
    )]
    SectionOutsideImage {
        /// Its name.
        section: String,
        /// RVA of its first byte.
        start: u64,
        /// RVA behind its last byte.
        end: u64,
        /// Bytes of the image.
        size: u32,
    },
    /// A gap, an overlap or a wrong order of sections.
    #[error(
        "has section {section} at RVA {found:#x}, expected {expected:#x}, where the part before \
         it ends (Windows wants sections in order and without gaps); build it again"
    )]
    SectionMisplaced {
        /// Its name.
        section: String,
        /// Its RVA.
        found: u32,
        /// The RVA at which the part before it ends.
        expected: u64,
    },
    /// A part that shares a page with another.
    #[error(
        "has {what}, expected a multiple of 4096 so that each section gets its own protection; \
         link it without /ALIGN or with /ALIGN:4096"
    )]
    Unaligned {
        /// The part and where it lies.
        what: String,
    },
    /// A data directory that a driver cannot have.
    #[error("has {what}, expected none because {because}")]
    ForbiddenDirectory {
        /// The directory.
        what: &'static str,
        /// Why Windows or this host has no use for it.
        because: &'static str,
    },
    /// Imports from libraries of user mode.
    #[error(
        "imports {}, expected kernel modules only (ntoskrnl.exe, hal.dll, ndis.sys, ...): user-mode \
         libraries cannot be loaded by a driver; find what pulls in the C runtime or Win32",
        .imports.join(", ")
    )]
    NotKernelModule {
        /// `module!function` of each.
        imports: Vec<String>,
    },
    /// Imports of functions that exist in headers only.
    #[error(
        "imports what no Windows exports: {}; expected the inline functions and macros of the headers, so \
         include the header that defines them before the call",
        imports.join(", ")
    )]
    NotExported {
        /// `module!function (FORCEINLINE in header)` of each.
        imports: Vec<String>,
    },
    /// An import without a name.
    #[error(
        "imports {module}!#{ordinal} by ordinal, expected a name because kernel ordinals change \
         with every Windows build; link against a library that imports by name"
    )]
    ImportByOrdinal {
        /// The module it is from.
        module: String,
        /// Its number there.
        ordinal: u16,
    },
    /// Imports that the kernel of this host lacks.
    #[error(
        "imports {} function{} that this host does not implement; nothing was tested{}\n\
         What can be done: build a variant without {}; look {} up with MmGetSystemRoutineAddress \
         where the driver can do without; or ask for {}, with this list",
        .imports.len(),
        if .imports.len() == 1 { "" } else { "s" },
        by_module(.imports),
        if .imports.len() == 1 { "it" } else { "them" },
        if .imports.len() == 1 { "it" } else { "them" },
        if .imports.len() == 1 { "it" } else { "them" },
    )]
    NotImplemented {
        /// `module!function` of each.
        imports: Vec<String>,
    },
    /// The system gives no address space.
    #[error("cannot be mapped ({why}); expected {size} bytes of address space; free some memory")]
    CannotMap {
        /// Bytes of the image.
        size: u32,
        /// What the system says.
        why: String,
    },
}

/// Each module on a line, and its names below it, a line each.
fn by_module(imports: &[String]) -> String {
    let mut modules: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for import in imports {
        let (module, name) = import.split_once('!').unwrap_or(("", import));
        modules.entry(module).or_default().push(name);
    }
    let mut text = String::new();
    for (module, names) in modules {
        let _ = write!(text, "\n  {module}");
        for name in names {
            let _ = write!(text, "\n    {name}");
        }
    }
    text
}
