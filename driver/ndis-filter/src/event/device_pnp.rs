//! Device PnP events, which travel down a stack.

use driver_abi::ndis::device_pnp::{NDIS_DEVICE_PNP_EVENT as Raw, NDIS_POWER_PROFILE};

use super::bytes::{size_of_u32, u32_at};
use super::error::Malformed;
use super::memory::Memory;
use super::notification::Payload;

/// The fields of a NET_DEVICE_PNP_EVENT. Valid for the length of the callback.
#[derive(Clone, Copy)]
#[doc(alias = "NET_DEVICE_PNP_EVENT")]
pub struct DeviceNotification<'a> {
    /// NDIS_DEVICE_PNP_EVENT, whether it is known or not.
    pub code: u32,
    /// NDIS port; 0 when the event is not about one port.
    pub port_number: u32,
    /// Address of the buffer; 0 for NULL.
    pub buffer_address: u64,
    /// Length of the buffer in bytes, as the issuer claims it.
    pub buffer_length: u32,
    /// The memory through which the buffer is read.
    pub memory: &'a dyn Memory,
}

/// A device event. Only SurpriseRemoved and PowerProfileChanged are documented; the others are in
/// the header and are tolerated. Source: ddi:ndis/ns-ndis-_net_device_pnp_event; contract c.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(alias = "NDIS_DEVICE_PNP_EVENT")]
pub enum NetDevicePnpEvent {
    /// The device may be removed. In the header only.
    QueryRemoved,
    /// The device is removed. In the header only.
    Removed,
    /// The hardware is gone. No network event says so.
    SurpriseRemoved,
    /// The device may be stopped. In the header only.
    QueryStopped,
    /// The device is stopped. In the header only.
    Stopped,
    /// The machine changed between mains and battery, or the adapter just came to D0.
    PowerProfileChanged(PowerProfile),
    /// Presumably, a filter was added or removed. In the header only.
    FilterListChanged,
}

/// The machine's source of power: NDIS_POWER_PROFILE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerProfile {
    /// The machine runs on battery.
    Battery,
    /// The machine runs on mains.
    AcOnLine,
}

impl PowerProfile {
    /// The name of the profile in traces: `battery` or `ac`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Battery => "battery",
            Self::AcOnLine => "ac",
        }
    }
}

/// The reason why a device event could not be decoded. The event is forwarded all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceDecodeError {
    /// The code has no variant of [`NetDevicePnpEvent`].
    Unknown {
        /// The code that NDIS passed.
        code: u32,
        /// Length of the buffer in bytes, as the issuer claims it.
        length: u32,
    },
    /// The buffer of PowerProfileChanged is not a power profile.
    Malformed {
        /// The event's Windows name without its prefix.
        name: &'static str,
        /// The code that NDIS passed.
        code: u32,
        /// Length of the buffer in bytes, as the issuer claims it.
        length: u32,
        /// The defect of the buffer.
        reason: Malformed,
    },
}

impl DeviceDecodeError {
    /// The event's name; "Unknown" for a code without one.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown { .. } => "Unknown",
            Self::Malformed { name, .. } => name,
        }
    }
}

impl NetDevicePnpEvent {
    /// Decodes an event.
    ///
    /// # Errors
    ///
    /// For a code that is not known, and for a power profile that is not one.
    pub fn decode(notification: &DeviceNotification<'_>) -> Result<Self, DeviceDecodeError> {
        let (code, length) = (notification.code, notification.buffer_length);
        Ok(match Raw(code) {
            Raw::NdisDevicePnPEventQueryRemoved => Self::QueryRemoved,
            Raw::NdisDevicePnPEventRemoved => Self::Removed,
            Raw::NdisDevicePnPEventSurpriseRemoved => Self::SurpriseRemoved,
            Raw::NdisDevicePnPEventQueryStopped => Self::QueryStopped,
            Raw::NdisDevicePnPEventStopped => Self::Stopped,
            Raw::NdisDevicePnPEventPowerProfileChanged => {
                let name = "PowerProfileChanged";
                let profile = power_profile(notification).map_err(|reason| {
                    DeviceDecodeError::Malformed { name, code, length, reason }
                })?;
                Self::PowerProfileChanged(profile)
            }
            Raw::NdisDevicePnPEventFilterListChanged => Self::FilterListChanged,
            _ => return Err(DeviceDecodeError::Unknown { code, length }),
        })
    }

    /// The Windows name without its prefix.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::QueryRemoved => "QueryRemoved",
            Self::Removed => "Removed",
            Self::SurpriseRemoved => "SurpriseRemoved",
            Self::QueryStopped => "QueryStopped",
            Self::Stopped => "Stopped",
            Self::PowerProfileChanged(_) => "PowerProfileChanged",
            Self::FilterListChanged => "FilterListChanged",
        }
    }
}

fn power_profile(notification: &DeviceNotification<'_>) -> Result<PowerProfile, Malformed> {
    let payload = Payload {
        address: notification.buffer_address,
        length: notification.buffer_length,
        memory: notification.memory,
    };
    let bytes = payload.at_least(size_of_u32::<u32>())?;
    let value = u32_at(bytes, 0).ok_or(Malformed::Unreadable)?;
    match NDIS_POWER_PROFILE(value) {
        NDIS_POWER_PROFILE::NdisPowerProfileBattery => Ok(PowerProfile::Battery),
        NDIS_POWER_PROFILE::NdisPowerProfileAcOnLine => Ok(PowerProfile::AcOnLine),
        _ => Err(Malformed::PowerProfile { value }),
    }
}
