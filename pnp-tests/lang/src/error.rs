//! What is wrong with a scenario file, and how that looks in a terminal.

use std::fmt;

/// No line of a message is wider.
const COLUMNS: usize = 100;
/// No word of the file is quoted at greater length.
const QUOTE: usize = 40;
/// Leaves room for the lead of the line that lists what was expected.
const CHOICE: usize = 70;

/// A mistake in one line, before the file and the line are known.
#[derive(Debug)]
pub struct Fault {
    column: usize,
    width: usize,
    message: String,
    expected: Vec<String>,
    suggestion: Option<String>,
}

impl Fault {
    /// `column` counts characters from 1.
    pub(super) fn new(column: usize, width: usize, message: impl Into<String>) -> Self {
        Self { column, width, message: message.into(), expected: Vec::new(), suggestion: None }
    }

    /// Says what may stand there instead.
    #[must_use]
    pub fn expected<S: AsRef<str>>(mut self, expected: &[S]) -> Self {
        self.expected = expected.iter().map(|word| shorten(word.as_ref(), CHOICE)).collect();
        self
    }

    /// Offers the one of `choices` that is near what was found, if any is; `prefixes` do not count.
    pub(super) fn suggest<S: AsRef<str>>(
        mut self,
        found: &str,
        choices: &[S],
        prefixes: &[&str],
    ) -> Self {
        self.suggestion = nearest(found, choices, prefixes);
        self
    }

    pub(super) fn at(self, file: &str, line: u32, text: &str) -> ScenarioError {
        ScenarioError { file: file.to_owned(), line, text: text.to_owned(), fault: self }
    }
}

/// One mistake in a scenario file. Displays as the message, the place, the line with a caret under
/// the word, what was expected there and what was probably meant.
#[derive(Debug)]
pub struct ScenarioError {
    file: String,
    line: u32,
    text: String,
    fault: Fault,
}

impl ScenarioError {
    /// 1-based.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.line
    }

    /// 1-based, in characters.
    #[must_use]
    pub fn column(&self) -> usize {
        self.fault.column
    }

    /// The mistake in one sentence.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.fault.message
    }

    /// The words that may stand there instead.
    #[must_use]
    pub fn expected(&self) -> &[String] {
        &self.fault.expected
    }

    /// The word that was probably meant.
    #[must_use]
    pub fn suggestion(&self) -> Option<&str> {
        self.fault.suggestion.as_deref()
    }
}

/// Every mistake of one file, by line; at least one.
#[derive(Debug)]
pub struct ScenarioErrors(pub(super) Vec<ScenarioError>);

impl ScenarioErrors {
    /// The mistakes, by line.
    pub fn iter(&self) -> impl Iterator<Item = &ScenarioError> {
        self.0.iter()
    }
}

impl std::error::Error for ScenarioError {}
impl std::error::Error for ScenarioErrors {}

impl fmt::Display for ScenarioErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for error in &self.0 {
            writeln!(f, "{error}\n")?;
        }
        match self.0.len() {
            1 => write!(f, "1 mistake"),
            count => write!(f, "{count} mistakes"),
        }
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        let place = format!("{number}:{}", self.fault.column);
        let file = clip_front(&self.file, COLUMNS.saturating_sub(margin.len() + 6 + place.len()));
        let (excerpt, indent, width) = self.excerpt(COLUMNS - margin.len() - 4);
        let words: Vec<&str> = self.fault.message.split(' ').collect();

        writeln!(f, "{}", wrap("error:", &words, ""))?;
        writeln!(f, " {margin}--> {file}:{place}")?;
        writeln!(f, " {margin} |")?;
        writeln!(f, " {number} | {excerpt}")?;
        write!(f, " {margin} | {}{}", " ".repeat(indent), "^".repeat(width))?;
        if !self.fault.expected.is_empty() {
            let lead = format!(" {margin} = expected:");
            write!(f, "\n{}", wrap(&lead, &self.fault.expected, ","))?;
        }
        if let Some(suggestion) = &self.fault.suggestion {
            write!(f, "\n {margin} = did you mean `{suggestion}`?")?;
        }
        Ok(())
    }
}

impl ScenarioError {
    /// The part of the line around the caret that fits, how far in the caret stands, and its width.
    fn excerpt(&self, room: usize) -> (String, usize, usize) {
        let line: Vec<char> = self.text.chars().map(visible).collect();
        let caret = self.fault.column - 1;
        if line.len() <= room && caret < room {
            return (line.iter().collect(), caret, self.fault.width.clamp(1, room - caret));
        }
        // One column at either end is kept for the mark that something was left out.
        let shown = room - 2;
        let start = caret.saturating_sub(shown / 2).min(line.len().saturating_sub(shown));
        let end = line.len().min(start + shown);
        let before = if start > 0 { "…" } else { "" };
        let after = if end < line.len() { "…" } else { "" };
        let indent = caret - start + usize::from(start > 0);
        let excerpt: String = line[start..end].iter().collect();
        (format!("{before}{excerpt}{after}"), indent, self.fault.width.clamp(1, room - indent))
    }
}

/// Tabs would move the caret, control characters the terminal.
fn visible(character: char) -> char {
    match character {
        '\t' => ' ',
        _ if character.is_control() => '\u{FFFD}',
        _ => character,
    }
}

/// `lead` and the items, broken between items so that no line is too wide.
fn wrap<S: AsRef<str>>(lead: &str, items: &[S], separator: &str) -> String {
    let indent = lead.chars().count();
    let (mut text, mut column) = (lead.to_owned(), indent);
    for (index, item) in items.iter().enumerate() {
        let last = index + 1 == items.len();
        let item = format!(" {}{}", item.as_ref(), if last { "" } else { separator });
        let width = item.chars().count();
        if column + width > COLUMNS && index > 0 {
            text.push('\n');
            text.push_str(&" ".repeat(indent));
            column = indent;
        }
        text.push_str(&item);
        column += width;
    }
    text
}

/// A word of the file as messages quote it: short and printable.
#[must_use]
pub fn clip(text: &str) -> String {
    shorten(text, QUOTE)
}

fn shorten(text: &str, length: usize) -> String {
    let mut short: String = text.chars().map(visible).take(length).collect();
    if text.chars().nth(length).is_some() {
        short.push('…');
    }
    short
}

/// The end of a long path is the part that tells files apart.
fn clip_front(path: &str, room: usize) -> String {
    let length = path.chars().count();
    if length <= room {
        return path.to_owned();
    }
    let tail: String = path.chars().skip(length + 1 - room).collect();
    format!("…{tail}")
}

/// The choice that differs from `found` only in case or in a prefix, or else in few letters, or else
/// the one that begins with it.
fn nearest<S: AsRef<str>>(found: &str, choices: &[S], prefixes: &[&str]) -> Option<String> {
    let found = clip(found).to_ascii_lowercase();
    let bare = prefixes.iter().find_map(|prefix| found.strip_prefix(prefix)).unwrap_or(&found);
    let length = bare.chars().count();
    let distance = |choice: &&str| strsim::osa_distance(bare, &choice.to_ascii_lowercase());
    // With a space it is a description, not a word.
    let words = || choices.iter().map(AsRef::as_ref).filter(|choice| !choice.contains(' '));
    let near = words().filter(|choice| distance(choice) <= (length / 3).max(1));
    let longer = || words().find(|choice| length > 2 && choice.starts_with(bare));
    near.min_by_key(distance).or_else(longer).map(str::to_owned)
}
