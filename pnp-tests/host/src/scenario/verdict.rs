//! What a scenario says of the run as a whole: a rule that it breaks, the end of the machine.

use journal::{Fact, Journal, KernelFact};
use lang::{Fault, Read, Row, Word, Words, row};

/// `then ...`, about the whole run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the description")]
pub enum Verdict {
    /// `then violation NV-19`: the run must break this rule; without the line it must break none.
    Violation { rule: String },
    /// `then bugcheck 0x50`: the run must end so.
    Bugcheck { code: u32 },
}

/// `then ...`
pub const THENS: &[Row<Read<Verdict>>] = &[
    ("violation", |words| Ok(Verdict::Violation { rule: rule(words)? })),
    ("bugcheck", |words| Ok(Verdict::Bugcheck { code: words.number("a bugcheck code")? })),
];

/// The verdict of a line that begins with `first`, if it is one.
pub(super) fn then(first: &Word, words: &mut Words) -> Result<Option<Verdict>, Fault> {
    row(THENS, first).map(|read| read(words)).transpose()
}

/// `NV-19`
fn rule(words: &mut Words) -> Result<String, Fault> {
    let word = words.need("the id of a rule", &["NV-19"])?;
    let number = word.text.strip_prefix("NV-").unwrap_or_default();
    if number.len() < 2 || !number.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(word.malformed("the id of a rule", &["NV-19"]));
    }
    Ok(word.text)
}

impl Verdict {
    /// Nothing when it holds; otherwise what was found.
    pub(super) fn check(&self, journal: &Journal) -> Result<(), String> {
        match self {
            Self::Violation { rule } => {
                let broken = crate::rules::check(journal);
                let hit = broken.iter().any(|violation| violation.rule == rule);
                hit.then_some(()).ok_or_else(|| "the rule was kept".to_owned())
            }
            Self::Bugcheck { code } => match bugcheck(journal) {
                Some((found, _)) if found == *code => Ok(()),
                Some((found, what)) => Err(format!("bugcheck {found:#x}: {what}")),
                None => Err("the machine did not stop".to_owned()),
            },
        }
    }
}

/// The code with which the machine stopped, and why.
pub(super) fn bugcheck(journal: &Journal) -> Option<(u32, String)> {
    journal.entries().iter().find_map(|entry| match &entry.fact {
        Fact::Kernel(KernelFact::Bugcheck { code, what, at, .. }) => {
            Some((*code, format!("{what}, {at}")))
        }
        _ => None,
    })
}
