//! Registers beyond the general ones: every thread here has its own, so there is nothing to keep.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::cross;
use crate::door::exports::exports;
use crate::machine::raw;

exports! {
    KeRestoreExtendedProcessorState: le DISPATCH, since 7600,
        "ddi:wdm/nf-wdm-kerestoreextendedprocessorstate";
    KeSaveExtendedProcessorState: le DISPATCH, fails NTSTATUS by call, since 7600,
        "ddi:wdm/nf-wdm-kesaveextendedprocessorstate";
}

/// sizeof(XSTATE_SAVE), opaque to drivers.
const BYTES: usize = 48;

extern "win64" fn KeSaveExtendedProcessorState(_mask: u64, save: usize) -> i32 {
    let world = cross();
    if let Some(status) = world.fails() {
        return status;
    }
    raw::fill(save, 0, BYTES);
    0
}

extern "win64" fn KeRestoreExtendedProcessorState(_save: usize) {
    let _ = cross();
}
