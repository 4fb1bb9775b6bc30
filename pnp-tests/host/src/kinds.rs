//! The kinds of drivers that the host knows, one entry each.

use include_dir::Dir;

use crate::verify::dimension::{self, Dimension};
use image::ImageFile;
use kernel::words;

/// One kind of driver.
pub struct Kind {
    /// The library that drivers of this kind import, and no others.
    library: &'static str,
    /// The flows that any driver of this kind is put through.
    pub flows: &'static Dir<'static>,
    /// The scenarios that our driver of this kind must pass.
    pub scenarios: &'static Dir<'static>,
    /// The dimensions in which runs differ, in the order in which they are tried.
    pub dimensions: fn() -> Vec<Dimension>,
}

/// Every kind.
pub static KINDS: &[Kind] = &[Kind {
    library: "ndis.sys",
    flows: &ndis::words::FLOWS,
    scenarios: &ndis::words::SCENARIOS,
    dimensions: dimension::ndis,
}];

/// The flows for a driver of none of these kinds.
pub static KERNEL_FLOWS: &Dir<'static> = &words::FLOWS;

/// The kinds that a driver is of, by what it imports; it may be of several.
pub fn of(file: &ImageFile) -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().filter(|kind| {
        file.imports().iter().any(|import| import.module.eq_ignore_ascii_case(kind.library))
    })
}
