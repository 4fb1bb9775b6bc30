//! `netpnp inf`.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use ::inf::{self, print};
use image::Survey;
use recording::WIDTH;

use super::{Outcome, reason};

#[derive(clap::Args)]
pub struct Inf {
    /// The .inf, or the .inx that stampinf makes it from.
    #[arg(required_unless_present = "rules")]
    file: Option<PathBuf>,
    /// The driver that it installs, x64 or ARM64: does it hold the names that the INF says?
    #[arg(long, value_name = "FILE.sys")]
    sys: Option<PathBuf>,
    /// One JSON document.
    #[arg(long)]
    json: bool,
    /// Lists the rules, and where they are written.
    #[arg(long, conflicts_with_all = ["file", "sys", "json"])]
    rules: bool,
}

impl Inf {
    /// Whether there is no error; warnings are allowed.
    pub fn perform(&self) -> Outcome {
        let mut out = io::stdout().lock();
        let Some(file) = &self.file else {
            print::rules(WIDTH, &mut out)?;
            return Ok(true);
        };
        let bytes =
            read(file).map_err(|error| format!("{}: {}", file.display(), reason(file, &error)))?;
        let image = self.sys.as_deref().map(Survey::open).transpose()?;
        let report = inf::check(file, &bytes, image.as_ref())?;
        if self.json {
            writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
        } else {
            print::report(&report, WIDTH, &mut out)?;
        }
        Ok(report.errors == 0)
    }
}

/// One byte more than is read of any INF at most: a device has no end.
fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = inf::LONGEST as u64 + 1;
    File::open(file)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}
