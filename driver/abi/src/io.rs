//! The I/O manager's types, from `wdm.h`: the driver object and the entry points in it.

use core::ffi::c_void;

use crate::nt::{NTSTATUS, UNICODE_STRING};

layout! {
    /// `DRIVER_OBJECT`, which `DriverEntry` receives. Source: ddi:wdm/ns-wdm-_driver_object.
    DRIVER_OBJECT: 336, 8 {
        0 => Type: i16,
        2 => Size: i16,
        8 => DeviceObject: *mut c_void,
        16 => Flags: u32,
        24 => DriverStart: *mut c_void,
        32 => DriverSize: u32,
        40 => DriverSection: *mut c_void,
        48 => DriverExtension: *mut c_void,
        56 => DriverName: UNICODE_STRING,
        72 => HardwareDatabase: *mut UNICODE_STRING,
        80 => FastIoDispatch: *mut c_void,
        88 => DriverInit: Option<DRIVER_INITIALIZE>,
        96 => DriverStartIo: *mut c_void,
        104 => DriverUnload: Option<DRIVER_UNLOAD>,
        112 => MajorFunction: [*mut c_void; 28],
    }
}

callback! {
    /// `DriverEntry`. `PASSIVE_LEVEL`, called once by the I/O manager.
    DRIVER_INITIALIZE = fn(
        DriverObject: *mut DRIVER_OBJECT,
        RegistryPath: *mut UNICODE_STRING,
    ) -> NTSTATUS;
    /// `DriverUnload`. `PASSIVE_LEVEL`, called once by the I/O manager.
    DRIVER_UNLOAD = fn(DriverObject: *mut DRIVER_OBJECT);
}
