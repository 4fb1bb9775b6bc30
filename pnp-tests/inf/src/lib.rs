//! A linter for the INF of a lightweight filter.
//!
//! ```text
//! bytes -encoding-> text -read-> sections -model-> Inf -package-> Package -+-> rules -> Report
//!                                                  .sys -> Survey ---------+
//! ```
//!
//! Nothing before the rules judges: what cannot be understood is a problem with a line number, which
//! a rule reports. Only a file that holds no text is refused.
#![forbid(unsafe_code)]

mod encoding;
mod model;
mod package;
pub mod print;
mod read;
mod reference;
mod rules;

use std::path::Path;

use serde::Serialize;

use encoding::Encoding;
use image::Survey;
use model::Inf;
use package::Package;

pub use encoding::LONGEST;
pub use rules::RULES;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Windows, NDIS or the tools of the WDK refuse it, or the filter does harm.
    Error,
    /// Works, with a consequence that somebody will notice.
    Warning,
    /// Worth a look.
    Remark,
}

/// One demand.
pub struct Rule {
    /// `INF-19`
    pub id: &'static str,
    /// How bad a breach is.
    pub severity: Severity,
    /// The demand, in one sentence.
    pub says: &'static str,
    /// Where it is written.
    pub source: &'static str,
    /// The way to mend a file that breaks the rule.
    pub remedy: &'static str,
    check: fn(&Subject<'_>, &mut Findings),
}

/// What the rules look at.
struct Subject<'a> {
    encoding: Encoding,
    /// A template for stampinf, `.inx`.
    template: bool,
    inf: Inf,
    package: Package,
    image: Option<&'a Survey>,
}

/// What one rule found.
#[derive(Default)]
struct Findings(Vec<(u32, String, String)>);

impl Findings {
    fn at(&mut self, line: u32, found: impl Into<String>, expected: impl Into<String>) {
        self.0.push((line, found.into(), expected.into()));
    }
}

/// A breach of one rule.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// `Rule::id`.
    pub rule: &'static str,
    /// `Rule::severity`.
    pub severity: Severity,
    /// Line of the file, from 1.
    pub line: u32,
    /// The text found in the file.
    pub found: String,
    /// The text that the rule expects.
    pub expected: String,
    /// `Rule::remedy`.
    #[serde(rename = "do")]
    pub remedy: &'static str,
    /// `Rule::source`.
    pub source: &'static str,
}

/// All that was found in one file, by line.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The path as it was given.
    pub file: String,
    /// The path of the driver that it was compared with.
    pub image: Option<String>,
    /// How many findings are errors.
    pub errors: usize,
    /// How many are warnings.
    pub warnings: usize,
    /// How many are remarks.
    pub remarks: usize,
    /// The findings, by line.
    pub findings: Vec<Finding>,
}

/// The contents of an INF, before any rule looks at them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// Name of the section.
    pub section: String,
    /// Keys and values with strings replaced; directories, `%13%`, stay.
    pub lines: Vec<(Option<String>, Vec<String>)>,
}

/// Sections in the order of the file, those of one name as one. To compare with another reader.
///
/// # Errors
///
/// When the bytes are no text.
pub fn contents(bytes: &[u8]) -> Result<Vec<Contents>, String> {
    let (text, _) = encoding::decode(bytes)?;
    let inf = Inf::new(&text);
    let mut whole: Vec<Contents> = Vec::new();
    for section in &inf.sections {
        let lines = section.entries.iter().map(|entry| {
            let values = entry.values.iter().map(|value| inf.expand(value)).collect();
            (entry.key.as_ref().map(|key| inf.expand(key)), values)
        });
        let same = |known: &&mut Contents| known.section.eq_ignore_ascii_case(&section.name);
        match whole.iter_mut().find(same) {
            Some(known) => known.lines.extend(lines),
            None => {
                whole.push(Contents { section: section.name.clone(), lines: lines.collect() });
            }
        }
    }
    Ok(whole)
}

/// Checks the contents of an INF, and whether `image` is the driver that it installs.
///
/// # Errors
///
/// When the bytes are no text, or have no section.
pub fn check(path: &Path, bytes: &[u8], image: Option<&Survey>) -> Result<Report, String> {
    let file = path.display().to_string();
    let (text, encoding) = encoding::decode(bytes).map_err(|why| format!("{file}: {why}"))?;
    let inf = Inf::new(&text);
    if inf.sections.is_empty() {
        return Err(format!("{file}: found no [section]; expected an INF, which begins [Version]"));
    }
    let template = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("inx"));
    let package = Package::of(&inf);
    let subject = Subject { encoding, template, inf, package, image };
    let mut findings = Vec::new();
    for rule in RULES {
        let mut found = Findings::default();
        (rule.check)(&subject, &mut found);
        findings.extend(found.0.into_iter().map(|(line, found, expected)| Finding {
            rule: rule.id,
            severity: rule.severity,
            line,
            found,
            expected,
            remedy: rule.remedy,
            source: rule.source,
        }));
    }
    findings.sort_by_key(|finding| (finding.line, finding.rule));
    // A line that two sections name is wrong once.
    findings.dedup_by(|later, first| {
        (later.rule, later.line, &later.found) == (first.rule, first.line, &first.found)
    });
    let count = |severity| findings.iter().filter(|found| found.severity == severity).count();
    Ok(Report {
        file,
        image: image.map(|image| image.path.display().to_string()),
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        remarks: count(Severity::Remark),
        findings,
    })
}
