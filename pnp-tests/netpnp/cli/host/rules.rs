//! `netpnp rules`.

use std::io::{self, Write};

use host::rules::{self, RULES};
use kernel::rules::Rule;
use serde_json::json;

use super::Outcome;

#[derive(clap::Args)]
pub struct Rules {
    /// One rule, such as NV-19 [default: all of them, a line each].
    id: Option<String>,
    /// One JSON document.
    #[arg(long)]
    json: bool,
}

impl Rules {
    pub fn perform(&self) -> Outcome {
        let chosen: Vec<&Rule> = match &self.id {
            None => RULES.to_vec(),
            Some(id) => vec![rules::find(id).ok_or_else(|| {
                format!("no rule is called `{id}`; `netpnp rules` lists them all")
            })?],
        };
        let mut out = io::stdout().lock();
        if self.json {
            let rules: Vec<_> = chosen
                .iter()
                .map(|rule| {
                    json!({
                        "id": rule.id,
                        "severity": rule.severity,
                        "says": rule.says,
                        "source": rule.source,
                        "provoked_by": rule.provoked_by,
                    })
                })
                .collect();
            writeln!(out, "{}", serde_json::to_string_pretty(&json!({ "rules": rules }))?)?;
            return Ok(true);
        }
        for rule in &chosen {
            let severity = format!("{:?}", rule.severity).to_lowercase();
            if self.id.is_some() {
                writeln!(out, "{}  {severity}\n{}\n", rule.id, rule.says)?;
                writeln!(out, "source    {}\nprovoked  by {}", rule.source, rule.provoked_by)?;
            } else {
                writeln!(out, "{}  {severity:8}  {}", rule.id, rule.says)?;
            }
        }
        Ok(true)
    }
}
