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

/// The flows for a driver of none of these kinds.
pub static KERNEL_FLOWS: &Dir<'static> = &words::FLOWS;

/// The kinds that a driver is of, by what it imports; it may be of several.
pub fn of(file: &ImageFile) -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().filter(|kind| {
        file.imports().iter().any(|import| import.module.eq_ignore_ascii_case(kind.library))
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::catalogue;
    use image_builder::Pe;

    /// The names of the flows that a driver with these imports is put through.
    fn flows(imports: &[(&str, &[&str])]) -> Vec<String> {
        let file = ImageFile::parse(Path::new("x.sys"), &Pe::importing(imports).build());
        let flows = catalogue::flows_for(&file.expect("a right driver")).expect("they parse");
        flows.into_iter().map(|flow| flow.name).collect()
    }

    #[test]
    fn a_driver_of_two_kinds_is_put_through_the_flows_of_both() {
        let filter: (&str, &[&str]) = ("NDIS.SYS", &["NdisFRegisterFilterDriver"]);
        let client: (&str, &[&str]) = ("netio.sys", &["WskRegister"]);
        let neither: (&str, &[&str]) = ("ntoskrnl.exe", &["KeBugCheckEx"]);
        assert_eq!(flows(&[client, neither]), ["registers_and_deregisters"]);
        assert_eq!(flows(&[filter, client]), [flows(&[filter]), flows(&[client])].concat());
        assert_eq!(flows(&[neither]), ["load_unload"]);
    }

    #[test]
    fn a_flow_has_its_name_alone() {
        let mut names: Vec<_> =
            catalogue::flows().expect("they parse").into_iter().map(|flow| flow.name).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all, "a worker finds a flow by its name");
    }
}
