//! `netpnp trace export`.

use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::PathBuf;

use clap::ValueEnum;
use recording::{Item, export};

use super::{File, Outcome, out};
use crate::cli::reason;

#[derive(clap::Args)]
pub struct Export {
    #[command(flatten)]
    file: File,
    #[arg(long, value_enum)]
    format: Format,
    /// Written there instead of to standard output; needed for parquet.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Every event with every field, as `trace show --json` has it.
    Json,
    /// A table, one event a line.
    Csv,
    /// Opens in ui.perfetto.dev, and by Microsoft's plugin in WPA.
    Chrome,
    /// One page for a browser, needs no network.
    Html,
    /// The table for DuckDB, Spark and the like.
    Parquet,
}

impl Export {
    pub fn perform(&self) -> Outcome {
        if self.format == Format::Parquet && self.out.is_none() {
            return Err("parquet is no text: say where to write it with --out FILE".into());
        }
        let bytes = self.bytes()?;
        match &self.out {
            Some(path) => fs::write(path, bytes).map_err(|error| {
                format!("{}: cannot be written: {}", path.display(), reason(path, &error))
            })?,
            None => out().write_all(&bytes)?,
        }
        Ok(true)
    }

    fn bytes(&self) -> Result<Vec<u8>, Box<dyn Error>> {
        let recording = self.file.open()?;
        let events = recording.events();
        let rows = || export::rows(recording.session(), &events);
        let mut bytes = Vec::new();
        match self.format {
            Format::Json => {
                let items: Vec<Item> = events.into_iter().map(Item::Event).collect();
                serde_json::to_writer_pretty(&mut bytes, &recording::events_json(&items))?;
            }
            Format::Chrome => serde_json::to_writer(&mut bytes, &export::chrome(&events))?,
            Format::Csv => export::csv(&mut bytes, &rows())?,
            Format::Parquet => export::parquet(&mut bytes, &rows())?,
            Format::Html => {
                let name = self.file.path.file_name().map(|name| name.to_string_lossy());
                let title = name.unwrap_or_default();
                bytes.extend(export::html(&title, &events).into_bytes());
            }
        }
        if self.format != Format::Parquet && bytes.last() != Some(&b'\n') {
            bytes.push(b'\n');
        }
        Ok(bytes)
    }
}
