//! The names that scenarios and reports use for NDIS's events, without their common prefixes.
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

#[cfg(test)]
mod tests {
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
        use driver_abi::ndis::net_pnp::NET_PNP_EVENT_CODE as Code;
        assert_eq!(event_code("SetPower"), Some(Code::NetEventSetPower.0));
        assert_eq!(event_code("InhibitBindsAbove"), Some(Code::NetEventInhibitBindsAbove.0));
        assert_eq!(event_code("RequirePause"), Some(Code::NetEventRequirePause.0));
        assert_eq!(event_code("UploadGftFlowEntries"), Some(Code::NetEventMaximum.0 - 1));
    }
}
