//! One JSON document.

use std::collections::BTreeMap;
use std::error::Error;

use image::{ImageError, Refusal};
use journal::names::table::bugcheck_name;
use serde_json::{Value, json};

use super::Verdict;
use crate::rules;
use crate::verify::coverage::Ratio;
use crate::verify::weight::Cause;
use kernel::rules::Severity;

/// The whole report.
pub fn render(verdict: &Verdict<'_>) -> Value {
    let causes = verdict.causes();
    let findings: Vec<Value> = causes.iter().map(|cause| finding(verdict, cause)).collect();
    let counts = &verdict.findings.counts;
    let mut document = json!({
        "driver": verdict.driver,
        "verdict": verdict.sentence(),
        "tested": verdict.untested.is_none(),
        "clean": verdict.untested.is_none() && verdict.findings.is_clean(),
        "monitor": verdict.monitor,
        "counts": {
            "runs": counts.runs,
            "flows": counts.flows,
            "readings": counts.readings,
            "faults": counts.faults,
            "faults_passed_over": verdict.passed_over,
            "schedules": counts.schedules,
            "races": counts.races,
            "garbage": counts.garbage,
            "steps": counts.steps,
            "calls": counts.calls,
            "crossings": counts.crossings,
            "rules": verdict.rules().count(),
        },
        "inconclusive": verdict.findings.inconclusive.iter().map(|known| json!({
            "why": known.why,
            "case": known.case.name(),
            "runs": known.seen,
            "reproduce": known.case.command(&verdict.driver_words(), Severity::Contract),
        })).collect::<Vec<_>>(),
        "findings": findings,
    });
    if let Some(coverage) = verdict.coverage {
        let ratio = |ratio: Ratio| json!({ "reached": ratio.reached, "all": ratio.all });
        let never: Vec<_> = coverage.never_entered().map(|function| &function.name).collect();
        document["coverage"] = json!({
            "blocks": ratio(coverage.blocks()),
            "functions": ratio(coverage.entered()),
            "lines": ratio(coverage.lines()),
            "unresolved": coverage.unresolved,
            "never_entered": never,
        });
    }
    if let Some(untested) = &verdict.untested {
        document["error"] = json!({ "kind": untested.kind, "message": untested.says });
    }
    document
}

fn finding(verdict: &Verdict<'_>, cause: &Cause<'_>) -> Value {
    let finding = cause.first;
    let breach = &finding.breach;
    let rule = rules::find(&breach.rule);
    let related: Vec<Value> = breach
        .notes
        .iter()
        .map(|note| {
            json!({
                "says": note.says,
                "time_ms": time_ms(note.time_100ns),
                "module": note.module,
                "callback": note.callback,
                "site": note.site.map(|rva| site(verdict, rva)),
            })
        })
        .collect();
    // What the same crash breaks has no case of its own.
    let named = breach.also.iter().map(|rule| json!({ "rule": rule }));
    let others = cause
        .others
        .iter()
        .map(|other| {
            json!({
                "rule": other.breach.rule,
                "severity": other.breach.severity,
                "found": other.breach.found,
                "case": other.case.name(),
                "runs": other.seen,
            })
        })
        .chain(named);
    json!({
        "rule": breach.rule,
        "severity": breach.severity,
        "weight": cause.weight().name(),
        "says": rule.map(|rule| rule.says),
        "source": rule.map(|rule| rule.source),
        "found": breach.found,
        "bugcheck": breach.crash.map(|code| json!({
            "code": format!("{code:#x}"),
            "name": bugcheck_name(code),
        })),
        "time_ms": time_ms(breach.time_100ns),
        "module": breach.module,
        "callback": breach.callback,
        "site": breach.site.map(|rva| site(verdict, rva)),
        "related": related,
        "also": others.collect::<Vec<Value>>(),
        "step": breach.step.as_ref().map(|(line, text)| json!({
            "line": (*line != u32::MAX).then_some(line),
            "text": text,
        })),
        "case": finding.case.name(),
        "runs": cause.seen(),
        "more_alike": finding.alike,
        "reproduce": finding.case.command(&verdict.driver_words(), finding.breach.severity),
    })
}

/// A place in the image.
fn site(verdict: &Verdict<'_>, rva: u32) -> Value {
    let source = verdict.program.source(rva);
    json!({
        "rva": format!("{rva:#x}"),
        "symbol": verdict.program.symbol(rva),
        "file": source.as_ref().map(|(file, _)| file),
        "line": source.as_ref().map(|(_, line)| line),
    })
}

/// The document in place of a report when `driver` could not be run.
pub fn cannot_run(driver: &str, error: &(dyn Error + 'static)) -> Value {
    let imports = error.downcast_ref::<ImageError>().and_then(|error| match error.refusal() {
        Refusal::NotImplemented { imports } => Some(imports),
        _ => None,
    });
    let kind = if imports.is_some() { "missing-imports" } else { "cannot-run" };
    let mut document = json!({
        "driver": driver,
        "tested": false,
        "clean": false,
        "error": { "kind": kind, "message": error.to_string() },
    });
    if let Some(imports) = imports {
        let mut modules: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (module, name) in imports.iter().filter_map(|import| import.split_once('!')) {
            modules.entry(module).or_default().push(name);
        }
        let modules = modules.into_iter();
        document["error"]["missing"] =
            modules.map(|(module, names)| json!({ "module": module, "names": names })).collect();
    }
    document
}

/// Milliseconds with all the digits there are.
fn time_ms(time_100ns: u64) -> Value {
    let text = format!("{}.{:04}", time_100ns / 10_000, time_100ns % 10_000);
    text.parse::<serde_json::Number>().map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::subsystems::SUBSYSTEMS;
    use image::ImageFile;
    use image_builder::Pe;
    use kernel::nt::driver::DriverFile;

    #[test]
    fn a_driver_that_cannot_run_is_told_with_what_is_missing_by_module() {
        let imports: &[(&str, &[&str])] =
            &[("NDIS.SYS", &["NdisNoSuch", "NdisGetVersion"]), ("ntoskrnl.exe", &["KeNoSuch"])];
        let file = ImageFile::parse(Path::new("x.sys"), &Pe::importing(imports).build());
        let refused = DriverFile::new(file.expect("a right driver"), SUBSYSTEMS);
        let error = refused.err().expect("names that no host has");
        let document = cannot_run("x.sys", &error);
        assert_eq!(document["error"]["kind"], "missing-imports");
        let missing = &document["error"]["missing"];
        assert_eq!(
            missing[0]["module"].as_str().map(str::to_lowercase).as_deref(),
            Some("ndis.sys")
        );
        assert_eq!(missing[0]["names"], json!(["NdisNoSuch"]));
        assert_eq!(missing[1]["names"], json!(["KeNoSuch"]));
        let other = cannot_run("x.sys", &std::fmt::Error);
        assert_eq!(other["error"]["kind"], "cannot-run");
        assert_eq!(other["tested"], false);
    }
}
