//! SARIF 2.1.0, as code scanners read it.

use std::path::Path;

use serde_json::{Value, json};

use super::fingerprint::Fingerprints;
use super::location::{ROOT, artifact};
use super::{Verdict, occasion};
use crate::verify::weight::Cause;
use kernel::rules::Severity;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The whole report: a run with every rule that was checked and a result for each finding. `here` is the
/// folder in which it is made.
pub fn render(verdict: &Verdict<'_>, here: &Path) -> Value {
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
    let mut fingerprints = Fingerprints::default();
    let causes = verdict.causes();
    let results = causes.iter().map(|cause| result(verdict, cause, here, &mut fingerprints));
    let results: Vec<Value> = results.collect();
    let notifications = verdict
        .untested
        .iter()
        .map(|untested| json!({ "level": "error", "message": { "text": untested.says } }));
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
            "invocations": [{
                "executionSuccessful": verdict.untested.is_none(),
                "toolExecutionNotifications": notifications.collect::<Vec<_>>(),
            }],
            "originalUriBaseIds": { ROOT: {
                "description": { "text": "The folder in which netpnp ran: the root of the sources." },
            }},
            "artifacts": [{ "location": artifact(verdict.driver, here) }],
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

fn result(
    verdict: &Verdict<'_>,
    cause: &Cause<'_>,
    here: &Path,
    fingerprints: &mut Fingerprints,
) -> Value {
    let finding = cause.first;
    let breach = &finding.breach;
    let mut location = json!({ "physicalLocation": physical(verdict, breach.site, here) });
    if let Some(place) = verdict.place(finding) {
        location["logicalLocations"] = json!([{ "fullyQualifiedName": place }]);
    }
    let related = breach.notes.iter().map(|note| {
        json!({
            "message": { "text": note.says },
            "physicalLocation": physical(verdict, note.site, here),
        })
    });
    let also = cause.also_breaks();
    let also =
        if also.is_empty() { String::new() } else { format!("; also breaks {}", also.join(", ")) };
    json!({
        "ruleId": breach.rule,
        "level": level(breach.severity),
        "message": { "text": format!("{} ({}){also}", breach.found, occasion(finding)) },
        "locations": [location],
        "relatedLocations": related.collect::<Vec<_>>(),
        "partialFingerprints": { "netpnpFinding/v1": fingerprints.next(verdict, finding) },
        "properties": {
            "case": finding.case.name(),
            "runs": cause.seen(),
            "reproduce": finding.case.command(&verdict.driver_words(), finding.breach.severity),
        },
    })
}

/// The line of a call where a PDB says it, else the image itself.
fn physical(verdict: &Verdict<'_>, site: Option<u32>, here: &Path) -> Value {
    match site.and_then(|rva| verdict.program.source(rva)) {
        // Line 0 says that a compiler made the code up.
        Some((file, line)) if line > 0 => json!({
            "artifactLocation": artifact(&file, here),
            "region": { "startLine": line },
        }),
        _ => json!({ "artifactLocation": artifact(verdict.driver, here) }),
    }
}
