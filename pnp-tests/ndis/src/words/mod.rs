//! The words of NDIS: adapters, filters and protocols, what happens to them, what they saw.
//!
//! - A first word, or what an adapter does, stands in one table, with what reads the rest of its
//!   line; a flow without arguments stands in one row with what plays it.
//! - Whoever is named on a line was introduced above it: the scope refuses the rest.

pub mod ast;
pub mod expect;
mod flows;
mod given;
pub mod play;
mod scope;
#[cfg(test)]
mod tests;
mod then;
mod value;
mod when;

use include_dir::{Dir, include_dir};

use lang::words_of;

pub use flows::{FLOWS as FLOW_WORDS, Flow};
pub use given::{GIVENS, RUNTIMES, TOPICS, given, given_choices, topic, value};
pub use scope::Scope;
pub use then::{CALLBACKS, THENS, never, then, then_choices};
pub use value::version;
pub use when::{VERBS, when};

/// The flows that `verify` puts every filter through; it judges by NDIS's rules alone.
pub static FLOWS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/flows");

/// The scenarios that our driver must pass.
pub static SCENARIOS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/scenarios");

/// Lower-case prefixes of NDIS's names that scenarios leave out.
pub const PREFIXES: &[&str] = &["netevent", "ndisdevicepnpevent", "ndis_status_"];

/// Every word that begins a statement.
pub fn first_words() -> impl Iterator<Item = &'static str> {
    words_of(GIVENS).chain(words_of(THENS))
}
