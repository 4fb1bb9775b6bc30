//! `netpnp rules`.

use std::io::{self, Write};

use host::rules::{self, RULES};
use journal::names::table::bugcheck_name;
use kernel::rules::{Rule, Stop};
use serde_json::json;

use super::Outcome;

#[derive(clap::Args)]
pub struct Rules {
    /// One rule, such as NV-19 [default: all of them, a line each].
    id: Option<String>,
    /// The rules that a bugcheck is about: 7C, with its first parameter 7C,21, or as Driver Verifier shows
    /// it, 0xC4/0x92012.
    #[arg(long, value_name = "CODE[,PARAMETER]", conflicts_with = "id")]
    bugcheck: Option<Stop>,
    /// One JSON document.
    #[arg(long)]
    json: bool,
}

impl Rules {
    pub fn perform(&self) -> Outcome {
        let chosen: Vec<&Rule> = match &self.id {
            None => match self.bugcheck {
                None => RULES.to_vec(),
                Some(stop) => about(stop)?,
            },
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
                        "bugchecks": rule.bugchecks.iter().map(Stop::to_string).collect::<Vec<_>>(),
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
                if !rule.bugchecks.is_empty() {
                    let stops: Vec<_> = rule.bugchecks.iter().map(|stop| named(*stop)).collect();
                    writeln!(out, "bugcheck  {}", stops.join("\n          "))?;
                }
            } else {
                writeln!(out, "{}  {severity:8}  {}", rule.id, rule.says)?;
                if self.bugcheck.is_some() {
                    writeln!(out, "       source    {}", rule.source)?;
                }
            }
        }
        Ok(true)
    }
}

/// The rules that a bugcheck may be about.
fn about(stop: Stop) -> Result<Vec<&'static Rule>, String> {
    let covers = |rule: &&Rule| rule.bugchecks.iter().any(|known| known.covers(stop));
    let rules: Vec<_> = RULES.iter().copied().filter(covers).collect();
    if rules.is_empty() {
        return Err(format!(
            "no rule is about bugcheck {stop}; `netpnp rules` lists what the rules are about"
        ));
    }
    Ok(rules)
}

/// `7C,25  BUGCODE_NDIS_DRIVER`
fn named(stop: Stop) -> String {
    let name = bugcheck_name(stop.code).unwrap_or_default();
    format!("{:8}  {name}", stop.to_string()).trim_end().to_owned()
}
