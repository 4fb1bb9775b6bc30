//! TraceLogging events: declared once as a table, written without an allocation.
//!
//! [`events!`](crate::events) makes a structure of each event, with typed fields, and its schema as
//! a constant; [`Pieces`] lays the values out for EtwWriteTransfer; `kernel::etw::Provider` hands
//! them over. The format is that of `TraceLoggingProvider.h`: the schema travels with every event,
//! so nothing is installed. Why this is ours: `docs/decisions/0010-own-tracelogging.md`.

#![allow(clippy::inline_always, reason = "a layout is constant only where it is inlined")]

mod declare;
mod field;
mod payload;
mod prefix;
mod schema;

pub use declare::{Declared, Event, Group, NoFields, Opcode, level};
pub use driver_abi::etw::EVENT_DATA_DESCRIPTOR as Descriptor;
pub use field::{
    Bool, Counted, CountedWide, Field, Hex32, Hex64, I32, Kind, Numbers, Status, Text, U8, U32,
    U32List, U64, Wide, numbers, text, wide,
};
pub use payload::{BLANK, Cursor, Pieces};
pub use prefix::Prefix;
pub use schema::{blob, length};

#[cfg(test)]
mod tests;
