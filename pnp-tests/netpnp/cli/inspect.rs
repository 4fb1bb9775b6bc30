//! `netpnp inspect`.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ::inspect::{self, Limits, Options, print};
use image::Survey;
use recording::WIDTH;

use super::{Outcome, reason};

#[derive(clap::Args)]
pub struct Inspect {
    /// The driver's .sys, x64 or ARM64; its PDB, if it lies beside it, gives names.
    file: PathBuf,
    /// One JSON document.
    #[arg(long)]
    json: bool,
    /// The limits below are rules too: exit code 1 if one is broken.
    #[arg(long)]
    strict: bool,
    /// Bytes of stack that one function may take.
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().frame)]
    max_frame: u64,
    /// Bytes of stack that a chain of calls from one root may take.
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().chain)]
    max_chain: u64,
    /// Names of writable globals that may be there, a line each; # begins a comment.
    #[arg(long, value_name = "FILE")]
    globals: Option<PathBuf>,
    /// One more of them.
    #[arg(long, value_name = "NAME")]
    allow_global: Vec<String>,
}

impl Inspect {
    /// Whether no check fails.
    pub fn perform(&self) -> Outcome {
        let image = Survey::open(&self.file)?;
        let mut globals = (!self.allow_global.is_empty()).then(|| self.allow_global.clone());
        if let Some(file) = &self.globals {
            globals.get_or_insert_default().extend(names(file)?);
        }
        let limits = Limits { frame: self.max_frame, chain: self.max_chain };
        let report = inspect::inspect(&image, &Options { strict: self.strict, limits, globals });
        let mut out = io::stdout().lock();
        if self.json {
            writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
        } else {
            print::report(&report, WIDTH, &mut out)?;
        }
        Ok(report.failed == 0)
    }
}

fn names(file: &Path) -> Result<Vec<String>, String> {
    let text = fs::read_to_string(file)
        .map_err(|error| format!("{}: {}", file.display(), reason(file, &error)))?;
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    Ok(lines.filter(|line| !line.is_empty()).map(str::to_owned).collect())
}
