//! Network event codes: the one place where an open number becomes a closed enumeration.

use ndis_abi::ndis::net_pnp::NET_PNP_EVENT_CODE as Raw;

/// A `NET_PNP_EVENT_CODE` that this crate knows.
///
/// Holding one proves that the number was one of the 23. The numbers 18..=21 are not in the
/// documentation's order. Source: ddi:netpnp/ns-netpnp-_net_pnp_event, `netpnp.h`; contract c.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
#[doc(alias = "NET_PNP_EVENT_CODE")]
pub enum EventCode {
    /// The power state of the adapter changes; the payload names the new state.
    #[doc(alias = "NetEventSetPower")]
    SetPower = Raw::NetEventSetPower.0,
    /// May the power state change? NDIS wants `SUCCESS`; a change follows, or a `SetPower` that
    /// names the state in force.
    #[doc(alias = "NetEventQueryPower")]
    QueryPower = Raw::NetEventQueryPower.0,
    /// May the device go? Remove, stop and surprise removal share this code.
    #[doc(alias = "NetEventQueryRemoveDevice")]
    QueryRemoveDevice = Raw::NetEventQueryRemoveDevice.0,
    /// The removal that was asked for does not happen.
    #[doc(alias = "NetEventCancelRemoveDevice")]
    CancelRemoveDevice = Raw::NetEventCancelRemoveDevice.0,
    /// Bytes private to one protocol or intermediate driver.
    #[doc(alias = "NetEventReconfigure")]
    Reconfigure = Raw::NetEventReconfigure.0,
    /// The binding order of a protocol.
    #[doc(alias = "NetEventBindList")]
    BindList = Raw::NetEventBindList.0,
    /// A protocol is bound to everything it will be bound to.
    #[doc(alias = "NetEventBindsComplete")]
    BindsComplete = Raw::NetEventBindsComplete.0,
    /// The user changed whether the adapter may wake the machine.
    #[doc(alias = "NetEventPnPCapabilities")]
    PnpCapabilities = Raw::NetEventPnPCapabilities.0,
    /// Protocol bindings are being paused. A filter is paused through `FilterPause`.
    #[doc(alias = "NetEventPause")]
    Pause = Raw::NetEventPause.0,
    /// Protocol bindings are being restarted.
    #[doc(alias = "NetEventRestart")]
    Restart = Raw::NetEventRestart.0,
    /// The miniport activates ports.
    #[doc(alias = "NetEventPortActivation")]
    PortActivation = Raw::NetEventPortActivation.0,
    /// The miniport deactivates ports; they are usable until this event is done.
    #[doc(alias = "NetEventPortDeactivation")]
    PortDeactivation = Raw::NetEventPortDeactivation.0,
    /// A virtual miniport of an intermediate driver comes back.
    #[doc(alias = "NetEventIMReEnableDevice")]
    ImReEnableDevice = Raw::NetEventIMReEnableDevice.0,
    /// RDMA is switched on.
    #[doc(alias = "NetEventNDKEnable")]
    NdkEnable = Raw::NetEventNDKEnable.0,
    /// RDMA is switched off. May take long: consumers close their adapters first.
    #[doc(alias = "NetEventNDKDisable")]
    NdkDisable = Raw::NetEventNDKDisable.0,
    /// Last moment when this module may originate OIDs or status. Not guaranteed to come.
    #[doc(alias = "NetEventFilterPreDetach")]
    FilterPreDetach = Raw::NetEventFilterPreDetach.0,
    /// NDIS failed to bind a protocol or to attach a filter.
    #[doc(alias = "NetEventBindFailed")]
    BindFailed = Raw::NetEventBindFailed.0,
    /// The Hyper-V virtual switch is active.
    #[doc(alias = "NetEventSwitchActivate")]
    SwitchActivate = Raw::NetEventSwitchActivate.0,
    /// Miniport only: undoes `InhibitBindsAbove`.
    #[doc(alias = "NetEventAllowBindsAbove")]
    AllowBindsAbove = Raw::NetEventAllowBindsAbove.0,
    /// Miniport only: everything above is unbound and detached.
    #[doc(alias = "NetEventInhibitBindsAbove")]
    InhibitBindsAbove = Raw::NetEventInhibitBindsAbove.0,
    /// Miniport only: undoes `RequirePause`.
    #[doc(alias = "NetEventAllowStart")]
    AllowStart = Raw::NetEventAllowStart.0,
    /// Miniport only: the whole stack is paused.
    #[doc(alias = "NetEventRequirePause")]
    RequirePause = Raw::NetEventRequirePause.0,
    /// Undocumented; header only.
    #[doc(alias = "NetEventUploadGftFlowEntries")]
    UploadGftFlowEntries = Raw::NetEventUploadGftFlowEntries.0,
}

impl EventCode {
    /// Every code, in numeric order.
    pub const ALL: [Self; 23] = [
        Self::SetPower,
        Self::QueryPower,
        Self::QueryRemoveDevice,
        Self::CancelRemoveDevice,
        Self::Reconfigure,
        Self::BindList,
        Self::BindsComplete,
        Self::PnpCapabilities,
        Self::Pause,
        Self::Restart,
        Self::PortActivation,
        Self::PortDeactivation,
        Self::ImReEnableDevice,
        Self::NdkEnable,
        Self::NdkDisable,
        Self::FilterPreDetach,
        Self::BindFailed,
        Self::SwitchActivate,
        Self::AllowBindsAbove,
        Self::InhibitBindsAbove,
        Self::AllowStart,
        Self::RequirePause,
        Self::UploadGftFlowEntries,
    ];

    /// The code with this number; `None` for every number above 22.
    #[must_use]
    pub const fn from_raw(raw: u32) -> Option<Self> {
        Some(match Raw(raw) {
            Raw::NetEventSetPower => Self::SetPower,
            Raw::NetEventQueryPower => Self::QueryPower,
            Raw::NetEventQueryRemoveDevice => Self::QueryRemoveDevice,
            Raw::NetEventCancelRemoveDevice => Self::CancelRemoveDevice,
            Raw::NetEventReconfigure => Self::Reconfigure,
            Raw::NetEventBindList => Self::BindList,
            Raw::NetEventBindsComplete => Self::BindsComplete,
            Raw::NetEventPnPCapabilities => Self::PnpCapabilities,
            Raw::NetEventPause => Self::Pause,
            Raw::NetEventRestart => Self::Restart,
            Raw::NetEventPortActivation => Self::PortActivation,
            Raw::NetEventPortDeactivation => Self::PortDeactivation,
            Raw::NetEventIMReEnableDevice => Self::ImReEnableDevice,
            Raw::NetEventNDKEnable => Self::NdkEnable,
            Raw::NetEventNDKDisable => Self::NdkDisable,
            Raw::NetEventFilterPreDetach => Self::FilterPreDetach,
            Raw::NetEventBindFailed => Self::BindFailed,
            Raw::NetEventSwitchActivate => Self::SwitchActivate,
            Raw::NetEventAllowBindsAbove => Self::AllowBindsAbove,
            Raw::NetEventInhibitBindsAbove => Self::InhibitBindsAbove,
            Raw::NetEventAllowStart => Self::AllowStart,
            Raw::NetEventRequirePause => Self::RequirePause,
            Raw::NetEventUploadGftFlowEntries => Self::UploadGftFlowEntries,
            _ => return None,
        })
    }

    /// The number Windows gives it, 0..=22.
    #[must_use]
    pub const fn raw(self) -> u32 {
        self as u32
    }

    /// The Windows name without `NetEvent`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SetPower => "SetPower",
            Self::QueryPower => "QueryPower",
            Self::QueryRemoveDevice => "QueryRemoveDevice",
            Self::CancelRemoveDevice => "CancelRemoveDevice",
            Self::Reconfigure => "Reconfigure",
            Self::BindList => "BindList",
            Self::BindsComplete => "BindsComplete",
            Self::PnpCapabilities => "PnPCapabilities",
            Self::Pause => "Pause",
            Self::Restart => "Restart",
            Self::PortActivation => "PortActivation",
            Self::PortDeactivation => "PortDeactivation",
            Self::ImReEnableDevice => "IMReEnableDevice",
            Self::NdkEnable => "NDKEnable",
            Self::NdkDisable => "NDKDisable",
            Self::FilterPreDetach => "FilterPreDetach",
            Self::BindFailed => "BindFailed",
            Self::SwitchActivate => "SwitchActivate",
            Self::AllowBindsAbove => "AllowBindsAbove",
            Self::InhibitBindsAbove => "InhibitBindsAbove",
            Self::AllowStart => "AllowStart",
            Self::RequirePause => "RequirePause",
            Self::UploadGftFlowEntries => "UploadGftFlowEntries",
        }
    }

    /// Whether NDIS looks at what `FilterNetPnPEvent` returns.
    ///
    /// For the other events the answer must be `SUCCESS`. Source: ddi:ndis/nc-ndis-filter_net_pnp_event.
    #[must_use]
    pub const fn return_is_significant(self) -> bool {
        matches!(self, Self::QueryPower | Self::QueryRemoveDevice)
    }

    /// Whether the contract lets this event reach a filter at all.
    ///
    /// `false` for 18..=21, which are issued by miniports and end in NDIS: one that arrives all the
    /// same is typed, forwarded and an anomaly. Source: ddi:netpnp/ns-netpnp-_net_pnp_event.
    #[must_use]
    pub const fn reaches_filters(self) -> bool {
        !matches!(
            self,
            Self::AllowBindsAbove | Self::InhibitBindsAbove | Self::AllowStart | Self::RequirePause
        )
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    #[test]
    fn the_codes_are_the_numbers_0_to_22_without_a_gap() {
        for (number, code) in (0..).zip(EventCode::ALL) {
            assert_eq!(code.raw(), number);
            assert_eq!(EventCode::from_raw(number), Some(code));
        }
        assert_eq!(EventCode::from_raw(23), None);
        assert_eq!(EventCode::from_raw(u32::MAX), None);
    }

    #[test]
    fn no_two_codes_share_a_name() {
        let names: std::collections::BTreeSet<_> = EventCode::ALL.map(EventCode::name).into();
        assert_eq!(names.len(), 23);
    }

    #[test]
    fn ndis_reads_the_answer_to_the_two_queries_only() {
        let significant = EventCode::ALL.into_iter().filter(|c| c.return_is_significant());
        assert_eq!(significant.map(EventCode::raw).collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn four_events_are_documented_never_to_reach_a_filter() {
        let never = EventCode::ALL.into_iter().filter(|c| !c.reaches_filters());
        assert_eq!(never.map(EventCode::raw).collect::<Vec<_>>(), [18, 19, 20, 21]);
    }
}
