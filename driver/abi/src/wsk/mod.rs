//! Winsock Kernel, from `wsk.h`: registration of clients.

use core::ffi::c_void;

use crate::nt::NTSTATUS;

/// The provider is not there, or not for this registration any more.
pub const STATUS_DEVICE_NOT_READY: NTSTATUS = NTSTATUS(0xC000_00A3_u32.cast_signed());
/// No event of a client's is known.
pub const STATUS_NOT_IMPLEMENTED: NTSTATUS = NTSTATUS(0xC000_0002_u32.cast_signed());

/// `WskCaptureProviderNPI` returns at once.
pub const WSK_NO_WAIT: u32 = 0;
/// The wait until the provider is there.
pub const WSK_INFINITE_WAIT: u32 = 0xFFFF_FFFF;

callback! {
    /// `PFN_WSK_CLIENT_EVENT`. No event is defined.
    WSK_CLIENT_EVENT = fn(
        ClientContext: *mut c_void,
        EventType: u32,
        Information: *mut c_void,
        InformationLength: usize,
    ) -> NTSTATUS;
}

layout! {
    /// A client's version and its event function.
    WSK_CLIENT_DISPATCH: 16, 8 {
        0 => Version: u16,
        2 => Reserved: u16,
        8 => WskClientEvent: Option<WSK_CLIENT_EVENT>,
    }

    /// A client, as it registers.
    WSK_CLIENT_NPI: 16, 8 {
        0 => ClientContext: *mut c_void,
        8 => Dispatch: *const WSK_CLIENT_DISPATCH,
    }

    /// The functions of the provider that need no socket. Each is called with what its page says.
    WSK_PROVIDER_DISPATCH: 56, 8 {
        0 => Version: u16,
        2 => Reserved: u16,
        8 => WskSocket: *mut c_void,
        16 => WskSocketConnect: *mut c_void,
        24 => WskControlClient: *mut c_void,
        32 => WskGetAddressInfo: *mut c_void,
        40 => WskFreeAddressInfo: *mut c_void,
        48 => WskGetNameInfo: *mut c_void,
    }

    /// The provider, as a client has captured it.
    WSK_PROVIDER_NPI: 16, 8 {
        0 => Client: *mut c_void,
        8 => Dispatch: *const WSK_PROVIDER_DISPATCH,
    }

    /// A registration: opaque to the client that keeps it.
    WSK_REGISTRATION: 24, 8 {
        0 => ReservedRegistrationState: u64,
        8 => ReservedRegistrationContext: *mut c_void,
        16 => ReservedRegistrationLock: u64,
    }
}
