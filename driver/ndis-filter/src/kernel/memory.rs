//! Reading through pointers that NDIS hands over, and views of the structures behind them.

use core::slice;

use driver_abi::ndis::device_pnp::NET_DEVICE_PNP_EVENT;
use driver_abi::ndis::indication::NDIS_STATUS_INDICATION;
use driver_abi::ndis::net_pnp::NET_PNP_EVENT_NOTIFICATION;

use crate::event::{DeviceNotification, Memory, Notification, StatusIndication};

/// The system's address space during one callback.
///
/// # Invariants
///
/// Lives only inside the callback whose parameters it is used to read: what an issuer's pointer
/// names is valid until the callback returns, and not longer.
pub(super) struct IssuerMemory(());

impl IssuerMemory {
    /// # Safety
    ///
    /// The value must be dropped before the callback returns, and be used only on addresses and
    /// lengths that came out of that callback's parameters.
    pub(super) const unsafe fn new() -> Self {
        Self(())
    }
}

impl Memory for IssuerMemory {
    fn read(&self, address: u64, length: usize) -> Option<&[u8]> {
        let address = usize::try_from(address).ok()?;
        // What from_raw_parts asks for besides the bytes themselves: not NULL, no wrap around the
        // address space, at most isize::MAX bytes.
        if address == 0 || address.checked_add(length).is_none() {
            return None;
        }
        isize::try_from(length).ok()?;
        // SAFETY: `new` was told that only addresses out of the callback's parameters are read;
        // the issuer owes that BufferLength bytes are there until the callback returns
        // (ddi:netpnp/ns-netpnp-_net_pnp_event), and `&self` does not outlive it. Bytes have no
        // alignment. Nothing is written through the slice.
        Some(unsafe { slice::from_raw_parts(core::ptr::with_exposed_provenance(address), length) })
    }
}

/// The view of a notification: its fields, copied; its buffer is read through `memory`.
///
/// # Safety
///
/// `raw` points at a NET_PNP_EVENT_NOTIFICATION of at least revision 1 (164 bytes).
pub(super) unsafe fn net_pnp_view(
    raw: *const NET_PNP_EVENT_NOTIFICATION,
    memory: &IssuerMemory,
) -> Notification<'_> {
    // SAFETY: the caller says 164 bytes are readable; PortNumber, NetPnPEvent and Flags lie within.
    #[expect(clippy::multiple_unsafe_ops_per_block, reason = "one structure, field by field")]
    let (port_number, event, flags) =
        unsafe { ((*raw).PortNumber, (*raw).NetPnPEvent, (*raw).Flags) };
    Notification {
        code: event.NetEvent.0,
        port_number,
        flags,
        buffer_address: event.Buffer.expose_provenance() as u64,
        buffer_length: event.BufferLength,
        memory,
    }
}

/// The view of a device event: its fields, copied; its buffer is read through `memory`.
///
/// # Safety
///
/// `raw` points at a NET_DEVICE_PNP_EVENT of at least revision 1 (44 bytes).
pub(super) unsafe fn device_pnp_view(
    raw: *const NET_DEVICE_PNP_EVENT,
    memory: &IssuerMemory,
) -> DeviceNotification<'_> {
    // SAFETY: the caller says 44 bytes are readable; everything read ends at byte 28.
    #[expect(clippy::multiple_unsafe_ops_per_block, reason = "one structure, field by field")]
    let (port_number, code, buffer, length) = unsafe {
        (
            (*raw).PortNumber,
            (*raw).DevicePnPEvent,
            (*raw).InformationBuffer,
            (*raw).InformationBufferLength,
        )
    };
    DeviceNotification {
        code: code.0,
        port_number,
        buffer_address: buffer.expose_provenance() as u64,
        buffer_length: length,
        memory,
    }
}

/// The view of a status indication: its fields, copied; its buffer is read through `memory`.
///
/// # Safety
///
/// `raw` points at an NDIS_STATUS_INDICATION of revision 1 (112 bytes).
pub(super) unsafe fn status_view(
    raw: *const NDIS_STATUS_INDICATION,
    memory: &IssuerMemory,
) -> StatusIndication<'_> {
    // SAFETY: the caller says 112 bytes are readable; everything read ends at byte 60.
    #[expect(clippy::multiple_unsafe_ops_per_block, reason = "one structure, field by field")]
    let (port_number, code, buffer, length) = unsafe {
        ((*raw).PortNumber, (*raw).StatusCode, (*raw).StatusBuffer, (*raw).StatusBufferSize)
    };
    StatusIndication {
        code: code.0,
        port_number,
        buffer_address: buffer.expose_provenance() as u64,
        buffer_length: length,
        memory,
    }
}
