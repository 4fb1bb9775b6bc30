//! The names that scenarios and reports use for Windows' numbers, without their common prefixes.
//!
//! Written here a second time on purpose: the driver's crate has its own table, and a judge that
//! borrowed it would repeat its mistakes.

/// `NET_PNP_EVENT_CODE` in numeric order, without `NetEvent`. 18..=21 are in the header's order,
/// which is not the documentation's.
pub const EVENT_NAMES: [&str; 23] = [
    "SetPower",
    "QueryPower",
    "QueryRemoveDevice",
    "CancelRemoveDevice",
    "Reconfigure",
    "BindList",
    "BindsComplete",
    "PnPCapabilities",
    "Pause",
    "Restart",
    "PortActivation",
    "PortDeactivation",
    "IMReEnableDevice",
    "NDKEnable",
    "NDKDisable",
    "FilterPreDetach",
    "BindFailed",
    "SwitchActivate",
    "AllowBindsAbove",
    "InhibitBindsAbove",
    "AllowStart",
    "RequirePause",
    "UploadGftFlowEntries",
];

/// `NDIS_DEVICE_PNP_EVENT` in numeric order, without `NdisDevicePnPEvent`.
pub const DEVICE_EVENT_NAMES: [&str; 7] = [
    "QueryRemoved",
    "Removed",
    "SurpriseRemoved",
    "QueryStopped",
    "Stopped",
    "PowerProfileChanged",
    "FilterListChanged",
];

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

/// `SetPower` for 0; none from 23 on.
pub fn event_name(code: u32) -> Option<&'static str> {
    EVENT_NAMES.get(usize::try_from(code).ok()?).copied()
}

/// 0 for `SetPower`, in exactly this spelling.
pub fn event_code(name: &str) -> Option<u32> {
    (0..).zip(EVENT_NAMES).find_map(|(code, known)| (known == name).then_some(code))
}

/// `SurpriseRemoved` for 2; none from 7 on.
pub fn device_event_name(code: u32) -> Option<&'static str> {
    DEVICE_EVENT_NAMES.get(usize::try_from(code).ok()?).copied()
}

/// 2 for `SurpriseRemoved`, in exactly this spelling.
pub fn device_event_code(name: &str) -> Option<u32> {
    (0..).zip(DEVICE_EVENT_NAMES).find_map(|(code, known)| (known == name).then_some(code))
}

/// `FAILURE` for 0xC0000001; a status without a name here is written `0xC0FFEE00`.
pub fn status_name(status: i32) -> String {
    let status = status.cast_unsigned();
    match STATUS_NAMES.iter().find(|(_, known)| *known == status) {
        Some((name, _)) => (*name).to_owned(),
        None => format!("0x{status:08X}"),
    }
}

/// The inverse of [`status_name`]: a name, or `0x` and up to eight hex digits.
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
    fn every_event_name_leads_back_to_its_code() {
        for code in 0..23 {
            assert_eq!(event_name(code).and_then(event_code), Some(code));
        }
        assert_eq!(event_name(23), None);
        assert_eq!(event_name(u32::MAX), None);
    }

    #[test]
    fn every_device_event_name_leads_back_to_its_code() {
        for code in 0..7 {
            assert_eq!(device_event_name(code).and_then(device_event_code), Some(code));
        }
        assert_eq!(device_event_name(7), None);
    }

    #[test]
    fn the_names_stand_at_the_numbers_of_the_windows_header() {
        use ndis_abi::ndis::net_pnp::NET_PNP_EVENT_CODE as Code;
        assert_eq!(event_code("SetPower"), Some(Code::NetEventSetPower.0));
        assert_eq!(event_code("InhibitBindsAbove"), Some(Code::NetEventInhibitBindsAbove.0));
        assert_eq!(event_code("RequirePause"), Some(Code::NetEventRequirePause.0));
        assert_eq!(event_code("UploadGftFlowEntries"), Some(Code::NetEventMaximum.0 - 1));
    }

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
