//! `vary ...`: one file, several named cases.

use super::error::Fault;
use super::grammar::Grammar;
use super::scenario::{Line, Scenario};
use super::words::{Word, Words};

/// Of one file. A product of more is a mistake, not a wish.
const MOST_CASES: usize = 1_000;

/// A `vary` line: what varies, and each value with the given it stands for.
#[derive(Debug)]
pub(super) struct Variation<Given> {
    pub(super) line: u32,
    pub(super) topic: Word,
    values: Vec<(String, Given)>,
}

/// `runtime 6.30 6.89`, `fail-allocation 1 2 3`
pub(super) fn vary<G: Grammar>(words: &mut Words, line: u32) -> Result<Variation<G::Given>, Fault> {
    let topic = words.need("what varies", &G::topics())?;
    let mut values: Vec<(String, G::Given)> = Vec::new();
    loop {
        let (value, given) = G::value(&topic, words)?;
        if values.iter().any(|(_, known)| *known == given) {
            return Err(value.fault(format!("`{}` is listed twice", value.text)));
        }
        values.push((value.text, given));
        if words.peek().is_none() {
            return Ok(Variation { line, topic, values });
        }
    }
}

/// The first variation with which the file has more cases than one file may have.
pub(super) fn one_too_many<Given>(variations: &[Variation<Given>]) -> Option<&Variation<Given>> {
    let mut cases = 1_usize;
    variations.iter().find(|variation| {
        cases = cases.saturating_mul(variation.values.len());
        cases > MOST_CASES
    })
}

/// Every combination of values; the line that stands first changes slowest.
pub(super) fn expand<Given: Clone, Step: Clone>(
    base: Scenario<Given, Step>,
    variations: &[Variation<Given>],
) -> Vec<Scenario<Given, Step>> {
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
