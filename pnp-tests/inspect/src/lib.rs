//! What a linked driver image is, read out of the file: headers, sections, machine code.
//!
//! ```text
//! .sys -> Survey -+-> headers, sections, directories, globals  -+-> Checks -> Report
//!                 +-> unwind -> code -> graph -> panics, stack -+
//! ```
//!
//! Nothing here runs the image, so it may be of either machine. Nothing is refused once the file
//! can be read: what is wrong with it is a check that fails.
#![forbid(unsafe_code)]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a check picks the few instructions that it is about out of thousands"
)]

pub mod blocks;
mod check;
mod code;
mod directories;
mod exports;
mod float;
mod globals;
mod graph;
mod headers;
mod panics;
pub mod print;
mod sections;
mod stack;
mod unwind;

use serde::Serialize;

pub use check::{Check, Group, Verdict};

use check::Checks;
use code::{Functions, Names};
use graph::Graph;
use image::{Machine, Survey, Symbols, SymbolsState};

/// The options of an inspection.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The limits of the house are rules.
    pub strict: bool,
    /// How much stack is allowed.
    pub limits: Limits,
    /// Writable variables that may be there; without a list they are shown and not judged.
    pub globals: Option<Vec<String>>,
}

/// Limits on stack use, bytes.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Limits {
    /// The limit for the frame of one function.
    pub frame: u64,
    /// The limit for a chain of functions that call each other.
    pub chain: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { frame: 1024, chain: 4096 }
    }
}

/// All that was found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The path as it was given.
    pub file: String,
    /// `x64` or `arm64`.
    pub machine: &'static str,
    /// `Options::strict`.
    pub strict: bool,
    /// `Options::limits`.
    pub limits: Limits,
    /// How many checks failed.
    pub failed: usize,
    /// The checks, by group.
    pub checks: Vec<Check>,
    /// The sections, in the order of the file.
    pub sections: Vec<sections::Row>,
    /// `module!function` of each import.
    pub imports: Vec<String>,
    /// The functions, by RVA.
    pub functions: Vec<FunctionRow>,
    /// Chains of calls from an entry to the panic handler.
    pub panic_paths: Vec<panics::Path>,
    /// The deepest chain of each root, the deepest first.
    pub chains: Vec<stack::Chain>,
    /// Instructions with floating point or vectors.
    pub floating_point: Vec<float::Use>,
    /// Writable variables.
    pub globals: Vec<globals::Global>,
}

/// One function, as it is printed.
#[derive(Debug, Serialize)]
pub struct FunctionRow {
    /// RVA of its first instruction.
    pub rva: u32,
    /// The function's name, or its RVA without symbols.
    pub name: String,
    /// Bytes of stack.
    pub frame: u64,
    /// Calls through a pointer that is no import's.
    pub indirect: bool,
}

/// Looks at everything.
pub fn inspect(image: &Survey, options: &Options) -> Report {
    let state = image.symbols();
    let symbols = found(&state);
    let mut checks = Checks::new(options.strict);
    headers::check(image, &mut checks);
    sections::check(image, &mut checks);
    directories::check(image, &state, &mut checks);
    let functions = Functions::read(image, symbols);
    let names = Names::new(&functions, symbols);
    let graph = Graph::new(&functions);
    checks.group(Group::Code);
    coverage(&functions, &graph, &mut checks);
    let panic_paths = panics::check(&functions, &graph, &names, symbols, &mut checks);
    let floating_point = float::check(&functions, &names, &mut checks);
    let chains =
        stack::check(&functions, &graph, &names, image.machine, options.limits, &mut checks);
    let globals = globals::check(image, symbols, options.globals.as_deref(), &mut checks);
    let failed = checks.list.iter().filter(|check| check.verdict == Verdict::Fail).count();
    let row = |function: &code::Function| FunctionRow {
        rva: function.start,
        name: names.of(function.start),
        frame: function.frame,
        indirect: graph.indirect.contains(&function.start),
    };
    Report {
        file: image.path.display().to_string(),
        machine: match image.machine {
            Machine::X64 => "x64",
            Machine::Arm64 => "arm64",
        },
        strict: options.strict,
        limits: options.limits,
        failed,
        checks: checks.list,
        sections: sections::rows(image),
        imports: image.imports().unwrap_or_default().iter().map(ToString::to_string).collect(),
        functions: functions.by_start.values().map(row).collect(),
        panic_paths,
        chains,
        floating_point,
        globals,
    }
}

fn found(state: &SymbolsState) -> Option<&Symbols> {
    match state {
        SymbolsState::Found(symbols) => Some(symbols),
        SymbolsState::Missing | SymbolsState::Stale { .. } | SymbolsState::Unreadable { .. } => {
            None
        }
    }
}

/// How much of the code the graph knows of.
fn coverage(functions: &Functions, graph: &Graph, checks: &mut Checks) {
    let reached = graph.reach(functions.roots.keys().copied(), |_| false);
    let evidence = format!(
        "{} functions, {} roots, {} reached, {} that call through pointers",
        functions.by_start.len(),
        functions.roots.len(),
        reached.len(),
        graph.indirect.len()
    );
    checks.wish("call graph", !functions.by_start.is_empty(), evidence);
}
