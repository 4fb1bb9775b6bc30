//! The report for a person: grouped, a line for each check.

use std::io::{self, Write};

use super::check::{Group, Verdict};
use super::stack::Chain;
use super::{Check, Report};

/// Where evidence begins.
const INDENT: usize = 31;
const MOST_CHAINS: usize = 12;

/// The checks by group, the tables of their group below them, then how many passed; lines of text end
/// before `width` columns, which are 60 at least.
///
/// # Errors
///
/// Those of `out`.
pub fn report(report: &Report, width: usize, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{} ({})", report.file, report.machine)?;
    let mut group = None;
    for check in &report.checks {
        if group != Some(check.group) {
            after(group, report, width, out)?;
            group = Some(check.group);
            writeln!(out, "\n{}", title(check.group))?;
        }
        line(check, width, out)?;
    }
    let count = |verdict| report.checks.iter().filter(|check| check.verdict == verdict).count();
    let (ok, notes) = (count(Verdict::Ok), count(Verdict::Note));
    writeln!(out, "\n{ok} ok, {} failed, {notes} notes", report.failed)
}

fn title(group: Group) -> &'static str {
    match group {
        Group::Headers => "HEADERS",
        Group::Sections => "SECTIONS",
        Group::Directories => "DIRECTORIES",
        Group::Code => "CODE",
        Group::Stack => "STACK",
        Group::Data => "DATA",
    }
}

fn line(check: &Check, width: usize, out: &mut impl Write) -> io::Result<()> {
    let verdict = match check.verdict {
        Verdict::Ok => "ok",
        Verdict::Fail => "FAIL",
        Verdict::Note => "note",
    };
    let mut lines = wrap(&without_generics(&check.evidence), width - INDENT).into_iter();
    let first = lines.next().unwrap_or_default();
    writeln!(out, "  {verdict:<5}{:<24}{first}", check.name)?;
    for more in lines {
        writeln!(out, "{:INDENT$}{more}", "")?;
    }
    for detail in &check.details {
        let mut lines = wrap(&without_generics(detail), width - 11).into_iter();
        writeln!(out, "{:9}{}", "", lines.next().unwrap_or_default())?;
        for more in lines {
            writeln!(out, "{:11}{more}", "")?;
        }
    }
    Ok(())
}

/// The tables that end a group.
fn after(
    group: Option<Group>,
    report: &Report,
    width: usize,
    out: &mut impl Write,
) -> io::Result<()> {
    match group {
        Some(Group::Sections) => sections(report, out),
        Some(Group::Stack) => chains(&report.chains, width, out),
        _ => Ok(()),
    }
}

fn sections(report: &Report, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "\n  {:<10}{:>10}{:>10}{:>10}", "section", "rva", "bytes", "in file")?;
    for row in &report.sections {
        let (rva, size, raw) = (format!("{:#x}", row.rva), row.virtual_size, row.raw_size);
        writeln!(out, "  {:<10}{rva:>10}{size:>10}{raw:>10}  {}", row.name, row.protection)?;
    }
    Ok(())
}

fn chains(chains: &[Chain], width: usize, out: &mut impl Write) -> io::Result<()> {
    if chains.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n  bytes direct  deepest chain of each root (* through a pointer)")?;
    for chain in chains.iter().take(MOST_CHAINS) {
        let short: Vec<_> = chain.functions.iter().map(|name| shorten(name)).collect();
        let lines = wrap(&short.join(" > "), width - 18);
        for (index, line) in lines.iter().enumerate() {
            match index {
                0 => writeln!(out, "  {:>5} {:>6}  {line}", chain.bytes, chain.direct_bytes)?,
                _ => writeln!(out, "{:16}{line}", "")?,
            }
        }
    }
    if let Some(more) = chains.len().checked_sub(MOST_CHAINS).filter(|more| *more > 0) {
        writeln!(out, "                and {more} more (--json has all)")?;
    }
    Ok(())
}

/// The last two parts of a path, which tell functions apart; the whole is in `--json`.
fn shorten(name: &str) -> String {
    let mark = if name.starts_with('*') { "*" } else { "" };
    let plain = without_generics(name);
    let parts: Vec<_> = plain.trim_start_matches('*').split("::").collect();
    let from = parts.len().saturating_sub(2);
    format!("{mark}{}", parts.get(from..).unwrap_or_default().join("::"))
}

/// Leaves out what stands between angle brackets behind a name.
fn without_generics(text: &str) -> String {
    let (mut plain, mut depth, mut before) = (String::new(), 0_usize, ' ');
    for letter in text.chars() {
        let is_arrow = before == '-' || before == '=';
        match letter {
            '<' if depth > 0 || before.is_alphanumeric() || before == '$' => depth += 1,
            '>' if depth > 0 && !is_arrow => depth -= 1,
            _ if depth == 0 => plain.push(letter),
            _ => {}
        }
        before = letter;
    }
    // Brackets that do not match are no generics.
    if depth == 0 { plain } else { text.to_owned() }
}

/// At spaces where there are any, else in the middle of a word.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let mut word: Vec<char> = word.chars().collect();
        loop {
            let line = lines.last_mut().map_or(0, |line| line.chars().count());
            let gap = usize::from(line > 0);
            if line + gap + word.len() <= width {
                if let Some(last) = lines.last_mut() {
                    last.extend(std::iter::repeat_n(' ', gap).chain(word));
                }
                break;
            }
            if line > 0 {
                lines.push(String::new());
                continue;
            }
            let rest = word.split_off(width.min(word.len()));
            if let Some(last) = lines.last_mut() {
                last.extend(word);
            }
            lines.push(String::new());
            word = rest;
        }
    }
    lines
}
