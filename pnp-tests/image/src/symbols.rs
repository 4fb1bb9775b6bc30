//! Names and source lines for addresses in an image, out of the PDB that was linked with it.

use std::path::{Path, PathBuf};

use super::debug::PdbReference;
use super::file::ImageFile;
use super::pdb::{Contents, Pdb};
use super::section::Section;

/// The symbols of one image.
#[derive(Debug)]
pub struct Symbols {
    pdb: PathBuf,
    contents: Contents,
}

/// The name of an RVA, for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    /// Qualified and demangled.
    pub function: String,
    /// Bytes from the function's start.
    pub offset: u32,
    /// Source file, as the compiler called it, and line; inlined code counts as the line it was
    /// inlined into.
    pub line: Option<(String, u32)>,
}

/// Whether there are symbols, and if not, why.
#[derive(Debug)]
pub enum SymbolsState {
    /// The symbols of exactly this build.
    Found(Symbols),
    /// No PDB beside the image, or the image does not say which one is its own.
    Missing,
    /// There is a PDB, but of another build; `found` and `expected` are GUID and age.
    Stale {
        /// The file that was found.
        pdb: PathBuf,
        /// GUID and age of that file.
        found: String,
        /// GUID and age that the image names.
        expected: String,
    },
    /// There is a file of that name which is no PDB, or a broken one.
    Unreadable {
        /// The file that was found.
        pdb: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

impl Symbols {
    /// The symbols of `file`, if the right PDB is beside it; see [`Self::state`] for why not.
    #[must_use]
    pub fn beside(file: &ImageFile) -> Option<Self> {
        match Self::state(file) {
            SymbolsState::Found(symbols) => Some(symbols),
            SymbolsState::Missing
            | SymbolsState::Stale { .. }
            | SymbolsState::Unreadable { .. } => None,
        }
    }

    /// Looks in the image's directory for its own stem with `.pdb` and for the name that the
    /// linker wrote into the image.
    #[must_use]
    pub fn state(file: &ImageFile) -> SymbolsState {
        Self::find(file.path(), file.facts().pdb.as_ref(), file.sections())
    }

    /// The same for an image of any machine.
    pub(super) fn find(
        image: &Path,
        reference: Option<&PdbReference>,
        sections: &[Section],
    ) -> SymbolsState {
        let Some(reference) = reference else { return SymbolsState::Missing };
        let linked = reference.path.rsplit(['\\', '/']).next().unwrap_or_default();
        let candidates = [image.with_extension("pdb"), image.with_file_name(linked)];
        let mut state = SymbolsState::Missing;
        for pdb in candidates.iter().filter(|pdb| pdb.is_file()) {
            let expected = identity(&reference.guid, reference.age);
            match open(pdb, sections, expected) {
                SymbolsState::Missing => {}
                found @ SymbolsState::Found(_) => return found,
                worse @ (SymbolsState::Stale { .. } | SymbolsState::Unreadable { .. }) => {
                    // The PDB of the image's own name is the one to talk about.
                    if matches!(state, SymbolsState::Missing) {
                        state = worse;
                    }
                }
            }
        }
        state
    }

    /// The file the symbols are from.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.pdb
    }

    /// Start, length if known, and name of every function, by start; aliases follow each other.
    pub fn functions(&self) -> impl Iterator<Item = (u32, Option<u32>, String)> {
        let functions = self.contents.functions.iter();
        functions.map(|function| (function.rva, function.length, plain(&function.name)))
    }

    /// RVA, size if the PDB says it, and name of everything that is stored in a section, by RVA.
    pub fn variables(&self) -> impl Iterator<Item = (u32, Option<u64>, String)> {
        let variables = self.contents.variables.iter();
        variables.map(|variable| (variable.rva, variable.size, plain(&variable.name)))
    }

    /// Where lines of source begin, by RVA: file and line, or none where code of no line begins.
    pub fn lines(&self) -> impl Iterator<Item = (u32, Option<(String, u32)>)> {
        self.contents.lines.iter().map(|line| {
            let place = line
                .place
                .and_then(|(file, line)| Some((spelled(self.contents.files.get(file)?), line)));
            (line.rva, place)
        })
    }

    /// The function around `rva`; one whose length is not known reaches to the next.
    #[must_use]
    pub fn name_of(&self, rva: u32) -> Option<Symbol> {
        let functions = &self.contents.functions;
        let before = functions.partition_point(|function| function.rva <= rva);
        let nearest = functions.get(before.checked_sub(1)?)?;
        let first = functions.partition_point(|function| function.rva < nearest.rva);
        let function = functions.get(first)?;
        let offset = rva - function.rva;
        if function.length.is_some_and(|length| offset >= length) {
            return None;
        }
        Some(Symbol { function: plain(&function.name), offset, line: self.line_of(rva) })
    }

    fn line_of(&self, rva: u32) -> Option<(String, u32)> {
        let lines = &self.contents.lines;
        let after = lines.partition_point(|line| line.rva <= rva);
        let (file, line) = lines.get(after.checked_sub(1)?)?.place?;
        Some((spelled(self.contents.files.get(file)?), line))
    }
}

/// rust-lld joins folders with backslashes; what is not on a drive of Windows can be opened here.
fn spelled(file: &str) -> String {
    let bytes = file.as_bytes();
    let windows = file.starts_with("\\\\") || bytes.get(1) == Some(&b':');
    if windows { file.to_owned() } else { file.replace('\\', "/") }
}

/// Demangled, without the hashes.
fn plain(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}

fn open(path: &Path, sections: &[Section], expected: String) -> SymbolsState {
    let pdb = path.to_owned();
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return SymbolsState::Unreadable { pdb, why: error.to_string() },
    };
    let Some(parsed) = Pdb::parse(&bytes) else {
        return SymbolsState::Unreadable { pdb, why: "not a whole PDB 7.0 file".to_owned() };
    };
    let found = identity(parsed.guid(), parsed.age());
    if found != expected {
        return SymbolsState::Stale { pdb, found, expected };
    }
    SymbolsState::Found(Symbols { pdb, contents: parsed.contents(sections) })
}

fn identity(guid: &str, age: u32) -> String {
    format!("{guid} age {age}")
}
