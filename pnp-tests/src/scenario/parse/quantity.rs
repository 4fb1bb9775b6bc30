//! Durations, versions and bytes.

use super::error::{Fault, clip};
use super::words::{Word, Words};
use crate::ndis::given::RawBuffer;

/// Suffixes with their length in units of 100 ns; `ns` is apart, as it is shorter than that.
const UNITS: [(&str, u64); 6] = [
    ("us", 10),
    ("ms", 10_000),
    ("s", 10_000_000),
    ("m", 60 * 10_000_000),
    ("h", 3_600 * 10_000_000),
    ("d", LONGEST_100NS / 36_500),
];
/// A century. Sums of a few of these still fit every clock of the host.
const LONGEST_100NS: u64 = 36_500 * 86_400 * 10_000_000;
const DURATIONS: [&str; 7] = ["100ns", "10us", "850ms", "40s", "5m", "8h", "2d"];
const BUFFERS: [&str; 4] = ["bytes in hex: 0a ff", "null", "unaligned", "claims"];

/// `850ms`, in units of 100 ns.
pub(super) fn duration(word: &Word) -> Result<u64, Fault> {
    let digits = word.text.len() - word.text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (count, unit) = word.text.split_at(digits);
    let malformed = || word.malformed("a duration", &DURATIONS);
    let count: u64 = count.parse().map_err(|_| malformed())?;
    let total = if unit == "ns" {
        if !count.is_multiple_of(100) {
            return Err(word.fault("time is counted in units of 100ns").expected(&DURATIONS));
        }
        Some(count / 100)
    } else {
        let (_, length) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(malformed)?;
        count.checked_mul(*length)
    };
    total
        .filter(|total| *total <= LONGEST_100NS)
        .ok_or_else(|| word.fault("longer than a century").expected(&["36500d or less"]))
}

/// `6.89`. The part after the point is a whole number: `6.1` is older than `6.20`.
pub(super) fn version(word: &Word) -> Result<(u8, u8), Fault> {
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
