//! The language of `.pnp` files, without a word of any kind of driver: lines, words, quantities,
//! names, `vary`, and mistakes with their places. Which words there are is said by a [`Grammar`].
//!
//! - It knows nobody: neither the machine nor any kind of driver.
//! - A line yields at most one mistake, and a file all of its mistakes at once.
//! - No line of a message is wider than 100 columns, whatever the file holds.
#![forbid(unsafe_code)]

mod error;
mod grammar;
mod name;
pub mod quantity;
mod read;
mod scenario;
mod vary;
mod words;

pub use error::{Fault, ScenarioError, ScenarioErrors, clip};
pub use grammar::{Grammar, Lexicon, Topic};
pub use name::{Names, with_article};
pub use read::parse;
pub use scenario::{Line, Scenario, Step};
pub use words::{Read, ReadIn, Row, Word, Words, row, words_of};
