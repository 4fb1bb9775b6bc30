//! An event as the driver handed it to `EtwWriteTransfer`: bytes, not yet decoded.

use serde::Serialize;

/// One `EtwWriteTransfer` call on a registered provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EtwWrite {
    /// `EVENT_DESCRIPTOR`.
    pub descriptor: Descriptor,
    /// The activity id that was passed, else the thread's.
    pub activity: [u8; 16],
    /// The related activity id, if one was passed.
    pub related: Option<[u8; 16]>,
    /// The provider's GUID, as `EtwRegister` received it.
    pub provider: [u8; 16],
    /// The traits blob set by `EtwSetInformation` class 2; empty when none was set.
    pub traits: Vec<u8>,
    /// The pieces of type 1: the TraceLogging schema.
    pub metadata: Vec<u8>,
    /// The pieces of type 0, concatenated without padding.
    pub payload: Vec<u8>,
}

/// `EVENT_DESCRIPTOR`, field by field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Descriptor {
    /// `Id`; 0 for all TraceLogging events.
    pub id: u16,
    /// `Version`.
    pub version: u8,
    /// `Channel`; 11 is TraceLogging.
    pub channel: u8,
    /// `Level`: 1 critical, 2 error, 3 warning, 4 information, 5 verbose.
    pub level: u8,
    /// `Opcode`: 0 a point, 1 a start, 2 a stop.
    pub opcode: u8,
    /// `Task`.
    pub task: u16,
    /// `Keyword`, a bit mask.
    pub keyword: u64,
}
