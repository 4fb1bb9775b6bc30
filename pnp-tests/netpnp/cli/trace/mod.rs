//! `netpnp trace`: what a recorded session says.

mod attribute;
mod check;
mod confirm;
mod export;
mod show;

use std::error::Error;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Parser;
use recording::Recording;

use super::Outcome;

#[derive(clap::Args)]
#[command(after_help = "`netpnp trace FILE.etl` is `netpnp trace show FILE.etl`.")]
pub struct Trace {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// The timeline of every TraceLogging event in it.
    Show(show::Show),
    /// Who held which event for how long.
    Attribute(attribute::Attribute),
    /// Whether the stacks in it behave: what never ended, was slow, or did not wake up.
    Check(check::Check),
    /// The trace in another format: json, csv, chrome, html, parquet.
    Export(export::Export),
    /// A file alone is shown.
    #[command(external_subcommand)]
    File(Vec<OsString>),
}

/// `netpnp trace FILE.etl` with the options of `show`.
#[derive(Parser)]
#[command(name = "netpnp trace")]
struct Alone {
    #[command(flatten)]
    show: show::Show,
}

impl Trace {
    pub fn perform(&self) -> Outcome {
        match &self.command {
            Command::Show(show) => show.perform(),
            Command::Attribute(attribute) => attribute.perform(),
            Command::Check(check) => check.perform(),
            Command::Export(export) => export.perform(),
            Command::File(arguments) => {
                let name = ["show".into()].into_iter().chain(arguments.iter().cloned());
                Alone::parse_from(name).show.perform()
            }
        }
    }
}

/// The file of every subcommand.
#[derive(clap::Args)]
struct File {
    /// An .etl of WPR, logman or `netpnp run --etl`.
    #[arg(value_name = "FILE.etl")]
    path: PathBuf,
}

impl File {
    /// Reads it, and says on standard error what of it could not be read.
    fn open(&self) -> Result<Recording, Box<dyn Error>> {
        let path = &self.path;
        let bytes = std::fs::read(path)
            .map_err(|error| format!("{}: {}", path.display(), super::reason(path, &error)))?;
        let recording =
            Recording::read(bytes).map_err(|error| format!("{}: {error}", path.display()))?;
        warn(path, &recording);
        Ok(recording)
    }
}

fn warn(path: &Path, recording: &Recording) {
    let skipped = recording.skipped();
    let session = recording.session();
    let say = |what: String| eprintln!("netpnp: {}: {what}", path.display());
    for warning in &skipped.warnings {
        say(warning.clone());
    }
    if skipped.more_warnings > 0 {
        say(format!("{} more warnings like these", skipped.more_warnings));
    }
    if skipped.damaged_events > 0 {
        say(format!("{} events are damaged and skipped", skipped.damaged_events));
    }
    if skipped.compressed_buffers > 0 {
        let count = skipped.compressed_buffers;
        say(format!("{count} compressed buffers are skipped; record with `wpr` without -compress"));
    }
    for (kind, count) in &skipped.records {
        say(format!("{count} {kind} records are skipped"));
    }
    if session.events_lost > 0 || session.buffers_lost > 0 {
        let (events, buffers) = (session.events_lost, session.buffers_lost);
        say(format!(
            "the session lost {events} events and {buffers} buffers: spans may lack an end"
        ));
    }
}

/// Standard output, locked.
fn out() -> impl Write {
    std::io::stdout().lock()
}
