//! Rows as CSV, and as Parquet for DuckDB, Spark and the like.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::record::RecordWriter;

use super::row::Row;

/// Rows of one group of a Parquet file: what a reader takes in at once.
const GROUP: usize = 100_000;

/// Why a table could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The CSV could not be written.
    #[error("{0}")]
    Csv(#[from] csv::Error),
    /// The Parquet file could not be written.
    #[error("{0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// The system refused.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// Comma-separated values with a line of names, as RFC 4180 has them.
///
/// # Errors
///
/// Those of `out`.
pub fn csv(out: impl Write, rows: &[Row]) -> Result<(), ExportError> {
    let mut writer = csv::Writer::from_writer(out);
    for row in rows {
        writer.serialize(row)?;
    }
    Ok(writer.flush()?)
}

/// An Apache Parquet file, compressed with Snappy.
///
/// # Errors
///
/// Those of `out`.
pub fn parquet(out: impl Write + Send, rows: &[Row]) -> Result<(), ExportError> {
    let schema = rows.schema()?;
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer = SerializedFileWriter::new(out, schema, Arc::new(properties))?;
    for group in rows.chunks(GROUP) {
        let mut row_group = writer.next_row_group()?;
        group.write_to_row_group(&mut row_group)?;
        row_group.close()?;
    }
    writer.close()?;
    Ok(())
}
