//! Every command that pages show for Linux is run. What is not known how to run is a failure.

use std::collections::BTreeSet;
use std::process::Command;

use crate::fences::RUN;
use crate::fixture::{self, Fixture};
use crate::page::{At, Fence, Page};
use crate::repository::{doc_comments, pages};
use crate::{report, shown, tasks};

/// How pages start the host.
const HOST: [&str; 5] = ["cargo", "run", "-p", "netpnp", "--"];

/// Commands that no test runs, word for word, and why.
const NOT_RUN: [(&str, &str); 11] = [
    (
        "INSTA_UPDATE=always cargo test -p netpnp --test host golden",
        "it writes golden traces; without the variable `cargo xtask test` runs it",
    ),
    (
        "NETPNP_WRITE=1 cargo test -p netpnp --test docs",
        "it writes the page of imports; without the variable `cargo xtask test` runs it",
    ),
    (
        "NETPNP_WRITE=1 cargo test -p netpnp --test golden",
        "it writes golden sums; without the variable `cargo xtask test` runs it",
    ),
    (
        "cargo doc -p ndis-filter --no-deps --no-default-features --target x86_64-pc-windows-msvc --open",
        "it opens a browser; without that `cargo xtask test` runs it",
    ),
    ("cargo test -p netpnp --test docs", "this is it"),
    ("cargo metadata", "the arrow rule's test runs it"),
    ("cargo wdk", "Windows"),
    ("cargo wdk build", "Windows; the workflow runs it"),
    ("cargo wdk build --profile release", "Windows; the workflow runs it"),
    ("cargo install --locked cargo-wdk --version 0.2.0", "Windows; the workflow runs it"),
    ("cargo build --release -p netpnp", "for Windows; `cargo xtask test` has clippy compile it"),
];

/// Words that stand for a value in a sentence, and one that fits.
const PLACEHOLDERS: [(&str, &str); 2] = [("N", "100"), ("TARGET", "decode")];

/// What keeps a verification short: two flows of all. `tests/host/verify.rs` runs all of them.
const BOUND: [&str; 2] = ["--flow", "aoac_connected_standby,disable_netadapter"];

/// A command of a page and what the page says of it.
struct Shown<'a> {
    line: usize,
    text: String,
    /// What it prints, if the page shows that.
    output: Option<Vec<&'a str>>,
    code: i32,
}

/// How a command is run.
enum Means {
    Netpnp(Vec<String>),
    Xtask(Vec<String>),
    NotRun,
}

/// The words of a command, as a shell would part them; none if it needs more of a shell than that.
fn words(command: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in command.chars() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (None, '|' | '<' | '>' | ';' | '&' | '$' | '`' | '\\' | '*' | '(' | ')') => {
                return None;
            }
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

/// How these words are run, if that is known.
fn means(words: &[String]) -> Option<Means> {
    let joined = words.join(" ");
    if NOT_RUN.iter().any(|(known, _)| *known == joined) {
        return Some(Means::NotRun);
    }
    if let Some(("netpnp", rest)) = words.split_first().map(|(first, rest)| (first.as_str(), rest))
    {
        return Some(Means::Netpnp(rest.to_vec()));
    }
    if let [cargo, xtask, rest @ ..] = words
        && (cargo.as_str(), xtask.as_str()) == ("cargo", "xtask")
    {
        return Some(Means::Xtask(rest.to_vec()));
    }
    // Faster or slower, it is the same program.
    let words: Vec<&str> = words.iter().map(String::as_str).filter(|w| *w != "--release").collect();
    let rest = words.strip_prefix(&HOST[..])?;
    Some(Means::Netpnp(rest.iter().map(|word| (*word).to_owned()).collect()))
}

/// The commands of a line: what stands before a comment, parted at `&&`.
fn parted(line: &str) -> impl Iterator<Item = String> {
    let line = line.split_once(" #").map_or(line, |(command, _)| command);
    let commands = if line.starts_with('#') { "" } else { line };
    commands.split("&&").map(|command| command.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The commands of a block, in order.
fn commands(fence: &At<Fence>) -> Vec<Shown<'_>> {
    let has_output = fence.what.language == "console";
    let mut found = Vec::<Shown>::new();
    let mut asks_code = false;
    let mut continued = String::new();
    for (number, line) in fence.what.text.lines().enumerate() {
        let command = if has_output { line.strip_prefix("$ ") } else { Some(line) };
        if command == Some("echo $?") {
            asks_code = true;
        } else if let Some(command) = command.or((!continued.is_empty()).then_some(line)) {
            continued.push_str(command.trim());
            if let Some(more) = continued.strip_suffix('\\') {
                continued.truncate(more.len());
                continue;
            }
            let line = fence.line + 1 + number;
            let output = has_output.then(Vec::new);
            let commands = parted(&continued);
            found.extend(commands.map(|text| Shown {
                line,
                text,
                output: output.clone(),
                code: 0,
            }));
            continued.clear();
            asks_code = false;
        } else if let Some(last) = found.last_mut() {
            match line.trim().parse() {
                Ok(code) if asks_code => last.code = code,
                _ => last.output.get_or_insert_default().push(line),
            }
        }
    }
    found
}

/// What is wrong with a command, after it was run where the page's others were.
fn fault(command: &Shown, fixture: &Fixture, used: &mut BTreeSet<String>) -> Option<String> {
    let Some(words) = words(&command.text) else {
        return Some("it needs a shell, and the test is none".to_owned());
    };
    let Some(means) = means(&words) else {
        return Some("the test does not know how to run this: see commands.rs".to_owned());
    };
    let uncompared = command.output.iter().flatten().next().map(|line| {
        format!("nobody compares what it prints, `{line}`: show that in a block of `text`")
    });
    let mut arguments = match means {
        Means::NotRun => {
            used.insert(words.join(" "));
            return uncompared;
        }
        Means::Netpnp(arguments) => arguments,
        Means::Xtask(words) => match (tasks::fault(&words), tasks::instead(&words)) {
            (None, Some(instead)) => instead.iter().copied().map(str::to_owned).collect(),
            (fault, _) => return fault.or(uncompared),
        },
    };
    used.extend(fixture.provide(&arguments).into_iter().map(str::to_owned));
    let verifies = arguments.first().is_some_and(|verb| verb == "verify");
    if verifies && !arguments.iter().any(|word| word == "--flow") {
        arguments.extend(BOUND.map(str::to_owned));
    }
    let ran = Command::new(env!("CARGO_BIN_EXE_netpnp"))
        .args(&arguments)
        .current_dir(fixture.path())
        .output()
        .expect("netpnp starts");
    let printed = [&*ran.stdout, &*ran.stderr].concat();
    let printed = String::from_utf8_lossy(&printed);
    if ran.status.code() != Some(command.code) {
        return Some(format!(
            "exit code {:?}, and the page says {}:\n{}",
            ran.status.code(),
            command.code,
            ending(&printed)
        ));
    }
    let missing = shown::missing(command.output.as_deref().unwrap_or_default(), &printed)?;
    Some(format!("it does not print there:\n{missing}\n    but ends with:\n{}", ending(&printed)))
}

/// The last lines, in which a program says what went wrong.
fn ending(printed: &str) -> String {
    let lines: Vec<&str> = printed.lines().collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}

/// What is wrong with a command in a sentence: its words are understood, nothing is run.
fn fault_of_span(span: &str, used: &mut BTreeSet<String>) -> Option<String> {
    // A path of Windows may stand in one.
    let Some(words) = words(&span.replace('\\', "/")) else {
        return Some("it needs a shell, and the test is none".to_owned());
    };
    let fitting = |word: &String| {
        let fitting = PLACEHOLDERS.iter().find(|(name, _)| name == word);
        fitting.map_or(word.clone(), |(_, value)| (*value).to_owned())
    };
    let words: Vec<String> = words.iter().map(fitting).collect();
    match means(&words) {
        None => Some("the test does not know this command: see commands.rs".to_owned()),
        Some(Means::NotRun) => {
            used.insert(words.join(" "));
            None
        }
        // Its name alone.
        Some(Means::Xtask(words)) if words.is_empty() => None,
        Some(Means::Xtask(words)) => tasks::fault(&words),
        Some(Means::Netpnp(words)) => {
            let asked =
                Command::new(env!("CARGO_BIN_EXE_netpnp")).args(words).arg("--help").output();
            let asked = asked.expect("netpnp starts");
            let said = String::from_utf8_lossy(&asked.stderr);
            (!asked.status.success()).then(|| said.into_owned())
        }
    }
}

fn is_command(span: &str) -> bool {
    ["netpnp ", "cargo ", "INSTA_UPDATE=", "NETPNP_WRITE="]
        .iter()
        .any(|begin| span.starts_with(begin))
}

/// Of a page's blocks.
fn faults_of_blocks(page: &Page, used: &mut BTreeSet<String>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut fixture = None;
    for fence in page.fences.iter().filter(|fence| RUN.contains(&&*fence.what.language)) {
        let commands = commands(fence);
        if commands.is_empty() {
            faults.push(format!("{}:{}: no command", page.name, fence.line));
        }
        for command in commands {
            let fixture = fixture.get_or_insert_with(Fixture::new);
            let fault = fault(&command, fixture, used);
            let at = format!("{}:{}: {}", page.name, command.line, command.text);
            faults.extend(fault.map(|fault| format!("{at}\n    {fault}")));
        }
    }
    faults
}

/// Of a page's sentences.
fn faults_of_spans(page: &Page, used: &mut BTreeSet<String>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    for span in page.spans.iter().filter(|span| is_command(&span.what)) {
        if seen.insert(&span.what) {
            let fault = fault_of_span(&span.what, used);
            let at = format!("{}:{}: {}", page.name, span.line, span.what);
            faults.extend(fault.map(|fault| format!("{at}\n    {fault}")));
        }
    }
    faults
}

#[test]
fn every_command_for_linux_does_what_its_page_says() {
    let mut used = BTreeSet::new();
    let mut faults = Vec::new();
    // What was so once stands in the change log as it was.
    for page in pages().iter().filter(|page| page.name != "CHANGELOG.md") {
        faults.extend(faults_of_blocks(page, &mut used));
        faults.extend(faults_of_spans(page, &mut used));
    }
    for page in doc_comments() {
        faults.extend(faults_of_blocks(&page, &mut used));
    }
    let exceptions = NOT_RUN.iter().map(|(command, _)| *command).chain(fixture::names());
    let stale = exceptions.filter(|name| !used.contains(*name));
    faults.extend(
        stale.map(|name| format!("no page has `{name}` any more: take it out of the test")),
    );
    report("commands", &faults);
}
