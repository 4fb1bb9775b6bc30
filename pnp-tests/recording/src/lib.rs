//! What a driver traced, for people: events decoded from their own metadata, paired into spans and
//! laid out as a timeline.
//!
//! ```text
//! EtwWrite -> decode (schema, payload, value) -> Event -> span -> timeline (row, table)
//!                                                      `-> json
//! ```
//!
//! Nothing here knows the schema of a driver. Field names occur in `row` alone, and only to choose
//! a column.

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
pub mod recording;
mod row;
#[cfg(test)]
mod sample;
mod schema;
pub mod span;
mod status;
mod table;
pub mod timeline;
mod value;

pub use decode::{Decoder, Event, Opcode, decode};
pub use duration::{duration, parse_duration, time};
pub use json::events_json;
pub use span::{Pairing, Point, Span, pair};
pub use table::wrap;
pub use timeline::{Item, render};
pub use value::{Field, Value};
