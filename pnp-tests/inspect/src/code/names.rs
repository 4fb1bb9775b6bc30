//! What functions are called in a report.

use std::collections::BTreeMap;

use super::{Functions, Root, Target};
use image::Symbols;

/// Names by the start of a function; those of a PDB, else what can be told from the code.
pub struct Names {
    /// Identical functions are one in the image and have several names.
    known: BTreeMap<u32, Vec<String>>,
}

impl Names {
    pub fn new(functions: &Functions, symbols: Option<&Symbols>) -> Self {
        let mut known: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        for (rva, _, name) in symbols.into_iter().flat_map(Symbols::functions) {
            let names = known.entry(rva).or_default();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        for function in functions.by_start.values() {
            // `jmp [slot]` is how an import is called by those who do not know it is one.
            let mut jumps = function.body.jumps.keys();
            if let (Some(Target::Slot(slot)), None, true) =
                (jumps.next(), jumps.next(), function.body.calls.is_empty())
                && let Some(import) = functions.import(*slot)
            {
                let thunk = || vec![format!("{import} (thunk)")];
                known.entry(function.start).or_insert_with(thunk);
            }
            if functions.roots.get(&function.start) == Some(&Root::Entry) {
                known.entry(function.start).or_insert_with(|| vec!["entry point".to_owned()]);
            }
        }
        Self { known }
    }

    /// The best name.
    pub fn of(&self, start: u32) -> String {
        let names = self.known.get(&start).map(Vec::as_slice).unwrap_or_default();
        names.first().cloned().unwrap_or_else(|| format!("sub_{start:x}"))
    }

    /// All names.
    pub fn all(&self, start: u32) -> &[String] {
        self.known.get(&start).map(Vec::as_slice).unwrap_or_default()
    }
}
