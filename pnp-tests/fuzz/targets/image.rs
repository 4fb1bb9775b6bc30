//! A driver file: parsing and loading it may refuse, looking at it may find nothing; neither crashes.
#![no_main]

use std::path::Path;

use host::subsystems::SUBSYSTEMS;
use image::{Image, ImageFile, Survey};
use kernel::door::exports::ExportTables;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(file) = ImageFile::parse(Path::new("fuzz.sys"), bytes) {
        drop(Image::load(&file, &ExportTables(SUBSYSTEMS)));
    }
    if let Ok(survey) = Survey::parse(Path::new("fuzz.sys"), bytes) {
        let _ = (survey.imports(), survey.relocations(), survey.pdb(), survey.file_version());
    }
});
