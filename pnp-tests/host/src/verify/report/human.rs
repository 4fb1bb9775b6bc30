//! For a person, in 100 columns.

use std::fmt::Write as _;

use super::{Verdict, occasion, when};
use crate::alike::without_numbers;
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
    let mut told = vec![without_numbers(&breach.found)];
    let mut alike = finding.alike;
    for variant in cause.variants() {
        let words = without_numbers(&variant.breach.found);
        alike += variant.alike;
        if told.len() > VARIANTS_MAX || told.contains(&words) {
            alike += 1;
        } else {
            wrapped(text, "  found", &variant.breach.found, INDENT);
            told.push(words);
        }
    }
    if alike > 0 {
        wrapped(text, "  found", &format!("{alike} more like it"), INDENT);
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
    if let Some(preempt) = finding.case.preempt {
        let place = verdict.program.place(preempt.rva);
        let body = format!("taken away before {place}, pass {}", preempt.nth);
        wrapped(text, "  turn", &body, INDENT);
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

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use crate::subsystems::SUBSYSTEMS;
    use crate::verify::case::Case;
    use crate::verify::findings::{Finding, Findings};
    use crate::verify::run::Breach;
    use crate::verify::start::Untested;
    use image::ImageFile;
    use image_builder::Pe;
    use kernel::nt::driver::DriverFile;
    use kernel::rules::{Note, Severity};

    fn finding(rule: &str, severity: Severity, found: &str) -> Finding {
        let breach = Breach {
            rule: rule.to_owned(),
            severity,
            found: found.to_owned(),
            time_100ns: 12_3456,
            module: Some("eth0.1".to_owned()),
            callback: Some("FilterPause".to_owned()),
            site: None,
            step: Some((6, "eth0 sleeps D3".to_owned())),
            entry: 0,
            crash: None,
            notes: Vec::new(),
            also: Vec::new(),
        };
        let flow = "sleep".to_owned();
        let case = Case { flow, word: "flows/sleep".to_owned(), ..Case::default() };
        Finding { breach, case, seen: 3, alike: 0 }
    }

    fn crash() -> Finding {
        let mut crash = finding("NV-60", Severity::Contract, "bugcheck 0x50: access to a block");
        (crash.breach.crash, crash.breach.site) = (Some(0x50), Some(0x1010));
        crash.breach.notes.push(Note {
            says: "pool block 6 was freed".to_owned(),
            time_100ns: 10_000,
            module: None,
            callback: Some("DPC".to_owned()),
            site: Some(0x1020),
        });
        crash
    }

    fn text(list: Vec<Finding>, untested: Option<Untested>) -> String {
        let imports: &[(&str, &[&str])] = &[("ntoskrnl.exe", &["KeBugCheckEx"])];
        let file = ImageFile::parse(Path::new("x.sys"), &Pe::importing(imports).build());
        let program = DriverFile::new(file.expect("a right driver"), SUBSYSTEMS);
        let verdict = Verdict {
            driver: "x.sys",
            program: &program.expect("it can run"),
            findings: &Findings { list, ..Findings::default() },
            flows: vec!["sleep".to_owned()],
            monitor: true,
            passed_over: 0,
            coverage: None,
            untested,
            taken: vec![Duration::ZERO],
        };
        render(&verdict)
    }

    #[test]
    fn the_verdict_is_a_sentence_and_stands_first() {
        let first = |list, untested| text(list, untested).lines().next().map(str::to_owned);
        let first = |list| first(list, None).expect("a line");
        let risky = || finding("NV-06", Severity::Risky, "x");
        assert_eq!(first(vec![]), "clean  x.sys: no violations");
        assert_eq!(
            first(vec![risky()]),
            "clean  x.sys: no violations; 1 rule about risky things speaks"
        );
        let breach = || finding("NV-43", Severity::Contract, "left behind");
        assert_eq!(first(vec![breach()]), "BROKEN  x.sys: it breaks 1 rule of the contract");
        let policy = finding("NV-31", Severity::Policy, "x");
        assert_eq!(
            first(vec![risky(), breach(), policy, crash()]),
            "BROKEN  x.sys: it stops the machine, breaks 1 rule of the contract and breaks 1 rule \
             for monitors; 1 rule about risky things speaks"
        );
        let says = "DriverEntry returned STATUS_X; nothing was tested".to_owned();
        let untested = Untested { kind: "refused-to-load", says };
        assert!(text(vec![breach()], Some(untested)).starts_with(
            "NOT TESTED  x.sys: DriverEntry returned STATUS_X; nothing was tested\n\nNV-43"
        ));
    }

    #[test]
    fn a_crash_is_told_with_its_place_its_notes_and_what_else_it_breaks() {
        let mut other = crash();
        "NV-37".clone_into(&mut other.breach.rule);
        let told = text(vec![other, crash()], None);
        let lines: Vec<&str> = told.lines().skip(2).collect();
        assert_eq!(
            lines[..9],
            [
                "NV-60  crash      The driver does not stop the machine",
                "  found   bugcheck 0x50: access to a block",
                "  in      FilterPause of eth0.1 at 12.3456 ms",
                "  at      x+0x1010",
                "  note    pool block 6 was freed: DPC at 1.0000 ms, x+0x1020",
                "  also    breaks NV-37",
                "  step    eth0 sleeps D3 (line 6)",
                "  seen    sleep, and in 2 more runs",
                "  source  docs:debugger/bug-check-code-reference2, the bugcheck's own page",
            ]
        );
    }

    #[test]
    fn forms_of_one_breach_are_told_together_and_many_of_them_counted() {
        let words = ["SetPower", "QueryPower", "Pause", "Restart", "BindList", "BindsComplete"];
        let list = words.map(|word| finding("NV-19", Severity::Contract, word));
        let told = text(list.to_vec(), None);
        assert_eq!(told.matches("NV-19  contract").count(), 1, "{told}");
        for line in ["  found   SetPower", "  found   BindList", "  found   1 more like it"] {
            assert!(told.contains(line), "{line} is missing in\n{told}");
        }
        assert!(!told.contains("BindsComplete"), "{told}");
    }
}
