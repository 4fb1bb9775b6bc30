//! The names of Windows' numbers: those that scenarios use, without their common prefix, and the full
//! ones of [`table`], which reports use.
//!
//! Written here a second time on purpose: the driver's crate has its own table, and a judge that
//! borrowed it would repeat its mistakes.

pub mod event;
pub mod table;

/// `NDIS_STATUS` without `NDIS_STATUS_`: what filters return and what they are told.
pub const STATUS_NAMES: [(&str, u32); 14] = [
    ("SUCCESS", 0),
    ("PENDING", 0x0000_0103),
    ("NOT_ACCEPTED", 0x0001_0003),
    ("FAILURE", 0xC000_0001),
    ("INVALID_PARAMETER", 0xC000_000D),
    ("RESOURCES", 0xC000_009A),
    ("NOT_SUPPORTED", 0xC000_00BB),
    ("BAD_VERSION", 0xC001_0004),
    ("BAD_CHARACTERISTICS", 0xC001_0005),
    ("REQUEST_ABORTED", 0xC001_000C),
    ("RESET_IN_PROGRESS", 0xC001_000D),
    ("UNSUPPORTED_MEDIA", 0xC001_0019),
    ("PAUSED", 0xC023_002A),
    ("LOW_POWER_STATE", 0xC023_002F),
];

/// `FAILURE` for 0xC0000001; a status without a name here is written `0xC0FFEE00`.
#[must_use]
pub fn status_name(status: i32) -> String {
    let status = status.cast_unsigned();
    match STATUS_NAMES.iter().find(|(_, known)| *known == status) {
        Some((name, _)) => (*name).to_owned(),
        None => format!("0x{status:08X}"),
    }
}

/// The inverse of [`status_name`]: a name, or `0x` and up to eight hex digits.
#[must_use]
pub fn parse_status(text: &str) -> Option<i32> {
    let status = match text.strip_prefix("0x") {
        Some(digits) if digits.bytes().all(|digit| digit.is_ascii_hexdigit()) => {
            u32::from_str_radix(digits, 16).ok()?
        }
        Some(_) => return None,
        None => STATUS_NAMES.iter().find(|(name, _)| *name == text)?.1,
    };
    Some(status.cast_signed())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_status_without_a_name_is_written_as_eight_hex_digits() {
        assert_eq!(status_name(0xC000_0001_u32.cast_signed()), "FAILURE");
        assert_eq!(status_name(0xC0FF_EE00_u32.cast_signed()), "0xC0FFEE00");
        assert_eq!(status_name(1), "0x00000001");
        assert_eq!(parse_status("0x+1"), None);
        assert_eq!(parse_status("NDIS_STATUS_FAILURE"), None);
    }

    proptest! {
        #[test]
        fn every_status_survives_the_trip_through_text(status: i32) {
            prop_assert_eq!(parse_status(&status_name(status)), Some(status));
        }
    }
}
