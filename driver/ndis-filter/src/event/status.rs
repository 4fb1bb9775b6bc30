//! Status indications that say something about power and PnP.

use core::mem::offset_of;

use driver_abi::ndis::indication::{
    NDIS_LINK_STATE, NDIS_OPER_STATE, NDIS_PM_CAPABILITIES, NDIS_PM_CAPABILITIES_REVISION_1,
    NDIS_PM_WAKE_REASON, NDIS_PM_WAKE_REASON_TYPE as Reason, NDIS_SIZEOF_PM_WAKE_REASON_REVISION_1,
    NET_IF_MEDIA_CONNECT_STATE as Connect, NET_IF_OPER_STATUS as Oper,
};
use driver_abi::ndis::object::NDIS_OBJECT_TYPE_DEFAULT;
use driver_abi::ndis::status as abi;
use driver_abi::ndis::status::NDIS_STATUS;

use super::bytes::{header_covers, i32_at, size_of_u32, u32_at, u64_at};
use super::error::Malformed;
use super::memory::Memory;
use super::notification::Payload;
use super::power::DevicePowerState;

/// The fields of an NDIS_STATUS_INDICATION. Valid for the length of the callback.
#[derive(Clone, Copy)]
#[doc(alias = "NDIS_STATUS_INDICATION")]
pub struct StatusIndication<'a> {
    /// NDIS_STATUS_* code, whether it is known or not.
    pub code: i32,
    /// NDIS port; 0 for the default port.
    pub port_number: u32,
    /// Address of the buffer; 0 for NULL.
    pub buffer_address: u64,
    /// Length of the buffer in bytes, as the issuer claims it.
    pub buffer_length: u32,
    /// The memory through which the buffer is read.
    pub memory: &'a dyn Memory,
}

/// An indication that matters to power and PnP. At most DISPATCH_LEVEL.
/// Source: docs:network/filter-module-status-indications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusEvent {
    /// NDIS_STATUS_LINK_STATE: the link came, went or changed its speed.
    LinkState(LinkState),
    /// NDIS_STATUS_OPER_STATUS, which NDIS makes: the interface's operational status.
    OperStatus(OperState),
    /// NDIS_STATUS_NETWORK_CHANGE: an NDIS_NETWORK_CHANGE_TYPE, whether it is known or not.
    NetworkChange(i32),
    /// NDIS_STATUS_PM_WAKE_REASON: why the adapter woke the machine.
    PmWakeReason(WakeReason),
    /// NDIS_STATUS_PM_CAPABILITIES_CHANGE: the abilities to wake changed.
    PmCapabilitiesChange(PmCapabilities),
    /// NDIS_STATUS_PM_HARDWARE_CAPABILITIES: the hardware's abilities to wake.
    PmHardwareCapabilities(PmCapabilities),
    /// NDIS_STATUS_PORT_STATE: a port's state changed.
    PortState,
    /// NDIS_STATUS_RESET_START: the miniport begins a reset.
    ResetStart,
    /// NDIS_STATUS_RESET_END: the miniport has ended a reset.
    ResetEnd,
}

/// The state of the link: NDIS_LINK_STATE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkState {
    /// NET_IF_MEDIA_CONNECT_STATE, whether it is known or not.
    pub connect: i32,
    /// NET_IF_MEDIA_DUPLEX_STATE, whether it is known or not.
    pub duplex: i32,
    /// Speed of sending, bits per second; `u64::MAX` when not known.
    pub xmit: u64,
    /// Speed of receiving, bits per second; `u64::MAX` when not known.
    pub rcv: u64,
}

/// The operational status of the interface: NDIS_OPER_STATE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperState {
    /// NET_IF_OPER_STATUS, whether it is known or not.
    pub status: i32,
    /// NET_IF_OPER_STATUS_* bits: why the interface is down or dormant.
    pub flags: u32,
}

/// The adapter's abilities to wake the machine, and the power states they work in: NDIS_PM_CAPABILITIES.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PmCapabilities {
    /// NDIS_PM_* bits, raw.
    pub flags: u32,
    /// The lowest state in which a magic packet wakes the adapter; Unspecified when none does, or when the
    /// number is no state.
    pub magic_packet: DevicePowerState,
    /// The lowest state in which a packet that matches a pattern wakes the adapter; otherwise as
    /// `magic_packet`.
    pub pattern: DevicePowerState,
    /// The lowest state in which a change of the link wakes the adapter; otherwise as `magic_packet`.
    pub link_change: DevicePowerState,
}

/// The reason for a wake-up: NDIS_PM_WAKE_REASON. A saved packet is user data: its length is told, its
/// bytes are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WakeReason {
    /// NDIS_PM_WAKE_REASON_TYPE, whether it is known or not.
    pub reason: i32,
    /// Bytes of information that came with the reason.
    pub info_bytes: u32,
}

/// The reason why an indication of interest could not be decoded. The indication is forwarded all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusDecodeError {
    /// NDIS_STATUS_* code of the indication.
    pub code: i32,
    /// Length of the buffer in bytes, as the issuer claims it.
    pub length: u32,
    /// The defect of the buffer.
    pub reason: Malformed,
}

impl StatusEvent {
    /// Decodes an indication; `Ok(None)` for one that says nothing about power or PnP.
    ///
    /// # Errors
    ///
    /// When the buffer is not what the indication promises.
    pub fn decode(indication: &StatusIndication<'_>) -> Result<Option<Self>, StatusDecodeError> {
        let payload = Payload {
            address: indication.buffer_address,
            length: indication.buffer_length,
            memory: indication.memory,
        };
        let error = |reason| StatusDecodeError {
            code: indication.code,
            length: indication.buffer_length,
            reason,
        };
        Ok(Some(match NDIS_STATUS(indication.code) {
            abi::NDIS_STATUS_LINK_STATE => Self::LinkState(link_state(payload).map_err(error)?),
            abi::NDIS_STATUS_OPER_STATUS => Self::OperStatus(oper_state(payload).map_err(error)?),
            abi::NDIS_STATUS_NETWORK_CHANGE => {
                Self::NetworkChange(network_change(payload).map_err(error)?)
            }
            abi::NDIS_STATUS_PM_WAKE_REASON => {
                Self::PmWakeReason(wake_reason(payload).map_err(error)?)
            }
            abi::NDIS_STATUS_PM_CAPABILITIES_CHANGE => {
                Self::PmCapabilitiesChange(pm_capabilities(payload).map_err(error)?)
            }
            abi::NDIS_STATUS_PM_HARDWARE_CAPABILITIES => {
                Self::PmHardwareCapabilities(pm_capabilities(payload).map_err(error)?)
            }
            abi::NDIS_STATUS_PORT_STATE => Self::PortState,
            abi::NDIS_STATUS_RESET_START => Self::ResetStart,
            abi::NDIS_STATUS_RESET_END => Self::ResetEnd,
            _ => return Ok(None),
        }))
    }

    /// The Windows name, in this crate's case.
    #[must_use]
    #[inline(never)]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::LinkState(_) => "LinkState",
            Self::OperStatus(_) => "OperStatus",
            Self::NetworkChange(_) => "NetworkChange",
            Self::PmWakeReason(_) => "PmWakeReason",
            Self::PmCapabilitiesChange(_) => "PmCapabilitiesChange",
            Self::PmHardwareCapabilities(_) => "PmHardwareCapabilities",
            Self::PortState => "PortState",
            Self::ResetStart => "ResetStart",
            Self::ResetEnd => "ResetEnd",
        }
    }

    /// The value of the indication, as Windows numbers it; 0 where there is nothing to number.
    #[must_use]
    pub const fn value(&self) -> i32 {
        match self {
            Self::LinkState(link) => link.connect,
            Self::PmWakeReason(wake) => wake.reason,
            Self::OperStatus(state) => state.status,
            Self::NetworkChange(change) => *change,
            Self::PmCapabilitiesChange(pm) | Self::PmHardwareCapabilities(pm) => {
                pm.magic_packet.raw()
            }
            Self::PortState | Self::ResetStart | Self::ResetEnd => 0,
        }
    }

    /// The value of the indication, in a word; empty where there is no word.
    #[must_use]
    #[inline(never)]
    pub const fn value_name(&self) -> &'static str {
        match self {
            Self::LinkState(link) => match Connect(link.connect) {
                Connect::MediaConnectStateConnected => "connected",
                Connect::MediaConnectStateDisconnected => "disconnected",
                _ => "unknown",
            },
            Self::PmWakeReason(wake) => match Reason(wake.reason) {
                Reason::NdisWakeReasonUnspecified => "unspecified",
                Reason::NdisWakeReasonPacket => "packet",
                Reason::NdisWakeReasonMediaDisconnect => "media-disconnect",
                Reason::NdisWakeReasonMediaConnect => "media-connect",
                _ => "other",
            },
            Self::OperStatus(state) => oper_status_name(state.status),
            Self::NetworkChange(change) => match change {
                1 => "possible",
                2 => "definite",
                3 => "media-connect",
                _ => "other",
            },
            Self::PmCapabilitiesChange(pm) | Self::PmHardwareCapabilities(pm) => {
                pm.magic_packet.name()
            }
            Self::PortState | Self::ResetStart | Self::ResetEnd => "",
        }
    }
}

/// The name of a NET_IF_OPER_STATUS in traces.
const fn oper_status_name(status: i32) -> &'static str {
    match Oper(status) {
        Oper::NET_IF_OPER_STATUS_UP => "up",
        Oper::NET_IF_OPER_STATUS_DOWN => "down",
        Oper::NET_IF_OPER_STATUS_TESTING => "testing",
        Oper::NET_IF_OPER_STATUS_DORMANT => "dormant",
        Oper::NET_IF_OPER_STATUS_NOT_PRESENT => "not-present",
        Oper::NET_IF_OPER_STATUS_LOWER_LAYER_DOWN => "lower-layer-down",
        _ => "unknown",
    }
}

/// The payload of NDIS_STATUS_OPER_STATUS: an NDIS_OPER_STATE.
fn oper_state(payload: Payload<'_>) -> Result<OperState, Malformed> {
    let bytes = payload.at_least(size_of_u32::<NDIS_OPER_STATE>())?;
    if !header_covers(bytes, NDIS_OBJECT_TYPE_DEFAULT, 1, size_of::<NDIS_OPER_STATE>()) {
        return Err(Malformed::Header);
    }
    let read = || {
        Some(OperState {
            status: i32_at(bytes, offset_of!(NDIS_OPER_STATE, OperationalStatus))?,
            flags: u32_at(bytes, offset_of!(NDIS_OPER_STATE, OperationalStatusFlags))?,
        })
    };
    read().ok_or(Malformed::Unreadable)
}

/// An NDIS_NETWORK_CHANGE_TYPE alone. Source: docs:network/guid-ndis-status-network-change.
fn network_change(payload: Payload<'_>) -> Result<i32, Malformed> {
    i32_at(payload.at_least(4)?, 0).ok_or(Malformed::Unreadable)
}

fn pm_capabilities(payload: Payload<'_>) -> Result<PmCapabilities, Malformed> {
    PmCapabilities::from_bytes(payload.at_least(52)?)
}

impl PmCapabilities {
    /// Decodes an NDIS_PM_CAPABILITIES, which also is the answer to OID_PM_HARDWARE_CAPABILITIES.
    ///
    /// # Errors
    ///
    /// When the bytes are no such structure.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        // Revision 1 ends behind MinLinkChangeWakeUp.
        const SIZE: usize = offset_of!(NDIS_PM_CAPABILITIES, SupportedWakeUpEvents);
        if !header_covers(bytes, NDIS_OBJECT_TYPE_DEFAULT, NDIS_PM_CAPABILITIES_REVISION_1, SIZE) {
            return Err(Malformed::Header);
        }
        let state = |at| {
            let raw = i32_at(bytes, at)?;
            Some(DevicePowerState::from_raw(raw).unwrap_or(DevicePowerState::Unspecified))
        };
        let read = || {
            Some(Self {
                flags: u32_at(bytes, offset_of!(NDIS_PM_CAPABILITIES, Flags))?,
                magic_packet: state(offset_of!(NDIS_PM_CAPABILITIES, MinMagicPacketWakeUp))?,
                pattern: state(offset_of!(NDIS_PM_CAPABILITIES, MinPatternWakeUp))?,
                link_change: state(offset_of!(NDIS_PM_CAPABILITIES, MinLinkChangeWakeUp))?,
            })
        };
        read().ok_or(Malformed::Unreadable)
    }
}

fn link_state(payload: Payload<'_>) -> Result<LinkState, Malformed> {
    let bytes = payload.at_least(size_of_u32::<NDIS_LINK_STATE>())?;
    if !header_covers(bytes, NDIS_OBJECT_TYPE_DEFAULT, 1, size_of::<NDIS_LINK_STATE>()) {
        return Err(Malformed::Header);
    }
    let read = || {
        Some(LinkState {
            connect: i32_at(bytes, offset_of!(NDIS_LINK_STATE, MediaConnectState))?,
            duplex: i32_at(bytes, offset_of!(NDIS_LINK_STATE, MediaDuplexState))?,
            xmit: u64_at(bytes, offset_of!(NDIS_LINK_STATE, XmitLinkSpeed))?,
            rcv: u64_at(bytes, offset_of!(NDIS_LINK_STATE, RcvLinkSpeed))?,
        })
    };
    read().ok_or(Malformed::Unreadable)
}

fn wake_reason(payload: Payload<'_>) -> Result<WakeReason, Malformed> {
    let size = NDIS_SIZEOF_PM_WAKE_REASON_REVISION_1;
    let bytes = payload.at_least(u32::from(size))?;
    if !header_covers(bytes, NDIS_OBJECT_TYPE_DEFAULT, 1, usize::from(size)) {
        return Err(Malformed::Header);
    }
    let read = || {
        Some((
            i32_at(bytes, offset_of!(NDIS_PM_WAKE_REASON, WakeReason))?,
            u32_at(bytes, offset_of!(NDIS_PM_WAKE_REASON, InfoBufferOffset))?,
            u32_at(bytes, offset_of!(NDIS_PM_WAKE_REASON, InfoBufferSize))?,
        ))
    };
    let (reason, offset, info_bytes) = read().ok_or(Malformed::Unreadable)?;
    if offset.checked_add(info_bytes).is_none_or(|end| end > payload.length) {
        return Err(Malformed::Bounds);
    }
    Ok(WakeReason { reason, info_bytes })
}
