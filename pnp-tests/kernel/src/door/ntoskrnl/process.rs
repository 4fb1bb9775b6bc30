//! Processes, of which there is the system's; addresses that can be touched.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::cross;
use crate::door::exports::exports;
use crate::door::shared_data;
use crate::machine::{raw, trap};
use crate::nt::object;

exports! {
    IoGetStackLimits: le ANY, since 2195, "ddi:wdm/nf-wdm-iogetstacklimits";
    MmIsAddressValid: le DISPATCH, fails FALSE, since 2195, "ddi:ntddk/nf-ntddk-mmisaddressvalid";
    PsGetProcessId: le ANY, since 2600, "ddi:ntddk/nf-ntddk-psgetprocessid";
    PsLookupProcessByProcessId: le APC, fails STATUS_INVALID_PARAMETER, since 2195,
        "ddi:ntifs/nf-ntifs-pslookupprocessbyprocessid";
}

const INVALID_PARAMETER: i32 = 0xC000_000D_u32.cast_signed();

/// A reference that the caller gives back.
extern "win64" fn PsLookupProcessByProcessId(id: usize, out: usize) -> i32 {
    let world = cross();
    let Some(process) = object::process_by_id(&world, id) else { return INVALID_PARAMETER };
    object::reference(&world, process);
    raw::put(out, process);
    0
}

extern "win64" fn PsGetProcessId(process: usize) -> usize {
    let world = cross();
    if process == object::process(&world) { object::SYSTEM } else { 0 }
}

extern "win64" fn MmIsAddressValid(address: usize) -> u8 {
    let _ = cross();
    let is_shared = shared_data::find(address as u64, false).is_some();
    u8::from(is_shared || raw::try_bytes(address, 1).is_some())
}

extern "win64" fn IoGetStackLimits(low: usize, high: usize) {
    let _ = cross();
    let stack = trap::stack();
    raw::put(low, stack.start);
    raw::put(high, stack.end);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::block::Block;
    use crate::world::sample::machine;

    #[test]
    fn the_system_process_is_found_by_its_id_and_owed_a_reference() {
        machine(0, |world| {
            let out = Block::of(0_usize);
            assert_eq!(PsLookupProcessByProcessId(77, out.address()), INVALID_PARAMETER);
            assert_eq!(PsLookupProcessByProcessId(4, out.address()), 0);
            let process: usize = raw::get(out.address());
            assert_eq!([PsGetProcessId(process), PsGetProcessId(0)], [4, 0]);
            assert_eq!(world.resources.borrow().live().count(), 1);
            object::dereference(world, process);
            assert_eq!(world.resources.borrow().live().count(), 0);
        });
    }

    #[test]
    fn an_address_is_valid_as_long_as_its_memory_is() {
        machine(0, |_| {
            let block = Block::of([0_usize; 2]);
            let (here, limits) = (0_u8, block.address());
            assert_eq!([MmIsAddressValid(limits), MmIsAddressValid(limits + 16)], [1, 0]);
            assert_eq!([MmIsAddressValid(0), MmIsAddressValid(0xFFFF_F780_0000_0000)], [0, 1]);
            IoGetStackLimits(limits, limits + 8);
            let here = (&raw const here).addr();
            assert!(raw::get::<usize>(limits) < here && here < raw::get::<usize>(limits + 8));
        });
    }
}
