//! The words of every vocabulary together: one variant each.
//!
//! The grammar stands in `docs/scenarios.md`.

use super::verdict::Verdict;

use kernel::words;

/// One named case: a file, or one combination of a file's `vary` lines.
pub type Scenario = lang::Scenario<Given, Step>;

/// A step: an event, or an expectation that must hold at that point.
pub type Step = lang::Step<When, Then, Never>;

pub use lang::Line;

/// A part of the machine before the first step.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names are the description")]
pub enum Given {
    Kernel(words::ast::Given),
    Ndis(ndis::words::ast::Given),
}

/// `when ...`
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names are the description")]
pub enum When {
    Kernel(words::ast::When),
    Ndis(ndis::words::ast::When),
}

/// `then ...`
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names are the description")]
pub enum Then {
    Kernel(words::ast::Then),
    Ndis(ndis::words::ast::Then),
    /// About the run as a whole.
    Verdict(Verdict),
}

/// `never ...`
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names are the description")]
pub enum Never {
    Kernel(words::ast::Never),
    Ndis(ndis::words::ast::Never),
}

/// A reading of a question that documentation leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the description")]
pub enum Switch {
    Ndis(ndis::switches::Switch),
}
