//! `netpnp trace check --confirm`.

use std::io::Write;

use recording::Recording;
use recording::WIDTH;
use recording::confirm::{Answer, Evidence, Settled, confirm};
use recording::{time, wrap};

use super::{Outcome, out};

/// Columns left of what is said of a question.
const INDENT: usize = 4;

/// Answers the questions that only Windows can answer. An answer is no breach, whatever it is.
pub fn perform(recording: &Recording, json: bool) -> Outcome {
    let settled = confirm(&recording.events());
    let mut out = out();
    if json {
        let document = serde_json::json!({ "answers": settled });
        writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
        return Ok(true);
    }
    let origin = recording.session().start_100ns();
    for settled in &settled {
        writeln!(out, "{}", told(settled, origin))?;
    }
    let open = settled.iter().filter(|settled| settled.answer == Answer::NotSeen).count();
    let count = settled.len();
    writeln!(out, "\n{count} questions: {} answered, {open} not seen", count - open)?;
    Ok(true)
}

fn told(settled: &Settled, origin_100ns: u64) -> String {
    let mut text = vec![settled.asks.to_owned()];
    for evidence in &settled.evidence {
        text.push(line(evidence, origin_100ns));
    }
    if settled.answer == Answer::NotSeen {
        text.push(format!("needs {}", settled.needs));
    }
    let mut lines = vec![format!("{:<30}{}", settled.question, settled.answer.text())];
    for part in text {
        let wrapped = wrap(&[part], WIDTH - INDENT);
        lines.extend(wrapped.iter().map(|line| format!("{:INDENT$}{line}", "")));
    }
    lines.join("\n")
}

fn line(evidence: &Evidence, origin_100ns: u64) -> String {
    let Evidence { answer, occasions, time_100ns, of, what } = evidence;
    let at = time(time_100ns.saturating_sub(origin_100ns));
    let of = if of.is_empty() { String::new() } else { format!(" {of}") };
    let how_often =
        if *occasions == 1 { "once".into() } else { format!("{occasions} times, first") };
    format!("{answer}: {how_often} {at}{of}: {what}")
}
