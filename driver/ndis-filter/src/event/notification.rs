//! The view of one `NET_PNP_EVENT_NOTIFICATION` that decoding starts from.

use super::error::Malformed;
use super::memory::Memory;

/// The fields of what `FilterNetPnPEvent` received.
///
/// Holding one means that the callback it came from has not returned: the buffer belongs to the
/// issuer and is good until then, at `PASSIVE_LEVEL`. Nothing in it has been checked.
/// Source: ddi:ndis/ns-ndis-_net_pnp_event_notification, ddi:netpnp/ns-netpnp-_net_pnp_event.
#[derive(Clone, Copy)]
#[doc(alias = "NET_PNP_EVENT_NOTIFICATION")]
#[doc(alias = "NET_PNP_EVENT")]
pub struct Notification<'a> {
    /// `NetPnPEvent.NetEvent`, any number.
    pub code: u32,
    /// `PortNumber`; 0 when the event is not about one port.
    pub port_number: u32,
    /// `Flags`, raw. Bit 0 is `NET_EVENT_HALT_MINIPORT_ON_LOW_POWER` (header only).
    pub flags: u32,
    /// `NetPnPEvent.Buffer`. 0 is NULL.
    pub buffer_address: u64,
    /// `NetPnPEvent.BufferLength`, in bytes, as the issuer claims it.
    pub buffer_length: u32,
    /// The memory through which the buffer, and what it points at, is read.
    pub memory: &'a dyn Memory,
}

impl<'a> Notification<'a> {
    /// Whether a buffer came with the event, or at least an address or a length.
    #[must_use]
    #[inline]
    pub const fn has_buffer(&self) -> bool {
        self.buffer_address != 0 || self.buffer_length != 0
    }

    /// The buffer, all of its `buffer_length` bytes.
    ///
    /// `None` when it is absent (NULL, or zero bytes long) and when it cannot be read.
    #[must_use]
    pub fn buffer(&self) -> Option<&'a [u8]> {
        self.payload().whole().ok().flatten()
    }

    pub(crate) fn payload(&self) -> Payload<'a> {
        Payload { address: self.buffer_address, length: self.buffer_length, memory: self.memory }
    }
}

/// A buffer as its issuer describes it: not yet read, and perhaps not there.
#[derive(Clone, Copy)]
pub(crate) struct Payload<'a> {
    pub(crate) address: u64,
    pub(crate) length: u32,
    pub(crate) memory: &'a dyn Memory,
}

impl<'a> Payload<'a> {
    /// NULL or zero bytes long: contract d, buffer reading rule 1.
    pub(crate) fn is_absent(&self) -> bool {
        self.address == 0 || self.length == 0
    }

    /// The first `length` bytes, unchecked against our own length.
    fn read(&self, length: u32) -> Result<&'a [u8], Malformed> {
        let length = usize::try_from(length).map_err(|_| Malformed::Unreadable)?;
        self.memory.read(self.address, length).ok_or(Malformed::Unreadable)
    }

    /// Every byte; `None` when absent.
    pub(crate) fn whole(&self) -> Result<Option<&'a [u8]>, Malformed> {
        self.at_most(u32::MAX)
    }

    /// At most the first `limit` bytes; `None` when absent.
    pub(crate) fn at_most(&self, limit: u32) -> Result<Option<&'a [u8]>, Malformed> {
        if self.is_absent() {
            return Ok(None);
        }
        self.read(self.length.min(limit)).map(Some)
    }

    /// Exactly the first `needed` bytes of a structure that must be there. A longer buffer is
    /// accepted and its tail is not touched.
    pub(crate) fn at_least(&self, needed: u32) -> Result<&'a [u8], Malformed> {
        if self.is_absent() {
            return Err(Malformed::Null);
        }
        if self.length < needed {
            return Err(Malformed::Short { needed });
        }
        self.read(needed)
    }
}
