//! `netpnp verify`.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use host::catalogue;
use host::kinds;
use host::scenario::ast::Scenario;
use host::subsystems::SUBSYSTEMS;
use host::verify::coverage::Reached;
use host::verify::dimension::Dimension;
use host::verify::plan::{self, Faults, PlanOptions};
use host::verify::races::Races;
use host::verify::report::{self, Verdict};
use host::verify::run::Outcome as CaseOutcome;
use host::verify::start::Untested;
use host::verify::swarm;
use host::verify::workers::{self, Staff};
use host::verify::{Case, Findings, judge};
use image::ImageFile;
use kernel::nt::driver::DriverFile;
use kernel::rules::Severity;
use kernel::world::seed::Seed;

use super::progress::Telling;
use super::{Coverage, Outcome, Told, fail_call, parameter, told_as_json};

#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "switches of a command line")]
pub struct Verify {
    /// The driver's .sys, x86-64.
    file: PathBuf,
    /// Also holds the rules for filters that only watch.
    #[arg(long)]
    monitor: bool,
    /// Only these flows, by name; or .pnp files of your own [default: every flow].
    #[arg(long, value_name = "NAME|FILE", value_delimiter = ',')]
    flow: Vec<String>,
    /// A REG_DWORD under the key `Parameters` of the driver's service: QueryWakeSettings=1.
    #[arg(long, value_name = "NAME=NUMBER", value_parser = parameter)]
    parameter: Vec<(String, u32)>,
    /// Does not try the other readings of switches nor other versions of NDIS.
    #[arg(long)]
    no_readings: bool,
    /// Allocations that fail, one at a time: all, none, or numbers.
    #[arg(long, value_name = "all|none|N", default_value = "all", value_parser = allocations)]
    fail_allocation: Faults<u32>,
    /// Calls that fail, one at a time: all, none, or such as NdisFSetAttributes:2.
    #[arg(long, value_name = "all|none|IMPORT:N", default_value = "all", value_parser = calls)]
    fail_call: Faults<(String, u32)>,
    /// The most failures of one flow that are tried; of more, as many, evenly spread.
    #[arg(long, value_name = "N", default_value_t = 300)]
    fault_limit: usize,
    /// Interleavings that are tried of each flow.
    #[arg(long, value_name = "N", default_value_t = 16)]
    schedules: u64,
    /// Seed of the first interleaving; the others follow.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Runs of each flow in which the turn is taken away between two instructions of the driver.
    #[arg(long, value_name = "N", default_value_t = 8)]
    races: usize,
    /// Cases that combine readings, versions, faults and a schedule; what fails is shrunk before it is told.
    #[arg(long, value_name = "N", default_value_t = 0)]
    swarm: usize,
    /// One JSON document instead of text.
    #[arg(long)]
    json: bool,
    /// Also writes a JUnit XML file.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Also writes a SARIF file.
    #[arg(long, value_name = "FILE")]
    sarif: Option<PathBuf>,
    #[command(flatten)]
    coverage: Coverage,
    /// Processes that run at the same time [default: one for each processor].
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Seconds of processor time that one case may take.
    /// Says nothing on standard error while it runs.
    #[arg(long)]
    quiet: bool,
    /// Seconds that one case may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    time_limit: u64,
}

fn allocations(text: &str) -> Result<Faults<u32>, String> {
    match text {
        "all" => Ok(Faults::All),
        "none" => Ok(Faults::None),
        numbers => {
            let number = |n: &str| n.trim().parse::<u32>().ok().filter(|n| *n > 0);
            let parsed: Option<Vec<u32>> = numbers.split(',').map(number).collect();
            parsed.map(Faults::These).ok_or_else(|| {
                format!("`{numbers}` is neither all nor none nor numbers from 1, such as 3,4")
            })
        }
    }
}

fn calls(text: &str) -> Result<Faults<(String, u32)>, String> {
    match text {
        "all" => Ok(Faults::All),
        "none" => Ok(Faults::None),
        list => {
            let one = |call| fail_call(call).map(|(import, nth, _)| (import, nth));
            list.split(',').map(one).collect::<Result<_, _>>().map(Faults::These)
        }
    }
}

/// What came of a verification.
struct Results {
    cases: Vec<(Case, CaseOutcome)>,
    /// How many positions of faults were passed over.
    passed_over: usize,
    untested: Option<Untested>,
}

/// Host time that the runs of a flow took.
fn taken(results: &[(Case, CaseOutcome)], flow: &str) -> Duration {
    results.iter().filter(|(case, _)| case.flow == flow).map(|(_, outcome)| outcome.taken).sum()
}

impl Verify {
    /// Whether the driver broke nothing.
    pub fn perform(&self) -> Outcome {
        let outcome = self.verify();
        if self.json { told_as_json(&self.file, outcome) } else { outcome }
    }

    fn verify(&self) -> Outcome {
        let mut program = DriverFile::new(ImageFile::open(&self.file)?, SUBSYSTEMS)?;
        program.parameters.clone_from(&self.parameter);
        let flows = self.flows(&program.file)?;
        let kinds = kinds::of(&program.file);
        let dimensions: Vec<Dimension> = kinds.flat_map(|kind| (kind.dimensions)()).collect();
        let staff = self.staff()?;
        let Results { cases: results, passed_over, untested } =
            self.run(&staff, &program, &flows, &dimensions)?;
        let missing = judge::missing(&results);
        let outcomes = workers::run_all(&staff, &missing, &mut |_| {})?;
        let beside: Vec<_> = missing.into_iter().zip(outcomes).collect();
        let findings = Findings::collect(&results, &beside, |severity| {
            self.monitor || severity != Severity::Policy
        });
        let coverage = self.coverage.coverage_file.is_some().then(|| {
            let reached = results.iter().flat_map(|(_, outcome)| outcome.reached.iter().copied());
            Reached::new(&program, &reached.collect())
        });
        let driver = self.file.display().to_string();
        let verdict = Verdict {
            driver: &driver,
            program: &program,
            findings: &findings,
            flows: flows.iter().map(|flow| flow.name.clone()).collect(),
            monitor: self.monitor,
            passed_over,
            coverage: coverage.as_ref(),
            untested,
            taken: flows.iter().map(|flow| taken(&results, &flow.name)).collect(),
        };
        if let Some(reached) = &coverage {
            self.coverage.write(reached, &program)?;
        }
        if let Some(file) = &self.junit {
            write_file(file, &report::junit::render(&verdict)?)?;
        }
        if let Some(file) = &self.sarif {
            let here = std::env::current_dir()?;
            write_file(
                file,
                &serde_json::to_string_pretty(&report::sarif::render(&verdict, &here))?,
            )?;
        }
        let mut out = io::stdout().lock();
        if self.json {
            let document = report::json::render(&verdict);
            writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
        } else {
            write!(out, "{}", report::human::render(&verdict))?;
        }
        let is_open = findings.is_clean() && !findings.inconclusive.is_empty();
        if verdict.untested.is_some() || is_open {
            return Err(Told.into());
        }
        Ok(findings.is_clean())
    }

    fn flows(&self, file: &ImageFile) -> Result<Vec<Scenario>, Box<dyn Error>> {
        if self.flow.is_empty() {
            return Ok(catalogue::flows_for(file)?);
        }
        let mut flows = Vec::new();
        for wanted in &self.flow {
            flows.extend(catalogue::find_flow(wanted)?);
        }
        Ok(flows)
    }

    fn staff(&self) -> Result<Staff, Box<dyn Error>> {
        let mut arguments = vec!["worker".into(), self.file.clone().into_os_string()];
        for (name, value) in &self.parameter {
            arguments.extend(["--parameter".into(), format!("{name}={value}").into()]);
        }
        if self.coverage.coverage_file.is_some() {
            arguments.push("--coverage".into());
        }
        for flow in &self.flow {
            arguments.extend(["--flow".into(), flow.into()]);
        }
        let processors = || std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Staff {
            program: std::env::current_exe()?,
            arguments,
            jobs: self.jobs.unwrap_or_else(processors),
            time_limit: Duration::from_secs(self.time_limit),
        })
    }

    fn run(
        &self,
        staff: &Staff,
        program: &DriverFile,
        flows: &[Scenario],
        dimensions: &[Dimension],
    ) -> Result<Results, Box<dyn Error>> {
        let options = PlanOptions {
            readings: !self.no_readings,
            allocations: self.fail_allocation.clone(),
            calls: self.fail_call.clone(),
            fault_limit: self.fault_limit,
            schedules: self.schedules,
            seed: self.seed,
            races: self.races,
            swarm: self.swarm,
        };
        let mut telling = Telling::new(self.monitor, self.quiet);
        let mut others = plan::first(flows, dimensions, &options);
        // First every flow as it stands: what fails there fails without anything special, and shows what can
        // be made to fail.
        let is_plain = |case: &Case| flows.iter().any(|flow| *case == Case::plain(flow));
        let mut cases: Vec<Case> = others.extract_if(.., |case| is_plain(case)).collect();
        let mut outcomes = telling.run(staff, &cases)?;
        if let Some(untested) = Untested::of(outcomes.iter().map(|outcome| &outcome.start)) {
            let cases = cases.into_iter().zip(outcomes).collect();
            return Ok(Results { cases, passed_over: 0, untested: Some(untested) });
        }
        let mut passed_over = 0;
        for flow in flows {
            let plain = cases.iter().position(|case| *case == Case::plain(flow));
            if let Some(at) = plain {
                let all = plan::faults(flow, &outcomes[at], &options);
                passed_over += all.len();
                let tried = plan::spread(all, options.fault_limit);
                passed_over -= tried.len();
                others.extend(tried);
            }
        }
        outcomes.extend(telling.run(staff, &others)?);
        cases.extend(others);
        // What the noted runs say: turns to take away, and what the swarm draws from.
        let mut races = Races::new(&program.blocks().touches, &options);
        let mut last = Vec::new();
        for (number, flow) in flows.iter().enumerate() {
            let notes = Case::notes(flow, plan::race_seed(number, &options));
            if let Some(at) = cases.iter().position(|case| *case == notes) {
                last.extend(races.of(&notes, &outcomes[at].contended));
            }
        }
        let drawn = drawn(flows, dimensions, &cases, &outcomes, &options);
        outcomes.extend(telling.run(staff, &last)?);
        cases.extend(last);
        let mut results: Vec<(Case, CaseOutcome)> = cases.into_iter().zip(outcomes).collect();
        let swarm = telling.run(staff, &drawn)?;
        let swarm: Vec<(Case, CaseOutcome)> = drawn.into_iter().zip(swarm).collect();
        let mut again = |cases: &[Case]| telling.run(staff, cases);
        // First what is shrunk: a finding is told with the first case that shows it.
        let small = swarm::shrink_all(&results, &swarm, &mut again)?;
        results.extend(small);
        results.extend(swarm);
        telling.end();
        Ok(Results { cases: results, passed_over, untested: None })
    }
}

/// The cases of the swarm: one of each flow in turn.
fn drawn(
    flows: &[Scenario],
    dimensions: &[Dimension],
    cases: &[Case],
    outcomes: &[CaseOutcome],
    options: &PlanOptions,
) -> Vec<Case> {
    let outcome = |wanted: &Case| Some(&outcomes[cases.iter().position(|case| case == wanted)?]);
    let mut seed = Seed::new(options.seed.max(1));
    let numbered = flows.iter().enumerate().cycle().take(options.swarm);
    let draw = |(number, flow): (usize, &Scenario)| {
        let plain = outcome(&Case::plain(flow))?;
        let notes = outcome(&Case::notes(flow, plan::race_seed(number, options)));
        let contended = notes.map_or(&[][..], |notes| &notes.contended);
        Some(swarm::draw(flow, dimensions, plain, contended, &mut seed))
    };
    numbered.filter_map(draw).collect()
}

fn write_file(file: &Path, text: &str) -> Result<(), String> {
    fs::write(file, text).map_err(|error| format!("cannot write {}: {error}", file.display()))
}
