//! Traces in other programs' formats.

mod chrome;
mod html;
mod row;
mod table;

pub use chrome::chrome;
pub use html::html;
pub use row::{Row, rows};
pub use table::{ExportError, csv, parquet};

#[cfg(test)]
mod tests;
