//! `netpnp trace attribute`.

use std::io::Write;

use recording::WIDTH;
use recording::attribute::{Attribution, Chain, Share, Total};
use recording::{duration, time, wrap};

use super::{File, Outcome, out};

#[derive(clap::Args)]
pub struct Attribute {
    #[command(flatten)]
    file: File,
    /// So many of the slowest events.
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,
    /// One JSON document with all of them instead of text.
    #[arg(long)]
    json: bool,
}

impl Attribute {
    pub fn perform(&self) -> Outcome {
        let recording = self.file.open()?;
        let origin = recording.session().start_100ns();
        let attribution = recording.into_attribution();
        let mut out = out();
        if self.json {
            writeln!(out, "{}", serde_json::to_string_pretty(&attribution)?)?;
            return Ok(true);
        }
        if attribution.events.is_empty() {
            let path = self.file.path.display();
            return Err(format!(
                "{path}: no event of the provider NetPnpLwf; was netpnplwf.sys loaded, and its \
                 provider in the profile?"
            )
            .into());
        }
        write!(out, "{}", text(&attribution, origin, self.top))?;
        Ok(true)
    }
}

/// The culprit, the totals, the slowest events.
fn text(attribution: &Attribution, origin_100ns: u64, top: usize) -> String {
    let mut lines = wrap(&[headline(&attribution.events[0])], WIDTH);
    let slow = |chain: &&Chain| chain.took_100ns > 0 || !chain.stopped;
    if !attribution.events.iter().any(|chain| slow(&chain)) {
        let count = attribution.events.len();
        lines.push(format!("{count} events and pauses, none took 100 ns"));
        return lines.join("\n") + "\n";
    }
    lines.push(String::new());
    lines.push(format!(
        "{:>9} {:>9} {:>9} {:>7}  {:<40} adapter",
        "total", "p95", "worst", "events", "component"
    ));
    let spent = |total: &&Total| total.total_100ns > 0 || total.holds > 0;
    lines.extend(attribution.totals.iter().filter(spent).map(total));
    lines.push(String::new());
    lines.push(format!("{:>14} {:>9}  event, and who took it", "time", "took"));
    for chain in attribution.events.iter().filter(slow).take(top) {
        let at = time(chain.start_100ns.saturating_sub(origin_100ns));
        lines.push(format!("{at:>14} {:>9}  {}", took(chain), described(chain)));
        lines.extend(chain.shares.iter().filter(|share| share.took_100ns > 0 || share.holds).map(
            |share| {
                format!(
                    "{:>14} {:>9}    {}{}",
                    "",
                    duration(share.took_100ns),
                    share.component.name(),
                    holding(share)
                )
            },
        ));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn headline(chain: &Chain) -> String {
    let what = format!("{} of {}", chain.title(), chain.adapter);
    match chain.culprit() {
        Some(share) if share.holds => format!(
            "{} holds {what}: {} so far when the trace ends",
            share.component.name(),
            duration(share.took_100ns)
        ),
        Some(share) if share.took_100ns > 0 => format!(
            "{} took {} of the {} of {what}",
            share.component.name(),
            duration(share.took_100ns),
            duration(chain.took_100ns)
        ),
        _ => "nobody held anything: every event came back at once".to_owned(),
    }
}

fn total(total: &Total) -> String {
    let held = if total.holds > 0 { " holds" } else { "" };
    format!(
        "{:>9} {:>9} {:>9} {:>7}  {:<40} {}",
        duration(total.total_100ns),
        duration(total.p95_100ns),
        duration(total.worst_100ns),
        total.events,
        format!("{}{held}", total.component.name()),
        total.adapter
    )
}

fn took(chain: &Chain) -> String {
    let took = duration(chain.took_100ns);
    if chain.stopped { took } else { format!(">{took}") }
}

fn described(chain: &Chain) -> String {
    let history = if chain.history { " (history)" } else { "" };
    let failed = match chain.status {
        Some(status) if status != 0 => format!(", status 0x{status:08X}"),
        _ => String::new(),
    };
    format!("{} of {}{failed}{history}", chain.title(), chain.adapter)
}

fn holding(share: &Share) -> &'static str {
    if share.holds { ", and holds it" } else { "" }
}
