//! A zip whose bytes follow from the files and the date alone.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::revision::Revision;
use crate::sums::Summed;
use crate::tool::{self, Failed};

/// Writes `folder`, by its own name, into `zip`.
pub fn write(
    zip: &Path,
    folder: &Path,
    files: &[Summed],
    revision: &Revision,
) -> Result<(), Failed> {
    let modified = DateTime::try_from(revision.date().naive_utc())
        .map_err(|error| Failed(format!("{} does not fit into a zip: {error}", revision.time())))?;
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
