//! One JSON document.

use serde_json::{Value, json};

use super::Verdict;
use crate::rules;
use crate::verify::coverage::Ratio;

/// The whole report.
pub fn render(verdict: &Verdict<'_>) -> Value {
    let findings: Vec<Value> = verdict
        .findings
        .list
        .iter()
        .map(|finding| {
            let breach = &finding.breach;
            let rule = rules::find(&breach.rule);
            let source = breach.site.and_then(|rva| verdict.program.source(rva));
            json!({
                "rule": breach.rule,
                "severity": breach.severity,
                "says": rule.map(|rule| rule.says),
                "source": rule.map(|rule| rule.source),
                "found": breach.found,
                "time_ms": time_ms(breach.time_100ns),
                "module": breach.module,
                "callback": breach.callback,
                "site": breach.site.map(|rva| json!({
                    "rva": format!("{rva:#x}"),
                    "symbol": verdict.program.symbol(rva),
                    "file": source.as_ref().map(|(file, _)| file),
                    "line": source.as_ref().map(|(_, line)| line),
                })),
                "step": breach.step.as_ref().map(|(line, text)| json!({
                    "line": (*line != u32::MAX).then_some(line),
                    "text": text,
                })),
                "case": finding.case.name(),
                "runs": finding.seen,
                "more_alike": finding.alike,
                "reproduce": finding.case.command(&verdict.driver_words(), finding.breach.severity),
            })
        })
        .collect();
    let counts = &verdict.findings.counts;
    let mut document = json!({
        "driver": verdict.driver,
        "clean": verdict.findings.is_clean(),
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
    document
}

/// Milliseconds with all the digits there are.
fn time_ms(time_100ns: u64) -> Value {
    let text = format!("{}.{:04}", time_100ns / 10_000, time_100ns % 10_000);
    text.parse::<serde_json::Number>().map_or(Value::Null, Value::Number)
}
