//! The wake-up settings of an adapter, out of its answer to OID_PM_PARAMETERS.

use core::mem::offset_of;

use driver_abi::ndis::object::NDIS_OBJECT_TYPE_DEFAULT;
use driver_abi::ndis::oid::{NDIS_PM_PARAMETERS, NDIS_PM_PARAMETERS_REVISION_1};

use super::bytes::{header_covers, u32_at};
use super::error::Malformed;

/// The wake-up settings of an adapter, as the layers above have made them: NDIS_PM_PARAMETERS. Source:
/// ddi:ntddndis/ns-ntddndis-_ndis_pm_parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WakeSettings {
    /// NDIS_PM_WOL_*_ENABLED bits, raw.
    pub packet_patterns: u32,
    /// NDIS_PM_PROTOCOL_OFFLOAD_*_ENABLED bits, raw.
    pub protocol_offloads: u32,
    /// NDIS_PM_WAKE_ON_*_ENABLED bits, raw.
    pub wake_up: u32,
}

impl WakeSettings {
    /// Decodes the answer to OID_PM_PARAMETERS.
    ///
    /// # Errors
    ///
    /// When the bytes are no such structure.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        // Revision 1 ends behind WakeUpFlags.
        const SIZE: usize = offset_of!(NDIS_PM_PARAMETERS, MediaSpecificWakeUpEvents);
        if !header_covers(bytes, NDIS_OBJECT_TYPE_DEFAULT, NDIS_PM_PARAMETERS_REVISION_1, SIZE) {
            return Err(Malformed::Header);
        }
        let read = || {
            Some(Self {
                packet_patterns: u32_at(
                    bytes,
                    offset_of!(NDIS_PM_PARAMETERS, EnabledWoLPacketPatterns),
                )?,
                protocol_offloads: u32_at(
                    bytes,
                    offset_of!(NDIS_PM_PARAMETERS, EnabledProtocolOffloads),
                )?,
                wake_up: u32_at(bytes, offset_of!(NDIS_PM_PARAMETERS, WakeUpFlags))?,
            })
        };
        read().ok_or(Malformed::Unreadable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: [u8; 20] = [0x80, 2, 20, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0];

    #[test]
    fn both_revisions_are_read() {
        let expected = WakeSettings { packet_patterns: 2, protocol_offloads: 1, wake_up: 4 };
        assert_eq!(WakeSettings::from_bytes(&ANSWER), Ok(expected));
        let mut first = ANSWER;
        (first[1], first[2]) = (1, 16);
        assert_eq!(WakeSettings::from_bytes(&first[..16]), Ok(expected));
    }

    #[test]
    fn what_is_shorter_than_it_says_or_something_else_is_refused() {
        for length in 0..16 {
            assert!(WakeSettings::from_bytes(&ANSWER[..length]).is_err());
        }
        let mut foreign = ANSWER;
        foreign[0] = 0x81;
        assert_eq!(WakeSettings::from_bytes(&foreign), Err(Malformed::Header));
    }
}
