//! `NDIS_STATUS`: completion codes and the codes of status indications.

/// `NDIS_STATUS`. Compare with the constants, never with raw integers.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub struct NDIS_STATUS(pub i32);

/// Completed.
pub const NDIS_STATUS_SUCCESS: NDIS_STATUS = NDIS_STATUS(0);
/// Will be completed by the matching completion function.
pub const NDIS_STATUS_PENDING: NDIS_STATUS = NDIS_STATUS(0x0000_0103);
/// Not accepted, for instance after surprise removal.
pub const NDIS_STATUS_NOT_ACCEPTED: NDIS_STATUS = NDIS_STATUS(0x0001_0003);
/// Failed for no reason that has a name.
pub const NDIS_STATUS_FAILURE: NDIS_STATUS = NDIS_STATUS(0xC000_0001_u32.cast_signed());
/// A parameter is wrong.
pub const NDIS_STATUS_INVALID_PARAMETER: NDIS_STATUS = NDIS_STATUS(0xC000_000D_u32.cast_signed());
/// Out of memory or another resource.
pub const NDIS_STATUS_RESOURCES: NDIS_STATUS = NDIS_STATUS(0xC000_009A_u32.cast_signed());
/// Not supported.
pub const NDIS_STATUS_NOT_SUPPORTED: NDIS_STATUS = NDIS_STATUS(0xC000_00BB_u32.cast_signed());
/// The NDIS version that was asked for is not offered.
pub const NDIS_STATUS_BAD_VERSION: NDIS_STATUS = NDIS_STATUS(0xC001_0004_u32.cast_signed());
/// The characteristics do not fit the declared version.
pub const NDIS_STATUS_BAD_CHARACTERISTICS: NDIS_STATUS = NDIS_STATUS(0xC001_0005_u32.cast_signed());
/// The media type is not supported.
pub const NDIS_STATUS_UNSUPPORTED_MEDIA: NDIS_STATUS = NDIS_STATUS(0xC001_0019_u32.cast_signed());
/// The filter or the adapter is paused.
pub const NDIS_STATUS_PAUSED: NDIS_STATUS = NDIS_STATUS(0xC023_002A_u32.cast_signed());
/// The adapter is in a low-power state.
pub const NDIS_STATUS_LOW_POWER_STATE: NDIS_STATUS = NDIS_STATUS(0xC023_002F_u32.cast_signed());

/// Indication: the miniport starts a reset.
pub const NDIS_STATUS_RESET_START: NDIS_STATUS = NDIS_STATUS(0x4001_0004);
/// Indication: the miniport ended a reset.
pub const NDIS_STATUS_RESET_END: NDIS_STATUS = NDIS_STATUS(0x4001_0005);
/// Indication: `NDIS_LINK_STATE`.
pub const NDIS_STATUS_LINK_STATE: NDIS_STATUS = NDIS_STATUS(0x4001_0017);
/// Indication: the network behind the link may be another one.
pub const NDIS_STATUS_NETWORK_CHANGE: NDIS_STATUS = NDIS_STATUS(0x4001_0018);
/// Indication: a port's state changed.
pub const NDIS_STATUS_PORT_STATE: NDIS_STATUS = NDIS_STATUS(0x4001_0022);
/// Indication: the interface's operational status, made by NDIS.
pub const NDIS_STATUS_OPER_STATUS: NDIS_STATUS = NDIS_STATUS(0x4001_0023);
/// Indication: the wake-up capabilities changed.
pub const NDIS_STATUS_PM_CAPABILITIES_CHANGE: NDIS_STATUS = NDIS_STATUS(0x4003_0053);
/// Indication: what the hardware can do to wake the machine.
pub const NDIS_STATUS_PM_HARDWARE_CAPABILITIES: NDIS_STATUS = NDIS_STATUS(0x4003_0054);
/// Indication: `NDIS_PM_WAKE_REASON`, why this adapter woke the machine.
pub const NDIS_STATUS_PM_WAKE_REASON: NDIS_STATUS = NDIS_STATUS(0x4003_0055);
