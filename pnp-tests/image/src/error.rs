//! Why a file is not loaded: what was found, what was expected, what to do about it.

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
    pub fn file(&self) -> &str {
        &self.file
    }

    pub fn refusal(&self) -> &Refusal {
        &self.refusal
    }
}

/// One reason to refuse a file. Names that come out of the file are already escaped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("cannot be read ({why}); expected a driver image; check the path and its permissions")]
    CannotRead { why: String },
    #[error("is empty; expected a driver image; build or copy it again")]
    Empty,
    #[error(
        "needs more than {limit} bytes, expected at most that for a driver; \
         pass the .sys itself and not an archive or a disk image"
    )]
    TooBig { limit: u32 },
    #[error("is {looks_like}, expected a Windows driver (PE32+, x86-64); pass the built .sys")]
    NotPe { looks_like: String },
    #[error(
        "is truncated: its headers call for {needed} bytes, the file has {found}; \
         build or copy it again"
    )]
    Truncated { needed: u64, found: u64 },
    #[error("has a broken {part}: found {found}, expected {expected}; build it again")]
    Malformed { part: &'static str, found: String, expected: &'static str },
    #[error(
        "is a 32-bit x86 image, expected x86-64; build it for x64 \
         (Rust: --target x86_64-pc-windows-msvc)"
    )]
    X86,
    #[error(
        "is an ARM64 image: valid for Windows on ARM, but expected x86-64 because this host runs \
         the driver's code natively; pass the x64 build of the same driver"
    )]
    Arm64,
    #[error("is built for {machine}, expected x86-64; build it for x64")]
    OtherMachine { machine: String },
    #[error(
        "is {kind} for the {subsystem} subsystem, expected the native subsystem; \
         link it with /SUBSYSTEM:NATIVE /DRIVER"
    )]
    NotNative { kind: &'static str, subsystem: String },
    #[error(
        "has no entry point, expected DriverEntry (a resource-only or export-only image is not a \
         driver); link it with /ENTRY:DriverEntry"
    )]
    NoEntryPoint,
    #[error(
        "starts at RVA {entry:#x} in {place}, expected an executable section; \
         check the linker's /ENTRY and /SECTION options"
    )]
    EntryNotExecutable { entry: u32, place: String },
    #[error(
        "has its relocations stripped, expected an image that can be loaded anywhere; \
         link it with /DYNAMICBASE and without /FIXED"
    )]
    RelocationsStripped,
    #[error(
        "has a relocation of type {kind} at RVA {rva:#x}, expected DIR64 or ABSOLUTE, the only \
         ones an x86-64 image needs; build it again"
    )]
    RelocationType { kind: u16, rva: u32 },
    #[error(
        "has a relocation at RVA {rva:#x}, expected all 8 bytes of it inside the {size:#x} bytes \
         of the image; build it again"
    )]
    RelocationOutsideImage { rva: u32, size: u32 },
    #[error(
        "has section {section} both writable and executable, expected one or the other because \
         Windows with memory integrity (HVCI) refuses it; \
         drop /SECTION and /MERGE options that mix code with data"
    )]
    WritableAndExecutable { section: String },
    #[error(
        "has section {section} at {start:#x}..{end:#x}, expected it inside the {size:#x} bytes of \
         the image; build it again"
    )]
    SectionOutsideImage { section: String, start: u64, end: u64, size: u32 },
    #[error(
        "has section {section} at RVA {found:#x}, expected {expected:#x}, where the part before \
         it ends (Windows wants sections in order and without gaps); build it again"
    )]
    SectionMisplaced { section: String, found: u32, expected: u64 },
    #[error(
        "has {what}, expected a multiple of 4096 so that each section gets its own protection; \
         link it without /ALIGN or with /ALIGN:4096"
    )]
    Unaligned { what: String },
    #[error("has {what}, expected none because {because}")]
    ForbiddenDirectory { what: &'static str, because: &'static str },
    #[error(
        "imports {}, expected kernel modules only (ntoskrnl.exe, hal.dll, ndis.sys, ...): user-mode \
         libraries cannot be loaded by a driver; find what pulls in the C runtime or Win32",
        .imports.join(", ")
    )]
    NotKernelModule { imports: Vec<String> },
    #[error(
        "imports {module}!#{ordinal} by ordinal, expected a name because kernel ordinals change \
         with every Windows build; link against a library that imports by name"
    )]
    ImportByOrdinal { module: String, ordinal: u16 },
    #[error(
        "imports {} function{} that this host does not implement: {}; expected only implemented \
         ones; avoid them or add them to pnp-tests/src/door",
        .imports.len(), if .imports.len() == 1 { "" } else { "s" }, .imports.join(", ")
    )]
    NotImplemented { imports: Vec<String> },
    #[error("cannot be mapped ({why}); expected {size} bytes of address space; free some memory")]
    CannotMap { size: u32, why: String },
}
