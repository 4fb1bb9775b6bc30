//! What whoever starts a conversation of NDIS says with it: buffers, power states, places in a stack.

/// Where a new modifying filter goes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the description")]
pub enum ChainPosition {
    Above(String),
    Below(String),
    Bottom,
    Top,
}

/// A low-power device state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the description")]
pub enum DeviceState {
    D1,
    D2,
    D3,
}

/// `NDIS_PM_WAKE_REASON_TYPE`, the common ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the description")]
pub enum WakeReason {
    Unspecified,
    Packet,
    MediaDisconnect,
    MediaConnect,
}

/// A buffer as the scenario gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the description")]
pub enum RawBuffer {
    /// No words: NULL, length 0.
    Absent,
    /// `null 12`: NULL with a length.
    Null { length: u32 },
    /// `01 02 ff`: these bytes.
    Bytes(Vec<u8>),
    /// `unaligned 01 02 ff`: these bytes at an odd address.
    Unaligned(Vec<u8>),
    /// `claims 64 01 02`: these bytes, described as 64 bytes long.
    Claims { length: u32, bytes: Vec<u8> },
}
