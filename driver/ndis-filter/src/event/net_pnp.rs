//! Network PnP and power events.

use core::mem::offset_of;

use driver_abi::ndis::net_pnp as abi;
use driver_abi::ndis::object::NDIS_OBJECT_TYPE_DEFAULT;
use driver_abi::nt::UNICODE_STRING;

use super::bytes::{header_covers, i32_at, size_of_u32, u16_at, u32_at, u64_at};
use super::code::EventCode;
use super::error::{DecodeError, Malformed};
use super::flags::{PauseReason, WakeUp};
use super::notification::{Notification, Payload};
use super::port::{PortNumbers, Ports};
use super::power::DevicePowerState;
use super::restart::ProtocolRestart;
use super::text::{MultiSz, Utf16};

/// The most bytes of a BindList that are read (contract d, rule 4).
const BIND_LIST_MAX_BYTES: u32 = 4096;

/// A network event with its payload, borrowed from the issuer for the length of the callback.
///
/// One variant for each code; [`EventCode`] says what each is. PASSIVE_LEVEL.
/// Source: ddi:netpnp/ns-netpnp-_net_pnp_event; contract c.
#[derive(Clone, Copy)]
pub enum NetPnpEvent<'a> {
    /// The adapter's new power state.
    SetPower(DevicePowerState),
    /// The power state that is asked about.
    QueryPower(DevicePowerState),
    /// No payload.
    QueryRemoveDevice,
    /// No payload.
    CancelRemoveDevice,
    /// Bytes private to the component; never interpreted.
    Reconfigure(&'a [u8]),
    /// Adapter device names in binding order.
    BindList(MultiSz<'a>),
    /// No payload.
    BindsComplete,
    /// The reasons for which the adapter may wake the machine from now on.
    PnpCapabilities(WakeUp),
    /// The reason for the pause of a binding, as NDIS states it.
    Pause(PauseReason),
    /// The parameters of the restart; None when they are those of the last restart.
    Restart(Option<ProtocolRestart<'a>>),
    /// The ports that are activated.
    PortActivation(Ports<'a>),
    /// The ports that are deactivated.
    PortDeactivation(PortNumbers<'a>),
    /// The virtual miniport's device name.
    ImReEnableDevice(Utf16<'a>),
    /// No payload.
    NdkEnable,
    /// No payload.
    NdkDisable,
    /// No payload.
    FilterPreDetach,
    /// The adapter that could not be bound.
    BindFailed(BindFailed),
    /// No payload.
    SwitchActivate,
    /// No payload.
    AllowBindsAbove,
    /// No payload.
    InhibitBindsAbove,
    /// No payload.
    AllowStart,
    /// No payload.
    RequirePause,
    /// Undocumented bytes; never interpreted.
    UploadGftFlowEntries(&'a [u8]),
}

/// The payload of `BindFailed`. Source: `ndis.h`; no page says who receives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BindFailed {
    /// NET_LUID of the adapter that was not bound. It may be of another stack.
    pub miniport_luid: u64,
}

impl<'a> NetPnpEvent<'a> {
    /// Decodes an event.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Unknown`] for a code that [`EventCode`] has not, [`DecodeError::Malformed`] for a
    /// buffer that is not what the code promises. The event is to be forwarded all the same.
    // In memory, a decoded event costs more than decoding it: whoever looks at it at once gets it in
    // registers.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "as said")]
    pub fn decode(notification: &Notification<'a>) -> Result<Self, DecodeError> {
        let (code, length) = (notification.code, notification.buffer_length);
        let Some(code) = EventCode::from_raw(code) else {
            return Err(DecodeError::Unknown { code, length });
        };
        Self::decode_known(code, notification.payload()).map_err(|reason| DecodeError::Malformed {
            code,
            length,
            reason,
        })
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "as `decode`")]
    fn decode_known(code: EventCode, payload: Payload<'a>) -> Result<Self, Malformed> {
        Ok(match code {
            EventCode::SetPower => Self::SetPower(power_state(payload)?),
            EventCode::QueryPower => Self::QueryPower(power_state(payload)?),
            EventCode::QueryRemoveDevice => Self::QueryRemoveDevice,
            EventCode::CancelRemoveDevice => Self::CancelRemoveDevice,
            EventCode::Reconfigure => Self::Reconfigure(private_bytes(payload)?),
            EventCode::BindList => Self::BindList(bind_list(payload)?),
            EventCode::BindsComplete => Self::BindsComplete,
            EventCode::PnpCapabilities => Self::PnpCapabilities(wake_up(payload)?),
            EventCode::Pause => Self::Pause(pause_reason(payload)?),
            EventCode::Restart => Self::Restart(ProtocolRestart::decode(payload)?),
            EventCode::PortActivation => Self::PortActivation(Ports::decode(payload)?),
            EventCode::PortDeactivation => Self::PortDeactivation(PortNumbers::decode(payload)?),
            EventCode::ImReEnableDevice => Self::ImReEnableDevice(device_name(payload)?),
            EventCode::NdkEnable => Self::NdkEnable,
            EventCode::NdkDisable => Self::NdkDisable,
            EventCode::FilterPreDetach => Self::FilterPreDetach,
            EventCode::BindFailed => Self::BindFailed(bind_failed(payload)?),
            EventCode::SwitchActivate => Self::SwitchActivate,
            EventCode::AllowBindsAbove => Self::AllowBindsAbove,
            EventCode::InhibitBindsAbove => Self::InhibitBindsAbove,
            EventCode::AllowStart => Self::AllowStart,
            EventCode::RequirePause => Self::RequirePause,
            EventCode::UploadGftFlowEntries => Self::UploadGftFlowEntries(private_bytes(payload)?),
        })
    }

    /// The event's code.
    #[must_use]
    pub const fn code(&self) -> EventCode {
        match self {
            Self::SetPower(_) => EventCode::SetPower,
            Self::QueryPower(_) => EventCode::QueryPower,
            Self::QueryRemoveDevice => EventCode::QueryRemoveDevice,
            Self::CancelRemoveDevice => EventCode::CancelRemoveDevice,
            Self::Reconfigure(_) => EventCode::Reconfigure,
            Self::BindList(_) => EventCode::BindList,
            Self::BindsComplete => EventCode::BindsComplete,
            Self::PnpCapabilities(_) => EventCode::PnpCapabilities,
            Self::Pause(_) => EventCode::Pause,
            Self::Restart(_) => EventCode::Restart,
            Self::PortActivation(_) => EventCode::PortActivation,
            Self::PortDeactivation(_) => EventCode::PortDeactivation,
            Self::ImReEnableDevice(_) => EventCode::ImReEnableDevice,
            Self::NdkEnable => EventCode::NdkEnable,
            Self::NdkDisable => EventCode::NdkDisable,
            Self::FilterPreDetach => EventCode::FilterPreDetach,
            Self::BindFailed(_) => EventCode::BindFailed,
            Self::SwitchActivate => EventCode::SwitchActivate,
            Self::AllowBindsAbove => EventCode::AllowBindsAbove,
            Self::InhibitBindsAbove => EventCode::InhibitBindsAbove,
            Self::AllowStart => EventCode::AllowStart,
            Self::RequirePause => EventCode::RequirePause,
            Self::UploadGftFlowEntries(_) => EventCode::UploadGftFlowEntries,
        }
    }

    /// Whether the event's buffer is documented to be NULL, so that one that is not is worth a
    /// report.
    #[must_use]
    pub const fn carries_nothing(&self) -> bool {
        match self {
            Self::QueryRemoveDevice
            | Self::CancelRemoveDevice
            | Self::BindsComplete
            | Self::NdkEnable
            | Self::NdkDisable
            | Self::FilterPreDetach
            | Self::SwitchActivate
            | Self::AllowBindsAbove
            | Self::InhibitBindsAbove
            | Self::AllowStart
            | Self::RequirePause => true,
            Self::SetPower(_)
            | Self::QueryPower(_)
            | Self::Reconfigure(_)
            | Self::BindList(_)
            | Self::PnpCapabilities(_)
            | Self::Pause(_)
            | Self::Restart(_)
            | Self::PortActivation(_)
            | Self::PortDeactivation(_)
            | Self::ImReEnableDevice(_)
            | Self::BindFailed(_)
            | Self::UploadGftFlowEntries(_) => false,
        }
    }
}

fn power_state(payload: Payload<'_>) -> Result<DevicePowerState, Malformed> {
    let bytes = payload.at_least(size_of_u32::<abi::NET_DEVICE_POWER_STATE>())?;
    let value = i32_at(bytes, 0).ok_or(Malformed::Unreadable)?;
    DevicePowerState::from_raw(value).ok_or(Malformed::PowerState { value })
}

/// NULL with a length is malformed: the receiver is told to validate the buffer.
fn private_bytes(payload: Payload<'_>) -> Result<&[u8], Malformed> {
    if payload.address == 0 && payload.length != 0 {
        return Err(Malformed::Null);
    }
    Ok(payload.whole()?.unwrap_or_default())
}

fn bind_list(payload: Payload<'_>) -> Result<MultiSz<'_>, Malformed> {
    if payload.address == 0 && payload.length != 0 {
        return Err(Malformed::Null);
    }
    if !payload.length.is_multiple_of(2) {
        return Err(Malformed::OddLength);
    }
    let bytes = payload.at_most(BIND_LIST_MAX_BYTES)?.unwrap_or_default();
    Ok(MultiSz::new(Utf16::new(bytes)))
}

fn wake_up(payload: Payload<'_>) -> Result<WakeUp, Malformed> {
    let bytes = payload.at_least(size_of_u32::<u32>())?;
    u32_at(bytes, 0).map(WakeUp::from_bits_retain).ok_or(Malformed::Unreadable)
}

fn pause_reason(payload: Payload<'_>) -> Result<PauseReason, Malformed> {
    let size = abi::NDIS_SIZEOF_PROTOCOL_PAUSE_PARAMETERS_REVISION_1;
    let bytes = payload.at_least(u32::from(size))?;
    if !header_covers(bytes, NDIS_OBJECT_TYPE_DEFAULT, 1, usize::from(size)) {
        return Err(Malformed::Header);
    }
    let reason = u32_at(bytes, offset_of!(abi::NDIS_PROTOCOL_PAUSE_PARAMETERS, PauseReason));
    reason.map(PauseReason::from_bits_retain).ok_or(Malformed::Unreadable)
}

/// The text is said to be terminated; only its own Length is believed.
fn device_name(payload: Payload<'_>) -> Result<Utf16<'_>, Malformed> {
    let bytes = payload.at_least(size_of_u32::<UNICODE_STRING>())?;
    let read = || {
        let length = u16_at(bytes, offset_of!(UNICODE_STRING, Length))?;
        let maximum = u16_at(bytes, offset_of!(UNICODE_STRING, MaximumLength))?;
        Some((length, maximum, u64_at(bytes, offset_of!(UNICODE_STRING, Buffer))?))
    };
    let (length, maximum, address) = read().ok_or(Malformed::Unreadable)?;
    if length > maximum || !length.is_multiple_of(2) {
        return Err(Malformed::StringLength { length, maximum });
    }
    if length == 0 {
        return Ok(Utf16::EMPTY);
    }
    if address == 0 {
        return Err(Malformed::Null);
    }
    let text = payload.memory.read(address, usize::from(length));
    text.map(Utf16::new).ok_or(Malformed::Unreadable)
}

fn bind_failed(payload: Payload<'_>) -> Result<BindFailed, Malformed> {
    let size = size_of::<abi::NDIS_BIND_FAILED_NOTIFICATION>();
    let bytes = payload.at_least(size_of_u32::<abi::NDIS_BIND_FAILED_NOTIFICATION>())?;
    if !header_covers(bytes, NDIS_OBJECT_TYPE_DEFAULT, 1, size) {
        return Err(Malformed::Header);
    }
    u64_at(bytes, offset_of!(abi::NDIS_BIND_FAILED_NOTIFICATION, MiniportNetLuid))
        .map(|miniport_luid| BindFailed { miniport_luid })
        .ok_or(Malformed::Unreadable)
}
