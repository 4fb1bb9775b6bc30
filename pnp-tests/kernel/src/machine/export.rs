//! Exported functions as rows of a table: what a gate stands before, and what is documented of it.

use std::fmt;

use super::irql::{ANY, PASSIVE, level};

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
    /// The answers of a failed call, as the function's page has them: NULL, FALSE, statuses. `NTSTATUS` and
    /// `NDIS_STATUS` stand for statuses that no page lists, `EXCEPTION` for a raised one.
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

/// A function that exists in a header only.
pub struct Inline {
    /// The function's name.
    pub name: &'static str,
    /// How the header defines it.
    pub how: Definition,
    /// The header.
    pub header: &'static str,
}

/// How a header defines a function that nobody exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Definition {
    /// A function that is compiled into every driver.
    ForceInline,
    /// A macro.
    Macro,
}

/// The exports of one module of Windows.
pub struct ExportModule {
    /// The names of its files, in lower case.
    pub names: &'static [&'static str],
    /// The module's rows, a table for each family of functions.
    pub tables: &'static [&'static [Row]],
    /// Functions that exist in the headers only: an image that imports one was built without the header's
    /// definition, and no Windows loads it.
    pub inline: &'static [Inline],
}

impl ExportModule {
    /// The module's rows, one after another.
    pub fn rows(&self) -> impl Iterator<Item = &'static Row> + use<> {
        self.tables.iter().flat_map(|table| table.iter())
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

impl fmt::Display for Inline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = match self.how {
            Definition::ForceInline => "FORCEINLINE",
            Definition::Macro => "a macro",
        };
        write!(f, "{how} in {}", self.header)
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
