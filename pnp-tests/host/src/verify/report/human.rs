//! For a person, in 100 columns.

use std::fmt::Write as _;

use super::{Verdict, occasion};
use crate::rules;
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
    for known in &verdict.findings.inconclusive {
        let _ = writeln!(text, "inconclusive: {} ({} cases)", known.why, known.seen);
        let again = known.case.command(&verdict.driver_words(), Severity::Contract);
        let _ = writeln!(text, "{:INDENT$}{again}\n", "  again");
    }
    let counts = &verdict.findings.counts;
    let rules = verdict.rules().count();
    let _ = writeln!(
        text,
        "{} runs: {} flows, {} with another reading or runtime, {} with a fault, {} schedules, \
         {} with other garbage in memory",
        counts.runs, counts.flows, counts.readings, counts.faults, counts.schedules, counts.garbage,
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
    let _ = writeln!(text, "{}", last_line(verdict));
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
    if verdict.findings.is_clean() && !verdict.findings.inconclusive.is_empty() {
        return format!(
            "inconclusive {}: no violations in what could be run{risky}",
            verdict.driver
        );
    }
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
    if !breach.also.is_empty() {
        wrapped(text, "  also", &breach.also.join(", "), INDENT);
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
