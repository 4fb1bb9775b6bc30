//! Lightweight filter drivers: characteristics, attach, pause, restart. From `ndis.h`.

use core::ffi::c_void;

use super::device_pnp::NET_DEVICE_PNP_EVENT;
use super::indication::{
    NDIS_STATUS_INDICATION, NET_IF_MEDIA_CONNECT_STATE, NET_IF_MEDIA_DUPLEX_STATE,
};
use super::net_pnp::NET_PNP_EVENT_NOTIFICATION;
use super::object::{NDIS_HANDLE, NDIS_OBJECT_HEADER, NET_LUID_LH};
use super::oid::NDIS_OID_REQUEST;
use super::status::NDIS_STATUS;
use crate::nt::UNICODE_STRING;

/// `NDIS_MEDIUM`.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NDIS_MEDIUM(pub i32);

#[expect(missing_docs, reason = "the names are the description")]
impl NDIS_MEDIUM {
    pub const NdisMedium802_3: Self = Self(0);
    pub const NdisMediumWirelessWan: Self = Self(9);
    pub const NdisMediumNative802_11: Self = Self(16);
    pub const NdisMediumLoopback: Self = Self(17);
    pub const NdisMediumIP: Self = Self(19);
}

/// `NDIS_PHYSICAL_MEDIUM`.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NDIS_PHYSICAL_MEDIUM(pub i32);

#[expect(missing_docs, reason = "the names are the description")]
impl NDIS_PHYSICAL_MEDIUM {
    pub const NdisPhysicalMediumUnspecified: Self = Self(0);
    pub const NdisPhysicalMediumNative802_11: Self = Self(9);
    pub const NdisPhysicalMedium802_3: Self = Self(14);
}

layout! {
    /// `NDIS_FILTER_DRIVER_CHARACTERISTICS`. A NULL handler is bypassed. The direct OID handlers
    /// exist from revision 2 (NDIS 6.1) on, the synchronous ones from revision 3 (6.80) on.
    /// Source: ddi:ndis/ns-ndis-_ndis_filter_driver_characteristics.
    NDIS_FILTER_DRIVER_CHARACTERISTICS: 240, 8 {
        0 => Header: NDIS_OBJECT_HEADER,
        4 => MajorNdisVersion: u8,
        5 => MinorNdisVersion: u8,
        6 => MajorDriverVersion: u8,
        7 => MinorDriverVersion: u8,
        8 => Flags: u32,
        16 => FriendlyName: UNICODE_STRING,
        32 => UniqueName: UNICODE_STRING,
        48 => ServiceName: UNICODE_STRING,
        64 => SetOptionsHandler: Option<SET_OPTIONS>,
        72 => SetFilterModuleOptionsHandler: Option<FILTER_SET_MODULE_OPTIONS>,
        80 => AttachHandler: Option<FILTER_ATTACH>,
        88 => DetachHandler: Option<FILTER_DETACH>,
        96 => RestartHandler: Option<FILTER_RESTART>,
        104 => PauseHandler: Option<FILTER_PAUSE>,
        112 => SendNetBufferListsHandler: *mut c_void,
        120 => SendNetBufferListsCompleteHandler: *mut c_void,
        128 => CancelSendNetBufferListsHandler: *mut c_void,
        136 => ReceiveNetBufferListsHandler: *mut c_void,
        144 => ReturnNetBufferListsHandler: *mut c_void,
        152 => OidRequestHandler: Option<FILTER_OID_REQUEST>,
        160 => OidRequestCompleteHandler: Option<FILTER_OID_REQUEST_COMPLETE>,
        168 => CancelOidRequestHandler: Option<FILTER_CANCEL_OID_REQUEST>,
        176 => DevicePnPEventNotifyHandler: Option<FILTER_DEVICE_PNP_EVENT_NOTIFY>,
        184 => NetPnPEventHandler: Option<FILTER_NET_PNP_EVENT>,
        192 => StatusHandler: Option<FILTER_STATUS>,
        200 => DirectOidRequestHandler: *mut c_void,
        208 => DirectOidRequestCompleteHandler: *mut c_void,
        216 => CancelDirectOidRequestHandler: *mut c_void,
        224 => SynchronousOidRequestHandler: *mut c_void,
        232 => SynchronousOidRequestCompleteHandler: *mut c_void,
    }

    /// `NDIS_FILTER_ATTRIBUTES`, the last argument of `NdisFSetAttributes`.
    NDIS_FILTER_ATTRIBUTES: 8, 4 {
        0 => Header: NDIS_OBJECT_HEADER,
        4 => Flags: u32,
    }

    /// `NDIS_FILTER_ATTACH_PARAMETERS`. Everything it points at is valid for the call only.
    /// Source: ddi:ndis/ns-ndis-_ndis_filter_attach_parameters.
    NDIS_FILTER_ATTACH_PARAMETERS: 224, 8 {
        0 => Header: NDIS_OBJECT_HEADER,
        /// Of this module as an interface.
        4 => IfIndex: u32,
        /// Of this module as an interface.
        8 => NetLuid: NET_LUID_LH,
        16 => FilterModuleGuidName: *mut UNICODE_STRING,
        24 => BaseMiniportIfIndex: u32,
        32 => BaseMiniportInstanceName: *mut UNICODE_STRING,
        40 => BaseMiniportName: *mut UNICODE_STRING,
        48 => MediaConnectState: NET_IF_MEDIA_CONNECT_STATE,
        52 => MediaDuplexState: NET_IF_MEDIA_DUPLEX_STATE,
        /// Bits per second.
        56 => XmitLinkSpeed: u64,
        /// Bits per second.
        64 => RcvLinkSpeed: u64,
        72 => MiniportMediaType: NDIS_MEDIUM,
        76 => MiniportPhysicalMediaType: NDIS_PHYSICAL_MEDIUM,
        80 => MiniportMediaSpecificAttributes: *mut c_void,
        88 => DefaultOffloadConfiguration: *mut c_void,
        /// Bytes of `CurrentMacAddress` in use.
        96 => MacAddressLength: u16,
        98 => CurrentMacAddress: [u8; 32],
        /// Names the adapter across detach and attach.
        136 => BaseMiniportNetLuid: NET_LUID_LH,
        144 => LowerIfIndex: u32,
        /// Of the next layer down; equals `BaseMiniportNetLuid` when this module is the lowest.
        152 => LowerIfNetLuid: NET_LUID_LH,
        160 => Flags: u32,
        168 => HDSplitCurrentConfig: *mut c_void,
        176 => ReceiveFilterCapabilities: *mut c_void,
        184 => MiniportPhysicalDeviceObject: *mut c_void,
        192 => NicSwitchCapabilities: *mut c_void,
        200 => BaseMiniportIfConnectorPresent: u8,
        208 => SriovCapabilities: *mut c_void,
        216 => NicSwitchArray: *mut c_void,
    }

    /// `NDIS_FILTER_PAUSE_PARAMETERS`.
    NDIS_FILTER_PAUSE_PARAMETERS: 12, 4 {
        0 => Header: NDIS_OBJECT_HEADER,
        4 => Flags: u32,
        8 => PauseReason: u32,
    }

    /// `NDIS_FILTER_RESTART_PARAMETERS`.
    NDIS_FILTER_RESTART_PARAMETERS: 48, 8 {
        0 => Header: NDIS_OBJECT_HEADER,
        4 => MiniportMediaType: NDIS_MEDIUM,
        8 => MiniportPhysicalMediaType: NDIS_PHYSICAL_MEDIUM,
        /// NULL: unchanged since the last restart.
        16 => RestartAttributes: *mut NDIS_RESTART_ATTRIBUTES,
        24 => LowerIfIndex: u32,
        32 => LowerIfNetLuid: NET_LUID_LH,
        40 => Flags: u32,
    }

    /// `NDIS_RESTART_ATTRIBUTES`, a link of a list; the entry is `16 + DataLength` bytes long.
    /// Aligned to 16 (`MEMORY_ALLOCATION_ALIGNMENT`).
    #[repr(align(16))]
    NDIS_RESTART_ATTRIBUTES: 32, 16 {
        0 => Next: *mut NDIS_RESTART_ATTRIBUTES,
        8 => Oid: u32,
        /// Bytes at `Data`.
        12 => DataLength: u32,
        16 => Data: [u8; 1],
    }

    /// `NDIS_RESTART_GENERAL_ATTRIBUTES`, the data of `OID_GEN_MINIPORT_RESTART_ATTRIBUTES`.
    NDIS_RESTART_GENERAL_ATTRIBUTES: 88, 8 {
        0 => Header: NDIS_OBJECT_HEADER,
        4 => MtuSize: u32,
        8 => MaxXmitLinkSpeed: u64,
        16 => MaxRcvLinkSpeed: u64,
        24 => LookaheadSize: u32,
        28 => MacOptions: u32,
        32 => SupportedPacketFilters: u32,
        36 => MaxMulticastListSize: u32,
        40 => RecvScaleCapabilities: *mut c_void,
        48 => AccessType: i32,
        52 => Flags: u32,
        56 => ConnectionType: i32,
        60 => SupportedStatistics: u32,
        64 => DataBackFillSize: u32,
        68 => ContextBackFillSize: u32,
        72 => SupportedOidList: *mut u32,
        /// Bytes at `SupportedOidList`.
        80 => SupportedOidListLength: u32,
        /// From revision 2 (NDIS 6.20) on.
        84 => MaxLookaheadSizeAccessed: u32,
    }
}

callback! {
    /// `FilterSetOptions`. `PASSIVE_LEVEL`, inside `NdisFRegisterFilterDriver`.
    SET_OPTIONS = fn(NdisDriverHandle: NDIS_HANDLE, DriverContext: NDIS_HANDLE) -> NDIS_STATUS;
    /// `FilterSetModuleOptions`. `PASSIVE_LEVEL`, Paused.
    FILTER_SET_MODULE_OPTIONS = fn(FilterModuleContext: NDIS_HANDLE) -> NDIS_STATUS;
    /// `FilterAttach`. `PASSIVE_LEVEL`.
    FILTER_ATTACH = fn(
        NdisFilterHandle: NDIS_HANDLE,
        FilterDriverContext: NDIS_HANDLE,
        AttachParameters: *mut NDIS_FILTER_ATTACH_PARAMETERS,
    ) -> NDIS_STATUS;
    /// `FilterDetach`. `PASSIVE_LEVEL`.
    FILTER_DETACH = fn(FilterModuleContext: NDIS_HANDLE);
    /// `FilterRestart`. `PASSIVE_LEVEL`.
    FILTER_RESTART = fn(
        FilterModuleContext: NDIS_HANDLE,
        RestartParameters: *mut NDIS_FILTER_RESTART_PARAMETERS,
    ) -> NDIS_STATUS;
    /// `FilterPause`. `PASSIVE_LEVEL`.
    FILTER_PAUSE = fn(
        FilterModuleContext: NDIS_HANDLE,
        PauseParameters: *mut NDIS_FILTER_PAUSE_PARAMETERS,
    ) -> NDIS_STATUS;
    /// `FilterNetPnPEvent`. `PASSIVE_LEVEL`.
    FILTER_NET_PNP_EVENT = fn(
        FilterModuleContext: NDIS_HANDLE,
        NetPnPEventNotification: *mut NET_PNP_EVENT_NOTIFICATION,
    ) -> NDIS_STATUS;
    /// `FilterDevicePnPEventNotify`. `PASSIVE_LEVEL`.
    FILTER_DEVICE_PNP_EVENT_NOTIFY = fn(
        FilterModuleContext: NDIS_HANDLE,
        NetDevicePnPEvent: *mut NET_DEVICE_PNP_EVENT,
    );
    /// `FilterStatus`. At most `DISPATCH_LEVEL`.
    FILTER_STATUS = fn(
        FilterModuleContext: NDIS_HANDLE,
        StatusIndication: *mut NDIS_STATUS_INDICATION,
    );
    /// `FilterOidRequest`. At most `DISPATCH_LEVEL`, one at a time.
    FILTER_OID_REQUEST = fn(
        FilterModuleContext: NDIS_HANDLE,
        OidRequest: *mut NDIS_OID_REQUEST,
    ) -> NDIS_STATUS;
    /// `FilterOidRequestComplete`. At most `DISPATCH_LEVEL`.
    FILTER_OID_REQUEST_COMPLETE = fn(
        FilterModuleContext: NDIS_HANDLE,
        OidRequest: *mut NDIS_OID_REQUEST,
        Status: NDIS_STATUS,
    );
    /// `FilterCancelOidRequest`. At most `DISPATCH_LEVEL`.
    FILTER_CANCEL_OID_REQUEST = fn(FilterModuleContext: NDIS_HANDLE, RequestId: *mut c_void);
}

/// Without direct OID handlers; for NDIS 6.0.
pub const NDIS_FILTER_CHARACTERISTICS_REVISION_1: u8 = 1;
/// With direct OID handlers; for NDIS 6.1 to 6.70.
pub const NDIS_FILTER_CHARACTERISTICS_REVISION_2: u8 = 2;
/// With synchronous OID handlers; for NDIS 6.80 and later.
pub const NDIS_FILTER_CHARACTERISTICS_REVISION_3: u8 = 3;
/// Through `StatusHandler`.
pub const NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_1: u16 = 200;
/// Through `CancelDirectOidRequestHandler`.
pub const NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2: u16 = 224;
/// Through `SynchronousOidRequestCompleteHandler`.
pub const NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_3: u16 = 240;
/// The only revision.
pub const NDIS_FILTER_ATTRIBUTES_REVISION_1: u8 = 1;
/// The whole structure.
pub const NDIS_SIZEOF_FILTER_ATTRIBUTES_REVISION_1: u16 = 8;
/// NDIS 6.0.
pub const NDIS_FILTER_ATTACH_PARAMETERS_REVISION_1: u8 = 1;
/// NDIS 6.1: with `HDSplitCurrentConfig`.
pub const NDIS_FILTER_ATTACH_PARAMETERS_REVISION_2: u8 = 2;
/// NDIS 6.20: through `NicSwitchCapabilities`.
pub const NDIS_FILTER_ATTACH_PARAMETERS_REVISION_3: u8 = 3;
/// NDIS 6.30: through `NicSwitchArray`.
pub const NDIS_FILTER_ATTACH_PARAMETERS_REVISION_4: u8 = 4;
/// Through `Flags`.
pub const NDIS_SIZEOF_FILTER_ATTACH_PARAMETERS_REVISION_1: u16 = 164;
/// Through `HDSplitCurrentConfig`.
pub const NDIS_SIZEOF_FILTER_ATTACH_PARAMETERS_REVISION_2: u16 = 176;
/// Through `NicSwitchCapabilities`.
pub const NDIS_SIZEOF_FILTER_ATTACH_PARAMETERS_REVISION_3: u16 = 200;
/// Through `NicSwitchArray`.
pub const NDIS_SIZEOF_FILTER_ATTACH_PARAMETERS_REVISION_4: u16 = 224;
/// The only revision.
pub const NDIS_FILTER_PAUSE_PARAMETERS_REVISION_1: u8 = 1;
/// Through `PauseReason`.
pub const NDIS_SIZEOF_FILTER_PAUSE_PARAMETERS_REVISION_1: u16 = 12;
/// The only revision. The header spells its size constant with a double underscore.
pub const NDIS_FILTER_RESTART_PARAMETERS_REVISION_1: u8 = 1;
/// NDIS 6.0.
pub const NDIS_RESTART_GENERAL_ATTRIBUTES_REVISION_1: u8 = 1;
/// NDIS 6.20: with `MaxLookaheadSizeAccessed`.
pub const NDIS_RESTART_GENERAL_ATTRIBUTES_REVISION_2: u8 = 2;
/// Through `SupportedOidListLength`.
pub const NDIS_SIZEOF_RESTART_GENERAL_ATTRIBUTES_REVISION_1: u16 = 84;
/// Through `MaxLookaheadSizeAccessed`.
pub const NDIS_SIZEOF_RESTART_GENERAL_ATTRIBUTES_REVISION_2: u16 = 88;
/// `NDIS_FILTER_DRIVER_CHARACTERISTICS::Flags`: the filter is mandatory.
pub const NDIS_FILTER_DRIVER_MANDATORY: u32 = 1;
/// The entry of a restart attributes list that holds [`NDIS_RESTART_GENERAL_ATTRIBUTES`].
pub const OID_GEN_MINIPORT_RESTART_ATTRIBUTES: u32 = 0x0001_021D;

/// Pause reason bits (header only; the documentation says a filter of 6.40 or later always gets
/// `NDIS_PAUSE_NDIS_INTERNAL`).
pub const NDIS_PAUSE_NDIS_INTERNAL: u32 = 0x01;
/// The adapter goes to a low-power state.
pub const NDIS_PAUSE_LOW_POWER: u32 = 0x02;
/// A protocol is being bound.
pub const NDIS_PAUSE_BIND_PROTOCOL: u32 = 0x04;
/// A protocol is being unbound.
pub const NDIS_PAUSE_UNBIND_PROTOCOL: u32 = 0x08;
/// A filter is being attached.
pub const NDIS_PAUSE_ATTACH_FILTER: u32 = 0x10;
/// A filter is being detached.
pub const NDIS_PAUSE_DETACH_FILTER: u32 = 0x20;
/// A filter asked for a restart.
pub const NDIS_PAUSE_FILTER_RESTART_STACK: u32 = 0x40;
/// The miniport's device is being removed.
pub const NDIS_PAUSE_MINIPORT_DEVICE_REMOVE: u32 = 0x80;
