//! Whether a call from outside can end in Rust's panic handler.

use serde::Serialize;

use super::check::Checks;
use super::code::{Functions, Names, Root, Target};
use super::graph::{Graph, way};
use crate::image::Symbols;

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
    // Formatting is reached through tables of pointers that only a panic uses, and has panics of
    // its own; so what data points at counts where it does not belong to the library.
    let roots = functions
        .roots
        .iter()
        .filter(|(start, root)| **root != Root::Data || !names.of(**start).starts_with("core::"));
    let reached = graph.reach(roots.map(|(start, _)| *start), is_panic);
    let mut paths: Vec<Path> = Vec::new();
    for (caller, function) in &functions.by_start {
        if !reached.contains_key(caller) || is_panic(*caller) {
            continue;
        }
        for edge in graph.edges_of(*caller).filter(|edge| is_panic(edge.to)) {
            let mut functions: Vec<_> =
                way(&reached, *caller).iter().map(|start| names.of(*start)).collect();
            functions.push(names.of(edge.to));
            let target = Target::Code(edge.to);
            let body = &function.body;
            let rva = body.calls.get(&target).or_else(|| body.jumps.get(&target));
            paths.push(Path { functions, rva: rva.copied().unwrap_or(*caller) });
        }
    }
    let rooted =
        functions.roots.keys().filter(|root| is_panic(**root) && reached.contains_key(root));
    paths.extend(rooted.map(|root| Path { functions: vec![names.of(*root)], rva: *root }));
    paths.sort_by(|a, b| (a.functions.len(), a.rva).cmp(&(b.functions.len(), b.rva)));
    let evidence = match paths.first() {
        None => format!("{} is in the image, nothing reaches it", names.of(there[0])),
        Some(_) => {
            format!("{} calls can panic; the shortest ways, with the call's RVA:", paths.len())
        }
    };
    checks.house("panic paths", paths.is_empty(), evidence);
    let lines =
        paths.iter().take(8).map(|path| format!("{:#x} {}", path.rva, path.functions.join(" -> ")));
    checks.details(lines.collect());
    paths
}

/// What stops the machine on purpose: all that can be said of panics without names.
fn bugcheckers(functions: &Functions, names: &Names) -> String {
    let stops = |target: &Target| match target {
        Target::Slot(slot) => {
            functions.import(*slot).is_some_and(|name| name.starts_with("KeBugCheck"))
        }
        Target::Code(_) | Target::Unknown => false,
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
