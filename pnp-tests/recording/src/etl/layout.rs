//! Where things stand in a log file. Names are those of the structures in the Windows headers and
//! symbols; the offsets were checked against logs recorded by Windows 10.

/// `WMI_BUFFER_HEADER`, in front of every buffer.
pub(super) mod buffer {
    pub const HEADER: usize = 0x48;
    /// The size of this buffer in the file; u32.
    pub const SIZE: usize = 0x00;
    /// Bytes used, this header included; u32.
    pub const SAVED: usize = 0x04;
    pub const CURRENT: usize = 0x08;
    pub const TIME: usize = 0x10;
    pub const SEQUENCE: usize = 0x18;
    pub const PROCESSOR: usize = 0x28;
    pub const LOGGER: usize = 0x2A;
    pub const STATE: usize = 0x2C;
    /// `SAVED` once more.
    pub const OFFSET: usize = 0x30;
    pub const FLAGS: usize = 0x34;
    pub const TYPE: usize = 0x36;

    pub const FLAG_FLUSH: u16 = 0x01;
    /// The processor has 16 bits; without the flag it has 8.
    pub const FLAG_PROCESSOR: u16 = 0x20;
    pub const FLAG_COMPRESSED: u16 = 0x40;
    pub const TYPE_HEADER: u16 = 4;
    pub const STATE_FLUSH: u32 = 3;
    pub const FILL: u8 = 0xFF;
}

/// `SYSTEM_TRACE_HEADER`, in front of `TRACE_LOGFILE_HEADER`.
pub(super) mod system {
    pub const HEADER: usize = 0x20;
    pub const SIZE: usize = 0x04;
    /// Type, then group.
    pub const HOOK: usize = 0x06;
    pub const TIME: usize = 0x10;

    pub const VERSION: u16 = 2;
    /// "Partition info", the second record of logs by Windows 10 and later.
    pub const HOOK_PARTITION: u16 = 0x50;
    pub const PARTITION_SIZE: u16 = 0x50;
}

/// `TRACE_LOGFILE_HEADER`, where pointers have 8 bytes. With 4, what is behind the two pointers
/// stands 8 bytes earlier.
pub(super) mod logfile {
    pub const SIZE: usize = 0x118;
    pub const BUFFER_SIZE: usize = 0x00;
    pub const VERSION: usize = 0x04;
    pub const OS_BUILD: usize = 0x08;
    pub const PROCESSORS: usize = 0x0C;
    pub const END_TIME: usize = 0x10;
    pub const TIMER_RESOLUTION: usize = 0x18;
    pub const LOG_FILE_MODE: usize = 0x20;
    /// With the header buffer.
    pub const BUFFERS_WRITTEN: usize = 0x24;
    pub const START_BUFFERS: usize = 0x28;
    pub const POINTER_SIZE: usize = 0x2C;
    pub const EVENTS_LOST: usize = 0x30;
    pub const CPU_MHZ: usize = 0x34;
    pub const BOOT_TIME: usize = 0xF8;
    pub const FREQUENCY: usize = 0x100;
    pub const START_TIME: usize = 0x108;
    /// `ReservedFlags`.
    pub const CLOCK: usize = 0x110;
    pub const BUFFERS_LOST: usize = 0x114;

    pub const CLOCK_QPC: u32 = 1;
    pub const CLOCK_SYSTEM: u32 = 2;
    pub const CLOCK_CYCLES: u32 = 3;
    pub const MODE_SEQUENTIAL: u32 = 1;
}

/// `EVENT_HEADER`.
pub(super) mod event {
    pub const HEADER: usize = 0x50;
    pub const FLAGS: usize = 0x04;
    pub const THREAD: usize = 0x08;
    pub const PROCESS: usize = 0x0C;
    pub const TIME: usize = 0x10;
    pub const PROVIDER: usize = 0x18;
    pub const DESCRIPTOR: usize = 0x28;
    pub const ACTIVITY: usize = 0x40;

    /// Extended items follow the header.
    pub const FLAG_EXTENDED: u16 = 1;
}

/// An extended item: total size u16, type u16, linkage u16, size of the data u16, data, padding.
pub(super) mod item {
    pub const HEADER: usize = 8;
    pub const RELATED: u16 = 1;
    pub const SCHEMA: u16 = 11;
    pub const TRAITS: u16 = 12;
    /// The flag that another item follows.
    pub const LINKED: u16 = 1;
}

/// Every record's third byte says what it is, the fourth says whether it does.
pub(super) mod kind {
    pub const MARK: u8 = 0xC0;
    pub const MARK_MESSAGE: u8 = 0x90;
    pub const SYSTEM_32: u8 = 1;
    pub const SYSTEM_64: u8 = 2;
    pub const EVENT_32: u8 = 0x12;
    pub const EVENT_64: u8 = 0x13;
}

/// Records and extended items start on multiples of this.
pub(super) const ALIGN: usize = 8;

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

/// A length out of the file, for indexing. 32 bits always fit: the host is 64-bit.
pub(super) fn length_at(bytes: &[u8], at: usize) -> Option<usize> {
    u32_at(bytes, at).and_then(|length| usize::try_from(length).ok())
}
