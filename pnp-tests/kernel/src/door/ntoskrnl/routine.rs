//! The address of an export by its name, for drivers that run on a Windows that may not have it.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::cross;
use crate::door::exports::{ExportTables, exports};
use crate::machine::export::Since;
use crate::machine::raw;
use crate::nt::version::BUILD;
use image::Exports;

exports! {
    MmGetSystemRoutineAddress: le PASSIVE, fails NULL, since 2195,
        "ddi:wdm/nf-wdm-mmgetsystemroutineaddress";
}

/// NULL for what is not there: a driver must do without it. Names are compared with their case.
extern "win64" fn MmGetSystemRoutineAddress(name: usize) -> usize {
    let world = cross();
    let (module, name) = ("ntoskrnl.exe", raw::text(name));
    let tables = ExportTables(world.subsystems);
    let is_later = |since: Since| matches!(since, Since::Build(build) if build > BUILD);
    if tables.find(module, &name).is_some_and(|row| is_later(row.since)) {
        return 0;
    }
    tables.resolve(module, &name).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::structure::unicode_string;
    use crate::world::sample::machine;

    #[test]
    fn what_is_there_is_found_by_name_and_the_rest_is_null() {
        machine(0, |world| {
            let find = |name: &str| {
                let string = unicode_string(name);
                MmGetSystemRoutineAddress(string[0].address())
            };
            let tables = ExportTables(world.subsystems);
            assert_eq!(Some(find("KeSetEvent")), tables.resolve("ntoskrnl.exe", "KeSetEvent"));
            assert_ne!(find("PsThreadType"), 0, "a variable");
            assert_eq!([find("KeSetEventOfTomorrow"), find("kesetevent"), find("")], [0; 3]);
        });
    }
}
