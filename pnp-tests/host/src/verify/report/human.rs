//! For a person, in 100 columns.

use std::fmt::Write as _;

use super::{Verdict, occasion};
use crate::rules;
use crate::verify::coverage::Reached;
use crate::verify::findings::Finding;
use kernel::rules::Severity;

const WIDTH: usize = 100;
/// Where what stands after a heading begins.
const INDENT: usize = 10;

/// The whole report.
pub fn render(verdict: &Verdict<'_>) -> String {
    let mut text = String::new();
    for finding in &verdict.findings.list {
        one(&mut text, verdict, finding);
    }
    let counts = &verdict.findings.counts;
    let rules = verdict.rules().count();
    let _ = writeln!(
        text,
        "{} runs: {} flows, {} with another reading or runtime, {} with a fault, {} schedules, \
         {} races, {} with other garbage in memory",
        counts.runs,
        counts.flows,
        counts.readings,
        counts.faults,
        counts.schedules,
        counts.races,
        counts.garbage,
    );
    let _ = writeln!(
        text,
        "{} steps, {} calls into the driver, {} calls of the kernel, {rules} rules checked{}",
        counts.steps,
        counts.calls,
        counts.crossings,
        if verdict.monitor { ", those for monitors too" } else { "" },
    );
    if verdict.passed_over > 0 {
        let _ = writeln!(
            text,
            "{} more positions of faults passed over, evenly; --fault-limit tries more",
            verdict.passed_over
        );
    }
    if let Some(coverage) = verdict.coverage {
        text.push_str(&reached(coverage));
    }
    let _ = writeln!(text, "{}", last_line(verdict));
    text
}

/// How many functions that nobody entered are named.
const NAMED: usize = 12;

/// How much of the code was reached, and which functions nobody entered.
pub fn reached(coverage: &Reached) -> String {
    let mut text = String::new();
    let (blocks, functions, lines) = (coverage.blocks(), coverage.entered(), coverage.lines());
    let _ = writeln!(
        text,
        "reached: {} of {} blocks, {} of {} functions, {} of {} lines",
        blocks.reached, blocks.all, functions.reached, functions.all, lines.reached, lines.all
    );
    if coverage.unresolved > 0 {
        let _ = writeln!(
            text,
            "{} jumps through tables of unknown length: what stands behind them is not counted",
            coverage.unresolved
        );
    }
    let never: Vec<_> = coverage.never_entered().map(|function| &*function.name).collect();
    if !never.is_empty() {
        let more = match never.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        let named = never[..never.len().min(NAMED)].join(", ");
        let body = format!("{} functions: {named}{more}", never.len());
        wrapped(&mut text, "never entered:", &body, 15);
    }
    text
}

fn last_line(verdict: &Verdict<'_>) -> String {
    let count = |severity| {
        let mut broken: Vec<_> = verdict
            .findings
            .list
            .iter()
            .filter(|finding| finding.breach.severity == severity)
            .map(|finding| &finding.breach.rule)
            .collect();
        broken.dedup();
        broken.len()
    };
    let risky = match count(Severity::Risky) {
        0 => String::new(),
        1 => "; 1 rule about risky things speaks".to_owned(),
        more => format!("; {more} rules about risky things speak"),
    };
    if verdict.findings.is_clean() {
        return format!("clean  {}: no violations{risky}", verdict.driver);
    }
    let policy = match count(Severity::Policy) {
        0 => String::new(),
        more => format!(", {more} for monitors"),
    };
    let contract = count(Severity::Contract);
    format!("BROKEN {}: {contract} of the contract's rules{policy}{risky}", verdict.driver)
}

fn one(text: &mut String, verdict: &Verdict<'_>, finding: &Finding) {
    let breach = &finding.breach;
    let grade = match breach.severity {
        Severity::Contract => "contract",
        Severity::Risky => "risky",
        Severity::Policy => "policy",
    };
    let rule = rules::find(&breach.rule);
    let says = rule.map_or("", |rule| rule.says);
    wrapped(text, &format!("{}  {grade}", breach.rule), says, 18);
    let alike = match finding.alike {
        0 => String::new(),
        more => format!(", and {more} more like it"),
    };
    wrapped(text, "  found", &format!("{}{alike}", breach.found), INDENT);
    wrapped(text, "  in", &occasion(finding), INDENT);
    if let Some(place) = verdict.place(finding) {
        wrapped(text, "  at", &place, INDENT);
    }
    if let Some((line, step)) = &breach.step {
        let line = if *line == u32::MAX { String::new() } else { format!(" (line {line})") };
        wrapped(text, "  step", &format!("{step}{line}"), INDENT);
    }
    if let Some(preempt) = finding.case.preempt {
        let place = verdict.place_of(preempt.rva);
        let body = format!("taken away before {place}, pass {}", preempt.nth);
        wrapped(text, "  turn", &body, INDENT);
    }
    let more = match finding.seen {
        1 => "only there".to_owned(),
        seen => format!("and in {} more runs", seen - 1),
    };
    wrapped(text, "  seen", &format!("{}, {more}", finding.case.name()), INDENT);
    wrapped(text, "  source", rule.map_or("", |rule| rule.source), INDENT);
    // Never wrapped: it is to be copied.
    let _ = writeln!(
        text,
        "{:INDENT$}{}\n",
        "  again",
        finding.case.command(&verdict.driver_words(), finding.breach.severity)
    );
}

/// A heading and text beside it, in lines of at most 100 columns where words allow.
fn wrapped(text: &mut String, heading: &str, body: &str, indent: usize) {
    let mut line = format!("{heading:indent$}");
    let mut empty = true;
    for word in body.split_whitespace() {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(text, "{}", line.trim_end());
            line = " ".repeat(indent);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    let _ = writeln!(text, "{}", line.trim_end());
}
