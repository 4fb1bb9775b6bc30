//! `vary ...`: one file, several named cases.

use super::error::Fault;
use super::quantity::version;
use super::words::{Word, Words};
use crate::ndis::switches::{SWITCHES, name, readings};
use crate::scenario::ast::{Given, Line, Scenario};

/// Of one file. A product of more is a mistake, not a wish.
const MOST_CASES: usize = 1_000;

/// A `vary` line: what varies, and each value with the given it stands for.
#[derive(Debug)]
pub(super) struct Variation {
    pub(super) line: u32,
    pub(super) topic: Word,
    values: Vec<(String, Given)>,
}

/// `predetach before-pause after-pause absent`, `runtime 6.30 6.89`, `fail-allocation 1 2 3`
pub(super) fn vary(words: &mut Words, line: u32) -> Result<Variation, Fault> {
    let mut topics = vec!["runtime", "fail-allocation"];
    topics.extend(SWITCHES.iter().map(|(switch, _)| *switch));
    let topic = words.need("what varies", &topics)?;
    let mut values: Vec<(String, Given)> = Vec::new();
    loop {
        let (value, given) = match topic.text.as_str() {
            "runtime" => {
                let word = words.need("an NDIS version", &["6.30", "6.89"])?;
                let (major, minor) = version(&word)?;
                (word, Given::Runtime { major, minor })
            }
            "fail-allocation" => {
                let word = words.need("which allocation fails", &["1", "2", "3"])?;
                let nth = word.number()?;
                if nth == 0 {
                    return Err(word.fault("the first allocation is number 1").expected(&["1"]));
                }
                (word, Given::FailAllocation { nth })
            }
            switch => {
                let readings = readings(switch).ok_or_else(|| topic.unknown("topic", &topics))?;
                let choices: Vec<&str> = readings.iter().map(|(value, _)| *value).collect();
                let word = words.need("a reading", &choices)?;
                let (_, reading) = readings
                    .iter()
                    .find(|(value, _)| *value == word.text)
                    .ok_or_else(|| word.unknown("reading", &choices))?;
                (word, Given::Switch(*reading))
            }
        };
        if values.iter().any(|(_, known)| *known == given) {
            return Err(value.fault(format!("`{}` is listed twice", value.text)));
        }
        values.push((value.text, given));
        if words.peek().is_none() {
            return Ok(Variation { line, topic, values });
        }
    }
}

/// What a given settles, for those that may be settled once and may vary.
pub(super) fn topic(given: &Given) -> Option<&'static str> {
    match given {
        Given::Runtime { .. } => Some("runtime"),
        Given::FailAllocation { .. } => Some("fail-allocation"),
        Given::Switch(switch) => Some(name(*switch)),
        Given::Adapter(_)
        | Given::Filter { .. }
        | Given::Protocol { .. }
        | Given::Holds { .. }
        | Given::Vetoes { .. }
        | Given::Swallows { .. }
        | Given::Repeats { .. }
        | Given::FailCall { .. }
        | Given::Parameter { .. }
        | Given::TraceOff => None,
    }
}

/// The first variation with which the file has more cases than one file may have.
pub(super) fn one_too_many(variations: &[Variation]) -> Option<&Variation> {
    let mut cases = 1_usize;
    variations.iter().find(|variation| {
        cases = cases.saturating_mul(variation.values.len());
        cases > MOST_CASES
    })
}

/// Every combination of values; the line that stands first changes slowest.
pub(super) fn expand(base: Scenario, variations: &[Variation]) -> Vec<Scenario> {
    if variations.is_empty() {
        return vec![base];
    }
    let mut cases = vec![(String::new(), base)];
    for variation in variations {
        let topic = variation.topic.text.as_str();
        let mut next = Vec::with_capacity(cases.len() * variation.values.len());
        for (drawn, case) in &cases {
            for (value, given) in &variation.values {
                let comma = if drawn.is_empty() { "" } else { "," };
                let mut case = case.clone();
                case.givens.push(Line {
                    number: variation.line,
                    text: format!("{topic} {value}"),
                    what: given.clone(),
                });
                next.push((format!("{drawn}{comma}{topic}={value}"), case));
            }
        }
        cases = next;
    }
    let named = cases.into_iter().map(|(drawn, mut case)| {
        case.name = format!("{}[{drawn}]", case.name);
        case
    });
    named.collect()
}
