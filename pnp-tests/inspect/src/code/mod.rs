//! The functions of an image and what each one does, out of its machine code.

mod arm64;
mod arm64_float;
mod names;
mod step;
mod walk;
mod x64;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

pub use names::Names;
pub use step::Target;
pub use walk::Body;

use super::exports;
use super::unwind;
use image::{Survey, Symbols};

/// One function.
#[derive(Debug)]
pub struct Function {
    pub start: u32,
    /// The function's code; the first part begins at `start`.
    pub parts: Vec<(u32, u32)>,
    /// Bytes of stack: what the unwind data say or what the instructions take, whichever is more.
    pub frame: u64,
    pub unwinds: bool,
    pub body: Body,
}

/// Why a function may be called from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Root {
    Entry,
    Export,
    /// Windows calls it when an exception passes.
    Handler,
    /// Code takes its address.
    Taken,
    /// Data holds a pointer to it.
    Data,
}

/// Every function, by start.
pub struct Functions {
    pub by_start: BTreeMap<u32, Function>,
    pub roots: BTreeMap<u32, Root>,
    /// Entries of the unwind table that make no sense.
    pub broken: usize,
    imports: BTreeMap<u32, String>,
}

impl Functions {
    pub fn read(image: &Survey, symbols: Option<&Symbols>) -> Self {
        let (entries, broken) = unwind::read(image);
        let imports = image.imports().unwrap_or_default();
        let imports = imports.into_iter().map(|import| (import.slot_rva, import.name)).collect();
        let mut table = Table::new(image);
        table.unwind(&entries);
        for (start, length, _) in symbols.into_iter().flat_map(Symbols::functions) {
            table.add(start, length.and_then(|length| start.checked_add(length)));
        }
        let mut roots = roots(image, &entries);
        for start in roots.keys() {
            table.add(*start, None);
        }
        let by_start = table.walk();
        let mut functions = Self { by_start, roots: BTreeMap::new(), broken, imports };
        for body in functions.by_start.values().map(|function| &function.body) {
            for taken in body.taken.keys().filter(|taken| image.is_code(**taken)) {
                roots.entry(*taken).or_insert(Root::Taken);
            }
        }
        // An address inside a function is that of a jump table or of a landing place.
        roots.retain(|start, _| functions.by_start.contains_key(start));
        functions.roots = roots;
        functions
    }

    /// The function that a jump to `rva` ends up in.
    pub fn containing(&self, rva: u32) -> Option<&Function> {
        if let Some(function) = self.by_start.get(&rva) {
            return Some(function);
        }
        let (_, before) = self.by_start.range(..rva).next_back()?;
        let holds = |function: &Function| {
            function.parts.iter().any(|(start, end)| (*start..*end).contains(&rva))
        };
        if holds(before) {
            return Some(before);
        }
        self.by_start.values().find(|function| holds(function))
    }

    /// The import whose address the loader writes to this slot.
    pub fn import(&self, slot: u32) -> Option<&str> {
        self.imports.get(&slot).map(String::as_str)
    }
}

/// What can be called without an instruction that says so.
fn roots(image: &Survey, entries: &[unwind::Entry]) -> BTreeMap<u32, Root> {
    let mut roots = BTreeMap::new();
    let mut add = |rva: u32, root| {
        if image.is_code(rva) {
            roots.entry(rva).or_insert(root);
        }
    };
    add(image.entry, Root::Entry);
    for export in exports::read(image) {
        add(export.rva, Root::Export);
    }
    for handler in entries.iter().filter_map(|entry| entry.handler) {
        add(handler, Root::Handler);
    }
    for pointer in image.relocations().unwrap_or_default() {
        let value = image.u64(pointer).and_then(|value| value.checked_sub(image.preferred_base));
        if let Some(rva) = value.and_then(|value| u32::try_from(value).ok()) {
            add(rva, Root::Data);
        }
    }
    roots
}

/// Starts, ends and parts, while they are being found.
struct Table<'a> {
    image: &'a Survey,
    /// Start and, if known, end.
    ends: BTreeMap<u32, Option<u32>>,
    frames: BTreeMap<u32, u64>,
    /// Parts that lie elsewhere, by the start of what they belong to.
    parts: BTreeMap<u32, Vec<(u32, u32)>>,
    /// Starts and ends of those parts.
    elsewhere: BTreeMap<u32, u32>,
}

impl<'a> Table<'a> {
    fn new(image: &'a Survey) -> Self {
        Self {
            image,
            ends: BTreeMap::new(),
            frames: BTreeMap::new(),
            parts: BTreeMap::new(),
            elsewhere: BTreeMap::new(),
        }
    }

    fn unwind(&mut self, entries: &[unwind::Entry]) {
        for (index, entry) in entries.iter().enumerate() {
            // Entries that overlap are cut off, so that no code is looked at twice.
            let next = entries.get(index + 1).map_or(u32::MAX, |next| next.start);
            let range = (entry.start, entry.end.min(next));
            let owner = entry.part_of.unwrap_or(entry.start);
            let frame = self.frames.entry(owner).or_default();
            *frame = entry.frame.max(*frame);
            if owner == entry.start {
                self.ends.insert(range.0, Some(range.1));
            } else {
                self.parts.entry(owner).or_default().push(range);
                self.elsewhere.insert(range.0, range.1);
            }
        }
        // A part of nothing stands for itself.
        let owners = self.parts.keys().copied();
        let orphans: Vec<_> = owners.filter(|owner| !self.ends.contains_key(owner)).collect();
        for owner in orphans {
            for (start, end) in self.parts.remove(&owner).unwrap_or_default() {
                self.elsewhere.remove(&start);
                self.ends.insert(start, Some(end));
            }
        }
    }

    /// A function that is not known yet; false if it is, or lies inside another one.
    fn add(&mut self, start: u32, end: Option<u32>) -> bool {
        if !self.image.is_code(start) || self.ends.contains_key(&start) {
            return false;
        }
        let inside = |before: Option<(&u32, Option<u32>)>| {
            before.is_some_and(|(_, end)| end.is_some_and(|end| start < end))
        };
        let function = self.ends.range(..start).next_back().map(|(start, end)| (start, *end));
        let part =
            self.elsewhere.range(..=start).next_back().map(|(start, end)| (start, Some(*end)));
        if inside(function) || inside(part) {
            return false;
        }
        self.ends.insert(start, end);
        true
    }

    /// Where a function ends at the latest: at the next one, or with the bytes of its section.
    fn limit(&self, start: u32) -> u32 {
        let section = self.image.section_of(start).map_or(start, |(_, section)| {
            section.rva.saturating_add(section.virtual_size.min(section.raw_size))
        });
        let after = start.saturating_add(1);
        let next = self.ends.range(after..).next().map_or(u32::MAX, |(next, _)| *next);
        let part = self.elsewhere.range(after..).next().map_or(u32::MAX, |(next, _)| *next);
        section.min(next).min(part)
    }

    /// Looks at all functions, and at those that they call and nobody else knew of.
    fn walk(mut self) -> BTreeMap<u32, Function> {
        let mut functions = BTreeMap::new();
        let mut pending: VecDeque<u32> = self.ends.keys().copied().collect();
        let mut done = BTreeSet::new();
        while let Some(start) = pending.pop_front() {
            if !done.insert(start) {
                continue;
            }
            let limit = self.limit(start);
            let end = self.ends.get(&start).copied().flatten().unwrap_or(limit).min(limit);
            let mut parts = vec![(start, end)];
            parts.extend(self.parts.get(&start).into_iter().flatten());
            let body = walk::walk(self.image, &parts, start);
            let named =
                body.calls.keys().chain(body.jumps.keys()).filter_map(|target| match target {
                    Target::Code(rva) => Some(*rva),
                    Target::Slot(_) | Target::Table | Target::Unknown => None,
                });
            let named: Vec<u32> = named.chain(body.taken.keys().copied()).collect();
            for rva in named {
                if self.add(rva, None) {
                    pending.push_back(rva);
                }
            }
            let frame = self.frames.get(&start).copied();
            // Unwinding from a frame pointer needs no word of what is allocated below it.
            let (frame, unwinds) = (frame.unwrap_or(0).max(body.stack), frame.is_some());
            functions.insert(start, Function { start, parts, frame, unwinds, body });
        }
        functions
    }
}
