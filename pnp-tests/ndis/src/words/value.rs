//! Versions, buffers and codes of events.

use crate::given::RawBuffer;
use crate::names;
use lang::{Fault, Word, Words, clip};

const BUFFERS: [&str; 4] = ["bytes in hex: 0a ff", "null", "unaligned", "claims"];

/// `6.89`. The part after the point is a whole number: `6.1` is older than `6.20`.
pub fn version(word: &Word) -> Result<(u8, u8), Fault> {
    let number = |text: &str| {
        // `parse` alone would take a sign.
        text.bytes().all(|digit| digit.is_ascii_digit()).then(|| text.parse::<u8>().ok()).flatten()
    };
    word.text
        .split_once('.')
        .and_then(|(major, minor)| Some((number(major)?, number(minor)?)))
        .ok_or_else(|| word.malformed("an NDIS version", &["6.30", "6.89"]))
}

/// The buffer of a raw event: everything up to the end of the line.
pub(super) fn buffer(words: &mut Words) -> Result<RawBuffer, Fault> {
    let Some(first) = words.take() else { return Ok(RawBuffer::Absent) };
    match first.text.as_str() {
        "null" => Ok(RawBuffer::Null { length: words.number("the length of the buffer")? }),
        "unaligned" => {
            let first = words.need("the first byte", &BUFFERS[..1])?;
            Ok(RawBuffer::Unaligned(bytes(&first, words)?))
        }
        "claims" => {
            let length = words.number("the claimed length")?;
            let bytes = match words.take() {
                None => Vec::new(),
                Some(first) => bytes(&first, words)?,
            };
            Ok(RawBuffer::Claims { length, bytes })
        }
        _ => Ok(RawBuffer::Bytes(bytes(&first, words)?)),
    }
}

/// `07 00 00 00`, or several bytes run together: `07000000`.
fn bytes(first: &Word, words: &mut Words) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let mut next = Some(first.clone());
    while let Some(word) = next {
        if word.text.is_empty() || !word.text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(word.unknown("byte", &BUFFERS));
        }
        if word.text.len() % 2 != 0 {
            let message = format!("odd number of hex digits in `{}`", clip(&word.text));
            return Err(word.fault(message).expected(&["two digits for each byte"]));
        }
        for pair in word.text.as_bytes().chunks_exact(2) {
            bytes.push(hex_digit(pair[0]) << 4 | hex_digit(pair[1]));
        }
        next = words.take();
    }
    Ok(bytes)
}

/// Of a byte known to be a hex digit.
fn hex_digit(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

/// A network event by name.
pub(super) fn event(words: &mut Words) -> Result<u32, Fault> {
    words.code("event", names::EVENT_NAMES, None, |word| Ok(names::event_code(&word.text)))
}

/// A network event by name or by any number.
pub(super) fn event_or_number(words: &mut Words) -> Result<u32, Fault> {
    code(words, &names::EVENT_NAMES, names::event_code)
}

/// A device event by name or by any number.
pub(super) fn device_event_or_number(words: &mut Words) -> Result<u32, Fault> {
    code(words, &names::DEVICE_EVENT_NAMES, names::device_event_code)
}

fn code(
    words: &mut Words,
    names: &[&'static str],
    code: fn(&str) -> Option<u32>,
) -> Result<u32, Fault> {
    words.code("event", names.iter().copied(), Some("a number"), |word| {
        if word.text.starts_with(|character: char| character.is_ascii_digit()) {
            return word.number().map(Some);
        }
        Ok(code(&word.text))
    })
}
