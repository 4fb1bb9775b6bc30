//! The version resource of the image, for the build script: what the properties of the file show, WinDbg's
//! `lmvm` and a crash dump's list of modules.
//!
//! Source: learn:windows/win32/menurc/vs-versioninfo, learn:windows/win32/menurc/resourceheader,
//! learn:windows/win32/api/verrsrc/ns-verrsrc-vs_fixedfileinfo.

use editpe::types::{FixedFileInfo, VersionU16, VersionU32};
use editpe::{VersionInfo, VersionStringTable};

/// U.S. English, in UTF-16: the pair under which the reference's example keeps its texts.
const LANGUAGE: u16 = 0x0409;
const UTF_16: u16 = 1200;

/// A resource file (`.res`) with nothing but it, which link.exe and rust-lld take as it is
/// (learn:cpp/build/reference/dot-res-files-as-linker-input). It is put together here because rc.exe and llvm-rc are on no fresh Linux machine. `version` are the four numbers
/// that Windows compares; `texts` are names and values of the string table.
pub fn resource_file(version: [u16; 4], texts: &[(&str, &str)]) -> Vec<u8> {
    const RT_VERSION: u16 = 16;
    let value = version_info(version, texts).build();
    // Every .res begins with an empty resource, by which it is told from the 16-bit kind.
    [header(0, 0, 0, 0), header(value.len(), RT_VERSION, 1, LANGUAGE), value].concat()
}

fn version_info([major, minor, patch, build]: [u16; 4], texts: &[(&str, &str)]) -> VersionInfo {
    const VFT_DRV: u32 = 3;
    const VFT2_DRV_NETWORK: u32 = 6;
    let pair = |high: u16, low: u16| u32::from(high) << 16 | u32::from(low);
    let version = VersionU32 { major: pair(major, minor), minor: pair(patch, build) };
    let mut table = VersionStringTable {
        key: format!("{LANGUAGE:04x}{UTF_16:04x}"),
        ..VersionStringTable::default()
    };
    table.strings.extend(texts.iter().map(|(name, text)| ((*name).into(), (*text).into())));
    VersionInfo {
        info: FixedFileInfo {
            file_version: version,
            product_version: version,
            file_type: VFT_DRV,
            file_subtype: VFT2_DRV_NETWORK,
            ..FixedFileInfo::default()
        },
        strings: vec![table],
        vars: vec![VersionU16 { major: LANGUAGE, minor: UTF_16 }],
    }
}

/// `RESOURCEHEADER` of a resource whose type and name are numbers.
fn header(bytes: usize, kind: u16, name: u16, language: u16) -> Vec<u8> {
    const SIZE: u32 = 32;
    let bytes = u32::try_from(bytes).expect("a version resource is small");
    let sizes = [bytes, SIZE].into_iter().flat_map(u32::to_le_bytes);
    // Type and name; DataVersion (two words), MemoryFlags, LanguageId, Version, Characteristics.
    let words = [0xFFFF, kind, 0xFFFF, name, 0, 0, 0, language, 0, 0, 0, 0];
    sizes.chain(words.into_iter().flat_map(u16::to_le_bytes)).collect()
}
