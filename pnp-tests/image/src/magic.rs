//! What a file that is no PE image looks like, for the message that refuses it.

const MAGICS: &[(&[u8], &str)] = &[
    (b"\x7fELF", "an ELF file (a Linux program, library or object)"),
    (b"\xfe\xed\xfa\xce", "a Mach-O file (macOS)"),
    (b"\xfe\xed\xfa\xcf", "a Mach-O file (macOS)"),
    (b"\xce\xfa\xed\xfe", "a Mach-O file (macOS)"),
    (b"\xcf\xfa\xed\xfe", "a Mach-O file (macOS)"),
    (b"\xca\xfe\xba\xbe", "a Mach-O universal file (macOS) or a Java class"),
    (b"PK\x03\x04", "a ZIP archive (unpack it first)"),
    (b"MSCF", "a Windows cabinet, .cab (unpack it first)"),
    (b"\x1f\x8b", "a gzip archive (unpack it first)"),
    (b"Microsoft C/C++ MSF", "a PDB, the symbols of an image and not the image"),
    (b"!<arch>\n", "a static or import library"),
    (b"\x64\x86", "an x86-64 object file that is not linked yet"),
    (b"#!", "a script"),
    (b"\xff\xfe", "a UTF-16 text file (an INF, perhaps)"),
    (b"\xef\xbb\xbf", "a text file"),
];

/// `bytes` do not begin with `MZ`.
pub(super) fn looks_like(bytes: &[u8]) -> String {
    if let Some((_, what)) = MAGICS.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return (*what).to_owned();
    }
    let start: Vec<u8> = bytes.iter().copied().take(512).collect();
    if start.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\r' | b'\n')) {
        return "a text file".to_owned();
    }
    let magic: Vec<String> = start.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("of an unknown kind (it starts with {}, a PE image with 4d 5a)", magic.join(" "))
}
