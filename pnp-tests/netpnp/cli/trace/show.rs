//! `netpnp trace show`.

use std::io::Write;

use recording::Item;
use recording::WIDTH;

use super::{File, Outcome, out};

#[derive(clap::Args)]
pub struct Show {
    #[command(flatten)]
    file: File,
    /// Events of this provider only, by name or GUID.
    #[arg(long, value_name = "NAME|GUID")]
    provider: Option<String>,
    /// Names every provider of the file and how many events it has.
    #[arg(long, conflicts_with = "provider")]
    providers: bool,
    /// One JSON document instead of text.
    #[arg(long)]
    json: bool,
}

impl Show {
    pub fn perform(&self) -> Outcome {
        let recording = self.file.open()?;
        let mut events = recording.events();
        if self.providers {
            return providers(&events);
        }
        if let Some(wanted) = &self.provider {
            let is = |name: &str| name.eq_ignore_ascii_case(wanted);
            events.retain(|event| {
                is(&event.provider)
                    || is(event.provider_guid.trim_matches(['{', '}']))
                    || is(&event.provider_guid)
            });
            if events.is_empty() {
                let path = self.file.path.display();
                return Err(format!(
                    "{path}: no event of provider {wanted}; --providers lists them"
                )
                .into());
            }
        }
        let count = events.len();
        let items: Vec<Item> = events.into_iter().map(Item::Event).collect();
        let mut out = out();
        if self.json {
            writeln!(out, "{}", serde_json::to_string_pretty(&recording::events_json(&items))?)?;
        } else {
            write!(out, "{}", recording::render(&items, WIDTH))?;
            writeln!(out, "\n{count} events")?;
        }
        Ok(true)
    }
}

fn providers(events: &[recording::Event]) -> Outcome {
    let mut counts = std::collections::BTreeMap::new();
    for event in events {
        *counts.entry((&event.provider, &event.provider_guid)).or_insert(0_u64) += 1;
    }
    let mut out = out();
    for ((name, guid), count) in counts {
        writeln!(out, "{count:>10}  {guid}  {name}")?;
    }
    Ok(true)
}
