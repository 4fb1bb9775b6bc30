//! The file itself: encoding, syntax, what names what.

use std::collections::BTreeSet;

use super::super::encoding::Encoding;
use super::super::reference::{is_strings, tokens, walk};
use super::{Findings, Rule, Severity, Subject};

pub const ENCODING: Rule = Rule {
    id: "INF-01",
    severity: Severity::Error,
    says: "the file is ASCII, or UTF-16 little endian with a byte order mark",
    source: "docs:devtest/inf-validation-errors-and-warnings (1003)",
    remedy: "save it as ASCII; for other characters as UTF-16 little endian with the mark",
    check: |subject, found| match subject.encoding {
        Encoding::Ascii | Encoding::Utf16Le => {}
        Encoding::Utf8 | Encoding::Utf8Marked | Encoding::Utf16Be => {
            found.at(1, subject.encoding.name(), "ASCII, or UTF-16 little endian");
        }
    },
};

pub const SYNTAX: Rule = Rule {
    id: "INF-02",
    severity: Severity::Error,
    says: "every line is a section's name, an entry or a comment",
    source: "docs:install/general-syntax-rules-for-inf-files",
    remedy: "correct the line; Windows passes over what it does not understand",
    check: |subject, found| {
        for problem in &subject.inf.problems {
            found.at(problem.line, &problem.found, problem.expected);
        }
    },
};

pub const TWICE: Rule = Rule {
    id: "INF-03",
    severity: Severity::Error,
    says: "no section is there twice",
    source: "docs:devtest/inf-validation-errors-and-warnings (1209)",
    remedy: "make one of the two; Windows merges them, which nobody sees when reading",
    check: |subject, found| {
        let sections = &subject.inf.sections;
        for (index, section) in sections.iter().enumerate() {
            let before = sections.iter().take(index);
            let mut before = before.filter(|other| other.name.eq_ignore_ascii_case(&section.name));
            if let Some(first) = before.next() {
                let name = &section.name;
                let line = first.line;
                found.at(
                    section.line,
                    format!("[{name}] again"),
                    format!("one, as in line {line}"),
                );
            }
        }
    },
};

pub const UNDEFINED_SECTION: Rule = Rule {
    id: "INF-04",
    severity: Severity::Error,
    says: "every section that is named is there",
    source: "docs:devtest/inf-validation-errors-and-warnings (1203)",
    remedy: "write the section, or correct its name here; names ignore case",
    check: |subject, found| {
        for reference in walk(&subject.inf).0 {
            if !subject.inf.has(&reference.section) {
                let (directive, section) = (reference.directive, reference.section);
                let named = format!("{directive} names {section}");
                found.at(reference.line, named, format!("a section [{section}]"));
            }
        }
    },
};

pub const UNUSED_SECTION: Rule = Rule {
    id: "INF-05",
    severity: Severity::Remark,
    says: "every section is named somewhere",
    source: "docs:devtest/inf-validation-errors-and-warnings (2083)",
    remedy: "take it out, or look for the misspelt name that should lead here",
    check: |subject, found| {
        let reached = walk(&subject.inf).1;
        for section in &subject.inf.sections {
            if !reached.contains(&section.name.to_ascii_lowercase()) {
                let name = &section.name;
                found.at(section.line, format!("[{name}]"), "an entry that names it");
            }
        }
    },
};

pub const UNDEFINED_STRING: Rule = Rule {
    id: "INF-06",
    severity: Severity::Error,
    says: "every %string% has a value in [Strings], for all languages without one of their own",
    source: "docs:devtest/inf-validation-errors-and-warnings (1235)",
    remedy: "add it to [Strings], or write %% for a percent sign",
    check: |subject, found| {
        for (line, token) in tokens(&subject.inf) {
            if subject.inf.string(&token).is_none() {
                found.at(line, format!("%{token}%"), format!("{token} = \"...\" in [Strings]"));
            }
        }
    },
};

pub const UNUSED_STRING: Rule = Rule {
    id: "INF-07",
    severity: Severity::Remark,
    says: "every string is used",
    source: "docs:install/inf-strings-section",
    remedy: "take it out, or look for the misspelt %string%",
    check: |subject, found| {
        let used: BTreeSet<String> =
            tokens(&subject.inf).into_iter().map(|(_, token)| token.to_ascii_lowercase()).collect();
        let strings = subject.inf.sections.iter().filter(|section| is_strings(&section.name));
        for entry in strings.flat_map(|section| &section.entries) {
            let name = entry.name();
            if !used.contains(&name.to_ascii_lowercase()) {
                found.at(entry.line, format!("{name} in [Strings]"), format!("%{name}% somewhere"));
            }
        }
    },
};

pub const PLACEHOLDER: Rule = Rule {
    id: "INF-08",
    severity: Severity::Error,
    says: "an .inf has no placeholders of stampinf left, and an .inx only $ARCH$",
    source: "docs:devtest/stampinf",
    remedy: "run stampinf (cargo wdk does), or check the .inx under that name",
    check: |subject, found| {
        for section in &subject.inf.sections {
            placeholders(section.line, &section.name, subject, found);
            for entry in section.entries.iter().filter(|entry| !entry.is("Signature")) {
                for text in entry.key.iter().chain(&entry.values) {
                    placeholders(entry.line, text, subject, found);
                }
            }
        }
    },
};

fn placeholders(line: u32, text: &str, subject: &Subject<'_>, found: &mut Findings) {
    let between = text.split('$').skip(1);
    let closed = text.matches('$').count().saturating_sub(1);
    for word in between.take(closed).step_by(2) {
        let known = subject.template && word == "ARCH";
        if !known && !word.is_empty() && word.bytes().all(|letter| letter.is_ascii_uppercase()) {
            let expected =
                if subject.template { "no placeholder but $ARCH$" } else { "amd64 or arm64" };
            found.at(line, format!("${word}$ in {text}"), expected);
        }
    }
}
