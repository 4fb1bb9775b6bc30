//! A line as words with their places, and a cursor that says what it expected.

use super::error::{Fault, clip};
use super::grammar::Lexicon;
use super::name::with_article;

/// What a word may be where a number may stand.
const NUMBER: &str = "a decimal number, or 0x and hex digits";

/// One word of a line.
#[derive(Clone, Debug)]
pub struct Word {
    /// Without its quotes: `Adapter="Contoso 2.5GbE"` is one word.
    pub text: String,
    /// Began with a quote.
    pub quoted: bool,
    column: usize,
    width: usize,
    lexicon: &'static Lexicon,
}

impl Word {
    pub(super) fn lexicon(&self) -> &'static Lexicon {
        self.lexicon
    }

    /// A mistake about this word.
    pub fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::new(self.column, self.width, message)
    }

    /// The mistake that this word is none of `choices`.
    pub fn unknown<S: AsRef<str>>(&self, what: &str, choices: &[S]) -> Fault {
        self.instead(format!("unknown {what} `{}`", clip(&self.text)), choices)
    }

    /// One of `choices` should stand in this word's place.
    pub fn instead<S: AsRef<str>>(&self, message: String, choices: &[S]) -> Fault {
        let fault = self.fault(message).expected(choices);
        fault.suggest(&self.text, choices, self.lexicon.prefixes)
    }

    /// The mistake that this word is not written as a `what` is written.
    #[must_use]
    pub fn malformed(&self, what: &str, expected: &[&str]) -> Fault {
        self.fault(format!("`{}` is not {what}", clip(&self.text))).expected(expected)
    }

    /// Decimal or `0x`.
    pub fn number(&self) -> Result<u32, Fault> {
        let (digits, radix) = match self.text.strip_prefix("0x") {
            Some(digits) => (digits, 16),
            None => (self.text.as_str(), 10),
        };
        // `from_str_radix` alone would take a sign.
        let parsed = if digits.chars().all(|digit| digit.is_digit(radix)) {
            u32::from_str_radix(digits, radix).ok()
        } else {
            None
        };
        parsed.ok_or_else(|| self.malformed("a number of 32 bits", &[NUMBER]))
    }
}

/// A reader of the rest of a line.
pub type Read<T> = fn(&mut Words) -> Result<T, Fault>;

/// A reader of the rest of a line that may name something.
pub type ReadIn<Scope, T> = fn(&mut Words, &mut Scope) -> Result<T, Fault>;

/// A first word, and what reads the rest.
pub type Row<Read> = (&'static str, Read);

/// The reader of the line that begins with `word`.
pub fn row<Read: Copy>(table: &[Row<Read>], word: &Word) -> Option<Read> {
    table.iter().find(|(known, _)| *known == word.text).map(|(_, read)| *read)
}

/// The first words of a table, in its order.
pub fn words_of<Read>(table: &'static [Row<Read>]) -> impl Iterator<Item = &'static str> {
    table.iter().map(|(word, _)| *word)
}

/// The rest of a line.
#[derive(Debug)]
pub struct Words {
    list: Vec<Word>,
    next: usize,
    /// The column after the last word, where a missing word would stand.
    end: usize,
    lexicon: &'static Lexicon,
}

impl Words {
    /// Splits at white space; `#` at the start of a word begins a comment. Also gives the line
    /// without that comment.
    pub fn split<'a>(line: &'a str, lexicon: &'static Lexicon) -> Result<(Self, &'a str), Fault> {
        let (mut words, mut current, mut in_quotes) = (Vec::new(), None::<Word>, None);
        let mut end = line.len();
        for (column, (offset, character)) in (1..).zip(line.char_indices()) {
            if in_quotes.is_none() && character.is_whitespace() {
                words.extend(current.take());
                continue;
            }
            if current.is_none() && character == '#' {
                end = offset;
                break;
            }
            let quote = character == '"';
            let word = current.get_or_insert_with(|| Word {
                text: String::new(),
                quoted: quote,
                column,
                width: 0,
                lexicon,
            });
            word.width = column + 1 - word.column;
            if quote {
                in_quotes = if in_quotes.is_some() { None } else { Some(column) };
            } else {
                word.text.push(character);
            }
        }
        if let Some(column) = in_quotes {
            return Err(Fault::new(column, 1, "this quote is not closed").expected(&["\""]));
        }
        words.extend(current);
        let after = words.last().map_or(1, |word| word.column + word.width);
        Ok((Self { list: words, next: 0, end: after, lexicon }, line[..end].trim()))
    }

    /// The next word, or a fault that says what is missing.
    pub fn need<S: AsRef<str>>(&mut self, what: &str, choices: &[S]) -> Result<Word, Fault> {
        self.take().ok_or_else(|| {
            Fault::new(self.end, 1, format!("the line ends where {what} is missing"))
                .expected(choices)
        })
    }

    /// The next word, if there is one.
    pub fn take(&mut self) -> Option<Word> {
        let word = self.peek().cloned();
        self.next += usize::from(word.is_some());
        word
    }

    /// The next word, if there is one; it is not taken.
    #[must_use]
    pub fn peek(&self) -> Option<&Word> {
        self.list.get(self.next)
    }

    /// Whether the next word is this one; it is not taken.
    #[must_use]
    pub fn next_is(&self, text: &str) -> bool {
        self.peek().is_some_and(|word| !word.quoted && word.text == text)
    }

    /// Takes the next word if it was quoted.
    pub fn quoted(&mut self) -> Option<Word> {
        if self.peek()?.quoted { self.take() } else { None }
    }

    /// One word out of a table.
    pub fn keyword<T: Clone>(&mut self, what: &str, table: &[(&str, T)]) -> Result<T, Fault> {
        let choices: Vec<&str> = table.iter().map(|(name, _)| *name).collect();
        let word = self.need(&format!("a {what}"), &choices)?;
        match table.iter().find(|(name, _)| *name == word.text) {
            Some((_, meaning)) => Ok(meaning.clone()),
            None => Err(word.unknown(what, &choices)),
        }
    }

    /// A word that only joins others: `on`, `for`.
    pub fn joint(&mut self, text: &str) -> Result<(), Fault> {
        let word = self.need(&format!("`{text}`"), &[text])?;
        if word.text == text { Ok(()) } else { Err(word.unknown("word", &[text])) }
    }

    /// A number that must be there.
    pub fn number(&mut self, what: &str) -> Result<u32, Fault> {
        self.need(what, &[NUMBER])?.number()
    }

    /// The n of "the n-th".
    pub fn ordinal(&mut self) -> Result<u32, Fault> {
        let word = self.need("which one, counted from 1,", &[NUMBER])?;
        match word.number()? {
            0 => Err(word.fault("the first one is number 1").expected(&["1 or more"])),
            nth => Ok(nth),
        }
    }

    /// The name of an import.
    pub fn import(&mut self) -> Result<String, Fault> {
        self.identifier("the name of an import", self.lexicon.import)
    }

    /// An import, a callback, a rule: anything that is checked elsewhere, if at all.
    pub fn identifier(&mut self, what: &str, example: &str) -> Result<String, Fault> {
        let word = self.need(what, &[example])?;
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if !word.text.is_empty() && word.text.bytes().all(fits) {
            Ok(word.text)
        } else {
            Err(word.malformed(what, &[example]))
        }
    }

    /// One of `names`, or whatever else `code` understands; messages show `example` of that.
    pub fn code<T>(
        &mut self,
        what: &str,
        names: impl IntoIterator<Item = &'static str>,
        example: Option<&'static str>,
        code: impl FnOnce(&Word) -> Result<Option<T>, Fault>,
    ) -> Result<T, Fault> {
        let choices: Vec<&str> = names.into_iter().chain(example).collect();
        let word = self.need(&with_article(what), &choices)?;
        code(&word)?.ok_or_else(|| word.unknown(what, &choices))
    }

    /// Checks that the line ends here. The error is the mistake of a word that follows.
    pub fn finish(&mut self) -> Result<(), Fault> {
        match self.take() {
            None => Ok(()),
            Some(word) => Err(word
                .fault(format!("the line is complete before `{}`", clip(&word.text)))
                .expected(&["the end of the line"])),
        }
    }
}
