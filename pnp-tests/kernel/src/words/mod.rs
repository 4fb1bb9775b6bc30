//! The words that hold for any driver: it loads and unloads, time passes, a session listens,
//! allocations and calls fail, parameters are set.
//!
//! - Nothing here names a kind of driver; what events are about is asked of [`Names`](lang::Names).
//! - A first word stands in one table of `parse`, with what reads the rest of its line.

pub mod ast;
pub mod expect;
pub mod parse;
pub mod play;

use include_dir::{Dir, include_dir};

/// The flows that `verify` puts a driver of no known kind through.
pub static FLOWS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/flows");
