//! Scenarios: what a network engineer writes (`parse`), what the host plays (`play`), and whether
//! the journal then holds what was expected (`expect`).

pub mod ast;
pub mod expect;
pub mod names;
pub mod parse;
pub mod play;
