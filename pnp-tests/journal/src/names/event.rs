//! The names of NDIS's events, without their common prefixes.

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
#[must_use]
pub fn event_name(code: u32) -> Option<&'static str> {
    EVENT_NAMES.get(usize::try_from(code).ok()?).copied()
}

/// 0 for `SetPower`, in exactly this spelling.
#[must_use]
pub fn event_code(name: &str) -> Option<u32> {
    (0..).zip(EVENT_NAMES).find_map(|(code, known)| (known == name).then_some(code))
}

/// `SurpriseRemoved` for 2; none from 7 on.
#[must_use]
pub fn device_event_name(code: u32) -> Option<&'static str> {
    DEVICE_EVENT_NAMES.get(usize::try_from(code).ok()?).copied()
}

/// 2 for `SurpriseRemoved`, in exactly this spelling.
#[must_use]
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
}
