//! What drivers of this kind are put through. The kernel's words are enough for it.

use include_dir::{Dir, include_dir};

/// The flows that `verify` puts every WSK client through.
pub static FLOWS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/flows");

/// The scenarios of our driver of this kind: there is none yet.
pub static SCENARIOS: Dir<'_> = Dir::new("scenarios", &[]);
