//! SHA-256 of files, in the form that `sha256sum -c` reads.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::tool::{self, Failed};

pub const NAME: &str = "SHA256SUMS";

/// A file by its name, how long it is and what it sums up to.
pub struct Summed {
    pub name: String,
    pub size: u64,
    pub sha256: String,
}

pub fn of_file(path: &Path) -> Result<Summed, Failed> {
    let bytes = fs::read(path).map_err(|error| tool::failed("read", path, &error))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Summed { name, size: bytes.len() as u64, sha256: hex(&Sha256::digest(&bytes)) })
}

/// Every file of a folder by name.
pub fn of_folder(folder: &Path) -> Result<Vec<Summed>, Failed> {
    let entries = fs::read_dir(folder).map_err(|error| tool::failed("read", folder, &error))?;
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| tool::failed("read", folder, &error))?;
        files.push(of_file(&entry.path())?);
    }
    files.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(files)
}

/// A line each: sum, two blanks, name.
pub fn text<'a>(files: impl IntoIterator<Item = &'a Summed>) -> String {
    let mut text = String::new();
    for file in files {
        let _ = writeln!(text, "{}  {}", file.sha256, file.name);
    }
    text
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
