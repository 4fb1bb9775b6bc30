//! The types that cross the border and that wdk-sys declares, too: its sizes and offsets are ours. Built with
//! the WDK only. All of them, and those that wdk-sys has not, driver-abi's build script compares with the
//! kit's headers.

use driver_abi::{etw, io, nt};

macro_rules! same {
    ($($module:ident::$name:ident { $($field:ident),* $(,)? })*) => {$(
        static_assertions::assert_eq_size!($module::$name, wdk_sys::$name);
        static_assertions::assert_eq_align!($module::$name, wdk_sys::$name);
        $(static_assertions::const_assert_eq!(
            core::mem::offset_of!($module::$name, $field),
            core::mem::offset_of!(wdk_sys::$name, $field)
        );)*
    )*};
}

same! {
    nt::EX_POOL_PRIORITY {}
    nt::UNICODE_STRING { Length, MaximumLength, Buffer }
    nt::GUID { Data1, Data2, Data3, Data4 }
    // The first fields of a DISPATCHER_HEADER are in unions without a name.
    nt::DISPATCHER_HEADER { SignalState, WaitListHead }
    nt::KEVENT { Header }
    nt::OBJECT_ATTRIBUTES {
        Length, RootDirectory, ObjectName, Attributes, SecurityDescriptor, SecurityQualityOfService,
    }
    nt::KEY_VALUE_PARTIAL_INFORMATION { TitleIndex, Type, DataLength, Data }
    io::DRIVER_OBJECT {
        Type, Size, DeviceObject, Flags, DriverStart, DriverSize, DriverSection, DriverExtension,
        DriverName, HardwareDatabase, FastIoDispatch, DriverInit, DriverStartIo, DriverUnload,
        MajorFunction,
    }
    etw::EVENT_DESCRIPTOR { Id, Version, Channel, Level, Opcode, Task, Keyword }
    // The rest is in a union without a name.
    etw::EVENT_DATA_DESCRIPTOR { Ptr, Size }
}
