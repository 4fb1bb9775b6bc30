//! Event Tracing for Windows, from `evntprov.h` and `wdm.h`.

use core::ffi::c_void;

use crate::nt::GUID;

layout! {
    /// `EVENT_DESCRIPTOR`. Source: learn:windows/win32/api/evntprov/ns-evntprov-event_descriptor.
    EVENT_DESCRIPTOR: 16, 8 {
        0 => Id: u16,
        2 => Version: u8,
        3 => Channel: u8,
        4 => Level: u8,
        5 => Opcode: u8,
        6 => Task: u16,
        8 => Keyword: u64,
    }

    /// `EVENT_DATA_DESCRIPTOR`: one piece of an event. The union with `ULONG Reserved` at offset 12
    /// is spelled by its members. Source: learn:windows/win32/api/evntprov/ns-evntprov-event_data_descriptor.
    EVENT_DATA_DESCRIPTOR: 16, 8 {
        0 => Ptr: u64,
        8 => Size: u32,
        /// 0 payload, 1 event metadata, 2 provider metadata.
        12 => Type: u8,
        13 => Reserved1: u8,
        14 => Reserved2: u16,
    }
}

callback! {
    /// `ETWENABLECALLBACK`. `PASSIVE_LEVEL`; may run inside `EtwRegister`, before the handle is
    /// stored. Source: ddi:wdm/nc-wdm-etwenablecallback.
    ETWENABLECALLBACK = fn(
        SourceId: *const GUID,
        ControlCode: u32,
        Level: u8,
        MatchAnyKeyword: u64,
        MatchAllKeyword: u64,
        FilterData: *mut c_void,
        CallbackContext: *mut c_void,
    );
}
