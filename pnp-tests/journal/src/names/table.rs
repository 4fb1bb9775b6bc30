//! Full names of statuses, OIDs and bugcheck codes, out of the tables in `names/`.
//!
//! A number without a name in its table stays a number. Of several names of one number the header's first is
//! told.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A table of `names/`: a number of eight hex digits and a name on each line, in order.
struct Table(LazyLock<BTreeMap<u32, &'static str>>);

static NT: Table = Table(LazyLock::new(|| read(include_str!("../../names/ntstatus.txt"))));
static NDIS: Table = Table(LazyLock::new(|| read(include_str!("../../names/ndis-status.txt"))));
static OID: Table = Table(LazyLock::new(|| read(include_str!("../../names/oid.txt"))));
static BUGCHECK: Table = Table(LazyLock::new(|| read(include_str!("../../names/bugcheck.txt"))));

fn read(text: &'static str) -> BTreeMap<u32, &'static str> {
    let pair = |line: &'static str| {
        let (number, name) = line.split_once(' ')?;
        Some((u32::from_str_radix(number, 16).ok()?, name))
    };
    text.lines().filter_map(pair).collect()
}

impl Table {
    fn name(&self, number: u32) -> Option<&'static str> {
        self.0.get(&number).copied()
    }
}

/// `STATUS_OBJECT_NAME_NOT_FOUND`, else a name of NDIS's.
#[must_use]
pub fn nt_status_name(status: i32) -> Option<&'static str> {
    let status = status.cast_unsigned();
    NT.name(status).or_else(|| NDIS.name(status))
}

/// `NDIS_STATUS_INVALID_LENGTH`, else a name of the kernel's.
#[must_use]
pub fn ndis_status_name(status: i32) -> Option<&'static str> {
    let status = status.cast_unsigned();
    NDIS.name(status).or_else(|| NT.name(status))
}

/// `OID_GEN_STATISTICS`
#[must_use]
pub fn oid_name(oid: u32) -> Option<&'static str> {
    OID.name(oid)
}

/// `PAGE_FAULT_IN_NONPAGED_AREA`
#[must_use]
pub fn bugcheck_name(code: u32) -> Option<&'static str> {
    BUGCHECK.name(code)
}

/// A status of the kernel's in a sentence: its name, or `0xC0FFEE00`.
#[must_use]
pub fn nt_status(status: i32) -> String {
    named(nt_status_name(status), status.cast_unsigned())
}

/// A status of NDIS's in a sentence: its name, or `0xC0FFEE00`.
#[must_use]
pub fn ndis_status(status: i32) -> String {
    named(ndis_status_name(status), status.cast_unsigned())
}

/// An OID in a sentence: its name, or `OID 0xFF010101`.
#[must_use]
pub fn oid(oid: u32) -> String {
    oid_name(oid).map_or_else(|| format!("OID {oid:#010X}"), str::to_owned)
}

/// A bugcheck in a sentence: `0x50 (PAGE_FAULT_IN_NONPAGED_AREA)`.
#[must_use]
pub fn bugcheck(code: u32) -> String {
    match bugcheck_name(code) {
        Some(name) => format!("{code:#x} ({name})"),
        None => format!("{code:#x}"),
    }
}

fn named(name: Option<&str>, number: u32) -> String {
    name.map_or_else(|| format!("0x{number:08X}"), str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use serde_json::Value;

    use super::*;
    use crate::names::STATUS_NAMES;

    const TEXTS: [&str; 4] = [
        include_str!("../../names/ntstatus.txt"),
        include_str!("../../names/ndis-status.txt"),
        include_str!("../../names/oid.txt"),
        include_str!("../../names/bugcheck.txt"),
    ];

    #[test]
    fn every_line_but_the_first_is_a_pair_and_numbers_rise() {
        for text in TEXTS {
            assert!(text.starts_with("# "), "{text:.60}");
            assert_eq!(read(text).len(), text.lines().count() - 1, "{text:.60}");
            let numbers: Vec<&str> = text.lines().skip(1).map(|line| &line[..8]).collect();
            assert!(numbers.is_sorted(), "{text:.60}");
        }
    }

    /// The constants of one file of facts, which are computed from the headers.
    fn facts(name: &str) -> Vec<(String, u32)> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../driver/abi/facts").join(name);
        let text = fs::read_to_string(&path).expect("a file of facts");
        let document: Value = serde_json::from_str(&text).expect("JSON");
        let constants = document["constants"].as_object().expect("constants");
        let number = |value: &Value| {
            value.as_i64().map(|number| u32::try_from(number & 0xFFFF_FFFF).unwrap_or_default())
        };
        constants.iter().filter_map(|(name, value)| Some((name.clone(), number(value)?))).collect()
    }

    #[test]
    fn the_facts_from_the_headers_agree_with_the_tables() {
        let mut compared = 0;
        for (name, number) in ["ndis.json", "nt.json"].into_iter().flat_map(facts) {
            let table = match name.as_str() {
                name if name.contains("_REVISION_") => continue,
                name if name.starts_with("NDIS_STATUS_") => &NDIS,
                name if name.starts_with("STATUS_") => &NT,
                name if name.starts_with("OID_") => &OID,
                _ => continue,
            };
            assert_eq!(table.name(number), Some(name.as_str()), "{number:#010X}");
            compared += 1;
        }
        assert!(compared > 20, "only {compared} facts are about names");
    }

    #[test]
    fn the_short_names_of_scenarios_are_the_full_ones_without_their_prefix() {
        for (short, number) in STATUS_NAMES {
            let status = number.cast_signed();
            let full = ndis_status_name(status).expect("a name");
            assert_eq!(full, format!("NDIS_STATUS_{short}"));
        }
    }

    #[test]
    fn numbers_that_people_meet_have_names() {
        let signed = |status: u32| status.cast_signed();
        assert_eq!(ndis_status(signed(0xC001_0014)), "NDIS_STATUS_INVALID_LENGTH");
        assert_eq!(ndis_status(signed(0xC000_0034)), "STATUS_OBJECT_NAME_NOT_FOUND");
        assert_eq!(nt_status(signed(0xC000_009A)), "STATUS_INSUFFICIENT_RESOURCES");
        assert_eq!(ndis_status(signed(0xC000_009A)), "NDIS_STATUS_RESOURCES");
        assert_eq!(ndis_status(0x4001_0012), "NDIS_STATUS_MEDIA_SPECIFIC_INDICATION");
        assert_eq!(nt_status(signed(0xC0FF_EE00)), "0xC0FFEE00");
        assert_eq!(oid(0x0001_0111), "OID_GEN_MAXIMUM_TOTAL_SIZE");
        assert_eq!(oid(0xFF01_0101), "OID 0xFF010101");
        assert_eq!(bugcheck(0x50), "0x50 (PAGE_FAULT_IN_NONPAGED_AREA)");
        assert_eq!(bugcheck(0x7C), "0x7c (BUGCODE_NDIS_DRIVER)");
    }
}
