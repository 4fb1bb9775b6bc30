//! Kernel stack: the frame of each function, and how deep calls go from each root.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Limits;
use super::check::{Checks, Group, few};
use super::code::{Functions, Names, Root};
use super::graph::{Edge, Graph};
use image::Machine;

/// The deepest chain of calls from one root.
#[derive(Debug, Clone, Serialize)]
pub struct Chain {
    pub root: String,
    pub kind: Root,
    pub rva: u32,
    /// Stack used in this image, bytes; the use of the kernel's own functions comes on top.
    pub bytes: u64,
    /// Without calls through pointers, of which only the address tells where they may go.
    pub direct_bytes: u64,
    pub functions: Vec<String>,
}

/// How far down it goes from a function, and which way.
#[derive(Debug, Clone, Copy)]
struct Depth {
    bytes: u64,
    next: Option<u32>,
}

pub fn check(
    functions: &Functions,
    graph: &Graph,
    names: &Names,
    machine: Machine,
    limits: Limits,
    checks: &mut Checks,
) -> Vec<Chain> {
    checks.group(Group::Stack);
    frames(functions, names, limits, checks);
    let groups = graph.groups();
    let found: Vec<_> = groups.iter().filter(|group| recurses(graph, group)).collect();
    let circles: Vec<_> = found.iter().map(|group| circle(graph, names, group)).collect();
    let evidence = if circles.is_empty() { "none".to_owned() } else { few(&circles, 1) };
    checks.house("recursion", circles.is_empty(), evidence);
    checks.details(circles.into_iter().skip(1).take(8).collect());
    let chains = chains(functions, graph, names, machine, &groups);
    let deepest = chains.first();
    let bytes = deepest.map_or(0, |chain| chain.bytes);
    let from = deepest.map_or(String::new(), |chain| format!(" from {}", chain.root));
    let evidence = format!("{bytes} bytes{from}; limit {}", limits.chain);
    checks.house("deepest chain", bytes <= limits.chain, evidence);
    chains
}

fn frames(functions: &Functions, names: &Names, limits: Limits, checks: &mut Checks) {
    let all = functions.by_start.values();
    let largest = all.clone().max_by_key(|function| function.frame);
    let (bytes, name) = largest
        .map_or((0, "nothing".to_owned()), |function| (function.frame, names.of(function.start)));
    let evidence = format!("{bytes} bytes in {name}; limit {}", limits.frame);
    checks.house("largest frame", bytes <= limits.frame, evidence);
    let over = all.clone().filter(|function| function.frame > limits.frame);
    checks.details(
        over.take(8)
            .map(|function| format!("{} {}", function.frame, names.of(function.start)))
            .collect(),
    );
    let dynamic: Vec<_> = all
        .filter(|function| function.body.dynamic_stack)
        .map(|function| names.of(function.start))
        .collect();
    if !dynamic.is_empty() {
        let evidence = format!("{}: not in the numbers here", few(&dynamic, 4));
        checks.wish("frames sized at run time", false, evidence);
    }
    unwind_data(functions, names, checks);
}

/// A function that calls another has a frame, and Windows must be able to unwind it.
fn unwind_data(functions: &Functions, names: &Names, checks: &mut Checks) {
    let all = functions.by_start.values();
    let missing: Vec<_> = all
        .clone()
        .filter(|function| !function.unwinds && !function.body.calls.is_empty())
        .map(|function| names.of(function.start))
        .collect();
    let there = all.filter(|function| function.unwinds).count();
    let evidence = match (missing.len(), functions.broken) {
        (0, 0) => format!("{there} functions have a frame, the others call nobody"),
        (0, broken) => format!("{broken} entries of .pdata make no sense"),
        (count, _) => format!(
            "{count} functions call others and have none, so Windows cannot unwind them: {}",
            few(&missing, 3)
        ),
    };
    checks.house("unwind data", missing.is_empty() && functions.broken == 0, evidence);
}

/// Whether a circle takes more stack each time round.
fn recurses(graph: &Graph, group: &[u32]) -> bool {
    let inside = |edge: &Edge| group.contains(&edge.to) && !edge.tail;
    group.iter().any(|start| graph.edges_of(*start).any(|edge| inside(&edge)))
}

/// A shortest way round, by name.
fn circle(graph: &Graph, names: &Names, group: &[u32]) -> String {
    let members: BTreeSet<u32> = group.iter().copied().collect();
    let start = group.first().copied().unwrap_or(0);
    let mut way = vec![start];
    let reached = graph
        .reach(graph.edges_of(start).map(|edge| edge.to).filter(|to| members.contains(to)), |at| {
            at == start || !members.contains(&at)
        });
    way.extend(super::graph::way(&reached, start));
    way.iter().map(|at| names.of(*at)).collect::<Vec<_>>().join(" -> ")
}

fn chains(
    functions: &Functions,
    graph: &Graph,
    names: &Names,
    machine: Machine,
    groups: &[Vec<u32>],
) -> Vec<Chain> {
    // A call pushes its return address on x64; on ARM64 it is among what the callee saves.
    let pushed = match machine {
        Machine::X64 => 8,
        Machine::Arm64 => 0,
    };
    let own =
        |start: u32| functions.by_start.get(&start).map_or(0, |function| function.frame + pushed);
    let direct = depths(graph, groups, &own, None);
    // A call through a pointer can reach whatever has its address taken; those go on directly only.
    let taken = functions.roots.iter().filter(|(_, root)| !matches!(root, Root::Entry));
    let taken = taken.filter_map(|(start, _)| direct.get(start).map(|depth| (depth.bytes, *start)));
    let through_pointer = taken.max();
    let all = depths(graph, groups, &own, through_pointer);
    let mut chains: Vec<_> = functions
        .roots
        .iter()
        .map(|(start, kind)| {
            let (bytes, functions) = follow(*start, &all, &direct, through_pointer, graph, names);
            let direct_bytes = direct.get(start).map_or(0, |depth| depth.bytes);
            let root = names.of(*start);
            Chain { root, kind: *kind, rva: *start, bytes, direct_bytes, functions }
        })
        .collect();
    chains.sort_by(|a, b| b.bytes.cmp(&a.bytes).then(a.rva.cmp(&b.rva)));
    chains
}

/// Groups come callees first. In a circle, every member counts once.
fn depths(
    graph: &Graph,
    groups: &[Vec<u32>],
    own: &dyn Fn(u32) -> u64,
    through_pointer: Option<(u64, u32)>,
) -> BTreeMap<u32, Depth> {
    let mut depths: BTreeMap<u32, Depth> = BTreeMap::new();
    for group in groups {
        let around: u64 = group.iter().map(|start| own(*start)).sum();
        for start in group {
            let own = if group.len() > 1 { around } else { own(*start) };
            let mut deepest = Depth { bytes: own, next: None };
            let mut offer = |bytes: u64, next: u32| {
                if bytes > deepest.bytes {
                    deepest = Depth { bytes, next: Some(next) };
                }
            };
            for edge in group.iter().flat_map(|member| graph.edges_of(*member)) {
                if let (Some(below), false) = (depths.get(&edge.to), group.contains(&edge.to)) {
                    let kept = if edge.tail && group.len() == 1 { 0 } else { own };
                    offer(kept + below.bytes, edge.to);
                }
            }
            if let Some((bytes, next)) = through_pointer
                && group.iter().any(|member| graph.indirect.contains(member))
            {
                offer(own + bytes, next);
            }
            depths.insert(*start, deepest);
        }
    }
    depths
}

/// The way down in names; a step through a pointer is marked.
fn follow(
    root: u32,
    all: &BTreeMap<u32, Depth>,
    direct: &BTreeMap<u32, Depth>,
    through_pointer: Option<(u64, u32)>,
    graph: &Graph,
    names: &Names,
) -> (u64, Vec<String>) {
    let bytes = all.get(&root).map_or(0, |depth| depth.bytes);
    let (mut at, mut depths, mut way) = (root, all, vec![names.of(root)]);
    let mut seen = BTreeSet::from([root]);
    while let Some(next) = depths.get(&at).and_then(|depth| depth.next) {
        let pointed = through_pointer.is_some_and(|(_, target)| target == next)
            && graph.edges_of(at).all(|edge| edge.to != next);
        if pointed {
            depths = direct;
        }
        way.push(format!("{}{}", if pointed { "*" } else { "" }, names.of(next)));
        if !seen.insert(next) {
            break;
        }
        at = next;
    }
    (bytes, way)
}
