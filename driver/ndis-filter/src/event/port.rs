//! NDIS ports: the payloads of PortActivation and PortDeactivation.

use core::mem::offset_of;

use driver_abi::ndis::object::NDIS_OBJECT_TYPE_DEFAULT;
use driver_abi::ndis::port::{
    NDIS_PORT, NDIS_PORT_CHARACTERISTICS as Characteristics,
    NDIS_SIZEOF_PORT_CHARACTERISTICS_REVISION_1 as CHARACTERISTICS_1,
};

use super::bytes::{header_covers, i32_at, size_of_u32, u32_at};
use super::error::{ListError, Malformed};
use super::notification::Payload;
use super::walk::Walk;

/// The most bytes of a port number array that are read: 4 KiB, 1024 ports (contract d, rule 4).
const ARRAY_MAX_BYTES: u32 = 4096;

/// Ports that the miniport activates: a list linked by `Next`.
///
/// `BufferLength` may describe one entry although several are linked, so it is never taken for the
/// count. Source: docs:network/activating-an-ndis-port; contract c, event 10.
#[derive(Clone, Copy)]
pub struct Ports<'a> {
    first: Payload<'a>,
}

impl<'a> Ports<'a> {
    pub(crate) fn decode(payload: Payload<'a>) -> Result<Self, Malformed> {
        payload.at_least(size_of_u32::<NDIS_PORT>())?;
        Ok(Self { first: payload })
    }

    /// The ports, at most 256; an error is the last item. In a cyclic list some come twice before
    /// that.
    #[must_use]
    pub fn iter(&self) -> PortIter<'a> {
        PortIter { walk: Walk::new(self.first.address, self.first.memory) }
    }
}

impl<'a> IntoIterator for &Ports<'a> {
    type Item = Result<Port, ListError>;
    type IntoIter = PortIter<'a>;

    fn into_iter(self) -> PortIter<'a> {
        self.iter()
    }
}

/// The iterator of [`Ports::iter`].
#[derive(Clone)]
pub struct PortIter<'a> {
    walk: Walk<'a>,
}

impl Iterator for PortIter<'_> {
    type Item = Result<Port, ListError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.walk
            .next(size_of::<NDIS_PORT>(), |_, entry| Port::read(entry).ok_or(ListError::Damaged))
    }
}

/// One port. The states are NDIS's numbers, known or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port {
    /// NDIS_PORT_NUMBER of the port; 0 is the default port.
    pub number: u32,
    /// NDIS_PORT_TYPE of the port.
    pub kind: i32,
    /// NET_IF_MEDIA_CONNECT_STATE of the port.
    pub media_connect_state: i32,
    /// NDIS_PORT_CONTROL_STATE for sending.
    pub send_control_state: i32,
    /// NDIS_PORT_CONTROL_STATE for receiving.
    pub rcv_control_state: i32,
}

impl Port {
    /// A port out of its list entry; None when the characteristics have a foreign header. Their size may
    /// say 60 or 64.
    fn read(entry: &[u8]) -> Option<Self> {
        let inner = entry.get(offset_of!(NDIS_PORT, PortCharacteristics)..)?;
        let size = usize::from(CHARACTERISTICS_1);
        if !header_covers(inner, NDIS_OBJECT_TYPE_DEFAULT, 1, size) {
            return None;
        }
        Some(Self {
            number: u32_at(inner, offset_of!(Characteristics, PortNumber))?,
            kind: i32_at(inner, offset_of!(Characteristics, Type))?,
            media_connect_state: i32_at(inner, offset_of!(Characteristics, MediaConnectState))?,
            send_control_state: i32_at(inner, offset_of!(Characteristics, SendControlState))?,
            rcv_control_state: i32_at(inner, offset_of!(Characteristics, RcvControlState))?,
        })
    }
}

/// Ports that the miniport deactivates: an array of numbers.
/// Source: docs:network/deactivating-an-ndis-port; contract c, event 11.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortNumbers<'a> {
    bytes: &'a [u8],
    count: u32,
}

impl<'a> PortNumbers<'a> {
    pub(crate) fn decode(payload: Payload<'a>) -> Result<Self, Malformed> {
        if payload.is_absent() {
            return Err(Malformed::Null);
        }
        if !payload.length.is_multiple_of(size_of_u32::<u32>()) {
            return Err(Malformed::OddLength);
        }
        let bytes = payload.at_most(ARRAY_MAX_BYTES)?.unwrap_or_default();
        Ok(Self { bytes, count: payload.length / size_of_u32::<u32>() })
    }

    /// The count of numbers that the event's length stands for, those after the 1,024th included.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count as usize
    }

    /// Always false: a buffer without a number does not decode.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The numbers, at most 1,024.
    pub fn iter(&self) -> impl Iterator<Item = u32> + use<'a> {
        self.bytes.as_chunks().0.iter().map(|number| u32::from_le_bytes(*number))
    }
}
