//! The PowerShell of `lab/`. No PowerShell runs here: a grammar that is not Microsoft's parses it, and
//! what a grammar cannot know is compared with lists. `lab/Test-LabScript.ps1` does the rest on Windows.
#![allow(missing_docs, reason = "tests: the names are the documentation")]

mod pwsh;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use recording::confirm::QUESTIONS;
use tree_sitter::Tree;

use pwsh::{mistakes, nodes, parse};

const MODULE: &str = "NetPnpLab.psm1";

/// Cmdlets that the scripts may call, by module, written down from memory: it catches a slip of the
/// keyboard, and whether Windows has each one is for `Test-LabScript.ps1` and a run to say.
const CMDLETS: &[&str] = &[
    // Microsoft.PowerShell.Core, Management, Utility, Security, Archive; Pki
    "Compress-Archive",
    "ConvertFrom-Json",
    "ConvertTo-Json",
    "Copy-Item",
    "Export-ModuleMember",
    "ForEach-Object",
    "Get-AuthenticodeSignature",
    "Get-ChildItem",
    "Get-Command",
    "Get-Content",
    "Get-FileHash",
    "Get-Item",
    "Get-ItemProperty",
    "Get-Module",
    "Group-Object",
    "Import-Certificate",
    "Import-Module",
    "Invoke-Command",
    "Join-Path",
    "Move-Item",
    "New-Item",
    "New-Object",
    "New-PSSession",
    "Remove-Item",
    "Remove-PSSession",
    "Select-Object",
    "Set-Content",
    "Set-ExecutionPolicy",
    "Set-ItemProperty",
    "Set-StrictMode",
    "Sort-Object",
    "Split-Path",
    "Start-Sleep",
    "Test-Path",
    "Where-Object",
    "Write-Verbose",
    "Write-Warning",
    // CimCmdlets, Dism, PSScriptAnalyzer
    "Get-CimInstance",
    "Get-WindowsDriver",
    "Invoke-ScriptAnalyzer",
    // NetAdapter, NetTCPIP
    "Disable-NetAdapter",
    "Disable-NetAdapterBinding",
    "Enable-NetAdapter",
    "Enable-NetAdapterBinding",
    "Get-NetAdapter",
    "Get-NetAdapterBinding",
    "Get-NetAdapterPowerManagement",
    "Get-NetIPInterface",
    "New-NetIPAddress",
    "Remove-NetIPAddress",
    "Restart-NetAdapter",
    "Set-NetAdapterPowerManagement",
    "Set-NetIPInterface",
    // Hyper-V
    "Add-VMNetworkAdapter",
    "Checkpoint-VM",
    "Connect-VMNetworkAdapter",
    "Copy-VMFile",
    "Disconnect-VMNetworkAdapter",
    "Enable-VMIntegrationService",
    "Get-VM",
    "Get-VMFirmware",
    "Get-VMIntegrationService",
    "Get-VMMemory",
    "Get-VMNetworkAdapter",
    "Get-VMSwitch",
    "New-VMSwitch",
    "Remove-VMNetworkAdapter",
    "Remove-VMSnapshot",
    "Restart-VM",
    "Save-VM",
    "Set-VM",
    "Set-VMComPort",
    "Set-VMFirmware",
    "Set-VMMemory",
    "Start-VM",
    "Stop-VM",
];

struct Script {
    name: String,
    text: String,
    tree: Tree,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn has_ending(name: &str, endings: &[&str]) -> bool {
    let ending = Path::new(name).extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| endings.contains(&ending))
}

/// The scripts and the module, by name.
fn scripts() -> Vec<Script> {
    let folder = fs::read_dir(root().join("lab")).expect("the folder lab");
    let mut names: Vec<String> = folder
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| has_ending(name, &["ps1", "psm1"]))
        .collect();
    names.sort();
    let script = |name: String| {
        let text = read(&format!("lab/{name}"));
        Script { tree: parse(&text), name, text }
    };
    names.into_iter().map(script).collect()
}

impl Script {
    fn of_kind(&self, kind: &str) -> Vec<&str> {
        let found = nodes(self.tree.root_node()).into_iter().filter(|node| node.kind() == kind);
        found.map(|node| &self.text[node.byte_range()]).collect()
    }

    /// Names of the script's own parameters, one a line. From the text: the grammar takes the comma
    /// behind a default for one of a list.
    fn parameters(&self) -> Vec<&str> {
        let block = self.text.split_once("\nparam(\n").expect("a param block").1;
        let block = block.split_once("\n)\n").expect("its end").0;
        let variables = block.lines().map(|line| {
            let mut names = line.split('$').skip(1).map(|rest| {
                rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or(rest)
            });
            names.find(|name| *name != "true").expect("a parameter has a variable")
        });
        variables.collect()
    }
}

#[test]
fn every_script_parses() {
    let scripts = scripts();
    assert!(scripts.len() >= 11, "{}", scripts.len());
    for Script { name, tree, .. } in &scripts {
        assert_eq!(mistakes(tree), [0; 0], "lab/{name}: lines");
    }
}

#[test]
fn a_script_that_lost_a_character_does_not_parse() {
    let text = read("lab/Uninstall-NetPnpLwf.ps1");
    for lost in ["{\n    $arguments", "(Split-Path", "Join-Path $PSScriptRoot '", "[switch"] {
        let at = text.find(lost).unwrap_or_else(|| panic!("{lost}"));
        let at = at + lost.find(['{', '(', '\'', '[']).expect("the character");
        let mut broken = text.clone();
        broken.remove(at);
        assert_ne!(mistakes(&parse(&broken)), [0; 0], "without {lost:?}");
    }
}

#[test]
fn every_script_says_what_it_does_and_what_it_changes() {
    for script in scripts().iter().filter(|script| script.name != MODULE) {
        let Script { name, text, .. } = script;
        assert!(text.starts_with("<#\n"), "lab/{name}: the help comes first");
        let help = &text[..text.find("#>").expect("the help ends")];
        for part in [".SYNOPSIS", ".DESCRIPTION", ".EXAMPLE", ".NOTES"] {
            assert!(help.contains(&format!("\n{part}\n")), "lab/{name}: {part}");
        }
        assert!(help.contains("Not run on Windows yet"), "lab/{name}");
        let told: Vec<&str> =
            help.lines().filter_map(|line| line.strip_prefix(".PARAMETER ")).collect();
        assert_eq!(told, script.parameters(), "lab/{name}: parameters and their help, in order");
    }
}

#[test]
fn every_script_can_be_tried_with_what_if_and_stops_at_errors() {
    for Script { name, text, .. } in &scripts() {
        assert!(text.contains("\nSet-StrictMode -Version 3.0\n"), "lab/{name}");
        assert!(text.contains("\n$ErrorActionPreference = 'Stop'\n"), "lab/{name}");
        assert!(text.contains("SupportsShouldProcess = $true"), "lab/{name}");
        assert!(text.contains("$PSCmdlet.ShouldProcess("), "lab/{name}");
    }
}

#[test]
fn scripts_are_ascii_in_a_hundred_columns() {
    for Script { name, text, .. } in &scripts() {
        assert!(text.is_ascii(), "lab/{name}");
        assert!(!text.contains(['\r', '\t']), "lab/{name}");
        for (at, line) in text.lines().enumerate() {
            assert!(line.len() <= 100 && line.trim_end() == line, "lab/{name}:{}", at + 1);
        }
    }
}

#[test]
fn nothing_is_called_but_known_cmdlets_programs_and_our_own_functions() {
    let scripts = scripts();
    let mut ours: BTreeSet<&str> = BTreeSet::new();
    for script in &scripts {
        ours.extend(script.of_kind("function_name"));
    }
    let mut called = BTreeSet::new();
    for script in &scripts {
        for command in script.of_kind("command_name") {
            let known = CMDLETS.contains(&command) || ours.contains(command);
            let program = has_ending(command, &["exe"]);
            assert!(known || program, "lab/{}: {command} is in no list", script.name);
            called.insert(command.to_owned());
        }
    }
    let idle: Vec<_> = CMDLETS.iter().filter(|name| !called.contains(**name)).collect();
    assert_eq!(idle, [&""; 0], "listed and never called");
}

/// Names that PowerShell gives values to itself.
const AUTOMATIC: [&str; 13] = [
    "args", "error", "event", "foreach", "home", "host", "input", "matches", "pid", "profile",
    "sender", "switch", "this",
];

#[test]
fn no_automatic_variable_is_assigned_to() {
    for script in &scripts() {
        for assigned in script.of_kind("left_assignment_expression") {
            let name = assigned.rsplit('$').next().unwrap_or(assigned).to_ascii_lowercase();
            assert!(!AUTOMATIC.contains(&name.as_str()), "lab/{}: {assigned}", script.name);
        }
    }
}

#[test]
fn the_questions_of_the_script_are_those_that_are_answered() {
    let text = read("lab/Confirm-Contract.ps1");
    let table = text.split_once("$asked = [ordered]@{\n").expect("the table").1;
    let table = table.split_once("\n}").expect("its end").0;
    let asked: Vec<(&str, &str)> = table
        .lines()
        .map(|line| line.split_once('=').expect("a row"))
        .map(|(question, exercise)| (question.trim(), exercise.trim()))
        .map(|(question, exercise)| (question.trim_matches('\''), exercise.trim_matches('\'')))
        .collect();
    let ids: Vec<&str> = QUESTIONS.iter().map(|question| question.id).collect();
    assert_eq!(asked.iter().map(|row| row.0).collect::<Vec<_>>(), ids);
    let exercises = read("lab/Invoke-NetPnpExercise.ps1");
    for (question, exercise) in asked {
        let elsewhere = ["Install", "Physical"].contains(&exercise);
        let there = exercises.contains(&format!("\n    {exercise} = @{{\n"));
        assert!(elsewhere || there, "{question}: there is no exercise {exercise}");
    }
}

#[test]
fn names_are_those_of_the_profile_and_every_script_is_documented() {
    let module = read(&format!("lab/{MODULE}"));
    let provider = "b4d39adf-672a-5f7e-841e-83a329f9bbe0";
    assert!(module.contains(provider) && read("lab/netpnplwf.wprp").contains(provider));
    let (lab, status) = (read("docs/hyper-v-lab.md"), read("docs/windows-status.md"));
    for Script { name, .. } in &scripts() {
        assert!(lab.contains(name), "docs/hyper-v-lab.md does not mention {name}");
        assert!(status.contains(name), "docs/windows-status.md has no row for {name}");
    }
}
