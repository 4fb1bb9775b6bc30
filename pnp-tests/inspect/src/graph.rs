//! Who calls whom: reaching, circles, and the deepest way down.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::code::{Function, Functions, Target};

/// An edge to another function of the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    pub to: u32,
    /// The caller's frame is gone: a jump instead of a call.
    pub tail: bool,
}

/// Functions, each with the one before it on a shortest way from a root.
pub type Reached = BTreeMap<u32, Option<u32>>;

/// Direct calls and jumps between functions.
pub struct Graph {
    pub edges: BTreeMap<u32, BTreeSet<Edge>>,
    /// Functions that call through a pointer.
    pub indirect: BTreeSet<u32>,
}

impl Graph {
    pub fn new(functions: &Functions) -> Self {
        let mut graph = Self { edges: BTreeMap::new(), indirect: BTreeSet::new() };
        for function in functions.by_start.values() {
            graph.edges.insert(function.start, edges(functions, function));
            let targets = function.body.calls.keys().chain(function.body.jumps.keys());
            let through_pointer = |target: &Target| match target {
                Target::Unknown => true,
                Target::Slot(slot) => functions.import(*slot).is_none(),
                Target::Code(_) | Target::Table => false,
            };
            if targets.clone().any(through_pointer) {
                graph.indirect.insert(function.start);
            }
        }
        graph
    }

    pub fn edges_of(&self, start: u32) -> impl Iterator<Item = Edge> {
        self.edges.get(&start).into_iter().flatten().copied()
    }

    /// The functions that `roots` reach; nothing is looked for behind a function of which `stops` holds.
    pub fn reach(&self, roots: impl Iterator<Item = u32>, stops: impl Fn(u32) -> bool) -> Reached {
        let mut reached = Reached::new();
        let mut pending = VecDeque::new();
        for root in roots {
            reached.insert(root, None);
            pending.push_back(root);
        }
        while let Some(start) = pending.pop_front() {
            if stops(start) {
                continue;
            }
            for edge in self.edges_of(start) {
                reached.entry(edge.to).or_insert_with(|| {
                    pending.push_back(edge.to);
                    Some(start)
                });
            }
        }
        reached
    }

    /// Functions in groups, each of which calls only itself and those before it. One that is alone
    /// and does not call itself is no circle.
    ///
    /// Tarjan's algorithm, with a stack of its own: images decide how deep it goes.
    pub fn groups(&self) -> Vec<Vec<u32>> {
        let mut search = Search::default();
        for start in self.edges.keys() {
            if !search.numbers.contains_key(start) {
                search.from(self, *start);
            }
        }
        search.groups
    }
}

fn edges(functions: &Functions, function: &Function) -> BTreeSet<Edge> {
    let code = |target: &Target| match target {
        Target::Code(rva) => functions.containing(*rva).map(|found| found.start),
        Target::Slot(_) | Target::Table | Target::Unknown => None,
    };
    let calls = function.body.calls.keys().filter_map(code).map(|to| Edge { to, tail: false });
    // A jump to oneself is a loop.
    let jumps = function.body.jumps.keys().filter_map(code).filter(|to| *to != function.start);
    calls.chain(jumps.map(|to| Edge { to, tail: true })).collect()
}

#[derive(Default)]
struct Search {
    numbers: BTreeMap<u32, usize>,
    lowest: BTreeMap<u32, usize>,
    open: Vec<u32>,
    is_open: BTreeSet<u32>,
    groups: Vec<Vec<u32>>,
}

impl Search {
    fn enter(&mut self, start: u32) {
        let number = self.numbers.len();
        self.numbers.insert(start, number);
        self.lowest.insert(start, number);
        self.open.push(start);
        self.is_open.insert(start);
    }

    fn lower(&mut self, start: u32, number: usize) {
        let lowest = self.lowest.entry(start).or_insert(number);
        *lowest = number.min(*lowest);
    }

    fn from(&mut self, graph: &Graph, root: u32) {
        let children = |start| graph.edges_of(start).map(|edge| edge.to).collect::<Vec<_>>();
        self.enter(root);
        let mut path = vec![(root, children(root))];
        while let Some((start, rest)) = path.last_mut() {
            let start = *start;
            if let Some(child) = rest.pop() {
                if !self.numbers.contains_key(&child) {
                    self.enter(child);
                    path.push((child, children(child)));
                } else if self.is_open.contains(&child) {
                    self.lower(start, self.numbers[&child]);
                }
                continue;
            }
            path.pop();
            let lowest = self.lowest[&start];
            if let Some((parent, _)) = path.last() {
                self.lower(*parent, lowest);
            }
            if lowest == self.numbers[&start] {
                let from = self.open.iter().rposition(|open| *open == start).unwrap_or(0);
                let group = self.open.split_off(from);
                for member in &group {
                    self.is_open.remove(member);
                }
                self.groups.push(group);
            }
        }
    }
}

/// The way to `end` in what `reach` found, root first.
pub fn way(reached: &Reached, end: u32) -> Vec<u32> {
    let mut way = vec![end];
    while let Some(Some(before)) = way.last().and_then(|last| reached.get(last)) {
        way.push(*before);
    }
    way.reverse();
    way
}
