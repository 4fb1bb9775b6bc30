//! What a verification says, for people, for programs, for CI systems, for code scanners.

pub mod human;
pub mod json;
pub mod junit;
pub mod sarif;

use crate::rules::RULES;
use kernel::nt::driver::DriverFile;
use kernel::rules::{Rule, Severity};

use super::coverage::Reached;
use super::findings::{Finding, Findings};

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
    /// What the flows reached of the driver's code, if somebody wants to know.
    pub coverage: Option<&'a Reached>,
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
        finding.breach.site.map(|rva| self.place_of(rva))
    }

    /// The same of any RVA.
    fn place_of(&self, rva: u32) -> String {
        let name = self.program.file.name();
        match self.program.symbol(rva) {
            Some(symbol) => format!("{name}+{rva:#x} ({symbol})"),
            None => format!("{name}+{rva:#x}"),
        }
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
    let (ms, rest) = (breach.time_100ns / 10_000, breach.time_100ns % 10_000);
    let time = format!("at {ms}.{rest:04} ms");
    match (&breach.callback, &breach.module) {
        (Some(callback), Some(module)) => format!("{callback} of {module} {time}"),
        (Some(callback), None) => format!("{callback} {time}"),
        _ => time,
    }
}
