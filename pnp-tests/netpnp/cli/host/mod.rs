//! The commands that run drivers, or are about the host that does: Linux on x86-64 only.

mod imports;
mod progress;
mod rules;
mod run;
mod verify;
mod worker;

use std::path::{Path, PathBuf};

use host::verify::case::Preempt;
use host::verify::coverage::{Format, Reached};
use host::verify::report::json;
use kernel::nt::driver::DriverFile;

use super::{Outcome, Told, reason};

/// Where `cargo xtask build` puts the driver.
const BUILT_DRIVER: &str = "target/netpnplwf/x64/netpnplwf.sys";

#[derive(clap::Subcommand)]
pub enum Command {
    /// Plays scenarios against a driver and shows what it traced.
    Run(run::Run),
    /// Runs a driver through every flow and says which rules of NDIS it breaks.
    Verify(verify::Verify),
    /// Lists what a driver imports and what of it this host implements.
    Imports(imports::Imports),
    /// Explains the rules that `verify` checks.
    Rules(rules::Rules),
    /// Runs cases that `verify` hands it, a line each.
    #[command(hide = true)]
    Worker(worker::Worker),
}

impl Command {
    pub fn perform(self) -> Outcome {
        match self {
            Self::Run(run) => run.perform(),
            Self::Verify(verify) => verify.perform(),
            Self::Imports(imports) => imports.perform(),
            Self::Rules(rules) => rules.perform(),
            Self::Worker(worker) => worker.perform(),
        }
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

/// Where coverage goes, and how it is written down.
#[derive(clap::Args)]
pub struct Coverage {
    /// Also writes which of the driver's code was reached: lines with a PDB beside the image, basic
    /// blocks without one.
    #[arg(long = "coverage", value_name = "FILE")]
    coverage_file: Option<PathBuf>,
    /// How [default: cobertura for a FILE.xml, lcov for any other].
    #[arg(long, value_name = "lcov|cobertura", value_parser = coverage_format)]
    #[arg(requires = "coverage_file")]
    coverage_format: Option<Format>,
}

impl Coverage {
    /// Writes it, if it is asked for.
    fn write(&self, reached: &Reached, program: &DriverFile) -> Result<(), String> {
        let Some(file) = &self.coverage_file else { return Ok(()) };
        let format = self.coverage_format.unwrap_or_else(|| Format::of(file));
        std::fs::write(file, reached.render(format, &program.file.name()))
            .map_err(|error| format!("cannot write {}: {error}", file.display()))
    }
}

fn coverage_format(text: &str) -> Result<Format, String> {
    match text {
        "lcov" => Ok(Format::Lcov),
        "cobertura" => Ok(Format::Cobertura),
        _ => Err(format!("`{text}` is neither lcov nor cobertura")),
    }
}

/// `0x1234:2`
fn preempt(text: &str) -> Result<Preempt, String> {
    let parsed = text.split_once(':').and_then(|(rva, nth)| {
        let rva = u32::from_str_radix(rva.strip_prefix("0x")?, 16).ok()?;
        Some(Preempt { rva, nth: nth.parse().ok().filter(|nth| *nth > 0)? })
    });
    parsed.ok_or_else(|| format!("`{text}` is not RVA:N, such as 0x1234:2"))
}

/// For programs: what could not be run is a document, too. The message goes to standard error as well.
fn told_as_json(driver: &Path, outcome: Outcome) -> Outcome {
    outcome.inspect_err(|error| {
        if !error.is::<Told>() && !error.is::<std::io::Error>() {
            let driver = driver.display().to_string();
            let document = json::cannot_run(&driver, error.as_ref());
            println!("{document:#}");
        }
    })
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
        Some(status) => Some(host::scenario::names::parse_status(status).ok_or_else(wrong)?),
    };
    if parts.next().is_some() {
        return Err(wrong());
    }
    Ok((import.to_owned(), nth, status))
}
