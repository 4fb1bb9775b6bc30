//! Where things stand in the structures of Windows, x86-64: offsets in bytes, computed from the
//! public headers of the WDK 10.0.22621 and spelled here once more, by hand, so that the host's
//! own definitions have a witness.

use core::ffi::c_void;
use core::ptr;

/// An opaque pointer or handle.
pub type Pointer = *mut c_void;

/// A structure of Windows, or any memory, by its address.
#[derive(Clone, Copy)]
pub struct At(*mut u8);

impl At {
    /// # Safety
    ///
    /// Every field that is read or written through the result lies in live memory.
    pub unsafe fn new(pointer: Pointer) -> Self {
        Self(pointer.cast())
    }

    pub fn pointer_to(self, offset: usize) -> Pointer {
        self.0.wrapping_add(offset).cast()
    }

    fn read<T>(self, offset: usize) -> T {
        // SAFETY: of `new`; unaligned reads are right for every address.
        unsafe { self.0.wrapping_add(offset).cast::<T>().read_unaligned() }
    }

    fn write<T>(self, offset: usize, value: T) {
        // SAFETY: of `new`; unaligned writes are right for every address.
        unsafe { self.0.wrapping_add(offset).cast::<T>().write_unaligned(value) }
    }

    pub fn u8(self, offset: usize) -> u8 {
        self.read(offset)
    }

    pub fn u16(self, offset: usize) -> u16 {
        self.read(offset)
    }

    pub fn u32(self, offset: usize) -> u32 {
        self.read(offset)
    }

    pub fn pointer(self, offset: usize) -> Pointer {
        self.read(offset)
    }

    pub fn set_u8(self, offset: usize, value: u8) {
        self.write(offset, value);
    }

    pub fn set_u16(self, offset: usize, value: u16) {
        self.write(offset, value);
    }

    pub fn set_u32(self, offset: usize, value: u32) {
        self.write(offset, value);
    }

    pub fn set_u64(self, offset: usize, value: u64) {
        self.write(offset, value);
    }

    pub fn set_pointer(self, offset: usize, value: Pointer) {
        self.write(offset, value);
    }

    /// The header that begins every structure of NDIS.
    pub fn set_header(self, kind: u8, revision: u8, size: u16) {
        self.set_u8(0, kind);
        self.set_u8(1, revision);
        self.set_u16(2, size);
    }
}

/// `LENGTH` bytes for one structure, aligned as the strictest of them.
#[repr(align(16))]
pub struct Room<const LENGTH: usize>(pub [u8; LENGTH]);

impl<const LENGTH: usize> Room<LENGTH> {
    pub const fn zeroed() -> Self {
        Self([0; LENGTH])
    }

    /// The room as a structure. The caller keeps it where it is while the result is used.
    pub fn at(&mut self) -> At {
        At(ptr::from_mut(self).cast())
    }
}

/// Length of a literal in UTF-16 units, for `wide!`.
pub const fn widen<const LENGTH: usize>(text: &str) -> [u16; LENGTH] {
    let bytes = text.as_bytes();
    let mut wide = [0; LENGTH];
    let mut at = 0;
    while at < LENGTH {
        wide[at] = bytes[at] as u16;
        at += 1;
    }
    wide
}

/// A `UNICODE_STRING` over a static copy of an ASCII literal.
macro_rules! unicode {
    ($text:expr) => {{
        const TEXT: &str = $text;
        static WIDE: [u16; TEXT.len()] = $crate::layout::widen(TEXT);
        ::driver_abi::nt::UNICODE_STRING {
            Length: (TEXT.len() * 2) as u16,
            MaximumLength: (TEXT.len() * 2) as u16,
            Buffer: WIDE.as_ptr().cast_mut(),
        }
    }};
}
pub(crate) use unicode;

/// NDIS_FILTER_DRIVER_CHARACTERISTICS.
pub mod characteristics {
    pub const KIND: u8 = 0x8B;
    pub const SIZE_2: u16 = 224;
    pub const MAJOR_NDIS_VERSION: usize = 4;
    pub const MINOR_NDIS_VERSION: usize = 5;
    pub const MAJOR_DRIVER_VERSION: usize = 6;
    pub const FLAGS: usize = 8;
    pub const FRIENDLY_NAME: usize = 16;
    pub const UNIQUE_NAME: usize = 32;
    pub const SERVICE_NAME: usize = 48;
    pub const SET_OPTIONS: usize = 64;
    pub const SET_MODULE_OPTIONS: usize = 72;
    pub const ATTACH: usize = 80;
    pub const DETACH: usize = 88;
    pub const RESTART: usize = 96;
    pub const PAUSE: usize = 104;
    pub const SEND: usize = 112;
    pub const SEND_COMPLETE: usize = 120;
    pub const CANCEL_SEND: usize = 128;
    pub const RECEIVE: usize = 136;
    pub const RETURN: usize = 144;
    pub const OID_REQUEST: usize = 152;
    pub const OID_REQUEST_COMPLETE: usize = 160;
    pub const CANCEL_OID_REQUEST: usize = 168;
    pub const DEVICE_PNP_EVENT: usize = 176;
    pub const NET_PNP_EVENT: usize = 184;
    pub const STATUS: usize = 192;
}

/// NDIS_FILTER_PARTIAL_CHARACTERISTICS.
pub mod partial {
    pub const KIND: u8 = 0x8C;
    pub const SIZE: u16 = 48;
    pub const SEND: usize = 8;
    pub const SEND_COMPLETE: usize = 16;
    pub const CANCEL_SEND: usize = 24;
    pub const RECEIVE: usize = 32;
    pub const RETURN: usize = 40;
}

/// NDIS_FILTER_ATTRIBUTES.
pub mod attributes {
    pub const KIND: u8 = 0x8D;
    pub const SIZE: u16 = 8;
}

/// NDIS_FILTER_ATTACH_PARAMETERS.
pub mod attach {
    pub const SIZE_4: u16 = 224;
    pub const IF_INDEX: usize = 4;
    pub const BASE_MINIPORT_IF_INDEX: usize = 24;
    pub const BASE_MINIPORT_INSTANCE_NAME: usize = 32;
    pub const XMIT_LINK_SPEED: usize = 56;
}

/// NDIS_FILTER_RESTART_PARAMETERS, NDIS_RESTART_ATTRIBUTES, NDIS_RESTART_GENERAL_ATTRIBUTES.
pub mod restart {
    pub const ATTRIBUTES: usize = 16;
    pub const ATTRIBUTE_OID: usize = 8;
    pub const ATTRIBUTE_DATA: usize = 16;
    pub const LOOKAHEAD_SIZE: usize = 24;
    pub const OID_GEN_MINIPORT_RESTART_ATTRIBUTES: u32 = 0x0001_021D;
}

/// NDIS_OID_REQUEST. The lengths stand at other places for each kind of request.
pub mod oid {
    pub const KIND: u8 = 0x96;
    pub const SIZE_1: u16 = 236;
    pub const LENGTH: usize = 248;
    pub const REQUEST_TYPE: usize = 4;
    pub const REQUEST_ID: usize = 16;
    pub const OID: usize = 32;
    pub const INFORMATION_BUFFER: usize = 40;
    pub const INFORMATION_BUFFER_LENGTH: usize = 48;
    /// BytesWritten of a query, BytesRead of a set.
    pub const BYTES_DONE: usize = 52;
    pub const BYTES_NEEDED: usize = 56;
    pub const METHOD_OUTPUT_BUFFER_LENGTH: usize = 52;
    pub const METHOD_BYTES_WRITTEN: usize = 60;
    pub const METHOD_BYTES_READ: usize = 64;
    pub const METHOD_BYTES_NEEDED: usize = 68;
    pub const SOURCE_RESERVED: usize = 216;
    pub const SUPPORTED_REVISION: usize = 232;
    pub const QUERY: u32 = 0;
    pub const SET: u32 = 1;
    pub const METHOD: u32 = 12;
    pub const OID_GEN_CURRENT_PACKET_FILTER: u32 = 0x0001_010E;
    pub const OID_GEN_LINK_STATE: u32 = 0x0001_0207;
    pub const OID_PNP_SET_POWER: u32 = 0xFD01_0101;
    pub const OID_PM_PARAMETERS: u32 = 0xFD01_0109;
}

/// NET_BUFFER_LIST, NET_BUFFER_LIST_POOL_PARAMETERS and the flags of the data path.
pub mod packet {
    pub const NEXT: usize = 0;
    pub const SOURCE_HANDLE: usize = 120;
    pub const STATUS: usize = 140;
    /// NDIS_SEND_FLAGS_, NDIS_SEND_COMPLETE_FLAGS_, NDIS_RECEIVE_FLAGS_ and
    /// NDIS_RETURN_FLAGS_DISPATCH_LEVEL are the same bit (docs:network/dispatch-irql-tracking).
    pub const DISPATCH: u32 = 1;
    /// NDIS_RECEIVE_FLAGS_RESOURCES.
    pub const RESOURCES: u32 = 2;
    pub const POOL_KIND: u8 = 0x80;
    pub const POOL_SIZE_1: u16 = 16;
    pub const POOL_ALLOCATE_NET_BUFFER: usize = 5;
    pub const POOL_TAG: usize = 8;
}

/// NET_PNP_EVENT_NOTIFICATION and NET_DEVICE_PNP_EVENT.
pub mod event {
    pub const NET_EVENT: usize = 8;
    pub const NET_BUFFER: usize = 16;
    pub const NET_BUFFER_LENGTH: usize = 24;
    pub const SET_POWER: u32 = 0;
    pub const QUERY_POWER: u32 = 1;
    pub const QUERY_REMOVE_DEVICE: u32 = 2;
    pub const CANCEL_REMOVE_DEVICE: u32 = 3;
    pub const PNP_CAPABILITIES: u32 = 7;
    pub const FILTER_PRE_DETACH: u32 = 15;
    pub const NET_MAXIMUM: u32 = 23;
    pub const DEVICE_EVENT: usize = 8;
    pub const POWER_PROFILE_CHANGED: u32 = 5;
    pub const DEVICE_MAXIMUM: u32 = 7;
    /// NetDeviceStateD3.
    pub const D3: u32 = 4;
}

/// NDIS_STATUS_INDICATION.
pub mod indication {
    pub const KIND: u8 = 0x98;
    pub const SIZE: u16 = 112;
    pub const SOURCE_HANDLE: usize = 8;
    pub const STATUS_CODE: usize = 20;
    pub const STATUS_BUFFER: usize = 48;
    pub const STATUS_BUFFER_SIZE: usize = 56;
    pub const NDIS_STATUS_NETWORK_CHANGE: u32 = 0x4001_0018;
}

/// NDIS_DEVICE_OBJECT_ATTRIBUTES.
pub mod device {
    pub const KIND: u8 = 0x85;
    pub const SIZE: u16 = 56;
    pub const DEVICE_NAME: usize = 8;
    pub const SYMBOLIC_NAME: usize = 16;
    pub const MAJOR_FUNCTIONS: usize = 24;
    /// IRP_MJ_MAXIMUM_FUNCTION + 1.
    pub const MAJOR_FUNCTION_COUNT: usize = 28;
    pub const IRP_MJ_CREATE: usize = 0;
    pub const IRP_MJ_CLOSE: usize = 2;
    pub const IRP_MJ_DEVICE_CONTROL: usize = 14;
    pub const IRP_MJ_CLEANUP: usize = 18;
}

/// IRP.
pub mod irp {
    pub const SYSTEM_BUFFER: usize = 24;
    pub const STATUS: usize = 48;
    pub const INFORMATION: usize = 56;
    pub const CANCEL: usize = 68;
    pub const CANCEL_IRQL: usize = 69;
    pub const CANCEL_ROUTINE: usize = 104;
    /// Tail.Overlay.DriverContext[0]: the driver's while it owns the request.
    pub const DRIVER_CONTEXT: usize = 120;
    pub const CURRENT_STACK_LOCATION: usize = 184;
}

/// IO_STACK_LOCATION.
pub mod stack {
    pub const CONTROL: usize = 3;
    pub const SL_PENDING_RETURNED: u8 = 1;
    pub const OUTPUT_BUFFER_LENGTH: usize = 8;
    pub const IO_CONTROL_CODE: usize = 24;
    pub const FILE_OBJECT: usize = 48;
}

/// DRIVER_OBJECT.
pub mod driver {
    pub const DRIVER_UNLOAD: usize = 104;
}
