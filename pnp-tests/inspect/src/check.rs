//! A named check, its verdict, and one line of evidence.

use serde::Serialize;

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Verdict {
    /// It is as it should be.
    #[serde(rename = "ok")]
    Ok,
    /// It is not, and Windows or the house refuses it.
    #[serde(rename = "FAIL")]
    Fail,
    /// Nothing that Windows refuses, but worth knowing.
    #[serde(rename = "note")]
    Note,
}

/// One check and what it came to.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    /// The heading it stands under.
    pub group: Group,
    /// The name of the property that is checked.
    pub name: &'static str,
    /// The result.
    pub verdict: Verdict,
    /// The observation that led to the result.
    pub evidence: String,
    /// More lines of evidence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
}

/// A heading of the report, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// The headers.
    Headers,
    /// Sections, and what lies in which.
    Sections,
    /// The data directories.
    Directories,
    /// Functions and what they do.
    Code,
    /// Frames and chains of calls.
    Stack,
    /// Variables.
    Data,
}

/// Collects checks; knows whether the limits of the house are rules here.
pub struct Checks {
    strict: bool,
    group: Group,
    pub list: Vec<Check>,
}

impl Checks {
    pub fn new(strict: bool) -> Self {
        Self { strict, group: Group::Headers, list: Vec::new() }
    }

    pub fn group(&mut self, group: Group) {
        self.group = group;
    }

    /// A rule of Windows: what breaks it fails.
    pub fn rule(&mut self, name: &'static str, holds: bool, evidence: impl Into<String>) {
        self.push(name, if holds { Verdict::Ok } else { Verdict::Fail }, evidence);
    }

    /// A limit of this house: fails where that is asked for.
    pub fn house(&mut self, name: &'static str, holds: bool, evidence: impl Into<String>) {
        let broken = if self.strict { Verdict::Fail } else { Verdict::Note };
        self.push(name, if holds { Verdict::Ok } else { broken }, evidence);
    }

    /// Good to have; without it a note.
    pub fn wish(&mut self, name: &'static str, holds: bool, evidence: impl Into<String>) {
        self.push(name, if holds { Verdict::Ok } else { Verdict::Note }, evidence);
    }

    /// Adds lines to the check that came last.
    pub fn details(&mut self, details: Vec<String>) {
        if let Some(last) = self.list.last_mut() {
            last.details = details;
        }
    }

    fn push(&mut self, name: &'static str, verdict: Verdict, evidence: impl Into<String>) {
        let (group, evidence) = (self.group, evidence.into());
        self.list.push(Check { group, name, verdict, evidence, details: Vec::new() });
    }
}

/// `first`, `second` and so many more.
pub fn few(names: &[String], most: usize) -> String {
    let shown = names.iter().take(most).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(most) {
        Some(more) if more > 0 => format!("{shown} and {more} more"),
        _ => shown,
    }
}
