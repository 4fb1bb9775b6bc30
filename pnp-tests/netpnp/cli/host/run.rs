//! `netpnp run`.

use std::error::Error;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use host::catalogue;
use host::recorded;
use host::report::Report;
use host::scenario::ast::{Scenario, Step, Switch};
use host::scenario::options;
use host::scenario::play::{Options, play_told};
use host::subsystems::SUBSYSTEMS;
use host::verify::case::{INJECTED, Preempt};
use host::verify::coverage::Reached;
use host::verify::report;
use host::verify::start::{Start, Untested};
use image::ImageFile;
use journal::tell::Teller;
use journal::{Fact, Journal, KernelFact};
use kernel::nt::coverage;
use kernel::nt::driver::DriverFile;
use kernel::world::Listener;

use super::{
    Coverage, Outcome, Told, built_driver, fail_call, parameter, preempt, reason, told_as_json,
};

#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "switches of a command line")]
pub struct Run {
    /// The driver's .sys, x86-64 [default: the one `cargo xtask build` made].
    #[arg(long, value_name = "FILE")]
    driver: Option<PathBuf>,
    /// A bundled scenario, one of its cases, a flow (`flows/NAME`) or a .pnp file; `all` plays every
    /// bundled scenario.
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
    /// The same, and the seed may take a thread's turn away at every call of the kernel.
    #[arg(long, value_name = "SEED", conflicts_with = "seed")]
    schedule: Option<u64>,
    /// Takes the turn away between two instructions: from the thread that comes by the one at this RVA for
    /// the N-th time.
    #[arg(long, value_name = "RVA:N", value_parser = preempt)]
    preempt: Option<Preempt>,
    /// A reading of a switch that the scenario leaves open: predetach=absent.
    #[arg(long = "set", value_name = "SWITCH=READING", value_parser = options::reading)]
    set: Vec<Switch>,
    /// A REG_DWORD under the key `Parameters` of the driver's service: QueryWakeSettings=1.
    #[arg(long, value_name = "NAME=NUMBER", value_parser = parameter)]
    parameter: Vec<(String, u32)>,
    /// The version of NDIS, where the scenario leaves it open: 6.30.
    #[arg(long, value_name = "6.N", value_parser = options::runtime)]
    runtime: Option<(u8, u8)>,
    /// The n-th allocation fails, counted from 1.
    #[arg(long, value_name = "N")]
    fail_allocation: Vec<u32>,
    /// The n-th call of an import fails: NdisFSetAttributes:2, perhaps with a status.
    #[arg(long, value_name = "IMPORT:N[:STATUS]", value_parser = fail_call)]
    fail_call: Vec<(String, u32, Option<i32>)>,
    /// Packets, requests and a user's calls between the steps, as in `verify`; flows always have
    /// them.
    #[arg(long)]
    exercise: bool,
    /// Played twice, with different garbage in memory that nobody has written, and compared.
    #[arg(long)]
    garbage: bool,
    /// Also holds the rules about risky things and for filters that only watch.
    #[arg(long)]
    all_rules: bool,
    /// Also writes what was traced as an .etl, for `netpnp trace`; experimental until Windows has read
    /// one.
    #[arg(long, value_name = "FILE")]
    etl: Option<PathBuf>,
    #[command(flatten)]
    coverage: Coverage,
    /// Prints the journal instead of the timeline: every crossing between driver and kernel.
    #[arg(long)]
    journal: bool,
}

impl Run {
    /// Whether everything held.
    pub fn perform(&self) -> Outcome {
        let outcome = self.play_and_tell();
        let driver = self.driver.clone().unwrap_or_else(built_driver);
        if self.json { told_as_json(&driver, outcome) } else { outcome }
    }

    fn play_and_tell(&self) -> Outcome {
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
        if self.etl.is_some() && cases.len() > 1 {
            let (wanted, count) = (&self.scenario, cases.len());
            return Err(format!(
                "--etl is for one case, and `{wanted}` has {count}; --list names them"
            )
            .into());
        }
        let mut program = DriverFile::new(ImageFile::open(&path)?, SUBSYSTEMS)?;
        program.parameters.clone_from(&self.parameter);
        if self.coverage.coverage_file.is_some() {
            program.coverage = Some(coverage::Coverage::default());
        }
        let program = Rc::new(program);
        let passed = self.play_all(&program, &cases, &mut out)?;
        if let Some(coverage) = &program.coverage {
            let reached = Reached::new(&program, &coverage.reached());
            self.coverage.write(&reached, &program)?;
            if !self.json {
                write!(out, "\n{}", report::human::reached(&reached))?;
            }
        }
        if !self.json {
            writeln!(out, "\ndriver  {}", path.display())?;
            match program.symbols_path() {
                Some(pdb) => writeln!(out, "symbols {}", pdb.display())?,
                None => writeln!(out, "symbols none: no matching .pdb beside the driver")?,
            }
        }
        Ok(passed)
    }

    fn options(&self) -> Options {
        let calls = self.fail_call.iter();
        Options {
            seed: self.schedule.unwrap_or(self.seed),
            interleaves: self.schedule.is_some(),
            turns: self.preempt.map(Preempt::plan).unwrap_or_default(),
            runtime: self.runtime,
            switches: self.set.clone(),
            fail_allocations: self.fail_allocation.clone(),
            fail_calls: calls
                .map(|(import, nth, status)| (import.clone(), *nth, status.unwrap_or(INJECTED)))
                .collect(),
            exercises: self.exercise || self.scenario.starts_with(catalogue::FLOWS_PREFIX),
            compares_garbage: self.garbage,
        }
    }

    fn play_all(
        &self,
        program: &Rc<DriverFile>,
        cases: &[Scenario],
        out: &mut impl Write,
    ) -> Result<bool, Box<dyn Error>> {
        let options = self.options();
        let mut passed = true;
        let mut untested = false;
        let mut documents = Vec::new();
        for case in cases {
            let listener = (self.journal && !self.json).then(|| tell(program));
            let journal = play_told(program, case, &options, listener).journal;
            if let Some(path) = &self.etl {
                write_etl(path, &journal)?;
            }
            let report = Report::new(case, &journal, program, self.all_rules);
            passed &= report.passed();
            let nothing = self.untested(case, &journal, report.passed());
            untested |= nothing.is_some();
            if self.json {
                let mut document = report.json(options.seed);
                if let Some(Untested { kind, says }) = nothing {
                    document["error"] = serde_json::json!({ "kind": kind, "message": says });
                }
                documents.push(document);
                continue;
            }
            if self.journal {
                // The comparison of two runs comes after both.
                for entry in journal.entries() {
                    if let Fact::Kernel(fact @ KernelFact::Garbage { .. }) = &entry.fact {
                        writeln!(out, "{fact}")?;
                    }
                }
            } else if cases.len() == 1 {
                writeln!(out, "{}\n\n{}", report.summary(), report.timeline())?;
            }
            match nothing {
                Some(nothing) => writeln!(out, "NOT TESTED  {}: {}", case.name, nothing.says)?,
                None => writeln!(out, "{}", report.verdict())?,
            }
        }
        if self.json {
            let document = serde_json::json!({ "runs": documents });
            writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
        }
        if untested { Err(Told.into()) } else { Ok(passed) }
    }

    /// Why a run tested nothing, unless that was asked for: by a fault, or by a scenario whose expectations
    /// hold.
    fn untested(&self, case: &Scenario, journal: &Journal, passed: bool) -> Option<Untested> {
        let asked = !self.fail_allocation.is_empty() || !self.fail_call.is_empty();
        let expects = case.steps.iter().any(|line| !matches!(line.what, Step::When(_)));
        if asked || (expects && passed) {
            return None;
        }
        Untested::of(std::iter::once(&Start::of(journal)))
    }
}

/// Prints each entry of a run as it is made, so that a run that takes the host down leaves its journal.
fn tell(program: &Rc<DriverFile>) -> Listener {
    let program = Rc::clone(program);
    let mut teller = Teller::new(move |rva| program.place(rva));
    Box::new(move |entry| {
        // Whoever reads the output may have seen enough: the run goes on.
        let _ = writeln!(io::stdout(), "{}", teller.line(entry));
    })
}

fn write_etl(path: &Path, journal: &Journal) -> Result<(), Box<dyn Error>> {
    let file = File::create(path).map_err(|error| {
        format!("{}: cannot be written: {}", path.display(), reason(path, &error))
    })?;
    recorded::write_etl(journal, BufWriter::new(file))
        .map_err(|error| format!("{}: {}", path.display(), reason(path, &error)))?;
    Ok(())
}
