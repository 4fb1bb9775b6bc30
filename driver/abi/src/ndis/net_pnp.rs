//! Network PnP events, which travel up a stack. From `netpnp.h` and `ndis.h`.

use core::ffi::c_void;

use super::filter::NDIS_RESTART_ATTRIBUTES;
use super::object::{NDIS_OBJECT_HEADER, NDIS_PORT_NUMBER, NET_LUID_LH};

/// `NET_PNP_EVENT_CODE`. The numeric order of 18..=21 is not the documentation's order.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NET_PNP_EVENT_CODE(pub u32);

#[expect(missing_docs, reason = "each code is described at ndis_filter's event::NetPnpEvent")]
impl NET_PNP_EVENT_CODE {
    pub const NetEventSetPower: Self = Self(0);
    pub const NetEventQueryPower: Self = Self(1);
    pub const NetEventQueryRemoveDevice: Self = Self(2);
    pub const NetEventCancelRemoveDevice: Self = Self(3);
    pub const NetEventReconfigure: Self = Self(4);
    pub const NetEventBindList: Self = Self(5);
    pub const NetEventBindsComplete: Self = Self(6);
    pub const NetEventPnPCapabilities: Self = Self(7);
    pub const NetEventPause: Self = Self(8);
    pub const NetEventRestart: Self = Self(9);
    pub const NetEventPortActivation: Self = Self(10);
    pub const NetEventPortDeactivation: Self = Self(11);
    pub const NetEventIMReEnableDevice: Self = Self(12);
    pub const NetEventNDKEnable: Self = Self(13);
    pub const NetEventNDKDisable: Self = Self(14);
    pub const NetEventFilterPreDetach: Self = Self(15);
    pub const NetEventBindFailed: Self = Self(16);
    pub const NetEventSwitchActivate: Self = Self(17);
    pub const NetEventAllowBindsAbove: Self = Self(18);
    pub const NetEventInhibitBindsAbove: Self = Self(19);
    pub const NetEventAllowStart: Self = Self(20);
    pub const NetEventRequirePause: Self = Self(21);
    pub const NetEventUploadGftFlowEntries: Self = Self(22);
    pub const NetEventMaximum: Self = Self(23);
}

/// `NET_DEVICE_POWER_STATE`, the payload of `NetEventSetPower` and `NetEventQueryPower`.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NET_DEVICE_POWER_STATE(pub i32);

#[expect(missing_docs, reason = "the names are the description")]
impl NET_DEVICE_POWER_STATE {
    pub const NetDeviceStateUnspecified: Self = Self(0);
    pub const NetDeviceStateD0: Self = Self(1);
    pub const NetDeviceStateD1: Self = Self(2);
    pub const NetDeviceStateD2: Self = Self(3);
    pub const NetDeviceStateD3: Self = Self(4);
    pub const NetDeviceStateMaximum: Self = Self(5);
}

layout! {
    /// `NET_PNP_EVENT`: code and buffer. The reserved areas belong to NDIS and the transports.
    /// Source: ddi:netpnp/ns-netpnp-_net_pnp_event.
    NET_PNP_EVENT: 152, 8 {
        0 => NetEvent: NET_PNP_EVENT_CODE,
        8 => Buffer: *mut c_void,
        /// Bytes at `Buffer`.
        16 => BufferLength: u32,
        24 => NdisReserved: [usize; 4],
        56 => TransportReserved: [usize; 4],
        88 => TdiReserved: [usize; 4],
        120 => TdiClientReserved: [usize; 4],
    }

    /// `NET_PNP_EVENT_NOTIFICATION`, what `FilterNetPnPEvent` receives and `NdisFNetPnPEvent` takes.
    /// `SwitchId` and `VPortId` exist from revision 2 (172 bytes) on.
    /// Source: ddi:ndis/ns-ndis-_net_pnp_event_notification.
    NET_PNP_EVENT_NOTIFICATION: 176, 8 {
        0 => Header: NDIS_OBJECT_HEADER,
        /// 0: not about one port.
        4 => PortNumber: NDIS_PORT_NUMBER,
        8 => NetPnPEvent: NET_PNP_EVENT,
        160 => Flags: u32,
        164 => SwitchId: u32,
        168 => VPortId: u32,
    }

    /// `NDIS_PROTOCOL_PAUSE_PARAMETERS`, the payload of `NetEventPause`.
    NDIS_PROTOCOL_PAUSE_PARAMETERS: 12, 4 {
        0 => Header: NDIS_OBJECT_HEADER,
        4 => Flags: u32,
        8 => PauseReason: u32,
    }

    /// `NDIS_PROTOCOL_RESTART_PARAMETERS`, the payload of `NetEventRestart` when there is one.
    NDIS_PROTOCOL_RESTART_PARAMETERS: 56, 8 {
        0 => Header: NDIS_OBJECT_HEADER,
        /// Repeated: `USHORT` byte count, then that many bytes of UTF-16, not terminated.
        8 => FilterModuleNameBuffer: *mut u8,
        /// Bytes at `FilterModuleNameBuffer`.
        16 => FilterModuleNameBufferLength: u32,
        24 => RestartAttributes: *mut NDIS_RESTART_ATTRIBUTES,
        32 => BoundIfIndex: u32,
        40 => BoundIfNetluid: NET_LUID_LH,
        48 => Flags: u32,
    }

    /// `NDIS_BIND_FAILED_NOTIFICATION`, the payload of `NetEventBindFailed`.
    NDIS_BIND_FAILED_NOTIFICATION: 16, 8 {
        0 => Header: NDIS_OBJECT_HEADER,
        8 => MiniportNetLuid: NET_LUID_LH,
    }
}

/// `NDIS_OBJECT_HEADER::Revision` of the first notification.
pub const NET_PNP_EVENT_NOTIFICATION_REVISION_1: u8 = 1;
/// With `SwitchId` and `VPortId`, from NDIS 6.50 on.
pub const NET_PNP_EVENT_NOTIFICATION_REVISION_2: u8 = 2;
/// Through `Flags`.
pub const NDIS_SIZEOF_NET_PNP_EVENT_NOTIFICATION_REVISION_1: u16 = 164;
/// Through `VPortId`.
pub const NDIS_SIZEOF_NET_PNP_EVENT_NOTIFICATION_REVISION_2: u16 = 172;
/// The only revision.
pub const NDIS_PROTOCOL_PAUSE_PARAMETERS_REVISION_1: u8 = 1;
/// Through `PauseReason`.
pub const NDIS_SIZEOF_PROTOCOL_PAUSE_PARAMETERS_REVISION_1: u16 = 12;
/// The only revision.
pub const NDIS_PROTOCOL_RESTART_PARAMETERS_REVISION_1: u8 = 1;
/// Through `Flags`.
pub const NDIS_SIZEOF_PROTOCOL_RESTART_PARAMETERS_REVISION_1: u16 = 52;
/// The only revision. The header names no size constant for it.
pub const NDIS_BIND_FAILED_NOTIFICATION_REVISION_1: u8 = 1;
/// `Flags`: plausibly, the miniport is halted after this `NetEventSetPower` (header only).
pub const NET_EVENT_HALT_MINIPORT_ON_LOW_POWER: u32 = 1;
/// `Flags`: `VPortId` is valid.
pub const NET_EVENT_FLAGS_VPORT_ID_VALID: u32 = 2;

/// Wake bits of `NetEventPnPCapabilities`: the device may wake the machine.
pub const NDIS_DEVICE_WAKE_UP_ENABLE: u32 = 1;
/// Wake bits of `NetEventPnPCapabilities`: on a pattern match.
pub const NDIS_DEVICE_WAKE_ON_PATTERN_MATCH_ENABLE: u32 = 2;
/// Wake bits of `NetEventPnPCapabilities`: on a magic packet.
pub const NDIS_DEVICE_WAKE_ON_MAGIC_PACKET_ENABLE: u32 = 4;
