//! UTF-16 constants.

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
