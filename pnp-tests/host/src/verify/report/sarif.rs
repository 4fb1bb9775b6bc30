//! SARIF 2.1.0, as code scanners read it.

use serde_json::{Value, json};

use super::{Verdict, occasion};
use crate::verify::findings::Finding;
use kernel::rules::Severity;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The whole report: a run with every rule that was checked and a result for each finding.
pub fn render(verdict: &Verdict<'_>) -> Value {
    let rules: Vec<Value> = verdict
        .rules()
        .map(|rule| {
            json!({
                "id": rule.id,
                "shortDescription": { "text": rule.says },
                "help": { "text": format!("Source: {}. Provoked by {}.", rule.source, rule.provoked_by) },
                "defaultConfiguration": { "level": level(rule.severity) },
            })
        })
        .collect();
    let results: Vec<Value> =
        verdict.findings.list.iter().map(|finding| result(verdict, finding)).collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "netpnp",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            }},
            "artifacts": [{ "location": { "uri": verdict.driver } }],
            "results": results,
        }],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Contract => "error",
        Severity::Risky => "note",
        Severity::Policy => "warning",
    }
}

fn result(verdict: &Verdict<'_>, finding: &Finding) -> Value {
    let breach = &finding.breach;
    // The line of the call where a PDB says it, else the image itself.
    let physical = match breach.site.and_then(|rva| verdict.program.source(rva)) {
        Some((file, line)) => json!({
            "artifactLocation": { "uri": file.replace('\\', "/") },
            "region": { "startLine": line },
        }),
        None => json!({ "artifactLocation": { "uri": verdict.driver } }),
    };
    let mut location = json!({ "physicalLocation": physical });
    if let Some(place) = verdict.place(finding) {
        location["logicalLocations"] = json!([{ "fullyQualifiedName": place }]);
    }
    json!({
        "ruleId": breach.rule,
        "level": level(breach.severity),
        "message": { "text": format!("{} ({})", breach.found, occasion(finding)) },
        "locations": [location],
        "properties": {
            "case": finding.case.name(),
            "runs": finding.seen,
            "reproduce": finding.case.command(&verdict.driver_words(), finding.breach.severity),
        },
    })
}
