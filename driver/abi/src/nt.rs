//! NT executive types, from `wdm.h` and `ntdef.h`.

use core::ffi::c_void;

/// `NTSTATUS`: negative is an error. Source: `ntdef.h`.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub struct NTSTATUS(pub i32);

/// The request succeeded.
pub const STATUS_SUCCESS: NTSTATUS = NTSTATUS(0);
/// The request will complete later.
pub const STATUS_PENDING: NTSTATUS = NTSTATUS(0x0000_0103);
/// The request failed for no reason that has a name.
pub const STATUS_UNSUCCESSFUL: NTSTATUS = NTSTATUS(0xC000_0001_u32.cast_signed());
/// A parameter is wrong.
pub const STATUS_INVALID_PARAMETER: NTSTATUS = NTSTATUS(0xC000_000D_u32.cast_signed());
/// The request is not supported.
pub const STATUS_NOT_SUPPORTED: NTSTATUS = NTSTATUS(0xC000_00BB_u32.cast_signed());

/// Names are compared without regard to case.
pub const OBJ_CASE_INSENSITIVE: u32 = 0x40;
/// The handle is the kernel's, whatever process it is opened in.
pub const OBJ_KERNEL_HANDLE: u32 = 0x200;
/// Enumerate, notify, query.
pub const KEY_READ: u32 = 0x2_0019;
/// A 32-bit number.
pub const REG_DWORD: u32 = 4;

/// `EX_POOL_PRIORITY`, the last argument of `NdisAllocateMemoryWithTagPriority`.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EX_POOL_PRIORITY(pub i32);

impl EX_POOL_PRIORITY {
    /// May fail when the system is low on memory.
    pub const LowPoolPriority: Self = Self(0);
    /// May fail when the system is very low on memory.
    pub const NormalPoolPriority: Self = Self(16);
    /// Must not fail unless the system is completely out of memory.
    pub const HighPoolPriority: Self = Self(32);
}

/// `EVENT_TYPE`, the second argument of `KeInitializeEvent`.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EVENT_TYPE(pub i32);

impl EVENT_TYPE {
    /// An event that stays signalled until it is cleared.
    pub const NotificationEvent: Self = Self(0);
    /// An event that lets one waiting thread through and is then no longer signalled.
    pub const SynchronizationEvent: Self = Self(1);
}

/// `KWAIT_REASON`, the second argument of `KeWaitForSingleObject`.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KWAIT_REASON(pub i32);

impl KWAIT_REASON {
    /// The reason that a driver gives for a wait of its own.
    pub const Executive: Self = Self(0);
}

/// `MODE`, as the `KPROCESSOR_MODE` (a `CCHAR`) that functions take.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MODE(pub i8);

impl MODE {
    /// The kernel waits; its stack is not paged out meanwhile.
    pub const KernelMode: Self = Self(0);
    /// The wait is on behalf of a program.
    pub const UserMode: Self = Self(1);
}

/// `KEY_VALUE_INFORMATION_CLASS`, the third argument of `ZwQueryValueKey`.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KEY_VALUE_INFORMATION_CLASS(pub i32);

impl KEY_VALUE_INFORMATION_CLASS {
    /// The answer is a [`KEY_VALUE_PARTIAL_INFORMATION`].
    pub const KeyValuePartialInformation: Self = Self(2);
}

layout! {
    /// `UNICODE_STRING`: counted UTF-16, not terminated. `NDIS_STRING` is the same type.
    UNICODE_STRING: 16, 8 {
        /// Bytes in use, not characters.
        0 => Length: u16,
        /// Bytes at `Buffer`.
        2 => MaximumLength: u16,
        8 => Buffer: *mut u16,
    }

    /// `GUID`.
    GUID: 16, 4 {
        0 => Data1: u32,
        4 => Data2: u16,
        6 => Data3: u16,
        8 => Data4: [u8; 8],
    }

    /// `DISPATCHER_HEADER`, at the start of every object that threads wait for.
    DISPATCHER_HEADER: 24, 8 {
        0 => Type: u8,
        1 => Signalling: u8,
        2 => Size: u8,
        3 => Reserved1: u8,
        /// Positive when it is signalled.
        4 => SignalState: i32,
        /// A LIST_ENTRY.
        8 => WaitListHead: [*mut c_void; 2],
    }

    /// `KEVENT`; `NDIS_EVENT` holds one and nothing else.
    KEVENT: 24, 8 {
        0 => Header: DISPATCHER_HEADER,
    }

    /// `OBJECT_ATTRIBUTES`: which object to open. Source: learn:windows/win32/api/ntdef/ns-ntdef-_object_attributes.
    OBJECT_ATTRIBUTES: 48, 8 {
        0 => Length: u32,
        8 => RootDirectory: *mut c_void,
        16 => ObjectName: *mut UNICODE_STRING,
        24 => Attributes: u32,
        32 => SecurityDescriptor: *mut c_void,
        40 => SecurityQualityOfService: *mut c_void,
    }

    /// `KEY_VALUE_PARTIAL_INFORMATION`, with room for a REG_DWORD.
    /// Source: ddi:wdm/ns-wdm-_key_value_partial_information.
    KEY_VALUE_PARTIAL_INFORMATION: 16, 4 {
        0 => TitleIndex: u32,
        4 => Type: u32,
        /// Bytes at `Data`.
        8 => DataLength: u32,
        /// The first of them; the structure's padding has room for three more.
        12 => Data: u8,
    }
}

callback! {
    /// `EXT_CALLBACK`, of `ExAllocateTimer`. `DISPATCH_LEVEL`.
    EXT_CALLBACK = fn(Timer: *mut c_void, Context: *mut c_void);
}
