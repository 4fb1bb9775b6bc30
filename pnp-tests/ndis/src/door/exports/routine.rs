//! The address of an export of NDIS by its name.
#![allow(non_snake_case, reason = "Windows names")]

use kernel::door::crossing::cross;
use kernel::door::exports::{ExportTables, exports};
use kernel::machine::{gate, raw};

exports! {
    NdisGetRoutineAddress: le PASSIVE, fails NULL, since 2600,
        "ddi:ndis/nf-ndis-ndisgetroutineaddress";
}

/// NULL for what is not there.
extern "win64" fn NdisGetRoutineAddress(name: usize) -> usize {
    let world = cross();
    let found = ExportTables(world.subsystems).find("ndis.sys", &raw::text(name));
    found.map_or(0, gate::before)
}
