//! Where things stand in a file. All numbers are little-endian.

/// WMI_BUFFER_HEADER, at the start of each buffer.
pub(super) mod buffer {
    pub const SIZE: usize = 0x48;
    /// Bytes of this buffer in the file.
    pub const BUFFER_SIZE: usize = 0x00;
    /// Bytes in use, this header included.
    pub const SAVED_OFFSET: usize = 0x04;
    pub const CURRENT_OFFSET: usize = 0x08;
    pub const TIME_STAMP: usize = 0x10;
    pub const SEQUENCE: usize = 0x18;
    pub const PROCESSOR: usize = 0x28;
    pub const LOGGER: usize = 0x2A;
    pub const STATE: usize = 0x2C;
    pub const OFFSET: usize = 0x30;
    pub const FLAGS: usize = 0x34;
    pub const TYPE: usize = 0x36;

    pub const STATE_FLUSH: u32 = 3;
    pub const FLAG_FLUSH: u16 = 0x01;
    pub const FLAG_PROCESSOR: u16 = 0x20;
    pub const FLAG_COMPRESSED: u16 = 0x40;
    pub const TYPE_HEADER: u16 = 4;
    /// What stands behind the last record.
    pub const FILL: u8 = 0xFF;
}

/// SYSTEM_TRACE_HEADER and, behind it, TRACE_LOGFILE_HEADER of a 64-bit system: the first record.
pub(super) mod logfile {
    pub const SYSTEM_HEADER: usize = 0x20;
    /// Of the system header: the clock at the start.
    pub const SYSTEM_TIME: usize = 0x10;
    pub const SYSTEM_TYPE: u8 = 2;
    pub const SIZE: usize = 0x118;
    pub const BUFFER_SIZE: usize = 0x00;
    pub const VERSION: usize = 0x04;
    pub const BUILD: usize = 0x08;
    pub const PROCESSORS: usize = 0x0C;
    pub const END_TIME: usize = 0x10;
    pub const TIMER_RESOLUTION: usize = 0x18;
    pub const MODE: usize = 0x20;
    pub const BUFFERS_WRITTEN: usize = 0x24;
    pub const START_BUFFERS: usize = 0x28;
    pub const POINTER_SIZE: usize = 0x2C;
    pub const EVENTS_LOST: usize = 0x30;
    pub const CPU_MHZ: usize = 0x34;
    pub const BOOT_TIME: usize = 0xF8;
    pub const FREQUENCY: usize = 0x100;
    pub const START_TIME: usize = 0x108;
    /// Which clock stamps events.
    pub const CLOCK: usize = 0x110;
    pub const BUFFERS_LOST: usize = 0x114;

    pub const CLOCK_COUNTER: u32 = 1;
    pub const CLOCK_SYSTEM_TIME: u32 = 2;
    pub const CLOCK_CYCLES: u32 = 3;
    pub const SEQUENTIAL: u32 = 1;
    /// 15.625 ms, as on a PC.
    pub const RESOLUTION: u32 = 156_250;
}

/// EVENT_HEADER, and the extended items behind it.
pub(super) mod event {
    pub const SIZE: usize = 0x50;
    pub const KIND: usize = 0x02;
    pub const MARKER: usize = 0x03;
    pub const FLAGS: usize = 0x04;
    pub const THREAD: usize = 0x08;
    pub const PROCESS: usize = 0x0C;
    pub const TIME_STAMP: usize = 0x10;
    pub const PROVIDER: usize = 0x18;
    pub const DESCRIPTOR: usize = 0x28;
    pub const ACTIVITY: usize = 0x40;

    pub const KIND_32: u8 = 0x12;
    pub const KIND_64: u8 = 0x13;
    pub const MARKED: u8 = 0xC0;
    pub const FLAG_EXTENDED: u16 = 1;

    /// An extended item: `u16 size in the file, u16 type, u16 linkage, u16 size of the data`.
    pub const ITEM: usize = 8;
    pub const ITEM_RELATED: u16 = 1;
    pub const ITEM_SCHEMA: u16 = 11;
    pub const ITEM_TRAITS: u16 = 12;
}

/// Records and items begin at multiples of this.
pub(super) const ALIGNMENT: usize = 8;
