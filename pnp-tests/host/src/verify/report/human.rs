//! For a person, in 100 columns.

use std::fmt::Write as _;

use super::{Verdict, occasion, when};
use crate::rules;
use crate::verify::coverage::Reached;
use crate::verify::weight::Cause;
use kernel::rules::Severity;

const WIDTH: usize = 100;
/// Where what stands after a heading begins.
const INDENT: usize = 10;
/// How many more ways in which one rule is broken are told.
const VARIANTS_MAX: usize = 4;

/// The whole report.
pub fn render(verdict: &Verdict<'_>) -> String {
    let mut text = format!("{}\n\n", verdict.sentence());
    for cause in verdict.causes() {
        one(&mut text, verdict, &cause);
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
    if let Some(coverage) = verdict.coverage {
        text.push_str(&reached(coverage));
    }
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

fn one(text: &mut String, verdict: &Verdict<'_>, cause: &Cause<'_>) {
    let finding = cause.first;
    let breach = &finding.breach;
    let rule = rules::find(&breach.rule);
    let says = rule.map_or("", |rule| rule.says);
    wrapped(text, &format!("{}  {}", breach.rule, cause.weight().name()), says, 18);
    wrapped(text, "  found", &breach.found, INDENT);
    let variants: Vec<_> = cause.variants().collect();
    for variant in variants.iter().take(VARIANTS_MAX) {
        wrapped(text, "  found", &variant.breach.found, INDENT);
    }
    let passed_over = variants.len().saturating_sub(VARIANTS_MAX) as u64;
    let alike = finding.alike + variants.iter().map(|variant| variant.alike).sum::<u64>();
    if alike + passed_over > 0 {
        wrapped(text, "  found", &format!("{} more like it", alike + passed_over), INDENT);
    }
    wrapped(text, "  in", &occasion(finding), INDENT);
    if let Some(place) = verdict.place(finding) {
        wrapped(text, "  at", &place, INDENT);
    }
    for note in &breach.notes {
        let time = when(note.time_100ns, note.callback.as_ref(), note.module.as_ref());
        let place = note.site.map(|rva| format!(", {}", verdict.program.place(rva)));
        let note = format!("{}: {time}{}", note.says, place.unwrap_or_default());
        wrapped(text, "  note", &note, INDENT);
    }
    let also = cause.also_breaks();
    if !also.is_empty() {
        wrapped(text, "  also", &format!("breaks {}", also.join(", ")), INDENT);
    }
    if let Some((line, step)) = &breach.step {
        let line = if *line == u32::MAX { String::new() } else { format!(" (line {line})") };
        wrapped(text, "  step", &format!("{step}{line}"), INDENT);
    }
    let more = match cause.seen() {
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
