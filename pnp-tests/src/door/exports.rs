//! What the simulated kernel exports. An import that is not in these tables is a load error: there
//! are no silent stubs.

use std::collections::BTreeMap;
use std::ptr;
use std::sync::{Mutex, PoisonError};

use crate::image::Exports;
use crate::machine::gate;
use crate::world::subsystem::{ExportModule, Subsystems};

/// A name and the thunk behind it.
pub type Export = (&'static str, usize);

/// The table of a file's thunks: `exports![Name, Alias = Name]`.
macro_rules! exports {
    ($($name:ident $(= $thunk:ident)?),* $(,)?) => {
        /// Every export of this file.
        pub(crate) fn exports() -> Vec<$crate::door::exports::Export> {
            vec![$((stringify!($name), exports!(@thunk $name $($thunk)?) as *const () as usize)),*]
        }
    };
    (@thunk $name:ident) => { $name };
    (@thunk $name:ident $thunk:ident) => { $thunk };
}
pub(crate) use exports;

/// What the subsystems of a machine export together.
pub struct Exported(pub Subsystems);

/// A module's functions by name. Tables stand still, so each is made once.
fn table(module: &'static ExportModule) -> &'static BTreeMap<&'static str, usize> {
    type Tables = Vec<(usize, &'static BTreeMap<&'static str, usize>)>;
    static TABLES: Mutex<Tables> = Mutex::new(Vec::new());
    let mut tables = TABLES.lock().unwrap_or_else(PoisonError::into_inner);
    let key = ptr::from_ref(module).addr();
    if let Some((_, table)) = tables.iter().find(|(known, _)| *known == key) {
        return table;
    }
    let table: &'static _ = Box::leak(Box::new(module.1().into_iter().collect()));
    tables.push((key, table));
    table
}

impl Exported {
    fn module(&self, name: &str) -> Option<&'static ExportModule> {
        let is_it =
            |module: &&ExportModule| module.0.iter().any(|known| known.eq_ignore_ascii_case(name));
        self.0.iter().flat_map(|subsystem| subsystem.modules()).find(is_it)
    }
}

impl Exports for Exported {
    fn resolve(&self, module: &str, name: &str) -> Option<usize> {
        let function = self
            .module(module)
            .and_then(|module| table(module).get(name).map(|address| gate::before(*address)));
        // A variable is resolved to itself: nobody calls it.
        function.or_else(|| self.0.iter().find_map(|subsystem| subsystem.variable(module, name)))
    }
}
