//! From bytes to text: which of its encodings an INF is in.

/// How the text was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Ascii,
    Utf8,
    /// With a byte order mark.
    Utf8Marked,
    Utf16Le,
    Utf16Be,
}

impl Encoding {
    pub fn name(self) -> &'static str {
        match self {
            Self::Ascii => "ASCII",
            Self::Utf8 => "UTF-8 with characters beyond ASCII",
            Self::Utf8Marked => "UTF-8 with a byte order mark",
            Self::Utf16Le => "UTF-16, little endian",
            Self::Utf16Be => "UTF-16, big endian",
        }
    }
}

/// The longest file that is read; real ones have some ten kilobytes, and three hundred lines.
pub const LONGEST: usize = 1 << 17;
/// Looking things up is quadratic in these.
const MOST_LINES: usize = 2000;

/// The text of a file, or why it is none.
pub fn decode(bytes: &[u8]) -> Result<(String, Encoding), String> {
    if bytes.starts_with(b"MZ") && bytes.contains(&0) {
        return Err(
            "this is a program or a driver, not an INF; a driver goes behind --sys".to_owned()
        );
    }
    if bytes.len() > LONGEST {
        return Err(format!(
            "more than {LONGEST} bytes; an INF has some 10,000: is this another file?"
        ));
    }
    let (text, encoding) = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => (utf8(rest)?, Encoding::Utf8Marked),
        [0xFF, 0xFE, rest @ ..] => (utf16(rest, u16::from_le_bytes)?, Encoding::Utf16Le),
        [0xFE, 0xFF, rest @ ..] => (utf16(rest, u16::from_be_bytes)?, Encoding::Utf16Be),
        _ if bytes.is_ascii() => (utf8(bytes)?, Encoding::Ascii),
        _ => (utf8(bytes)?, Encoding::Utf8),
    };
    if text.lines().count() > MOST_LINES {
        return Err(format!("more than {MOST_LINES} lines; is this the INF of a filter?"));
    }
    match text.find('\0') {
        None => Ok((text, encoding)),
        Some(at) => Err(format!(
            "line {} has a NUL character: UTF-16 without a byte order mark, UTF-32 or no text; save it \
             as ASCII, or as UTF-16 with a byte order mark",
            lines(text.as_bytes(), at)
        )),
    }
}

fn utf8(bytes: &[u8]) -> Result<String, String> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| {
        let at = error.valid_up_to();
        format!(
            "byte {:#04x} in line {} is neither ASCII nor UTF-8: a code page; save the file as ASCII, or \
             as UTF-16 with a byte order mark",
            bytes.get(at).copied().unwrap_or_default(),
            lines(bytes, at)
        )
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, String> {
    let (pairs, rest) = bytes.as_chunks();
    if !rest.is_empty() {
        return Err("begins as UTF-16, but has an odd number of bytes: it is truncated".to_owned());
    }
    let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    String::from_utf16(&units).map_err(|_| {
        "begins as UTF-16, but has half a surrogate pair: it is damaged; save it anew".to_owned()
    })
}

/// The number of the line that this byte is in.
fn lines(bytes: &[u8], at: usize) -> usize {
    1 + bytes.iter().take(at).filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16_bytes(text: &str, mark: [u8; 2], bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        mark.into_iter().chain(text.encode_utf16().flat_map(bytes)).collect()
    }

    #[test]
    fn every_encoding_gives_the_same_text() {
        let text = "[Strings]\r\nName = \"Überwacher\"\r\n";
        let marked = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
        for (bytes, encoding) in [
            (text.as_bytes().to_vec(), Encoding::Utf8),
            (marked, Encoding::Utf8Marked),
            (utf16_bytes(text, [0xFF, 0xFE], u16::to_le_bytes), Encoding::Utf16Le),
            (utf16_bytes(text, [0xFE, 0xFF], u16::to_be_bytes), Encoding::Utf16Be),
        ] {
            assert_eq!(decode(&bytes), Ok((text.to_owned(), encoding)));
        }
        assert_eq!(decode(b"[Version]"), Ok(("[Version]".to_owned(), Encoding::Ascii)));
    }

    #[test]
    fn anything_else_is_named() {
        for (bytes, says) in [
            (&b"[Strings]\nName = \"\xDCber\""[..], "byte 0xdc in line 2 is neither"),
            (b"[\0V\0e\0r\0", "line 1 has a NUL"),
            (b"MZx\0\x01\0\xBA", "a driver, not an INF"),
            (b"\xFF\xFE[\0V", "odd number of bytes"),
            (b"\xFF\xFE\x00\xD8", "half a surrogate pair"),
            (b"\xFF\xFE\0\0[\0\0\0", "line 1 has a NUL"),
        ] {
            let error = decode(bytes).expect_err(says);
            assert!(error.contains(says), "{error}");
        }
        assert!(decode(&vec![b' '; LONGEST + 1]).is_err());
        assert!(decode(&vec![b'\n'; MOST_LINES]).is_ok());
        assert!(decode(&vec![b'\n'; MOST_LINES + 1]).is_err());
    }
}
