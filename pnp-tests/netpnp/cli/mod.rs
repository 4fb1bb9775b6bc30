//! The command line, a file for each command.

mod inf;
mod inspect;
mod trace;

// What runs drivers, or is about the host that does.
#[cfg(host)]
mod host;

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Runs an NDIS lightweight filter on Linux, against a simulated NT kernel and NDIS.
///
/// On other systems than Linux on x86-64: reads recordings, checks images and INFs.
#[derive(Parser)]
#[command(name = "netpnp", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    #[cfg(host)]
    #[command(flatten)]
    Host(host::Command),
    /// Checks a driver image without running it: headers, sections, stack, panics.
    Inspect(inspect::Inspect),
    /// Checks the INF of a filter, and that it fits the driver.
    Inf(inf::Inf),
    /// Reads a recorded session: who held which event, and for how long.
    Trace(trace::Trace),
}

type Outcome = Result<bool, Box<dyn Error>>;

/// Nothing was tested, which is told already.
#[derive(Debug)]
struct Told;

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing was tested")
    }
}

impl Error for Told {}

pub fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        #[cfg(host)]
        Command::Host(command) => command.perform(),
        Command::Trace(trace) => trace.perform(),
        Command::Inspect(inspect) => inspect.perform(),
        Command::Inf(inf) => inf.perform(),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        // Whoever reads the output has seen enough: `netpnp rules | head`.
        Err(error) if is_broken_pipe(error.as_ref()) => ExitCode::SUCCESS,
        Err(error) if error.is::<Told>() => ExitCode::from(2),
        Err(error) => {
            eprintln!("netpnp: {error}");
            ExitCode::from(2)
        }
    }
}

fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

/// Why a file could not be opened, without the system's number for it.
fn reason(path: &Path, error: &io::Error) -> String {
    let kind = error.kind();
    if kind == ErrorKind::NotFound {
        "there is no such file".to_owned()
    // Windows denies access to a folder that is opened as a file.
    } else if kind == ErrorKind::IsADirectory || path.is_dir() {
        "it is a folder; give a file".to_owned()
    } else if kind == ErrorKind::PermissionDenied {
        "it may not be opened".to_owned()
    } else {
        error.to_string()
    }
}
