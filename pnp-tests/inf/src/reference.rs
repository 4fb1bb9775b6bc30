//! Which section names which: a walk from what Windows looks for by name.

use std::collections::BTreeSet;

use super::model::{Inf, Piece, pieces};
use super::package::is_variant;

/// A section that an entry names.
#[derive(Debug, PartialEq, Eq)]
pub struct Reference {
    pub line: u32,
    /// `AddReg`
    pub directive: String,
    pub section: String,
}

/// Sections that Windows looks for by their own name, with a decoration or a language after a dot.
const ROOTS: [&str; 11] = [
    "Version",
    "Manufacturer",
    "SourceDisksNames",
    "SourceDisksFiles",
    "DestinationDirs",
    "ControlFlags",
    "SignatureAttributes",
    "Strings",
    "DefaultInstall",
    "ClassInstall32",
    "InterfaceInstall32",
];

/// What Windows appends to the name of a section that installs.
const SUFFIXES: [&str; 14] = [
    "Services",
    "Remove",
    "Remove.Services",
    "HW",
    "CoInstallers",
    "Wdf",
    "Interfaces",
    "Events",
    "Components",
    "Software",
    "Filters",
    "FactDef",
    "LogConfigOverride",
    "NetDrivers",
];

/// Directives all of whose values are sections.
const LISTS: [&str; 16] = [
    "AddReg",
    "DelReg",
    "CopyFiles",
    "DelFiles",
    "RenFiles",
    "BitReg",
    "Ini2Reg",
    "UpdateInis",
    "UpdateIniFields",
    "LogConfig",
    "RegisterDlls",
    "UnregisterDlls",
    "ProfileItems",
    "AddProperty",
    "DelProperty",
    "AddTrigger",
];

/// Directives of which some values are.
const PLACES: [(&str, &[usize]); 6] = [
    ("AddService", &[2, 3]),
    ("AddEventProvider", &[1]),
    ("AddInterface", &[2]),
    ("AddComponent", &[2]),
    ("AddSoftware", &[2]),
    ("AddFilter", &[2]),
];

/// Every reference that can be reached, and the names of all sections that are.
pub fn walk(inf: &Inf) -> (Vec<Reference>, BTreeSet<String>) {
    let mut walk = Walk { inf, references: Vec::new(), reached: BTreeSet::new(), todo: Vec::new() };
    for section in &inf.sections {
        let root = section.name.split('.').next().unwrap_or_default();
        if ROOTS.iter().any(|known| root.eq_ignore_ascii_case(known)) {
            walk.reach(&section.name);
        }
    }
    walk.manufacturers();
    while let Some(section) = walk.todo.pop() {
        walk.directives(&section);
    }
    walk.references.sort_by_key(|reference| reference.line);
    (walk.references, walk.reached)
}

struct Walk<'a> {
    inf: &'a Inf,
    references: Vec<Reference>,
    /// In lower case.
    reached: BTreeSet<String>,
    todo: Vec<String>,
}

impl Walk<'_> {
    fn reach(&mut self, section: &str) {
        if self.reached.insert(section.to_ascii_lowercase()) {
            self.todo.push(section.to_owned());
        }
    }

    fn refer(&mut self, line: u32, directive: &str, section: String) {
        if !section.is_empty() {
            self.reach(&section);
            self.references.push(Reference { line, directive: directive.to_owned(), section });
        }
    }

    fn manufacturers(&mut self) {
        let inf = self.inf;
        for maker in inf.entries("Manufacturer") {
            let base = inf.field(maker, 0);
            let decorated =
                (1..maker.values.len()).map(|index| format!("{base}.{}", inf.field(maker, index)));
            let sections: Vec<String> =
                if maker.values.len() > 1 { decorated.collect() } else { vec![base] };
            for section in sections {
                for model in inf.entries(&section) {
                    self.install(model.line, &inf.field(model, 0));
                }
                self.refer(maker.line, "Manufacturer", section);
            }
        }
    }

    /// A section that a model names, and what belongs to it by its name.
    fn install(&mut self, line: u32, name: &str) {
        let mut found = false;
        for section in &self.inf.sections {
            let own = &section.name;
            let platform = is_variant(own, name);
            let suffixed = SUFFIXES.iter().any(|suffix| {
                let front = own.len().checked_sub(suffix.len() + 1);
                front.and_then(|front| own.split_at_checked(front)).is_some_and(|(front, back)| {
                    back.strip_prefix('.').is_some_and(|back| back.eq_ignore_ascii_case(suffix))
                        && is_variant(front, name)
                })
            });
            found |= platform;
            if platform || suffixed {
                self.reach(own);
            }
        }
        if !found {
            self.refer(line, "the model", name.to_owned());
        }
    }

    fn directives(&mut self, section: &str) {
        let inf = self.inf;
        for entry in inf.entries(section) {
            let key = entry.name();
            if LISTS.iter().any(|directive| entry.is(directive)) {
                for index in 0..entry.values.len() {
                    let name = inf.field(entry, index);
                    if !name.starts_with('@') {
                        self.refer(entry.line, key, name);
                    }
                }
            }
            for (directive, places) in PLACES {
                if entry.is(directive) {
                    for place in places {
                        self.refer(entry.line, key, inf.field(entry, *place));
                    }
                }
            }
        }
    }
}

/// Every `%string%` with its line; numbers are directories.
pub fn tokens(inf: &Inf) -> Vec<(u32, String)> {
    let mut tokens = Vec::new();
    for section in &inf.sections {
        if is_strings(&section.name) {
            continue;
        }
        for entry in &section.entries {
            for text in entry.key.iter().chain(&entry.values) {
                tokens.extend(pieces(text).into_iter().filter_map(|piece| match piece {
                    Piece::Token(token) if token.parse::<u32>().is_err() => {
                        Some((entry.line, token.to_owned()))
                    }
                    Piece::Token(_) | Piece::Text(_) => None,
                }));
            }
        }
    }
    tokens
}

/// [Strings] and [Strings.0407].
pub fn is_strings(section: &str) -> bool {
    section.split('.').next().is_some_and(|first| first.eq_ignore_ascii_case("Strings"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_walk_reaches_what_models_name() {
        let inf = Inf::new(
            "[Manufacturer]\n%M% = Lwf, NTamd64\n[Lwf.NTamd64]\nx = I, id\n[I.NT]\nAddReg = R, Gone\n\
             CopyFiles = @a.sys\n[R]\n[I.NT.Services]\nAddService = s,, S\n[S]\n[I.Servces]\n[Lwf]\n",
        );
        let (references, reached) = walk(&inf);
        let named: Vec<_> = references.iter().map(|found| found.section.as_str()).collect();
        assert_eq!(named, ["Lwf.NTamd64", "R", "Gone", "S"]);
        assert!(reached.contains("i.nt.services"));
        assert!(!reached.contains("i.servces") && !reached.contains("lwf"));
        assert_eq!(tokens(&inf), [(2, "M".to_owned())]);
    }
}
