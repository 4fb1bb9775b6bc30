//! The report for a person, and the rules as `docs/inf.md` shows them, in as many columns as are asked for.

use std::io::{self, Write};

use super::{RULES, Report, Rule, Severity};

/// Where the text of a finding begins.
const INDENT: usize = 12;

/// The findings one below the other, then how many there are; lines of text end before `width`
/// columns, which are 40 at least.
///
/// # Errors
///
/// Those of `out`.
pub fn report(report: &Report, width: usize, out: &mut impl Write) -> io::Result<()> {
    for finding in &report.findings {
        let (file, line, rule) = (&report.file, finding.line, finding.rule);
        writeln!(out, "{file}:{line}: {} {rule}", name(finding.severity))?;
        let parts = [
            ("found", finding.found.as_str()),
            ("expected", &finding.expected),
            ("do", finding.remedy),
        ];
        for (label, text) in parts {
            labelled(label, text, width, out)?;
        }
        labelled("source", finding.source, width, out)?;
        writeln!(out)?;
    }
    let Report { file, errors, warnings, remarks, .. } = report;
    let count = |number: &usize, what: &str| {
        format!("{number} {what}{}", if *number == 1 { "" } else { "s" })
    };
    let image = report.image.as_ref().map(|image| format!(" with {image}")).unwrap_or_default();
    let totals = [(errors, "error"), (warnings, "warning"), (remarks, "remark")];
    let totals: Vec<_> = totals.iter().map(|(number, what)| count(number, what)).collect();
    writeln!(out, "{file}{image}: {}", totals.join(", "))
}

/// Every rule with its severity and its source, in at most `width` columns, which are 40 at least.
///
/// # Errors
///
/// Those of `out`.
pub fn rules(width: usize, out: &mut impl Write) -> io::Result<()> {
    for Rule { id, severity, says, source, .. } in RULES {
        let head = format!("{id}  {:8}", name(*severity));
        let mut lines = wrap(says, width - head.len() - 1).into_iter();
        writeln!(out, "{head} {}", lines.next().unwrap_or_default())?;
        for line in lines.chain(wrap(source, width - head.len() - 1)) {
            writeln!(out, "{:1$} {line}", "", head.len())?;
        }
    }
    Ok(())
}

fn name(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Remark => "remark",
    }
}

fn labelled(label: &str, text: &str, width: usize, out: &mut impl Write) -> io::Result<()> {
    let mut lines = wrap(&printable(text), width - INDENT).into_iter();
    writeln!(out, "  {label:<10}{}", lines.next().unwrap_or_default())?;
    for line in lines {
        writeln!(out, "{:INDENT$}{line}", "")?;
    }
    Ok(())
}

/// What a file holds can be anything; a terminal is not told to do things.
fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '?' } else { letter }).collect()
}

/// At spaces; a longer word in its middle.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let letters: Vec<char> = word.chars().collect();
        for (index, chunk) in letters.chunks(width).enumerate() {
            let chunk: String = chunk.iter().collect();
            let Some(line) = lines.last_mut() else { continue };
            let length = line.chars().count();
            let fits = length + 1 + chunk.chars().count() <= width;
            if length == 0 {
                line.push_str(&chunk);
            } else if fits && index == 0 {
                line.extend([" ", chunk.as_str()]);
            } else {
                lines.push(chunk);
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_broken_at_spaces_and_else_anywhere() {
        assert_eq!(wrap("a bc def", 4), ["a bc", "def"]);
        assert_eq!(wrap("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
        assert_eq!(wrap("", 4), [""]);
    }

    #[test]
    fn rules_fit_the_width() {
        for width in [60, 100, 140] {
            let mut text = Vec::new();
            rules(width, &mut text).expect("memory takes it");
            let text = String::from_utf8(text).expect("UTF-8");
            assert!(text.lines().all(|line| line.chars().count() <= width));
            assert!(text.lines().count() >= 2 * RULES.len());
        }
    }
}
