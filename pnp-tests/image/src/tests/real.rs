//! A driver made by the real compiler and linker, both of which the toolchain file brings.
#![allow(unsafe_code, reason = "runs the driver")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use proptest::prelude::*;
use proptest::sample::Index;

use super::super::pdb::Pdb;
use super::super::{Image, ImageFile, Symbol, Symbols, SymbolsState};
use super::NOWHERE;

const SOURCE: &str = r#"
#![no_std]
#![no_main]
static mut COUNT: u64 = 0;
static POINTER: &(dyn Fn(u32) -> u32 + Sync) = &nested::inner;
mod nested {
    #[inline(never)]
    pub fn inner(x: u32) -> u32 {
        // SAFETY: one thread.
        unsafe { core::ptr::write_volatile(&raw mut super::COUNT, u64::from(x)); }
        x + 41
    }
}
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! { loop {} }
#[unsafe(no_mangle)]
pub extern "system" fn DriverEntry(_driver: *mut u8, _registry: *const u8) -> u32 {
    core::hint::black_box(POINTER)(1)
}
"#;

/// Compiles `source` to `real.sys` in `directory`, `real.pdb` beside it.
fn compile(directory: &Path, source: &str) -> PathBuf {
    let (input, output) = (directory.join("real.rs"), directory.join("real.sys"));
    std::fs::write(&input, source).expect("a writable temporary directory");
    let link = ["/DRIVER", "/SUBSYSTEM:NATIVE", "/ENTRY:DriverEntry", "/NODEFAULTLIB", "/RELEASE"];
    let built = Command::new("rustc")
        // Here, so that rustup takes the repository's toolchain.
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["--edition=2024", "--crate-type=cdylib", "--crate-name=real", "-g"])
        .args(["--target=x86_64-pc-windows-msvc", "-Cpanic=abort", "-Copt-level=1"])
        .arg("-Clinker=rust-lld")
        .args(link.map(|argument| format!("-Clink-arg={argument}")))
        .args([input.as_os_str(), "-o".as_ref(), output.as_os_str()])
        .output()
        .expect("rustc is on the path");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    output
}

/// One for all tests, which only read it; in a directory that is never removed early.
fn real() -> &'static Path {
    static BUILT: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = BUILT.get_or_init(|| {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = compile(directory.path(), SOURCE);
        (directory, path)
    });
    path
}

fn open() -> ImageFile {
    ImageFile::open(real()).expect("a right driver")
}

/// Copies the image, and the PDB as `pdb`, to a directory of their own.
fn copy(pdb: &str) -> (tempfile::TempDir, ImageFile) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let image = directory.path().join("renamed.sys");
    std::fs::copy(real(), &image).unwrap();
    std::fs::copy(real().with_extension("pdb"), directory.path().join(pdb)).unwrap();
    let file = ImageFile::open(&image).expect("a right driver");
    (directory, file)
}

/// Every function's start, by asking for each byte of `.text`.
fn functions(file: &ImageFile, symbols: &Symbols) -> Vec<(u32, Symbol)> {
    let text = file.sections().first().expect("code");
    let bytes = text.rva..text.rva + text.virtual_size;
    let named = bytes.filter_map(|rva| Some((rva, symbols.name_of(rva)?)));
    named.filter(|(_, symbol)| symbol.offset == 0).collect()
}

#[test]
fn a_linked_driver_loads_and_its_entry_runs() {
    let image = Image::load(&open(), &NOWHERE).expect("a right driver");
    let entry = std::ptr::with_exposed_provenance::<()>(image.entry());
    // SAFETY: the source above declares the entry so, and `image` keeps it mapped.
    let entry: extern "win64" fn(usize, usize) -> u32 = unsafe { std::mem::transmute(entry) };
    assert_eq!(entry(0, 0), 42);
}

#[test]
fn the_checksum_that_the_linker_wrote_is_right_until_a_byte_changes() {
    assert!(open().facts().checksum_ok);
    let mut bytes = std::fs::read(real()).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    let changed = ImageFile::parse(real(), &bytes).expect("a right driver");
    assert!(!changed.facts().checksum_ok);
}

#[test]
fn the_pdb_beside_an_image_names_functions_and_lines() {
    let file = open();
    let symbols = Symbols::beside(&file).expect("a matching PDB");
    let entry = symbols.name_of(file.facts().entry_rva).expect("a name for the entry");
    assert_eq!((entry.function.as_str(), entry.offset), ("real::DriverEntry", 0));
    let (path, line) = entry.line.expect("a line");
    assert!(path.ends_with("real.rs"), "{path}");
    let declared = SOURCE.lines().position(|text| text.contains("DriverEntry")).unwrap() + 1;
    assert!((declared..declared + 2).contains(&(line as usize)), "{line}, not {declared}");
    let found = functions(&file, &symbols);
    let inner = found.iter().find(|(_, symbol)| symbol.function == "real::nested::inner");
    let (rva, _) = inner.unwrap_or_else(|| panic!("{found:?}"));
    let inside = symbols.name_of(rva + 3).expect("a name inside the function");
    assert_eq!((inside.function.as_str(), inside.offset), ("real::nested::inner", 3));
}

#[test]
fn an_address_outside_code_has_no_name() {
    let symbols = Symbols::beside(&open()).expect("a matching PDB");
    assert_eq!(symbols.name_of(0), None);
    assert_eq!(symbols.name_of(u32::MAX), None);
}

#[test]
fn the_pdb_is_found_under_the_images_name_and_under_the_linkers() {
    for name in ["renamed.pdb", "real.pdb"] {
        let (directory, file) = copy(name);
        let symbols = Symbols::beside(&file).expect("a matching PDB");
        assert_eq!(symbols.path(), directory.path().join(name));
    }
}

#[test]
fn a_pdb_that_is_not_there_is_missing() {
    let (directory, file) = copy("elsewhere.pdb");
    assert!(matches!(Symbols::state(&file), SymbolsState::Missing));
    assert!(Symbols::beside(&file).is_none());
    drop(directory);
}

#[test]
fn a_pdb_of_another_build_is_stale_and_says_both_identities() {
    let (directory, file) = copy("elsewhere.pdb");
    let other = tempfile::tempdir().unwrap();
    compile(other.path(), &SOURCE.replace("x + 41", "x + 40"));
    std::fs::copy(other.path().join("real.pdb"), directory.path().join("renamed.pdb")).unwrap();
    assert!(Symbols::beside(&file).is_none());
    let SymbolsState::Stale { found, expected, .. } = Symbols::state(&file) else {
        panic!("the PDB of another build is taken for this one's");
    };
    assert_ne!(found, expected);
    // The right one under the linker's name is preferred over the stale one.
    std::fs::copy(real().with_extension("pdb"), directory.path().join("real.pdb")).unwrap();
    assert!(matches!(Symbols::state(&file), SymbolsState::Found(_)));
}

#[test]
fn a_pdb_of_the_same_guid_and_another_age_is_stale() {
    let (_directory, file) = copy("renamed.pdb");
    let mut bytes = std::fs::read(file.path()).unwrap();
    let record = bytes.windows(4).position(|bytes| bytes == b"RSDS").expect("a PDB reference");
    // The age stands behind the signature and the GUID.
    bytes[record + 4 + 16] += 1;
    std::fs::write(file.path(), bytes).unwrap();
    let file = ImageFile::open(file.path()).expect("a right driver");
    let SymbolsState::Stale { found, expected, .. } = Symbols::state(&file) else {
        panic!("the PDB of another age is taken for this one's");
    };
    assert!(found.ends_with(" age 1") && expected.ends_with(" age 2"), "{found}, {expected}");
}

#[test]
fn a_file_that_is_no_pdb_is_unreadable() {
    let (directory, file) = copy("elsewhere.pdb");
    std::fs::write(directory.path().join("renamed.pdb"), "not a PDB").unwrap();
    assert!(matches!(Symbols::state(&file), SymbolsState::Unreadable { .. }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_damaged_pdb_is_refused_or_read(
        flips in prop::collection::vec((any::<Index>(), any::<u8>()), 1..200),
        head in prop::option::of((any::<Index>(), any::<u8>())),
    ) {
        static PDB: OnceLock<Vec<u8>> = OnceLock::new();
        let whole = PDB.get_or_init(|| std::fs::read(real().with_extension("pdb")).unwrap());
        let mut bytes = whole.clone();
        for (place, value) in flips {
            *place.get_mut(&mut bytes) = value;
        }
        if let Some((place, value)) = head {
            *place.get_mut(&mut bytes[..64]) = value;
        }
        if let Some(pdb) = Pdb::parse(&bytes) {
            let _ = pdb.contents(open().sections());
        }
    }
}
