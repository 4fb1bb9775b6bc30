//! OID requests, which travel down a stack. From `oidrequest.h` and `ntddndis.h`.

use core::ffi::c_void;

use super::object::{NDIS_HANDLE, NDIS_OBJECT_HEADER, NDIS_PORT_NUMBER};

/// `NDIS_REQUEST_TYPE`.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NDIS_REQUEST_TYPE(pub i32);

#[expect(missing_docs, reason = "the names are the description")]
impl NDIS_REQUEST_TYPE {
    pub const NdisRequestQueryInformation: Self = Self(0);
    pub const NdisRequestMethod: Self = Self(12);
}

/// The data of a request, by request type: a query, a set (which has the same shape) or a method.
#[repr(C)]
#[derive(Clone, Copy)]
pub union NDIS_OID_REQUEST_DATA {
    /// The data of every request type but the method.
    pub query: NDIS_OID_REQUEST_QUERY,
    /// The data of NdisRequestMethod.
    pub method: NDIS_OID_REQUEST_METHOD,
}

static_assertions::const_assert_eq!(size_of::<NDIS_OID_REQUEST_DATA>(), 40);

impl core::fmt::Debug for NDIS_OID_REQUEST_DATA {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("NDIS_OID_REQUEST_DATA")
    }
}

layout! {
    /// `NDIS_OID_REQUEST`. Source: ddi:oidrequest/ns-oidrequest-ndis_oid_request.
    NDIS_OID_REQUEST: 248, 8 {
        0 => Header: NDIS_OBJECT_HEADER,
        4 => RequestType: NDIS_REQUEST_TYPE,
        8 => PortNumber: NDIS_PORT_NUMBER,
        /// Seconds; 0: none.
        12 => Timeout: u32,
        /// By which it is cancelled.
        16 => RequestId: *mut c_void,
        24 => RequestHandle: NDIS_HANDLE,
        32 => DATA: NDIS_OID_REQUEST_DATA,
        72 => NdisReserved: [u8; 128],
        200 => MiniportReserved: [u8; 16],
        /// Whoever made the request keeps what it likes here.
        216 => SourceReserved: [*mut c_void; 2],
        232 => SupportedRevision: u8,
        233 => Reserved1: u8,
        234 => Reserved2: u16,
        236 => SwitchId: u32,
        240 => VPortId: u32,
        244 => Flags: u32,
    }

    /// The query and set part of `NDIS_OID_REQUEST`.
    NDIS_OID_REQUEST_QUERY: 32, 8 {
        0 => Oid: u32,
        8 => InformationBuffer: *mut c_void,
        16 => InformationBufferLength: u32,
        /// BytesRead of a set.
        20 => BytesWritten: u32,
        24 => BytesNeeded: u32,
    }

    /// The method part of `NDIS_OID_REQUEST`.
    NDIS_OID_REQUEST_METHOD: 40, 8 {
        0 => Oid: u32,
        8 => InformationBuffer: *mut c_void,
        16 => InputBufferLength: u32,
        20 => OutputBufferLength: u32,
        24 => MethodId: u32,
        28 => BytesWritten: u32,
        32 => BytesRead: u32,
        36 => BytesNeeded: u32,
    }

    /// `NDIS_PM_PARAMETERS`, the answer to `OID_PM_PARAMETERS`.
    /// Source: ddi:ntddndis/ns-ntddndis-_ndis_pm_parameters.
    NDIS_PM_PARAMETERS: 20, 4 {
        0 => Header: NDIS_OBJECT_HEADER,
        4 => EnabledWoLPacketPatterns: u32,
        8 => EnabledProtocolOffloads: u32,
        /// The last field of revision 1.
        12 => WakeUpFlags: u32,
        16 => MediaSpecificWakeUpEvents: u32,
    }
}

/// The wake sources that are enabled; queried and set.
pub const OID_PM_PARAMETERS: u32 = 0xFD01_0109;
/// The wake sources of which the hardware is capable.
pub const OID_PM_HARDWARE_CAPABILITIES: u32 = 0xFD01_0108;
/// `Type` of the header of `NDIS_OID_REQUEST`.
pub const NDIS_OBJECT_TYPE_OID_REQUEST: u8 = 0x96;
/// Up to `SupportedRevision`.
pub const NDIS_OID_REQUEST_REVISION_1: u8 = 1;
/// Bytes of revision 1; the structure is allocated whole all the same.
pub const NDIS_SIZEOF_OID_REQUEST_REVISION_1: u16 = 236;
/// The first of two revisions.
pub const NDIS_PM_PARAMETERS_REVISION_1: u8 = 1;
