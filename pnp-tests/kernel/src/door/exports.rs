//! What the simulated kernel exports: a row for each name, written beside the function it is of.
//!
//! - An import that is in no row is a load error: there are no silent stubs.
//! - A row is the only place that says at which IRQL a function may be called, how it fails and
//!   whether it calls drivers. The gate notes the row, and `cross` reads it.
//! - A fault that a row names is injected by its function, and no other is.

use std::collections::BTreeMap;
use std::ptr;
use std::sync::{Mutex, PoisonError};

use crate::machine::export::{ExportModule, Inline, Row};
use crate::machine::gate;
use crate::world::subsystem::Subsystems;
use image::Exports;

/// The table of a file's functions, `ROWS`:
///
/// ```text
/// exports! {
///     ExAllocateTimer: le DISPATCH, fails NULL by call, since 9600, "ddi:wdm/nf-wdm-exallocatetimer";
///     Alias = Function: ge DISPATCH, calls back, since inline, "undocumented:wdm.h";
/// }
/// ```
///
/// The IRQL is `le` (at most), `ge` (at least) or `at`. `fails` lists what the function answers, and
/// `by call`, `by allocation` say which faults of a run make it fail.
#[doc(hidden)]
#[macro_export]
macro_rules! __exports {
    ($(
        $name:ident $(= $function:ident)? : $order:ident $level:ident
        $(, fails $($answer:ident)|+ $(by $($fault:ident)+)?)?
        $(, calls $back:ident)?
        , since $since:tt, $page:literal;
    )*) => {
        /// The rows of this file.
        pub static ROWS: &[$crate::machine::export::Row] = &[$(
            $crate::machine::export::Row {
                name: stringify!($name),
                recorded: $crate::__exports!(@recorded $name $($function)?),
                address: || $crate::__exports!(@function $name $($function)?) as *const () as usize,
                irql_max: $crate::__exports!(@max $order $level),
                irql_min: $crate::__exports!(@min $order $level),
                failure: $crate::machine::export::Failure {
                    answers: &[$($(stringify!($answer)),+)?],
                    faults: &[$($($($crate::__exports!(@fault $fault)),+)?)?],
                },
                calls_back: $crate::__exports!(@calls $($back)?),
                since: $crate::__exports!(@since $since),
                page: $page,
            }
        ),*];
    };
    (@function $name:ident) => { $name };
    (@function $name:ident $function:ident) => { $function };
    (@recorded $name:ident) => { stringify!($name) };
    (@recorded $name:ident $function:ident) => { stringify!($function) };
    (@max ge $level:ident) => { $crate::machine::irql::ANY };
    (@max $order:ident $level:ident) => { $crate::machine::irql::$level };
    (@min le $level:ident) => { $crate::machine::irql::PASSIVE };
    (@min $order:ident $level:ident) => { $crate::machine::irql::$level };
    (@fault call) => { $crate::machine::export::Fault::Call };
    (@fault allocation) => { $crate::machine::export::Fault::Allocation };
    (@calls) => { false };
    (@calls back) => { true };
    (@since inline) => { $crate::machine::export::Since::Inline };
    (@since unknown) => { $crate::machine::export::Since::Unknown };
    (@since $build:literal) => { $crate::machine::export::Since::Build($build) };
}
pub use __exports as exports;

/// The exports of all subsystems of a machine.
pub struct ExportTables(pub Subsystems);

/// A module's rows by name. Modules are statics, so each table is made once.
fn table(module: &'static ExportModule) -> &'static BTreeMap<&'static str, &'static Row> {
    type Tables = Vec<(usize, &'static BTreeMap<&'static str, &'static Row>)>;
    static TABLES: Mutex<Tables> = Mutex::new(Vec::new());
    let mut tables = TABLES.lock().unwrap_or_else(PoisonError::into_inner);
    let key = ptr::from_ref(module).addr();
    if let Some((_, table)) = tables.iter().find(|(known, _)| *known == key) {
        return table;
    }
    let rows = module.rows().map(|row| (row.name, row)).collect();
    let table: &'static _ = Box::leak(Box::new(rows));
    tables.push((key, table));
    table
}

impl ExportTables {
    /// Every module, the kernel's own first.
    pub fn modules(&self) -> impl Iterator<Item = &'static ExportModule> {
        self.0.iter().flat_map(|subsystem| subsystem.modules())
    }

    fn module(&self, name: &str) -> Option<&'static ExportModule> {
        let is_it = |known: &&'static ExportModule| {
            known.names.iter().any(|known| known.eq_ignore_ascii_case(name))
        };
        self.modules().find(is_it)
    }

    /// The row of an import.
    pub fn find(&self, module: &str, name: &str) -> Option<&'static Row> {
        table(self.module(module)?).get(name).copied()
    }

    /// The definition in a header of what no Windows exports.
    pub fn inline(&self, module: &str, name: &str) -> Option<&'static Inline> {
        self.module(module)?.inline.iter().find(|inline| inline.name == name)
    }
}

impl Exports for ExportTables {
    fn resolve(&self, module: &str, name: &str) -> Option<usize> {
        let function = self.find(module, name).map(gate::before);
        // A variable is resolved to itself: nobody calls it.
        function.or_else(|| self.0.iter().find_map(|subsystem| subsystem.variable(module, name)))
    }

    fn inline_in(&self, module: &str, name: &str) -> Option<String> {
        self.inline(module, name).map(Inline::to_string)
    }
}
