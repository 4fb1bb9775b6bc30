//! A driver file: parsing and loading it may refuse, never crash.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use pnp_tests::door::exports::Kernel;
use pnp_tests::image::{Image, ImageFile};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(file) = ImageFile::parse(Path::new("fuzz.sys"), bytes) {
        drop(Image::load(&file, &Kernel));
    }
});
