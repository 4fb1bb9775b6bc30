//! The names of NDIS's events, which the journal tells them by.

pub use journal::names::event::{
    DEVICE_EVENT_NAMES, EVENT_NAMES, device_event_code, device_event_name, event_code, event_name,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_stand_at_the_numbers_of_the_windows_header() {
        use driver_abi::ndis::net_pnp::NET_PNP_EVENT_CODE as Code;
        assert_eq!(event_code("SetPower"), Some(Code::NetEventSetPower.0));
        assert_eq!(event_code("InhibitBindsAbove"), Some(Code::NetEventInhibitBindsAbove.0));
        assert_eq!(event_code("RequirePause"), Some(Code::NetEventRequirePause.0));
        assert_eq!(event_code("UploadGftFlowEntries"), Some(Code::NetEventMaximum.0 - 1));
    }
}
