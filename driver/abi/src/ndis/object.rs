//! The header every NDIS structure starts with, and the types every chapter uses.

use core::ffi::c_void;

/// `NDIS_HANDLE`: opaque, given by NDIS or given to it.
pub type NDIS_HANDLE = *mut c_void;

/// `NDIS_PORT_NUMBER`. 0 is the default port, or "no particular port".
pub type NDIS_PORT_NUMBER = u32;

layout! {
    /// `NDIS_OBJECT_HEADER`. A receiver tests `Type ==`, `Revision >=` and `Size >=`; never `==` on
    /// `Size`, which is often smaller than `size_of` and grows with revisions.
    /// Source: ddi:objectheader/ns-objectheader-ndis_object_header.
    NDIS_OBJECT_HEADER: 4, 2 {
        0 => Type: u8,
        1 => Revision: u8,
        2 => Size: u16,
    }

    /// `NET_LUID`: names an interface for as long as it is installed, across detach and reboot.
    /// The bit-fields (24 reserved, 24 index, 16 type) are not spelled.
    NET_LUID_LH: 8, 8 {
        0 => Value: u64,
    }
}

/// No particular type; several structures share it.
pub const NDIS_OBJECT_TYPE_DEFAULT: u8 = 0x80;
/// `NDIS_FILTER_DRIVER_CHARACTERISTICS`.
pub const NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS: u8 = 0x8B;
/// `NDIS_FILTER_PARTIAL_CHARACTERISTICS`.
pub const NDIS_OBJECT_TYPE_FILTER_PARTIAL_CHARACTERISTICS: u8 = 0x8C;
/// `NDIS_FILTER_ATTRIBUTES`.
pub const NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES: u8 = 0x8D;
/// `NDIS_STATUS_INDICATION`.
pub const NDIS_OBJECT_TYPE_STATUS_INDICATION: u8 = 0x98;
/// `NDIS_FILTER_ATTACH_PARAMETERS`.
pub const NDIS_OBJECT_TYPE_FILTER_ATTACH_PARAMETERS: u8 = 0x99;
/// `NDIS_FILTER_PAUSE_PARAMETERS`.
pub const NDIS_OBJECT_TYPE_FILTER_PAUSE_PARAMETERS: u8 = 0x9A;
/// `NDIS_FILTER_RESTART_PARAMETERS`.
pub const NDIS_OBJECT_TYPE_FILTER_RESTART_PARAMETERS: u8 = 0x9B;
/// `NDIS_RESTART_GENERAL_ATTRIBUTES`.
pub const NDIS_OBJECT_TYPE_RESTART_GENERAL_ATTRIBUTES: u8 = 0xA2;
/// `NDIS_PROTOCOL_RESTART_PARAMETERS`.
pub const NDIS_OBJECT_TYPE_PROTOCOL_RESTART_PARAMETERS: u8 = 0xA3;
