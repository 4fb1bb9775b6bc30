//! A zip whose bytes follow from the files and the date alone.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::date::Date;
use crate::sums::Summed;
use crate::tool::{self, Failed};

/// Writes `folder`, by its own name, into `zip`.
pub fn write(zip: &Path, folder: &Path, files: &[Summed], seconds: u64) -> Result<(), Failed> {
    let date = Date::new(seconds);
    let year = u16::try_from(date.year).unwrap_or_default();
    let time = (date.hour, date.minute, date.second);
    let modified = DateTime::from_date_and_time(year, date.month, date.day, time.0, time.1, time.2)
        .map_err(|error| Failed(format!("{} does not fit into a zip: {error}", date.time())))?;
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(modified)
        .unix_permissions(0o644);
    let file = File::create(zip).map_err(|error| tool::failed("write", zip, &error))?;
    let mut writer = ZipWriter::new(file);
    let base = folder.file_name().unwrap_or_default().to_string_lossy();
    for file in files {
        let path = folder.join(&file.name);
        let bytes = fs::read(&path).map_err(|error| tool::failed("read", &path, &error))?;
        writer
            .start_file(format!("{base}/{}", file.name), options)
            .and_then(|()| Ok(writer.write_all(&bytes)?))
            .map_err(|error| tool::failed("write", zip, &error.into()))?;
    }
    writer.finish().map(drop).map_err(|error| tool::failed("write", zip, &error.into()))
}
