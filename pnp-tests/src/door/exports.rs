//! What the simulated kernel exports: a row for each name, written beside the function it is of.
//!
//! - An import that is in no row is a load error: there are no silent stubs.
//! - A row is the only place that says at which IRQL a function may be called, how it fails and
//!   whether it calls drivers. The gate notes the row, and `cross` reads it.
//! - A fault that a row names is injected by its function, and no other is.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use crate::image::{Exports, KERNEL_MODULES};

use super::crossing::{ANY, APC, DISPATCH, PASSIVE};
use super::{gate, ndis, ntoskrnl};

/// One exported name.
pub struct Row {
    /// The name that an image imports.
    pub name: &'static str,
    /// The name that the journal has. It is another one for an alias: that of the function.
    pub recorded: &'static str,
    /// The address of the function.
    pub address: fn() -> usize,
    /// The highest IRQL at which the function may be called. Some arguments lower it.
    pub irql_max: u8,
    /// The lowest IRQL at which it may be called. It is documented and not checked.
    pub irql_min: u8,
    /// How it fails.
    pub failure: Failure,
    /// Whether drivers run inside it, and with them perhaps the one that called.
    pub calls_back: bool,
    /// Where Windows has it.
    pub since: Since,
    /// Where it is documented: `ddi:`, `docs:` or `learn:` and a page; `undocumented:` and the
    /// header that declares it.
    pub page: &'static str,
}

/// How a function fails.
pub struct Failure {
    /// What it answers then, as its page has it: NULL, FALSE, statuses. `NTSTATUS` and `NDIS_STATUS`
    /// stand for statuses that no page lists, `EXCEPTION` for a raised one.
    pub answers: &'static [&'static str],
    /// The faults of a run that make it fail here.
    pub faults: &'static [Fault],
}

/// A fault that a run can have (`world::fault`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The n-th call of the function.
    Call,
    /// The n-th allocation of the run.
    Allocation,
}

/// Where Windows has a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// The first build that has it, by its page or its header.
    Build(u32),
    /// The headers define it inline or as a macro; drivers of other headers import it.
    Inline,
    /// Neither its page nor its header says.
    Unknown,
}

/// What one module of Windows exports.
pub struct ExportModule {
    /// The names of its files, in lower case.
    pub names: &'static [&'static str],
    /// Its rows, a table for each family of functions.
    pub tables: &'static [&'static [Row]],
}

impl ExportModule {
    /// Its rows.
    pub fn rows(&self) -> impl Iterator<Item = &'static Row> + use<> {
        self.tables.iter().flat_map(|table| table.iter())
    }
}

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
macro_rules! exports {
    ($(
        $name:ident $(= $function:ident)? : $order:ident $level:ident
        $(, fails $($answer:ident)|+ $(by $($fault:ident)+)?)?
        $(, calls $back:ident)?
        , since $since:tt, $page:literal;
    )*) => {
        /// The rows of this file.
        pub(in crate::door) static ROWS: &[$crate::door::exports::Row] = &[$(
            $crate::door::exports::Row {
                name: stringify!($name),
                recorded: exports!(@recorded $name $($function)?),
                address: || exports!(@function $name $($function)?) as *const () as usize,
                irql_max: exports!(@max $order $level),
                irql_min: exports!(@min $order $level),
                failure: $crate::door::exports::Failure {
                    answers: &[$($(stringify!($answer)),+)?],
                    faults: &[$($($(exports!(@fault $fault)),+)?)?],
                },
                calls_back: exports!(@calls $($back)?),
                since: exports!(@since $since),
                page: $page,
            }
        ),*];
    };
    (@function $name:ident) => { $name };
    (@function $name:ident $function:ident) => { $function };
    (@recorded $name:ident) => { stringify!($name) };
    (@recorded $name:ident $function:ident) => { stringify!($function) };
    (@max ge $level:ident) => { $crate::door::crossing::ANY };
    (@max $order:ident $level:ident) => { $crate::door::crossing::$level };
    (@min le $level:ident) => { $crate::door::crossing::PASSIVE };
    (@min $order:ident $level:ident) => { $crate::door::crossing::$level };
    (@fault call) => { $crate::door::exports::Fault::Call };
    (@fault allocation) => { $crate::door::exports::Fault::Allocation };
    (@calls) => { false };
    (@calls back) => { true };
    (@since inline) => { $crate::door::exports::Since::Inline };
    (@since unknown) => { $crate::door::exports::Since::Unknown };
    (@since $build:literal) => { $crate::door::exports::Since::Build($build) };
}
pub(super) use exports;

/// The name of an IRQL.
fn level(irql: u8) -> &'static str {
    match irql {
        PASSIVE => "PASSIVE_LEVEL",
        APC => "APC_LEVEL",
        DISPATCH => "DISPATCH_LEVEL",
        _ => "HIGH_LEVEL",
    }
}

impl Row {
    /// The IRQL at which it may be called, as the pages of Microsoft's have it.
    pub fn irql(&self) -> String {
        match (self.irql_min, self.irql_max) {
            (PASSIVE, ANY) => "any".to_owned(),
            (PASSIVE, PASSIVE) => level(PASSIVE).to_owned(),
            (PASSIVE, max) => format!("<= {}", level(max)),
            (min, ANY) => format!(">= {}", level(min)),
            (min, max) if min == max => level(max).to_owned(),
            (min, max) => format!("{} to {}", level(min), level(max)),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Call => "call",
            Self::Allocation => "allocation",
        })
    }
}

impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Build(build) => write!(f, "{build}"),
            Self::Inline => f.write_str("inline"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

/// The modules.
pub static MODULES: [&ExportModule; 2] = [&ntoskrnl::EXPORTS, &ndis::EXPORTS];

/// The exports of the simulated kernel.
pub struct Kernel;

/// The rows by name, for each of [`MODULES`].
fn tables() -> &'static [BTreeMap<&'static str, &'static Row>; 2] {
    static TABLES: OnceLock<[BTreeMap<&'static str, &'static Row>; 2]> = OnceLock::new();
    TABLES.get_or_init(|| MODULES.map(|module| module.rows().map(|row| (row.name, row)).collect()))
}

/// The row of an import.
pub fn find(module: &str, name: &str) -> Option<&'static Row> {
    let module = module.to_ascii_lowercase();
    let at = MODULES.iter().position(|known| known.names.contains(&&*module))?;
    tables()[at].get(name).copied()
}

/// How many functions there are, over all modules.
pub fn count() -> usize {
    tables().iter().map(BTreeMap::len).sum()
}

impl Exports for Kernel {
    fn resolve(&self, module: &str, name: &str) -> Option<usize> {
        let function = find(module, name).map(gate::before);
        let is_kernel = KERNEL_MODULES.iter().any(|known| known.eq_ignore_ascii_case(module));
        // A variable is resolved to itself: nobody calls it.
        function.or_else(|| is_kernel.then(|| ntoskrnl::data::address(name)).flatten())
    }
}
