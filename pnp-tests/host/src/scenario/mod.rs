//! Scenarios: the sums of what every vocabulary can say (`ast`), read (`parse`), played (`play`) and
//! compared with the journal that came of it (`expect`).
//!
//! - A vocabulary is closed in its own module; here it is one variant of each sum and one arm of each
//!   match, and a forgotten arm does not compile.
//! - No word belongs to two vocabularies.
//! - A played scenario is a value of (image, scenario, options).

mod alike;
pub mod ast;
pub mod expect;
pub mod names;
pub mod options;
pub mod parse;
pub mod play;
#[cfg(test)]
mod tests;
pub mod verdict;
