//! What the language asks whoever has words.

use super::error::Fault;
use super::words::{Word, Words};

/// The words of a file, and what they mean.
///
/// A function is given the words after the first one of the line. It takes those that are its own;
/// what is left over is a mistake that the reader reports.
pub trait Grammar {
    /// What a `given` line settles.
    type Given: Clone + PartialEq;
    /// What a `when` line lets happen.
    type When;
    /// What a `then` line expects.
    type Then;
    /// What a `never` line forbids.
    type Never;
    /// The names that the file has introduced so far.
    type Scope: Default;

    /// The first words of statements, for messages.
    const LEXICON: &'static Lexicon;

    /// What is there before the first step.
    fn given(words: &mut Words, scope: &mut Self::Scope) -> Result<Self::Given, Fault>;

    /// What happens.
    fn when(words: &mut Words, scope: &mut Self::Scope) -> Result<Self::When, Fault>;

    /// What must hold at that point.
    fn then(words: &mut Words, scope: &mut Self::Scope) -> Result<Self::Then, Fault>;

    /// What must not happen in the whole run.
    fn never(words: &mut Words, scope: &Self::Scope) -> Result<Self::Never, Fault>;

    /// What a `given` line settles, if it may also vary.
    fn topic(given: &Self::Given) -> Option<Topic>;

    /// Every topic, as messages list them.
    fn topics() -> Vec<&'static str>;

    /// The next value of a topic: its word, and the given that it stands for.
    fn value(topic: &Word, words: &mut Words) -> Result<(Word, Self::Given), Fault>;
}

/// A subject that a file settles with `given` or tries with `vary`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The word that stands for it in a file.
    pub name: &'static str,
    /// Two `given` lines about it contradict each other.
    pub once: bool,
}

impl Topic {
    /// A topic with one answer in a run.
    #[must_use]
    pub const fn once(name: &'static str) -> Self {
        Self { name, once: true }
    }
}

/// The known words, without their place in a line.
#[derive(Debug)]
pub struct Lexicon {
    /// Lower-case prefixes of Windows' names that scenarios leave out; a suggestion ignores them.
    pub prefixes: &'static [&'static str],
    /// Whether a word begins a statement or joins two parts of one, so that no name may read so.
    pub is_reserved: fn(&str) -> bool,
    /// An import, as messages show one.
    pub import: &'static str,
}

impl Lexicon {
    /// No prefixes, no reserved words, no example.
    pub const EMPTY: &'static Self = &Self { prefixes: &[], is_reserved: |_| false, import: "" };
}
