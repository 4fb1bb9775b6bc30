//! The grammar of scenarios: the words of every vocabulary in a fixed order.
//!
//! `given` and `vary` list the words of the kinds of drivers before those that hold for any driver,
//! the others after them; verdicts, switches and names come last.

use super::ast::{Given, Never, Scenario, Then, When};
use super::verdict;
use ::kernel::words::parse as kernel;
use ::ndis::switches::SWITCHES;
use ::ndis::words as ndis;
use lang::{self, Fault, Grammar, Lexicon, Names, Topic, Word, Words, words_of};

pub use lang::{ScenarioError, ScenarioErrors};

/// Reads the text of one file into its cases, in the order of its `vary` lines.
///
/// `file` is what messages call it; its stem is the name of the scenario.
pub fn parse(file: &str, text: &str) -> Result<Vec<Scenario>, ScenarioErrors> {
    lang::parse::<AllWords>(file, text)
}

/// Every vocabulary.
pub enum AllWords {}

/// The names that each kind of driver has been given.
#[derive(Debug, Default)]
pub struct Scope {
    ndis: ndis::Scope,
}

impl Scope {
    /// What traced events can be about.
    fn names(&self) -> [&dyn Names; 1] {
        [&self.ndis]
    }

    /// `adapter or word`
    fn noun(&self) -> String {
        let nouns = self.names().map(Names::noun);
        format!("{} or word", nouns.join(", "))
    }
}

fn is_reserved(word: &str) -> bool {
    let verdicts = words_of(verdict::THENS);
    let mut all = kernel::first_words().chain(ndis::first_words()).chain(verdicts).chain(["on"]);
    all.any(|known| known == word)
}

/// What may stand at a place: words of the tables, then what the file has named.
fn listed(words: impl Iterator<Item = &'static str>, names: &[&str]) -> Vec<String> {
    words.map(str::to_owned).chain(names.iter().map(|name| (*name).to_owned())).collect()
}

impl Grammar for AllWords {
    type Given = Given;
    type When = When;
    type Then = Then;
    type Never = Never;
    type Scope = Scope;

    const LEXICON: &'static Lexicon =
        &Lexicon { prefixes: ndis::PREFIXES, is_reserved, import: "NdisFSetAttributes" };

    fn given(words: &mut Words, scope: &mut Scope) -> Result<Given, Fault> {
        let begin = words_of(ndis::GIVENS).chain(words_of(kernel::GIVENS));
        let choices = listed(begin, &ndis::given_choices(&scope.ndis));
        let first = words.need("what is given", &choices)?;
        if let Some(given) = kernel::given(&first, words)? {
            return Ok(Given::Kernel(given));
        }
        if let Some(given) = ndis::given(&first, words, &mut scope.ndis)? {
            return Ok(Given::Ndis(given));
        }
        Err(first.unknown("word", &choices))
    }

    fn when(words: &mut Words, scope: &mut Scope) -> Result<When, Fault> {
        let choices = listed(kernel::when_choices(), &scope.ndis.choices());
        let first = words.need("what happens", &choices)?;
        if let Some(when) = kernel::when(&first, words)? {
            return Ok(When::Kernel(when));
        }
        if let Some(when) = ndis::when(&first, words, &mut scope.ndis)? {
            return Ok(When::Ndis(when));
        }
        Err(first.unknown(&scope.noun(), &choices))
    }

    fn then(words: &mut Words, scope: &mut Scope) -> Result<Then, Fault> {
        let begin = words_of(kernel::THENS).chain(words_of(ndis::THENS));
        let begin = begin.chain(words_of(verdict::THENS));
        let choices = listed(begin, &ndis::then_choices(&scope.ndis));
        let first = words.need("what must hold", &choices)?;
        if let Some(then) = kernel::then(&first, words, &scope.names())? {
            return Ok(Then::Kernel(then));
        }
        if let Some(verdict) = verdict::then(&first, words)? {
            return Ok(Then::Verdict(verdict));
        }
        if let Some(then) = ndis::then(&first, words, &mut scope.ndis)? {
            return Ok(Then::Ndis(then));
        }
        Err(first.unknown(&scope.noun(), &choices))
    }

    fn never(words: &mut Words, scope: &Scope) -> Result<Never, Fault> {
        let choices: Vec<&str> =
            words_of(kernel::NEVERS).chain(ndis::CALLBACKS.iter().copied()).collect();
        let first = words.need("what must not happen", &choices)?;
        if let Some(never) = kernel::never(&first, words, &scope.names())? {
            return Ok(Never::Kernel(never));
        }
        if let Some(never) = ndis::never(&first, words, &scope.ndis)? {
            return Ok(Never::Ndis(never));
        }
        Err(first.unknown("word", &choices))
    }

    fn topic(given: &Given) -> Option<Topic> {
        match given {
            Given::Kernel(given) => kernel::topic(given),
            Given::Ndis(given) => ndis::topic(given),
        }
    }

    fn topics() -> Vec<&'static str> {
        let begin = words_of(ndis::TOPICS).chain(words_of(kernel::TOPICS));
        begin.chain(words_of(SWITCHES)).collect()
    }

    fn value(topic: &Word, words: &mut Words) -> Result<(Word, Given), Fault> {
        if let Some((word, given)) = kernel::value(topic, words)? {
            return Ok((word, Given::Kernel(given)));
        }
        if let Some((word, given)) = ndis::value(topic, words)? {
            return Ok((word, Given::Ndis(given)));
        }
        Err(topic.unknown("topic", &Self::topics()))
    }
}
