//! Whether a call from outside can end in Rust's panic handler.

use std::collections::BTreeMap;

use serde::Serialize;

use super::check::Checks;
use super::code::{Functions, Names, Target};
use super::graph::{Graph, Reached, way};
use image::Symbols;

/// A way from a root into the panic machinery.
#[derive(Debug, Clone, Serialize)]
pub struct Path {
    pub functions: Vec<String>,
    /// The address of the call that panics.
    pub rva: u32,
}

/// Functions that are only called to panic, in any build of core, alloc or std.
fn panics(name: &str) -> bool {
    let last = name.rsplit("::").next().unwrap_or_default();
    let library = ["core::", "alloc::", "std::"].iter().any(|library| name.starts_with(library));
    let ends = last.ends_with("_fail")
        || last.ends_with("_failed")
        || last.ends_with("_fail_rt")
        || last.starts_with("panic_")
        || matches!(last, "handle_alloc_error" | "capacity_overflow" | "handle_error");
    last.contains("rust_begin_unwind")
        || last.contains("rust_panic")
        || name.starts_with("core::panicking::")
        || (library && ends)
}

pub fn check(
    functions: &Functions,
    graph: &Graph,
    names: &Names,
    symbols: Option<&Symbols>,
    checks: &mut Checks,
) -> Vec<Path> {
    if symbols.is_none() {
        let callers = bugcheckers(functions, names);
        let hint = if callers.is_empty() { String::new() } else { format!("; {callers}") };
        checks.wish("panic paths", false, format!("unknown: no PDB{hint}"));
        return Vec::new();
    }
    let is_panic = |start: u32| names.all(start).iter().any(|name| panics(name));
    let there: Vec<u32> = functions.by_start.keys().copied().filter(|at| is_panic(*at)).collect();
    if there.is_empty() {
        checks.wish("panic paths", true, "no Rust panic symbols");
        return Vec::new();
    }
    // What a panic formats with has panics of its own and is pointed to by nobody else; it is no
    // caller's fault, and comes last.
    let of_library = |root: &u32| names.of(*root).starts_with("core::");
    let roots = functions.roots.keys().copied();
    let own = graph.reach(roots.clone().filter(|root| !of_library(root)), is_panic);
    let all = graph.reach(roots, is_panic);
    let mut paths = into(functions, graph, names, &is_panic, &own);
    let count = paths.len();
    let rest: BTreeMap<_, _> = all.into_iter().filter(|(at, _)| !own.contains_key(at)).collect();
    paths.extend(into(functions, graph, names, &is_panic, &rest));
    let evidence = match paths.len() {
        0 => format!("{} is in the image, nothing reaches it", names.of(there[0])),
        all => {
            let library = if all > count { ", and more in the library itself" } else { "" };
            let plural = if count == 1 { "" } else { "s" };
            format!("{count} call{plural} can panic{library}; RVA of the call and shortest way:")
        }
    };
    checks.house("panic paths", paths.is_empty(), evidence);
    let lines = paths.iter().take(8);
    checks.details(
        lines.map(|path| format!("{:#x} {}", path.rva, path.functions.join(" -> "))).collect(),
    );
    paths
}

/// The shortest way to each call of a panicking function out of those that are `reached`.
fn into(
    functions: &Functions,
    graph: &Graph,
    names: &Names,
    is_panic: &impl Fn(u32) -> bool,
    reached: &Reached,
) -> Vec<Path> {
    let mut paths: Vec<Path> = Vec::new();
    for start in reached.keys() {
        let Some(function) = functions.by_start.get(start) else { continue };
        if is_panic(*start) {
            // Called from outside.
            if reached.get(start) == Some(&None) {
                paths.push(Path { functions: vec![names.of(*start)], rva: *start });
            }
            continue;
        }
        let before: Vec<_> = way(reached, *start).iter().map(|at| names.of(*at)).collect();
        for edge in graph.edges_of(*start).filter(|edge| is_panic(edge.to)) {
            let target = Target::Code(edge.to);
            let body = &function.body;
            let call = body.calls.get(&target).or_else(|| body.jumps.get(&target));
            let mut functions = before.clone();
            functions.push(names.of(edge.to));
            paths.push(Path { functions, rva: call.copied().unwrap_or(*start) });
        }
    }
    paths.sort_by_key(|path| (path.functions.len(), path.rva));
    paths
}

/// What stops the machine on purpose: all that can be said of panics without names.
fn bugcheckers(functions: &Functions, names: &Names) -> String {
    let stops = |target: &Target| match target {
        Target::Slot(slot) => {
            functions.import(*slot).is_some_and(|name| name.starts_with("KeBugCheck"))
        }
        Target::Code(_) | Target::Table | Target::Unknown => false,
    };
    let callers: Vec<_> = functions
        .by_start
        .values()
        .filter(|function| function.body.calls.keys().chain(function.body.jumps.keys()).any(stops))
        .map(|function| names.of(function.start))
        .collect();
    if callers.is_empty() {
        return String::new();
    }
    format!("KeBugCheck is called by {}", super::check::few(&callers, 3))
}
