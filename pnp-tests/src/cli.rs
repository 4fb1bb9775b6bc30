//! The command line.

use std::error::Error;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;

use clap::{Parser, Subcommand};

use pnp_tests::catalogue;
use pnp_tests::image::ImageFile;
use pnp_tests::nt::driver::Program;
use pnp_tests::report::Report;
use pnp_tests::scenario::ast::Scenario;
use pnp_tests::scenario::play::play;

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
    Run(Run),
}

#[derive(clap::Args)]
struct Run {
    /// The driver's .sys, x86-64 [default: the one `cargo xtask build` made].
    #[arg(long, value_name = "FILE")]
    driver: Option<PathBuf>,
    /// A bundled scenario, one of its cases, or a .pnp file; `all` plays every bundled one.
    #[arg(long, value_name = "NAME|FILE", default_value = "tour")]
    scenario: String,
    /// Names every bundled case and exits.
    #[arg(long)]
    list: bool,
    /// One JSON document instead of text.
    #[arg(long)]
    json: bool,
    /// Decides what the scheduler chooses; 0 takes threads in the order they were started.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Prints the journal instead of the timeline: every crossing between driver and kernel.
    #[arg(long)]
    journal: bool,
}

pub fn main() -> ExitCode {
    let Command::Run(run) = Cli::parse().command;
    match run.perform() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("netpnp: {error}");
            ExitCode::from(2)
        }
    }
}

impl Run {
    /// Whether everything held.
    fn perform(&self) -> Result<bool, Box<dyn Error>> {
        let mut out = io::stdout().lock();
        if self.list {
            for case in catalogue::bundled()? {
                writeln!(out, "{}", case.name)?;
            }
            return Ok(true);
        }
        let cases = match self.scenario.as_str() {
            "all" => catalogue::bundled()?,
            wanted => catalogue::find(wanted)?,
        };
        let path = self.driver.clone().unwrap_or_else(built_driver);
        if self.driver.is_none() && !path.is_file() {
            return Err(format!(
                "{}: there is no driver yet; build it with `cargo xtask build`, or name one with \
                 --driver FILE",
                path.display()
            )
            .into());
        }
        let program = Rc::new(Program::new(ImageFile::open(&path)?)?);
        let passed = self.play_all(&program, &cases, &mut out)?;
        if !self.json {
            writeln!(out, "\ndriver  {}", path.display())?;
            match program.symbols_path() {
                Some(pdb) => writeln!(out, "symbols {}", pdb.display())?,
                None => writeln!(out, "symbols none: no matching .pdb beside the driver")?,
            }
        }
        Ok(passed)
    }

    fn play_all(
        &self,
        program: &Rc<Program>,
        cases: &[Scenario],
        out: &mut impl Write,
    ) -> Result<bool, Box<dyn Error>> {
        let mut passed = true;
        let mut documents = Vec::new();
        for case in cases {
            let journal = play(program, case, self.seed);
            let report = Report::new(case, &journal);
            passed &= report.passed();
            if self.json {
                documents.push(report.json(self.seed));
                continue;
            }
            if self.journal {
                write!(out, "{journal}")?;
            } else if cases.len() == 1 {
                writeln!(out, "{}\n\n{}", report.summary(), report.timeline())?;
            }
            writeln!(out, "{}", report.verdict())?;
        }
        if self.json {
            let document = serde_json::json!({ "runs": documents });
            writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
        }
        Ok(passed)
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
