//! Status indications that say something about power and PnP.

use core::mem::offset_of;

use ndis_abi::ndis::indication::{
    NDIS_LINK_STATE, NDIS_PM_WAKE_REASON, NDIS_PM_WAKE_REASON_TYPE as Reason,
    NDIS_SIZEOF_PM_WAKE_REASON_REVISION_1, NET_IF_MEDIA_CONNECT_STATE as Connect,
};
use ndis_abi::ndis::object::NDIS_OBJECT_TYPE_DEFAULT;
use ndis_abi::ndis::status as abi;
use ndis_abi::ndis::status::NDIS_STATUS;

use super::bytes::{header_covers, i32_at, size_of_u32, u32_at, u64_at};
use super::error::Malformed;
use super::memory::Memory;
use super::notification::Payload;

/// What an NDIS_STATUS_INDICATION says. Valid for the length of the callback.
#[derive(Clone, Copy)]
#[doc(alias = "NDIS_STATUS_INDICATION")]
pub struct StatusIndication<'a> {
    /// NDIS_STATUS_*, known or not.
    pub code: i32,
    /// 0: the default port.
    pub port_number: u32,
    /// 0 for NULL.
    pub buffer_address: u64,
    /// Bytes at `buffer_address`, as the issuer says.
    pub buffer_length: u32,
    /// How the buffer is read.
    pub memory: &'a dyn Memory,
}

/// An indication that matters to power and PnP. At most DISPATCH_LEVEL.
/// Source: docs:network/filter-module-status-indications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusEvent {
    /// NDIS_STATUS_LINK_STATE.
    LinkState(LinkState),
    /// NDIS_STATUS_OPER_STATUS, made by NDIS.
    OperStatus,
    /// NDIS_STATUS_NETWORK_CHANGE.
    NetworkChange,
    /// NDIS_STATUS_PM_WAKE_REASON.
    PmWakeReason(WakeReason),
    /// NDIS_STATUS_PM_CAPABILITIES_CHANGE.
    PmCapabilitiesChange,
    /// NDIS_STATUS_PM_HARDWARE_CAPABILITIES.
    PmHardwareCapabilities,
    /// NDIS_STATUS_PORT_STATE.
    PortState,
    /// NDIS_STATUS_RESET_START.
    ResetStart,
    /// NDIS_STATUS_RESET_END.
    ResetEnd,
}

/// NDIS_LINK_STATE. Speeds in bits per second, `u64::MAX` when not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkState {
    /// NET_IF_MEDIA_CONNECT_STATE.
    pub connect: i32,
    /// NET_IF_MEDIA_DUPLEX_STATE.
    pub duplex: i32,
    /// Sending.
    pub xmit: u64,
    /// Receiving.
    pub rcv: u64,
}

/// NDIS_PM_WAKE_REASON. A saved packet is user data: its length is told, its bytes are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WakeReason {
    /// NDIS_PM_WAKE_REASON_TYPE.
    pub reason: i32,
    /// Bytes of information that came with the reason.
    pub info_bytes: u32,
}

/// Why an indication of interest could not be decoded. It is to be forwarded all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusDecodeError {
    /// NDIS_STATUS_*.
    pub code: i32,
    /// As received.
    pub length: u32,
    /// What is wrong with the buffer.
    pub reason: Malformed,
}

impl StatusEvent {
    /// Decodes an indication; `Ok(None)` for one that says nothing about power or PnP.
    ///
    /// # Errors
    ///
    /// When a link state or a wake reason has a buffer that is not one.
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
            abi::NDIS_STATUS_OPER_STATUS => Self::OperStatus,
            abi::NDIS_STATUS_NETWORK_CHANGE => Self::NetworkChange,
            abi::NDIS_STATUS_PM_WAKE_REASON => {
                Self::PmWakeReason(wake_reason(payload).map_err(error)?)
            }
            abi::NDIS_STATUS_PM_CAPABILITIES_CHANGE => Self::PmCapabilitiesChange,
            abi::NDIS_STATUS_PM_HARDWARE_CAPABILITIES => Self::PmHardwareCapabilities,
            abi::NDIS_STATUS_PORT_STATE => Self::PortState,
            abi::NDIS_STATUS_RESET_START => Self::ResetStart,
            abi::NDIS_STATUS_RESET_END => Self::ResetEnd,
            _ => return Ok(None),
        }))
    }

    /// The Windows name, in this crate's case.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::LinkState(_) => "LinkState",
            Self::OperStatus => "OperStatus",
            Self::NetworkChange => "NetworkChange",
            Self::PmWakeReason(_) => "PmWakeReason",
            Self::PmCapabilitiesChange => "PmCapabilitiesChange",
            Self::PmHardwareCapabilities => "PmHardwareCapabilities",
            Self::PortState => "PortState",
            Self::ResetStart => "ResetStart",
            Self::ResetEnd => "ResetEnd",
        }
    }

    /// What it says, as Windows numbers it; 0 where there is nothing to number.
    #[must_use]
    pub const fn value(&self) -> i32 {
        match self {
            Self::LinkState(link) => link.connect,
            Self::PmWakeReason(wake) => wake.reason,
            Self::OperStatus
            | Self::NetworkChange
            | Self::PmCapabilitiesChange
            | Self::PmHardwareCapabilities
            | Self::PortState
            | Self::ResetStart
            | Self::ResetEnd => 0,
        }
    }

    /// What it says, in a word; empty where there is no word.
    #[must_use]
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
            Self::OperStatus
            | Self::NetworkChange
            | Self::PmCapabilitiesChange
            | Self::PmHardwareCapabilities
            | Self::PortState
            | Self::ResetStart
            | Self::ResetEnd => "",
        }
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
