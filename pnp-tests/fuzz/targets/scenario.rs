//! A scenario file: reading it may refuse, never crash.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pnp_tests::scenario::parse::parse;

fuzz_target!(|text: &str| {
    drop(parse("fuzz.pnp", text));
});
