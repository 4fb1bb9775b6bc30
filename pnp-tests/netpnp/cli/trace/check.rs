//! `netpnp trace check`.

use std::io::Write;

use recording::WIDTH;
use recording::check::{Finding, RULES, Severity, check};
use recording::parse_duration;
use recording::{time, wrap};

use super::{File, Outcome, confirm, out};

#[derive(clap::Args)]
pub struct Check {
    #[command(flatten)]
    file: File,
    /// What takes longer is too slow: 500ms, 4s.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = parse_duration)]
    limit: u64,
    /// One JSON document instead of text.
    #[arg(long)]
    json: bool,
    /// Instead: what this recording answers of the questions that only a real Windows can answer.
    #[arg(long, conflicts_with = "limit")]
    confirm: bool,
}

impl Check {
    /// Whether there is no breach.
    pub fn perform(&self) -> Outcome {
        let recording = self.file.open()?;
        if self.confirm {
            return confirm::perform(&recording, self.json);
        }
        let spans = recording.spans();
        let findings = check(&spans, self.limit);
        let breaches = findings.iter().filter(|found| found.severity == Severity::Breach).count();
        let mut out = out();
        if self.json {
            let rules: Vec<_> = RULES
                .iter()
                .map(|rule| serde_json::json!({"id": rule.id, "says": rule.says}))
                .collect();
            let document = serde_json::json!({ "findings": findings, "rules": rules });
            writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
            return Ok(breaches == 0);
        }
        let origin = recording.session().start_100ns();
        for finding in &findings {
            writeln!(out, "{}", line(finding, origin))?;
        }
        let remarks = findings.len() - breaches;
        writeln!(
            out,
            "{}{} spans, {} rules: {breaches} breaches, {remarks} remarks",
            if findings.is_empty() { "" } else { "\n" },
            spans.spans.len(),
            RULES.len()
        )?;
        Ok(breaches == 0)
    }
}

/// Columns left of what was found.
const INDENT: usize = 24;

fn line(finding: &Finding, origin_100ns: u64) -> String {
    let grade = match finding.severity {
        Severity::Breach => "BREACH",
        Severity::Remark => "remark",
    };
    let layer = finding.layer.map_or(String::new(), |layer| format!(" L{layer}"));
    let at = time(finding.time_100ns.saturating_sub(origin_100ns));
    let mut lines =
        vec![format!("{grade} {at:>14}  {:<22}{}{layer}", finding.rule, finding.adapter)];
    let found = wrap(std::slice::from_ref(&finding.found), WIDTH - INDENT);
    lines.extend(found.iter().map(|line| format!("{:INDENT$}{line}", "")));
    lines.join("\n")
}
