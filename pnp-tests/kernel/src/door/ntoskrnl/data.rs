//! Exports that are variables: each holds a pointer to an object type, which is opaque.

use std::sync::OnceLock;

/// The variable, and the kind of handle whose objects are of its type.
const VARIABLES: [(&str, &str); 6] = [
    ("ExEventObjectType", "event handle"),
    ("IoDeviceObjectType", "device handle"),
    ("IoDriverObjectType", "driver handle"),
    ("IoFileObjectType", "file handle"),
    ("PsProcessType", "process handle"),
    ("PsThreadType", "thread handle"),
];

/// A pointer to an object type, and the object type. They stay for the life of the process.
fn cells() -> &'static [[usize; 2]; VARIABLES.len()] {
    static CELLS: OnceLock<&'static [[usize; 2]; VARIABLES.len()]> = OnceLock::new();
    CELLS.get_or_init(|| {
        let cells = Box::leak(Box::new([[0_usize; 2]; VARIABLES.len()]));
        for cell in cells.iter_mut() {
            cell[0] = (&raw const cell[1]).expose_provenance();
        }
        cells
    })
}

/// Where the variable of this name is.
pub(super) fn address(name: &str) -> Option<usize> {
    let index = VARIABLES.iter().position(|(known, _)| *known == name)?;
    Some((&raw const cells()[index][0]).expose_provenance())
}

/// The kind of handle that an object type is for.
pub(super) fn kind_of(object_type: usize) -> Option<&'static str> {
    let index = cells().iter().position(|cell| cell[0] == object_type)?;
    Some(VARIABLES[index].1)
}
