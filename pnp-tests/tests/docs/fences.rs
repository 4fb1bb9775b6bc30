//! Fenced blocks say what they hold: commands hide in no other kind than those that are run.

use crate::page::Fence;
use crate::report;
use crate::repository::{doc_comments, pages};

/// Run on Linux: commands alone; commands with `$ ` before them, and what they print.
pub const RUN: [&str; 2] = ["sh", "console"];

/// Not run: Windows, and what is no command.
const OTHER: [&str; 9] =
    ["powershell", "windbg", "text", "pnp", "sql", "rust", "toml", "xml", "ini"];

/// What a command line of ours begins with.
const COMMANDS: [&str; 4] = ["$ ", "cargo ", "netpnp ", "rustup "];

/// A command in a block that holds none by what it says.
fn hidden(fence: &Fence) -> Option<&str> {
    let is_command =
        |line: &&str| COMMANDS.iter().any(|begin| line.trim_start().starts_with(begin));
    let language = fence.language.as_str();
    let may_hold = RUN.contains(&language) || language == "powershell";
    if may_hold { None } else { fence.text.lines().find(is_command) }
}

#[test]
fn every_block_says_what_it_holds() {
    let mut faults = Vec::new();
    for page in pages() {
        for fence in &page.fences {
            let language = fence.what.language.as_str();
            if !RUN.contains(&language) && !OTHER.contains(&language) {
                faults.push(format!(
                    "{}:{}: `{language}`; commands are in {RUN:?}, all else in {OTHER:?}",
                    page.name, fence.line
                ));
            }
        }
    }
    report("fenced blocks", &faults);
}

#[test]
fn no_command_hides_where_nobody_runs_it() {
    let mut faults = Vec::new();
    for page in pages().iter().chain(&doc_comments()) {
        for fence in &page.fences {
            let hidden = hidden(&fence.what);
            faults.extend(hidden.map(|line| format!("{}:{}: {line}", page.name, fence.line)));
        }
    }
    report("commands in blocks that are neither sh nor console", &faults);
}
