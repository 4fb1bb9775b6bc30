//! The kernel's rules: the demands on a driver of any kind. A rule is one constant.
//!
//! - A rule sees a finished journal and nothing else, and of it what [`KernelFact`](journal::KernelFact) says.
//! - No two rules have one id (a test of `host::rules`).
//!
//! A new rule, of the kernel or of a subsystem, and what leads to the next step:
//!
//! 1. The constant, with a test that has a miniature journal that breaks it and one that keeps it
//!    ([`sample`]). Until it stands in its list it does not compile: it is never used.
//! 2. The list, `RULES` here or in the subsystem's `rules`. It has no length and no order;
//!    `host::rules` sorts by id. A test of `host::rules` fails at an id that is taken, or out of turn.
//! 3. The mistake: a feature named as the id in `filters/plain/Cargo.toml`. The test
//!    `every_rule_has_a_wrong_filter_and_every_wrong_filter_a_rule` of `tests/host` fails without it, and
//!    until the sources of the filter ask for it.
//! 4. The flow that provokes it. The test `every_rule_catches_its_wrong_filter_and_leaves_the_right_ones_alone`
//!    fails until the usual flows do, or its `provocation` names another.
//!
//! `netpnp rules` and the reports of `verify` follow by themselves; no page has a count.

mod assertion;
mod lifetime;
mod lock;
mod machine;
mod note;
mod request;
mod rule;
pub mod sample;
mod stop;

#[cfg(test)]
use machine::LEFT_BEHIND;
pub use machine::{COMES_TO_AN_END, KEEPS_RUNNING};
pub use note::Note;
pub use rule::{Report, Rule, Severity, Violation};
pub use stop::Stop;

/// The rules for drivers of any kind.
pub const RULES: &[&Rule] = &[
    &assertion::HOLDS,
    &machine::IRQL,
    &lifetime::AT_THE_SAME_TIME,
    &lifetime::AFTER_FREE,
    &machine::LEFT_BEHIND,
    &machine::HANDLES,
    &lock::SPIN_LOCKS,
    &lock::PAGED,
    &lock::EXECUTABLE,
    &request::REQUESTS,
    &machine::STACK,
    &machine::STALLS,
    &machine::KEEPS_RUNNING,
    &machine::COMES_TO_AN_END,
    &machine::GARBAGE,
    &machine::REGIONS,
    &machine::UNLOADS,
];
