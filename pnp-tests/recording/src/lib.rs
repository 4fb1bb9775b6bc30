//! Recordings of what a driver traced, for people: events decoded from their own metadata, paired into spans
//! and laid out as a timeline.
//!
//! - Decoding, pairing and the timeline know the schema of no driver; the timeline looks for names of fields only
//!   to choose a column. `attribute`, `check`, `confirm`, `history` and the exports are about our driver's events.
//! - Any bytes are read, and no bytes panic: what is damaged is named beside what was understood.
//! - Of the host nothing is known but `journal::etw`. No machine, no driver, no system: a recording is read
//!   wherever a file is.
//!
//! ```text
//! EtwWrite -> decode (schema, payload, value) -> Event -> span -> timeline (row, table)
//!                                                      `-> json
//! ```
#![forbid(unsafe_code)]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a check picks the few values that it is about out of what an event can carry, which grows"
)]

pub mod attribute;
mod bytes;
pub mod check;
pub mod confirm;
pub mod decode;
mod duration;
pub mod etl;
pub mod export;
pub mod history;
pub mod json;
mod layer;
mod payload;
mod recording;
mod row;
#[cfg(test)]
mod sample;
mod schema;
pub mod span;
mod status;
mod table;
pub mod timeline;
mod value;

pub use self::recording::Recording;
pub use decode::{Decoder, Event, Opcode, decode};
pub use duration::{duration, parse_duration, time};
pub use json::events_json;
pub use span::{Pairing, Point, Span, pair};
pub use table::wrap;
pub use timeline::{Item, render};
pub use value::{Field, Value};

/// Columns of everything that a person reads.
pub const WIDTH: usize = 100;
