//! A scenario file: reading it may refuse, never crash.
#![no_main]

use host::scenario::parse::parse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    drop(parse("fuzz.pnp", text));
});
