//! The kinds of drivers that the host knows, one entry each.

use include_dir::Dir;

use crate::verify::dimension::{self, Dimension};
use image::ImageFile;
use kernel::words;

/// One kind of driver.
pub struct Kind {
    /// The library that drivers of this kind import, and no others.
    library: &'static str,
    /// What any driver of this kind is put through.
    pub flows: &'static Dir<'static>,
    /// What our driver of this kind must show.
    pub scenarios: &'static Dir<'static>,
    /// What is different from run to run, in the order in which it is tried.
    pub dimensions: fn() -> Vec<Dimension>,
}

/// Every kind.
pub static KINDS: &[Kind] = &[
    Kind {
        library: "ndis.sys",
        flows: &ndis::words::FLOWS,
        scenarios: &ndis::words::SCENARIOS,
        dimensions: dimension::ndis,
    },
    Kind {
        library: "netio.sys",
        flows: &wsk::words::FLOWS,
        scenarios: &wsk::words::SCENARIOS,
        dimensions: Vec::new,
    },
];

/// What a driver of none of these kinds is put through.
pub static KERNEL_FLOWS: &Dir<'static> = &words::FLOWS;

/// The kinds that a driver is of, by what it imports; it may be of several.
pub fn of(file: &ImageFile) -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().filter(|kind| {
        file.imports().iter().any(|import| import.module.eq_ignore_ascii_case(kind.library))
    })
}
