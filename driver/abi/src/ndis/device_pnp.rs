//! Device PnP events, which travel down a stack. From `ndis.h`.

use core::ffi::c_void;

use super::object::{NDIS_OBJECT_HEADER, NDIS_PORT_NUMBER};

/// `NDIS_DEVICE_PNP_EVENT`.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NDIS_DEVICE_PNP_EVENT(pub u32);

#[expect(missing_docs, reason = "each code is described at ndis_filter's event::NetDevicePnpEvent")]
impl NDIS_DEVICE_PNP_EVENT {
    pub const NdisDevicePnPEventQueryRemoved: Self = Self(0);
    pub const NdisDevicePnPEventRemoved: Self = Self(1);
    pub const NdisDevicePnPEventSurpriseRemoved: Self = Self(2);
    pub const NdisDevicePnPEventQueryStopped: Self = Self(3);
    pub const NdisDevicePnPEventStopped: Self = Self(4);
    pub const NdisDevicePnPEventPowerProfileChanged: Self = Self(5);
    pub const NdisDevicePnPEventFilterListChanged: Self = Self(6);
    pub const NdisDevicePnPEventMaximum: Self = Self(7);
}

/// `NDIS_POWER_PROFILE`, the payload of `NdisDevicePnPEventPowerProfileChanged`.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NDIS_POWER_PROFILE(pub u32);

impl NDIS_POWER_PROFILE {
    /// The machine runs on battery.
    pub const NdisPowerProfileBattery: Self = Self(0);
    /// The machine is plugged in.
    pub const NdisPowerProfileAcOnLine: Self = Self(1);
}

layout! {
    /// `NET_DEVICE_PNP_EVENT`, what `FilterDevicePnPEventNotify` receives and
    /// `NdisFDevicePnPEventNotify` takes. Source: ddi:ndis/ns-ndis-_net_device_pnp_event.
    NET_DEVICE_PNP_EVENT: 48, 8 {
        0 => Header: NDIS_OBJECT_HEADER,
        4 => PortNumber: NDIS_PORT_NUMBER,
        8 => DevicePnPEvent: NDIS_DEVICE_PNP_EVENT,
        16 => InformationBuffer: *mut c_void,
        /// Bytes at `InformationBuffer`.
        24 => InformationBufferLength: u32,
        28 => NdisReserved: [u8; 16],
    }
}
