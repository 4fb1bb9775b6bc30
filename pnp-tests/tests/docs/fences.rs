//! Fenced blocks say what they hold: commands hide in no other kind than those that are run.

use crate::report;
use crate::repository::pages;

/// Run on Linux: commands alone; commands with `$ ` before them, and what they print.
pub const RUN: [&str; 2] = ["sh", "console"];

/// Not run: Windows, and what is no command.
const OTHER: [&str; 9] =
    ["powershell", "windbg", "text", "pnp", "sql", "rust", "toml", "xml", "ini"];

/// What a command line of ours begins with.
const COMMANDS: [&str; 4] = ["$ ", "cargo ", "netpnp ", "rustup "];

#[test]
fn every_block_says_what_it_holds() {
    let mut faults = Vec::new();
    for page in pages() {
        for fence in &page.fences {
            let language = fence.what.language.as_str();
            let at = format!("{}:{}", page.name, fence.line);
            if RUN.contains(&language) || language == "powershell" {
                continue;
            }
            if !OTHER.contains(&language) {
                faults.push(format!("{at}: `{language}`; known are {RUN:?}, {OTHER:?}"));
            }
            let hidden =
                fence.what.text.lines().find(|line| {
                    COMMANDS.iter().any(|command| line.trim_start().starts_with(command))
                });
            faults.extend(hidden.map(|line| format!("{at}: a command that nobody runs: {line}")));
        }
    }
    report("fenced blocks", &faults);
}
