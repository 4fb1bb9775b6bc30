//! The command line, a file for each command.

mod imports;
mod inf;
mod inspect;
mod rules;
mod run;
mod trace;
mod verify;
mod worker;

use std::error::Error;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Where `cargo xtask build` puts the driver.
const BUILT_DRIVER: &str = "target/netpnplwf/x64/netpnplwf.sys";

/// Runs an NDIS lightweight filter on Linux, against a simulated NT kernel and NDIS.
#[derive(Parser)]
#[command(name = "netpnp", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Plays scenarios against a driver and shows what it traced.
    Run(run::Run),
    /// Runs a driver through every flow and says which rules of NDIS it breaks.
    Verify(verify::Verify),
    /// Lists what a driver imports and what of it this host implements.
    Imports(imports::Imports),
    /// Checks a driver image without running it: headers, sections, stack, panics.
    Inspect(inspect::Inspect),
    /// Checks the INF of a filter, and that it fits the driver.
    Inf(inf::Inf),
    /// Reads a recorded session: who held which event, and for how long.
    Trace(trace::Trace),
    /// Explains the rules that `verify` checks.
    Rules(rules::Rules),
    /// Runs cases that `verify` hands it, a line each.
    #[command(hide = true)]
    Worker(worker::Worker),
}

type Outcome = Result<bool, Box<dyn Error>>;

pub fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Run(run) => run.perform(),
        Command::Verify(verify) => verify.perform(),
        Command::Trace(trace) => trace.perform(),
        Command::Imports(imports) => imports.perform(),
        Command::Inspect(inspect) => inspect.perform(),
        Command::Inf(inf) => inf.perform(),
        Command::Rules(rules) => rules.perform(),
        Command::Worker(worker) => worker.perform(),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        // Whoever reads the output has seen enough: `netpnp rules | head`.
        Err(error) if is_broken_pipe(error.as_ref()) => ExitCode::SUCCESS,
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
fn reason(error: &io::Error) -> String {
    let kind = error.kind();
    if kind == ErrorKind::NotFound {
        "there is no such file".to_owned()
    } else if kind == ErrorKind::PermissionDenied {
        "it may not be opened".to_owned()
    } else if kind == ErrorKind::IsADirectory {
        "it is a folder; give a file".to_owned()
    } else {
        error.to_string()
    }
}

/// Looked for from here upwards, so that the command works in every folder of the checkout.
fn built_driver() -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let candidates = here.ancestors().map(|folder| folder.join(BUILT_DRIVER));
    candidates
        .into_iter()
        .find(|path| path.is_file())
        .unwrap_or_else(|| Path::new(BUILT_DRIVER).into())
}

/// `QueryWakeSettings=1`
fn parameter(text: &str) -> Result<(String, u32), String> {
    let wrong = || format!("`{text}` is not NAME=NUMBER, such as QueryWakeSettings=1");
    let (name, value) =
        text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(wrong)?;
    let value = value.parse().map_err(|_| wrong())?;
    Ok((name.to_owned(), value))
}

/// `NdisFSetAttributes:2`, and perhaps `:0xC0000001`.
fn fail_call(text: &str) -> Result<(String, u32, Option<i32>), String> {
    let wrong =
        || format!("`{text}` is not IMPORT:N or IMPORT:N:STATUS, such as NdisFSetAttributes:2");
    let mut parts = text.split(':');
    let import = parts.next().filter(|import| !import.is_empty()).ok_or_else(wrong)?;
    let nth =
        parts.next().and_then(|nth| nth.parse().ok()).filter(|nth| *nth > 0).ok_or_else(wrong)?;
    let status = match parts.next() {
        None => None,
        Some(status) => Some(pnp_tests::scenario::names::parse_status(status).ok_or_else(wrong)?),
    };
    if parts.next().is_some() {
        return Err(wrong());
    }
    Ok((import.to_owned(), nth, status))
}
