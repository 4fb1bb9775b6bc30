//! NDIS ports. From `ntddndis.h` and `ndis.h`.

use super::indication::NET_IF_MEDIA_CONNECT_STATE;
use super::object::{NDIS_OBJECT_HEADER, NDIS_PORT_NUMBER};

/// `NDIS_PORT_TYPE`.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NDIS_PORT_TYPE(pub i32);

#[expect(missing_docs, reason = "the names are the description")]
impl NDIS_PORT_TYPE {
    pub const NdisPortTypeUndefined: Self = Self(0);
    pub const NdisPortTypeBridge: Self = Self(1);
    pub const NdisPortTypeRasConnection: Self = Self(2);
    pub const NdisPortType8021xSupplicant: Self = Self(3);
    pub const NdisPortTypeNdisImPlatform: Self = Self(4);
}

/// `NDIS_PORT_CONTROL_STATE`.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NDIS_PORT_CONTROL_STATE(pub i32);

#[expect(missing_docs, reason = "the names are the description")]
impl NDIS_PORT_CONTROL_STATE {
    pub const NdisPortControlStateUnknown: Self = Self(0);
    pub const NdisPortControlStateControlled: Self = Self(1);
    pub const NdisPortControlStateUncontrolled: Self = Self(2);
}

/// `NDIS_PORT_AUTHORIZATION_STATE`.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NDIS_PORT_AUTHORIZATION_STATE(pub i32);

#[expect(missing_docs, reason = "the names are the description")]
impl NDIS_PORT_AUTHORIZATION_STATE {
    pub const NdisPortAuthorizationUnknown: Self = Self(0);
    pub const NdisPortAuthorized: Self = Self(1);
    pub const NdisPortUnauthorized: Self = Self(2);
    pub const NdisPortReauthorizing: Self = Self(3);
}

/// `NET_IF_DIRECTION_TYPE`.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NET_IF_DIRECTION_TYPE(pub i32);

#[expect(missing_docs, reason = "the names are the description")]
impl NET_IF_DIRECTION_TYPE {
    pub const NET_IF_DIRECTION_SENDRECEIVE: Self = Self(0);
    pub const NET_IF_DIRECTION_SENDONLY: Self = Self(1);
    pub const NET_IF_DIRECTION_RECEIVEONLY: Self = Self(2);
}

layout! {
    /// `NDIS_PORT_CHARACTERISTICS`. Speeds in bits per second.
    /// Source: ddi:ntddndis/ns-ntddndis-_ndis_port_characteristics.
    NDIS_PORT_CHARACTERISTICS: 64, 8 {
        0 => Header: NDIS_OBJECT_HEADER,
        4 => PortNumber: NDIS_PORT_NUMBER,
        8 => Flags: u32,
        12 => Type: NDIS_PORT_TYPE,
        16 => MediaConnectState: NET_IF_MEDIA_CONNECT_STATE,
        24 => XmitLinkSpeed: u64,
        32 => RcvLinkSpeed: u64,
        40 => Direction: NET_IF_DIRECTION_TYPE,
        44 => SendControlState: NDIS_PORT_CONTROL_STATE,
        48 => RcvControlState: NDIS_PORT_CONTROL_STATE,
        52 => SendAuthorizationState: NDIS_PORT_AUTHORIZATION_STATE,
        56 => RcvAuthorizationState: NDIS_PORT_AUTHORIZATION_STATE,
    }

    /// `NDIS_PORT`, a link of the list that `NetEventPortActivation` carries. It has no header of
    /// its own. Source: ddi:ntddndis/ns-ntddndis-_ndis_port.
    NDIS_PORT: 96, 8 {
        0 => Next: *mut NDIS_PORT,
        8 => NdisReserved: *mut core::ffi::c_void,
        16 => MiniportReserved: *mut core::ffi::c_void,
        24 => ProtocolReserved: *mut core::ffi::c_void,
        32 => PortCharacteristics: NDIS_PORT_CHARACTERISTICS,
    }
}

/// The only revision.
pub const NDIS_PORT_CHARACTERISTICS_REVISION_1: u8 = 1;
/// Through `RcvAuthorizationState`.
pub const NDIS_SIZEOF_PORT_CHARACTERISTICS_REVISION_1: u16 = 60;
