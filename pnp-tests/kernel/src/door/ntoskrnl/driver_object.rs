//! What a driver hangs on its driver object; callers of its devices.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::cross;
use crate::door::exports::exports;
use crate::machine::raw;
use crate::nt::{extension, io, irp};

exports! {
    ExGetPreviousMode: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-exgetpreviousmode";
    IoAllocateDriverObjectExtension: le DISPATCH,
        fails STATUS_INSUFFICIENT_RESOURCES | STATUS_OBJECT_NAME_COLLISION by allocation, since 2195,
        "ddi:wdm/nf-wdm-ioallocatedriverobjectextension";
    IoGetDriverObjectExtension: le DISPATCH, fails NULL, since 2195,
        "ddi:wdm/nf-wdm-iogetdriverobjectextension";
    IoGetRequestorProcessId: le DISPATCH, since 2195, "ddi:ntifs/nf-ntifs-iogetrequestorprocessid";
    IoGetTopLevelIrp: le DISPATCH, fails NULL, since 2195, "ddi:wdm/nf-wdm-iogettoplevelirp";
}

/// The process of the users here, which is none of the system's.
const USER: u32 = 1000;
/// The process of the system's threads.
const SYSTEM: u32 = 4;

extern "win64" fn IoAllocateDriverObjectExtension(
    _driver: usize,
    id: usize,
    size: u32,
    out: usize,
) -> i32 {
    let world = cross();
    raw::put(out, 0_usize);
    if world.faults.next_allocation_fails() {
        return io::NO_RESOURCES;
    }
    match extension::allocate(&world, id, size as usize) {
        Some(extension) => {
            raw::put(out, extension);
            0
        }
        None => io::NAME_COLLISION,
    }
}

extern "win64" fn IoGetDriverObjectExtension(_driver: usize, id: usize) -> usize {
    let world = cross();
    extension::find(&world, id).unwrap_or(0)
}

/// Users' requests come from one process; what a driver makes comes from the system's.
extern "win64" fn IoGetRequestorProcessId(request: usize) -> u32 {
    let world = cross();
    if irp::is_own(&world, request) { SYSTEM } else { USER }
}

/// No file system is above a driver here.
extern "win64" fn IoGetTopLevelIrp() -> usize {
    let _ = cross();
    0
}

/// UserMode while a user's request is dispatched on its own thread, else KernelMode.
extern "win64" fn ExGetPreviousMode() -> i8 {
    let world = cross();
    let thread = world.threads.current();
    let first = thread.open.borrow().first().map(|call| call.callback);
    i8::from(first.is_some_and(|callback| callback.starts_with("Dispatch")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::block::Block;
    use crate::world::sample::machine;

    #[test]
    fn an_extension_is_found_by_its_identifier_and_made_once() {
        machine(0, |_| {
            let out = Block::of(0_usize);
            assert_eq!(IoGetDriverObjectExtension(1, 7), 0);
            assert_eq!(IoAllocateDriverObjectExtension(1, 7, 24, out.address()), 0);
            let extension: usize = raw::get(out.address());
            assert_eq!(raw::bytes(extension, 24), [0; 24]);
            assert_eq!(IoGetDriverObjectExtension(1, 7), extension);
            let again = IoAllocateDriverObjectExtension(1, 7, 24, out.address());
            assert_eq!((again, raw::get(out.address())), (io::NAME_COLLISION, 0_usize));
            assert_eq!(ExGetPreviousMode(), 0);
        });
    }
}
