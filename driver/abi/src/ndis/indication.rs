//! Status indications, which travel up a stack. From `ndis.h` and `ntddndis.h`.

use core::ffi::c_void;

use super::object::{NDIS_HANDLE, NDIS_OBJECT_HEADER, NDIS_PORT_NUMBER};
use super::status::NDIS_STATUS;
use crate::nt::GUID;

/// `NET_IF_MEDIA_CONNECT_STATE`.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NET_IF_MEDIA_CONNECT_STATE(pub i32);

#[expect(missing_docs, reason = "the names are the description")]
impl NET_IF_MEDIA_CONNECT_STATE {
    pub const MediaConnectStateUnknown: Self = Self(0);
    pub const MediaConnectStateConnected: Self = Self(1);
    pub const MediaConnectStateDisconnected: Self = Self(2);
}

/// `NET_IF_MEDIA_DUPLEX_STATE`.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NET_IF_MEDIA_DUPLEX_STATE(pub i32);

#[expect(missing_docs, reason = "the names are the description")]
impl NET_IF_MEDIA_DUPLEX_STATE {
    pub const MediaDuplexStateUnknown: Self = Self(0);
    pub const MediaDuplexStateHalf: Self = Self(1);
    pub const MediaDuplexStateFull: Self = Self(2);
}

/// `NDIS_PM_WAKE_REASON_TYPE`.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NDIS_PM_WAKE_REASON_TYPE(pub i32);

#[expect(missing_docs, reason = "the names are the description")]
impl NDIS_PM_WAKE_REASON_TYPE {
    pub const NdisWakeReasonUnspecified: Self = Self(0);
    pub const NdisWakeReasonPacket: Self = Self(1);
    pub const NdisWakeReasonMediaDisconnect: Self = Self(2);
    pub const NdisWakeReasonMediaConnect: Self = Self(3);
}

/// `NET_IF_OPER_STATUS`, the operational status of an interface as RFC 2863 has it. From `ifdef.h`.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NET_IF_OPER_STATUS(pub i32);

#[expect(missing_docs, reason = "the names are the description")]
impl NET_IF_OPER_STATUS {
    pub const NET_IF_OPER_STATUS_UP: Self = Self(1);
    pub const NET_IF_OPER_STATUS_DOWN: Self = Self(2);
    pub const NET_IF_OPER_STATUS_TESTING: Self = Self(3);
    pub const NET_IF_OPER_STATUS_UNKNOWN: Self = Self(4);
    pub const NET_IF_OPER_STATUS_DORMANT: Self = Self(5);
    pub const NET_IF_OPER_STATUS_NOT_PRESENT: Self = Self(6);
    pub const NET_IF_OPER_STATUS_LOWER_LAYER_DOWN: Self = Self(7);
}

layout! {
    /// `NDIS_STATUS_INDICATION`, what `FilterStatus` receives and `NdisFIndicateStatus` takes.
    /// Source: ddi:ndis/ns-ndis-_ndis_status_indication.
    NDIS_STATUS_INDICATION: 112, 8 {
        0 => Header: NDIS_OBJECT_HEADER,
        8 => SourceHandle: NDIS_HANDLE,
        16 => PortNumber: NDIS_PORT_NUMBER,
        20 => StatusCode: NDIS_STATUS,
        24 => Flags: u32,
        32 => DestinationHandle: NDIS_HANDLE,
        40 => RequestId: *mut c_void,
        48 => StatusBuffer: *mut c_void,
        /// Bytes at `StatusBuffer`.
        56 => StatusBufferSize: u32,
        60 => Guid: GUID,
        80 => NdisReserved: [*mut c_void; 4],
    }

    /// `NDIS_LINK_STATE`, the buffer of `NDIS_STATUS_LINK_STATE`. Speeds in bits per second,
    /// `u64::MAX` when unknown. Source: ddi:ntddndis/ns-ntddndis-_ndis_link_state.
    NDIS_LINK_STATE: 40, 8 {
        0 => Header: NDIS_OBJECT_HEADER,
        4 => MediaConnectState: NET_IF_MEDIA_CONNECT_STATE,
        8 => MediaDuplexState: NET_IF_MEDIA_DUPLEX_STATE,
        16 => XmitLinkSpeed: u64,
        24 => RcvLinkSpeed: u64,
        32 => PauseFunctions: i32,
        36 => AutoNegotiationFlags: u32,
    }

    /// `NDIS_OPER_STATE`, the buffer of `NDIS_STATUS_OPER_STATUS`.
    /// Source: ddi:ntddndis/ns-ntddndis-_ndis_oper_state.
    NDIS_OPER_STATE: 12, 4 {
        0 => Header: NDIS_OBJECT_HEADER,
        4 => OperationalStatus: NET_IF_OPER_STATUS,
        /// `NET_IF_OPER_STATUS_*` bits: why the interface is down or dormant.
        8 => OperationalStatusFlags: u32,
    }

    /// `NDIS_PM_CAPABILITIES`, the buffer of `NDIS_STATUS_PM_CAPABILITIES_CHANGE` and
    /// `NDIS_STATUS_PM_HARDWARE_CAPABILITIES`. Source: ddi:ntddndis/ns-ntddndis-_ndis_pm_capabilities.
    NDIS_PM_CAPABILITIES: 60, 4 {
        0 => Header: NDIS_OBJECT_HEADER,
        4 => Flags: u32,
        8 => SupportedWoLPacketPatterns: u32,
        12 => NumTotalWoLPatterns: u32,
        16 => MaxWoLPatternSize: u32,
        20 => MaxWoLPatternOffset: u32,
        24 => MaxWoLPacketSaveBuffer: u32,
        28 => SupportedProtocolOffloads: u32,
        32 => NumArpOffloadIPv4Addresses: u32,
        36 => NumNSOffloadIPv6Addresses: u32,
        /// NDIS_DEVICE_POWER_STATE: the lowest one in which a magic packet wakes the adapter; 0: it
        /// does not.
        40 => MinMagicPacketWakeUp: i32,
        44 => MinPatternWakeUp: i32,
        /// The last field of revision 1.
        48 => MinLinkChangeWakeUp: i32,
        52 => SupportedWakeUpEvents: u32,
        56 => MediaSpecificWakeUpEvents: u32,
    }

    /// `NDIS_PM_WAKE_REASON`, the buffer of `NDIS_STATUS_PM_WAKE_REASON`.
    NDIS_PM_WAKE_REASON: 20, 4 {
        0 => Header: NDIS_OBJECT_HEADER,
        4 => Flags: u32,
        8 => WakeReason: NDIS_PM_WAKE_REASON_TYPE,
        /// Bytes from the start of this structure.
        12 => InfoBufferOffset: u32,
        16 => InfoBufferSize: u32,
    }
}

/// The only revision.
pub const NDIS_STATUS_INDICATION_REVISION_1: u8 = 1;
/// The whole structure.
pub const NDIS_SIZEOF_STATUS_INDICATION_REVISION_1: u16 = 112;
/// The first of two revisions.
pub const NDIS_PM_CAPABILITIES_REVISION_1: u8 = 1;
/// The only revision.
pub const NDIS_PM_WAKE_REASON_REVISION_1: u8 = 1;
/// The whole structure.
pub const NDIS_SIZEOF_PM_WAKE_REASON_REVISION_1: u16 = 20;
