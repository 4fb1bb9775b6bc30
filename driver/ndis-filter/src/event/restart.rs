//! Restart attributes: the parameters with which a stack restarts.

use core::mem::offset_of;

use driver_abi::ndis::filter::{
    NDIS_RESTART_ATTRIBUTES as Entry, NDIS_RESTART_GENERAL_ATTRIBUTES as General,
    NDIS_SIZEOF_RESTART_GENERAL_ATTRIBUTES_REVISION_1 as GENERAL_1,
    NDIS_SIZEOF_RESTART_GENERAL_ATTRIBUTES_REVISION_2 as GENERAL_2,
    OID_GEN_MINIPORT_RESTART_ATTRIBUTES,
};
use driver_abi::ndis::net_pnp::{
    NDIS_PROTOCOL_RESTART_PARAMETERS as Parameters,
    NDIS_SIZEOF_PROTOCOL_RESTART_PARAMETERS_REVISION_1 as PARAMETERS_1,
};
use driver_abi::ndis::object::{
    NDIS_OBJECT_TYPE_PROTOCOL_RESTART_PARAMETERS, NDIS_OBJECT_TYPE_RESTART_GENERAL_ATTRIBUTES,
};

use super::bytes::{header_covers, i32_at, u16_at, u32_at, u64_at};
use super::error::{ListError, Malformed};
use super::memory::Memory;
use super::notification::Payload;
use super::text::Utf16;
use super::walk::{ENTRIES_MAX, Walk};

/// The most bytes of one attribute's data that are read (contract d, rule 4).
const DATA_MAX_BYTES: u32 = 4096;

/// The payload of NetEventRestart. Source:
/// ddi:ndis/ns-ndis-_ndis_protocol_restart_parameters.
#[derive(Clone, Copy)]
pub struct ProtocolRestart<'a> {
    /// Interface index of the layer that the binding sits on.
    pub bound_if_index: u32,
    /// NET_LUID of the layer that the binding sits on.
    pub bound_if_luid: u64,
    names_address: u64,
    names_length: u32,
    attributes_address: u64,
    memory: &'a dyn Memory,
}

impl<'a> ProtocolRestart<'a> {
    /// The parameters in a buffer; None when there is no buffer, since nothing changed since the last
    /// restart. NULL with a length is malformed.
    pub(crate) fn decode(payload: Payload<'a>) -> Result<Option<Self>, Malformed> {
        if payload.length == 0 {
            return Ok(None);
        }
        let bytes = payload.at_least(u32::from(PARAMETERS_1))?;
        let kind = NDIS_OBJECT_TYPE_PROTOCOL_RESTART_PARAMETERS;
        if !header_covers(bytes, kind, 1, usize::from(PARAMETERS_1)) {
            return Err(Malformed::Header);
        }
        let read = || {
            Some(Self {
                bound_if_index: u32_at(bytes, offset_of!(Parameters, BoundIfIndex))?,
                bound_if_luid: u64_at(bytes, offset_of!(Parameters, BoundIfNetluid))?,
                names_address: u64_at(bytes, offset_of!(Parameters, FilterModuleNameBuffer))?,
                names_length: u32_at(bytes, offset_of!(Parameters, FilterModuleNameBufferLength))?,
                attributes_address: u64_at(bytes, offset_of!(Parameters, RestartAttributes))?,
                memory: payload.memory,
            })
        };
        read().map(Some).ok_or(Malformed::Unreadable)
    }

    /// The names of the filter modules below, at most 256; an error is the last item.
    #[must_use]
    pub fn filter_modules(&self) -> FilterModules<'a> {
        let rest = match usize::try_from(self.names_length) {
            Ok(0) => Ok(Default::default()),
            Ok(length) => self.memory.read(self.names_address, length).ok_or(ListError::Unreadable),
            Err(_) => Err(ListError::Unreadable),
        };
        FilterModules { rest, left: ENTRIES_MAX }
    }

    /// The list of attributes; empty when there is none.
    #[must_use]
    pub fn attributes(&self) -> RestartAttributes<'a> {
        RestartAttributes::at(self.attributes_address, self.memory)
    }
}

/// The iterator of [`ProtocolRestart::filter_modules`], over pairs of a `USHORT` byte count and a name.
#[derive(Clone, Debug)]
pub struct FilterModules<'a> {
    /// The bytes not yet looked at, or the error that comes next; empty at the end.
    rest: Result<&'a [u8], ListError>,
    left: u32,
}

impl<'a> Iterator for FilterModules<'a> {
    type Item = Result<Utf16<'a>, ListError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_ok_and(<[u8]>::is_empty) {
            return None;
        }
        let split = self.rest.and_then(|bytes| {
            self.left = self.left.checked_sub(1).ok_or(ListError::TooLong)?;
            split_name(bytes).ok_or(ListError::Damaged)
        });
        self.rest = Ok(split.map_or(Default::default(), |(_, rest)| rest));
        Some(split.map(|(name, _)| name))
    }
}

/// A name and what follows it; None when its byte count reaches past the end or splits a unit.
fn split_name(bytes: &[u8]) -> Option<(Utf16<'_>, &[u8])> {
    let length = u16_at(bytes, 0).filter(|length| length.is_multiple_of(2))?;
    let (name, rest) = bytes.get(size_of::<u16>()..)?.split_at_checked(usize::from(length))?;
    Some((Utf16::new(name), rest))
}

/// A list of NDIS_RESTART_ATTRIBUTES. Source: ddi:ndis/ns-ndis-_ndis_restart_attributes.
#[derive(Clone, Copy)]
pub struct RestartAttributes<'a> {
    address: u64,
    memory: &'a dyn Memory,
}

impl<'a> RestartAttributes<'a> {
    /// The list that begins at `address`; 0 is the empty list.
    #[must_use]
    pub const fn at(address: u64, memory: &'a dyn Memory) -> Self {
        Self { address, memory }
    }

    /// The entries, at most 256; an error is the last item. In a cyclic list some come twice
    /// before that.
    #[must_use]
    pub fn iter(&self) -> RestartAttributeIter<'a> {
        RestartAttributeIter { memory: self.memory, walk: Walk::new(self.address, self.memory) }
    }

    /// The general attributes, wherever they stand in the list.
    ///
    /// None when the list has none, or when they are too short or have a foreign header.
    #[must_use]
    pub fn general(&self) -> Option<GeneralAttributes> {
        self.iter()
            .filter_map(Result::ok)
            .find(|entry| entry.oid == OID_GEN_MINIPORT_RESTART_ATTRIBUTES)
            .and_then(|entry| GeneralAttributes::read(entry.data))
    }
}

impl<'a> IntoIterator for &RestartAttributes<'a> {
    type Item = Result<RestartAttribute<'a>, ListError>;
    type IntoIter = RestartAttributeIter<'a>;

    fn into_iter(self) -> RestartAttributeIter<'a> {
        self.iter()
    }
}

/// The iterator of [`RestartAttributes::iter`].
#[derive(Clone)]
pub struct RestartAttributeIter<'a> {
    memory: &'a dyn Memory,
    walk: Walk<'a>,
}

/// One entry of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestartAttribute<'a> {
    /// The OID that says what the data is.
    pub oid: u32,
    /// The data, at most 4,096 bytes of it.
    pub data: &'a [u8],
}

impl<'a> Iterator for RestartAttributeIter<'a> {
    type Item = Result<RestartAttribute<'a>, ListError>;

    fn next(&mut self) -> Option<Self::Item> {
        let memory = self.memory;
        self.walk.next(offset_of!(Entry, Data), |address, head| {
            RestartAttribute::read(address, head, memory).ok_or(ListError::Unreadable)
        })
    }
}

impl<'a> RestartAttribute<'a> {
    /// The entry at `address`, whose fields before the data are `head`.
    fn read(address: u64, head: &'a [u8], memory: &'a dyn Memory) -> Option<Self> {
        let oid = u32_at(head, offset_of!(Entry, Oid))?;
        let length = u32_at(head, offset_of!(Entry, DataLength))?.min(DATA_MAX_BYTES);
        let data = match usize::try_from(length).ok()? {
            0 => &[],
            length => memory.read(address.checked_add(offset_of!(Entry, Data) as u64)?, length)?,
        };
        Some(Self { oid, data })
    }
}

/// The general attributes that a miniport declares at a restart, as far as revision 1 of the structure
/// goes.
/// Source: ddi:ndis/ns-ndis-_ndis_restart_general_attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(alias = "NDIS_RESTART_GENERAL_ATTRIBUTES")]
pub struct GeneralAttributes {
    /// The longest frame without its media header, bytes.
    pub mtu_size: u32,
    /// The fastest the adapter can send, bits per second; `u64::MAX` when not known.
    pub max_xmit_link_speed: u64,
    /// The fastest the adapter can receive, bits per second; `u64::MAX` when not known.
    pub max_rcv_link_speed: u64,
    /// The part of a received packet that is indicated at least, bytes.
    pub lookahead_size: u32,
    /// NDIS_MAC_OPTION_* bits, raw.
    pub mac_options: u32,
    /// NDIS_PACKET_TYPE_* bits, raw.
    pub supported_packet_filters: u32,
    /// NET_IF_ACCESS_TYPE, known or not.
    pub access_type: i32,
    /// NET_IF_CONNECTION_TYPE, known or not.
    pub connection_type: i32,
    /// The largest lookahead any layer reads, bytes; None in revision 1 (before NDIS 6.20).
    pub max_lookahead_size_accessed: Option<u32>,
}

impl GeneralAttributes {
    fn read(data: &[u8]) -> Option<Self> {
        let kind = NDIS_OBJECT_TYPE_RESTART_GENERAL_ATTRIBUTES;
        if !header_covers(data, kind, 1, usize::from(GENERAL_1)) {
            return None;
        }
        let second = header_covers(data, kind, 2, usize::from(GENERAL_2));
        // A header that says more than the data holds is believed as far as the data goes.
        let accessed = u32_at(data, offset_of!(General, MaxLookaheadSizeAccessed));
        Some(Self {
            mtu_size: u32_at(data, offset_of!(General, MtuSize))?,
            max_xmit_link_speed: u64_at(data, offset_of!(General, MaxXmitLinkSpeed))?,
            max_rcv_link_speed: u64_at(data, offset_of!(General, MaxRcvLinkSpeed))?,
            lookahead_size: u32_at(data, offset_of!(General, LookaheadSize))?,
            mac_options: u32_at(data, offset_of!(General, MacOptions))?,
            supported_packet_filters: u32_at(data, offset_of!(General, SupportedPacketFilters))?,
            access_type: i32_at(data, offset_of!(General, AccessType))?,
            connection_type: i32_at(data, offset_of!(General, ConnectionType))?,
            max_lookahead_size_accessed: accessed.filter(|_| second),
        })
    }
}
