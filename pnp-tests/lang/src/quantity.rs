//! Durations.

use super::error::Fault;
use super::words::Word;

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

/// `850ms`, in units of 100 ns.
pub fn duration(word: &Word) -> Result<u64, Fault> {
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
