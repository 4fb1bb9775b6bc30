//! Exports that are variables: pointers to object types, which are opaque, and numbers that are the same on every machine.

use std::sync::OnceLock;

use crate::nt::version::BUILD;

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

/// Numbers of eight bytes or fewer: the build with the mark of a free one, the end of users' addresses, no debugger.
const NUMBERS: [(&str, u64); 7] = [
    ("InitSafeBootMode", 0),
    ("KdDebuggerEnabled", 0),
    ("KdDebuggerNotPresent", 1),
    ("MmHighestUserAddress", 0x7FFF_FFFE_FFFF),
    ("MmSystemRangeStart", 0xFFFF_8000_0000_0000),
    ("MmUserProbeAddress", 0x7FFF_FFFF_0000),
    ("NtBuildNumber", 0xF000_0000 | BUILD as u64),
];

fn numbers() -> &'static [u64; NUMBERS.len()] {
    static CELLS: OnceLock<[u64; NUMBERS.len()]> = OnceLock::new();
    CELLS.get_or_init(|| NUMBERS.map(|(_, number)| number))
}

/// Where the variable of this name is.
pub(super) fn address(name: &str) -> Option<usize> {
    if let Some(index) = NUMBERS.iter().position(|(known, _)| *known == name) {
        return Some((&raw const numbers()[index]).expose_provenance());
    }
    let index = VARIABLES.iter().position(|(known, _)| *known == name)?;
    Some((&raw const cells()[index][0]).expose_provenance())
}

/// The kind of handle that an object type is for.
pub(super) fn kind_of(object_type: usize) -> Option<&'static str> {
    let index = cells().iter().position(|cell| cell[0] == object_type)?;
    Some(VARIABLES[index].1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::raw;

    #[test]
    fn a_variable_holds_its_number_or_points_at_an_object_type() {
        let number = |name| raw::get::<u32>(address(name).expect("it is exported"));
        assert_eq!(number("NtBuildNumber"), 0xF000_0000 | BUILD);
        assert_eq!((number("KdDebuggerEnabled"), number("KdDebuggerNotPresent")), (0, 1));
        let kind: usize = raw::get(address("IoFileObjectType").expect("it is exported"));
        assert_eq!(kind_of(kind), Some("file handle"));
        assert_eq!(address("NtBuildLab"), None);
    }
}
