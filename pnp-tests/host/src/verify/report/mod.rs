//! What a verification says, for people, for programs, for CI systems, for code scanners.

mod fingerprint;
pub mod human;
pub mod json;
pub mod junit;
mod location;
pub mod sarif;

use std::time::Duration;

use crate::rules::RULES;
use kernel::nt::driver::DriverFile;
use kernel::rules::{Rule, Severity};

use super::coverage::Reached;
use super::findings::{Finding, Findings};
use super::start::Untested;
use super::weight::{self, Cause, Weight};

/// A verification and its result.
pub struct Verdict<'a> {
    /// As the user named it.
    pub driver: &'a str,
    /// The driver that was verified.
    pub program: &'a DriverFile,
    /// The findings.
    pub findings: &'a Findings,
    /// Flows by name, in order.
    pub flows: Vec<String>,
    /// Rules for monitors counted, too.
    pub monitor: bool,
    /// Positions of faults that were not tried, because a flow has more than the limit.
    pub passed_over: usize,
    /// The part of the driver's code that the flows reached, if somebody wants to know.
    pub coverage: Option<&'a Reached>,
    /// Why nothing was tested, if nothing was.
    pub untested: Option<Untested>,
    /// Host time that the runs of each flow took, in the order of the flows.
    pub taken: Vec<Duration>,
}

impl Verdict<'_> {
    /// The driver as the commands that reproduce something name it.
    fn driver_words(&self) -> String {
        let parameters = self.program.parameters.iter();
        let parameters = parameters.map(|(name, value)| format!(" --parameter {name}={value}"));
        parameters.fold(self.driver.to_owned(), |words, parameter| words + &parameter)
    }

    /// `plain+0x1234 (function+0x10, file:line)`
    fn place(&self, finding: &Finding) -> Option<String> {
        finding.breach.site.map(|rva| self.program.place(rva))
    }

    /// The findings, those of one cause together, the heaviest first.
    pub fn causes(&self) -> Vec<Cause<'_>> {
        weight::causes(&self.findings.list)
    }

    /// The verdict in a sentence, the report's first line.
    pub fn sentence(&self) -> String {
        let driver = self.driver;
        if let Some(untested) = &self.untested {
            return format!("NOT TESTED  {driver}: {}", untested.says);
        }
        let causes = self.causes();
        let count = |weight| {
            let of_it = causes.iter().filter(|cause| cause.weight() == weight);
            let mut rules: Vec<_> = of_it.map(|cause| &cause.first.breach.rule).collect();
            rules.sort_unstable();
            rules.dedup();
            rules.len()
        };
        let (breaches, policy) = (count(Weight::Breach), count(Weight::Policy));
        let risky = match count(Weight::Risky) {
            0 => String::new(),
            1 => "; 1 rule about risky things speaks".to_owned(),
            more => format!("; {more} rules about risky things speak"),
        };
        let open: u64 = self.findings.inconclusive.iter().map(|known| known.seen).sum();
        if self.findings.is_clean() && open > 0 {
            let open = if open == 1 { "1 case".to_owned() } else { format!("{open} cases") };
            return format!(
                "INCONCLUSIVE  {driver}: nothing can be said of {open}; no violations in the others{risky}"
            );
        }
        if self.findings.is_clean() {
            return format!("clean  {driver}: no violations{risky}");
        }
        let mut broken = Vec::new();
        let crashes = causes.iter().filter(|cause| cause.weight() == Weight::Crash).count();
        match crashes {
            0 => {}
            1 => broken.push("stops the machine".to_owned()),
            more => broken.push(format!("stops the machine in {more} ways")),
        }
        match breaches {
            0 => {}
            1 => broken.push("breaks 1 rule of the contract".to_owned()),
            more => broken.push(format!("breaks {more} rules of the contract")),
        }
        match policy {
            0 => {}
            1 => broken.push("breaks 1 rule for monitors".to_owned()),
            more => broken.push(format!("breaks {more} rules for monitors")),
        }
        let last = broken.pop().unwrap_or_default();
        let broken =
            if broken.is_empty() { last } else { format!("{} and {last}", broken.join(", ")) };
        format!("BROKEN  {driver}: it {broken}{risky}")
    }

    /// Rules that this verification checks.
    fn rules(&self) -> impl Iterator<Item = &'static Rule> {
        let monitor = self.monitor;
        RULES.iter().copied().filter(move |rule| monitor || rule.severity != Severity::Policy)
    }
}

/// `FilterPause of eth0.1 at 12.3456 ms`
fn occasion(finding: &Finding) -> String {
    let breach = &finding.breach;
    when(breach.time_100ns, breach.callback.as_ref(), breach.module.as_ref())
}

fn when(time_100ns: u64, callback: Option<&String>, module: Option<&String>) -> String {
    let (ms, rest) = (time_100ns / 10_000, time_100ns % 10_000);
    let time = format!("at {ms}.{rest:04} ms");
    match (callback, module) {
        (Some(callback), Some(module)) => format!("{callback} of {module} {time}"),
        (Some(callback), None) => format!("{callback} {time}"),
        _ => time,
    }
}
