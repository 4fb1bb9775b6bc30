//! UTF-16 constants, and counted strings over them.

use driver_abi::nt::UNICODE_STRING;

/// An ASCII literal as UTF-16 without terminator, for names that a driver registers. Use it in
/// constants and statics: `static NAME: [u16; 4] = utf16(b"name");`.
#[must_use]
pub const fn utf16<const N: usize>(ascii: &[u8; N]) -> [u16; N] {
    let mut wide = [0; N];
    let mut at = 0;
    while at < N {
        wide[at] = ascii[at] as u16;
        at += 1;
    }
    wide
}

/// A counted string over static text. Whoever is given it reads it only, whatever the pointer's type says.
#[must_use]
pub fn counted(text: &'static [u16]) -> UNICODE_STRING {
    let bytes = u16::try_from(text.len().saturating_mul(2)).unwrap_or(u16::MAX);
    UNICODE_STRING { Length: bytes, MaximumLength: bytes, Buffer: text.as_ptr().cast_mut() }
}
