//! Device power states.

use driver_abi::ndis::net_pnp::NET_DEVICE_POWER_STATE as Raw;

/// A `NET_DEVICE_POWER_STATE`, in the order of depth.
///
/// The payload of `SetPower` and `QueryPower`. Source: ddi:netpnp/ns-netpnp-_net_pnp_event,
/// `netpnp.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
#[doc(alias = "NET_DEVICE_POWER_STATE")]
#[doc(alias = "NDIS_DEVICE_POWER_STATE")]
pub enum DevicePowerState {
    /// The device has no power management.
    #[doc(alias = "NetDeviceStateUnspecified")]
    Unspecified = Raw::NetDeviceStateUnspecified.0,
    /// The adapter works.
    #[doc(alias = "NetDeviceStateD0")]
    D0 = Raw::NetDeviceStateD0.0,
    /// The lightest sleep of the adapter.
    #[doc(alias = "NetDeviceStateD1")]
    D1 = Raw::NetDeviceStateD1.0,
    /// A deeper sleep of the adapter.
    #[doc(alias = "NetDeviceStateD2")]
    D2 = Raw::NetDeviceStateD2.0,
    /// The adapter is off, or able to wake the machine and no more.
    #[doc(alias = "NetDeviceStateD3")]
    D3 = Raw::NetDeviceStateD3.0,
}

impl DevicePowerState {
    /// Every state, in numeric order.
    pub const ALL: [Self; 5] = [Self::Unspecified, Self::D0, Self::D1, Self::D2, Self::D3];

    /// The state with this number; `None` below 0 and above 4.
    #[must_use]
    pub const fn from_raw(raw: i32) -> Option<Self> {
        Some(match Raw(raw) {
            Raw::NetDeviceStateUnspecified => Self::Unspecified,
            Raw::NetDeviceStateD0 => Self::D0,
            Raw::NetDeviceStateD1 => Self::D1,
            Raw::NetDeviceStateD2 => Self::D2,
            Raw::NetDeviceStateD3 => Self::D3,
            _ => return None,
        })
    }

    /// The number Windows gives it: 0 unspecified, 1 D0 .. 4 D3.
    #[must_use]
    pub const fn raw(self) -> i32 {
        self as i32
    }

    /// The name of the state: `"Unspecified"`, `"D0"` .. `"D3"`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "Unspecified",
            Self::D0 => "D0",
            Self::D1 => "D1",
            Self::D2 => "D2",
            Self::D3 => "D3",
        }
    }

    /// Whether a module must originate no request: D1 and D2 are as closed as D3 (contract g.9).
    #[must_use]
    pub const fn is_low(self) -> bool {
        matches!(self, Self::D1 | Self::D2 | Self::D3)
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    #[test]
    fn every_number_outside_0_to_4_has_no_state() {
        for raw in [-1, 5, i32::MIN, i32::MAX] {
            assert_eq!(DevicePowerState::from_raw(raw), None);
        }
        for state in DevicePowerState::ALL {
            assert_eq!(DevicePowerState::from_raw(state.raw()), Some(state));
        }
    }

    #[test]
    fn d1_to_d3_are_low_and_nothing_else_is() {
        let low = DevicePowerState::ALL.into_iter().filter(|s| s.is_low());
        assert_eq!(low.map(DevicePowerState::name).collect::<Vec<_>>(), ["D1", "D2", "D3"]);
    }
}
