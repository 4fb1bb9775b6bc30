//! A file after parsing. What its lines mean is the grammar's.

/// One named case: a file, or one combination of a file's `vary` lines.
#[derive(Clone, Debug)]
pub struct Scenario<Given, Step> {
    /// File stem, with the drawn values of `vary` in brackets: `sleep[predetach=absent]`.
    pub name: String,
    /// Where it was read from, for messages.
    pub file: String,
    /// The comment at the top of the file, one sentence or several.
    pub summary: String,
    /// All `given` lines, in order.
    pub givens: Vec<Line<Given>>,
    /// `when`, `then` and `never` lines, in order.
    pub steps: Vec<Line<Step>>,
}

/// A line of the file, for messages and headings.
#[derive(Clone, Debug)]
pub struct Line<T> {
    /// 1-based.
    pub number: u32,
    /// As written, trimmed, without the first word.
    pub text: String,
    /// The line's meaning.
    pub what: T,
}

/// A step: an event, or an expectation that must hold at that point.
#[derive(Clone, Debug, PartialEq)]
pub enum Step<When, Then, Never> {
    /// `when ...`
    When(When),
    /// `then ...`
    Then(Then),
    /// `never ...`: holds for the whole run, wherever the line stands.
    Never(Never),
}
