//! Blocks for Windows. Nobody runs them here: they parse, and what they say to scripts of `lab/` is what
//! these take.

use std::fs;

use tree_sitter::Node;

use crate::pwsh::{mistakes, nodes, parse};
use crate::report;
use crate::repository::{pages, root};

/// What every script takes without saying so.
const COMMON: [&str; 3] = ["WhatIf", "Confirm", "Verbose"];

/// What is wrong with a call of a script of ours, `.\NAME.ps1 -Parameter ...`.
fn misuse(call: Node, text: &str) -> Option<String> {
    let below = nodes(call);
    let of_kind = |kind: &str| {
        let found = below.iter().filter(|node| node.kind() == kind);
        found.map(|node| &text[node.byte_range()]).collect::<Vec<_>>()
    };
    let called = *of_kind("command_name").first()?;
    let name = called.rsplit('\\').next()?.strip_suffix(".ps1")?;
    let Ok(script) = fs::read_to_string(root().join(format!("lab/{name}.ps1"))) else {
        return Some(format!("there is no lab/{name}.ps1"));
    };
    let takes = |parameter: &str| {
        COMMON.contains(&parameter) || script.contains(&format!("\n.PARAMETER {parameter}\n"))
    };
    let given = of_kind("command_parameter");
    let unknown = given.iter().find(|given| !takes(given.trim_matches(['-', ':'])))?;
    Some(format!("lab/{name}.ps1 has no {unknown}"))
}

/// What is wrong with a block, and in which of its lines.
fn faults(text: &str) -> Vec<(usize, String)> {
    let tree = parse(text);
    let mistakes = mistakes(&tree).into_iter().map(|line| (line, "it does not parse".to_owned()));
    let misused = nodes(tree.root_node()).into_iter().filter(|node| node.kind() == "command");
    let misused = misused
        .filter_map(|node| misuse(node, text).map(|fault| (node.start_position().row + 1, fault)));
    mistakes.chain(misused).collect()
}

#[test]
fn every_block_parses_and_gives_our_scripts_what_they_take() {
    let mut all = Vec::new();
    let mut blocks = 0;
    for page in pages() {
        for fence in page.fences.iter().filter(|fence| fence.what.language == "powershell") {
            blocks += 1;
            for (line, fault) in faults(&fence.what.text) {
                all.push(format!("{}:{}: {fault}", page.name, fence.line + line));
            }
        }
    }
    report("powershell", &all);
    assert!(blocks > 3, "{blocks} blocks");
}

#[test]
fn a_wrong_block_is_seen() {
    for wrong in [
        "Get-VM {",
        ".\\Install.ps1",
        ".\\Install-NetPnpLwf.ps1 -Path x",
        "Invoke-Command $s { C:\\netpnp\\Stop-NetPnpTrace.ps1 -Pth x }",
    ] {
        assert!(!faults(wrong).is_empty(), "{wrong}");
    }
}
