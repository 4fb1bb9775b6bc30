//! A line as words with their places, and a cursor that says what it expected.

use super::error::{Fault, clip};
use crate::scenario::names;

/// What a word may be where a number may stand.
const NUMBER: &str = "a decimal number, or 0x and hex digits";

/// One word of a line.
#[derive(Clone, Debug)]
pub(super) struct Word {
    /// Without its quotes: `Adapter="Contoso 2.5GbE"` is one word.
    pub(super) text: String,
    /// Began with a quote.
    pub(super) quoted: bool,
    column: usize,
    width: usize,
}

impl Word {
    /// Something is wrong with this word.
    pub(super) fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::new(self.column, self.width, message)
    }

    /// This word is none of `choices`.
    pub(super) fn unknown<S: AsRef<str>>(&self, what: &str, choices: &[S]) -> Fault {
        self.fault(format!("unknown {what} `{}`", clip(&self.text)))
            .expected(choices)
            .suggest(&self.text, choices)
    }

    /// This word is not written as a `what` is written.
    pub(super) fn malformed(&self, what: &str, expected: &[&str]) -> Fault {
        self.fault(format!("`{}` is not {what}", clip(&self.text))).expected(expected)
    }

    /// Decimal or `0x`.
    pub(super) fn number(&self) -> Result<u32, Fault> {
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

/// What is left of a line.
#[derive(Debug)]
pub(super) struct Words {
    list: Vec<Word>,
    next: usize,
    /// The column after the last word, where a missing word would stand.
    end: usize,
}

impl Words {
    /// Splits at white space; `#` at the start of a word begins a comment. Also gives the line
    /// without that comment.
    pub(super) fn split(line: &str) -> Result<(Self, &str), Fault> {
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
        Ok((Self { list: words, next: 0, end: after }, line[..end].trim()))
    }

    /// The next word, or a fault that says what is missing.
    pub(super) fn need<S: AsRef<str>>(&mut self, what: &str, choices: &[S]) -> Result<Word, Fault> {
        self.take().ok_or_else(|| {
            Fault::new(self.end, 1, format!("the line ends where {what} is missing"))
                .expected(choices)
        })
    }

    /// The next word, if there is one.
    pub(super) fn take(&mut self) -> Option<Word> {
        let word = self.peek().cloned();
        self.next += usize::from(word.is_some());
        word
    }

    /// The next word, if there is one; it is not taken.
    pub(super) fn peek(&self) -> Option<&Word> {
        self.list.get(self.next)
    }

    /// Whether the next word is this one; it is not taken.
    pub(super) fn next_is(&self, text: &str) -> bool {
        self.peek().is_some_and(|word| !word.quoted && word.text == text)
    }

    /// Takes the next word if it was quoted.
    pub(super) fn quoted(&mut self) -> Option<Word> {
        if self.peek()?.quoted { self.take() } else { None }
    }

    /// One word out of a table.
    pub(super) fn keyword<T: Clone>(
        &mut self,
        what: &str,
        table: &[(&str, T)],
    ) -> Result<T, Fault> {
        let choices: Vec<&str> = table.iter().map(|(name, _)| *name).collect();
        let word = self.need(&format!("a {what}"), &choices)?;
        match table.iter().find(|(name, _)| *name == word.text) {
            Some((_, meaning)) => Ok(meaning.clone()),
            None => Err(word.unknown(what, &choices)),
        }
    }

    /// A word that only joins others: `on`, `for`.
    pub(super) fn joint(&mut self, text: &str) -> Result<(), Fault> {
        let word = self.need(&format!("`{text}`"), &[text])?;
        if word.text == text { Ok(()) } else { Err(word.unknown("word", &[text])) }
    }

    /// A number that must be there.
    pub(super) fn number(&mut self, what: &str) -> Result<u32, Fault> {
        self.need(what, &[NUMBER])?.number()
    }

    /// The n of "the n-th".
    pub(super) fn ordinal(&mut self) -> Result<u32, Fault> {
        let word = self.need("which one, counted from 1,", &[NUMBER])?;
        match word.number()? {
            0 => Err(word.fault("the first one is number 1").expected(&["1 or more"])),
            nth => Ok(nth),
        }
    }

    /// An import, a callback, a rule: anything that is checked elsewhere, if at all.
    pub(super) fn identifier(&mut self, what: &str, example: &str) -> Result<String, Fault> {
        let word = self.need(what, &[example])?;
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if !word.text.is_empty() && word.text.bytes().all(fits) {
            Ok(word.text)
        } else {
            Err(word.malformed(what, &[example]))
        }
    }

    /// A status by name or as `0x` and hex digits.
    pub(super) fn status(&mut self) -> Result<i32, Fault> {
        let mut choices: Vec<&str> = names::STATUS_NAMES.iter().map(|(name, _)| *name).collect();
        choices.push("0xC0000001");
        let word = self.need("a status", &choices)?;
        names::parse_status(&word.text).ok_or_else(|| word.unknown("status", &choices))
    }

    /// A network event by name.
    pub(super) fn event(&mut self) -> Result<u32, Fault> {
        let word = self.need("an event", &names::EVENT_NAMES)?;
        names::event_code(&word.text).ok_or_else(|| word.unknown("event", &names::EVENT_NAMES))
    }

    /// Nothing may follow.
    pub(super) fn finish(&mut self) -> Result<(), Fault> {
        match self.take() {
            None => Ok(()),
            Some(word) => Err(word
                .fault(format!("the line is complete before `{}`", clip(&word.text)))
                .expected(&["the end of the line"])),
        }
    }
}
