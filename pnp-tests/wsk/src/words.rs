//! What drivers of this kind are put through. The kernel's words are enough for it.

use include_dir::{Dir, include_dir};

/// What `verify` puts every WSK client through.
pub static FLOWS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/flows");

/// What our driver of this kind must show: there is none yet.
pub static SCENARIOS: Dir<'_> = Dir::new("scenarios", &[]);
