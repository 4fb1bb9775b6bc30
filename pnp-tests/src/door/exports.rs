//! What the simulated kernel exports. An import that is not in these tables is a load error: there
//! are no silent stubs.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::image::{Exports, KERNEL_MODULES};

use super::{gate, ndis, ntoskrnl};

/// A name and the thunk behind it.
pub(super) type Export = (&'static str, usize);

/// The table of a file's thunks: `exports![Name, Alias = Name]`.
macro_rules! exports {
    ($($name:ident $(= $thunk:ident)?),* $(,)?) => {
        /// Every export of this file.
        pub(in crate::door) fn exports() -> Vec<$crate::door::exports::Export> {
            vec![$((stringify!($name), exports!(@thunk $name $($thunk)?) as *const () as usize)),*]
        }
    };
    (@thunk $name:ident) => { $name };
    (@thunk $name:ident $thunk:ident) => { $thunk };
}
pub(super) use exports;

/// The exports of the simulated kernel.
pub struct Kernel;

/// The tables, by module. hal.dll forwards to ntoskrnl.exe (Windows 10 2004 and later), so one
/// table serves both.
fn tables() -> &'static [BTreeMap<&'static str, usize>; 2] {
    static TABLES: OnceLock<[BTreeMap<&'static str, usize>; 2]> = OnceLock::new();
    TABLES.get_or_init(|| {
        [ntoskrnl::exports().into_iter().collect(), ndis::exports().into_iter().collect()]
    })
}

fn table(module: &str) -> Option<&'static BTreeMap<&'static str, usize>> {
    let [kernel, ndis] = tables();
    match module.to_ascii_lowercase().as_str() {
        "ntoskrnl.exe" | "hal.dll" => Some(kernel),
        "ndis.sys" => Some(ndis),
        _ => None,
    }
}

/// How many functions there are, over all modules.
pub fn count() -> usize {
    tables().iter().map(BTreeMap::len).sum()
}

impl Exports for Kernel {
    fn resolve(&self, module: &str, name: &str) -> Option<usize> {
        let function = table(module)?.get(name).map(|address| gate::before(*address));
        let is_kernel = KERNEL_MODULES.iter().any(|known| known.eq_ignore_ascii_case(module));
        // A variable is resolved to itself: nobody calls it.
        function.or_else(|| is_kernel.then(|| ntoskrnl::data::address(name)).flatten())
    }
}
