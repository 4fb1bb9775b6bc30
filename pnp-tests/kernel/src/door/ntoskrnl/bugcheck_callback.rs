//! Routines for the moment after a bugcheck: they are kept, and never called here.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::{Crossing, cross};
use crate::door::exports::exports;
use crate::world::resource;

exports! {
    KeDeregisterBugCheckCallback: le ANY, fails FALSE, since 2195,
        "ddi:wdm/nf-wdm-kederegisterbugcheckcallback";
    KeDeregisterBugCheckReasonCallback = KeDeregisterBugCheckCallback: le ANY, fails FALSE,
        since 2600, "ddi:wdm/nf-wdm-kederegisterbugcheckreasoncallback";
    KeRegisterBugCheckCallback: le ANY, fails FALSE, since 2195,
        "ddi:wdm/nf-wdm-keregisterbugcheckcallback";
    KeRegisterBugCheckReasonCallback: le ANY, fails FALSE, since 2600,
        "ddi:wdm/nf-wdm-keregisterbugcheckreasoncallback";
}

/// How a record that is left in the system's list is told.
const CALLBACK: &str = "bugcheck callback";

/// FALSE for a record that is in the list already.
fn register(world: &Crossing, record: usize) -> u8 {
    if world.resources.borrow().holds(CALLBACK, record) {
        return 0;
    }
    resource::take(world, CALLBACK, record, None);
    1
}

extern "win64" fn KeRegisterBugCheckCallback(
    record: usize,
    _routine: usize,
    _buffer: usize,
    _length: u32,
    _component: usize,
) -> u8 {
    let world = cross();
    register(&world, record)
}

extern "win64" fn KeRegisterBugCheckReasonCallback(
    record: usize,
    _routine: usize,
    _reason: i32,
    _component: usize,
) -> u8 {
    let world = cross();
    register(&world, record)
}

extern "win64" fn KeDeregisterBugCheckCallback(record: usize) -> u8 {
    let world = cross();
    if !world.resources.borrow().holds(CALLBACK, record) {
        return 0;
    }
    resource::give(&world, CALLBACK, record);
    1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::sample::machine;

    #[test]
    fn a_record_is_in_the_list_once() {
        machine(0, |world| {
            assert_eq!(KeDeregisterBugCheckCallback(0x1000), 0);
            assert_eq!(KeRegisterBugCheckCallback(0x1000, 1, 0, 0, 0), 1);
            assert_eq!(KeRegisterBugCheckReasonCallback(0x1000, 1, 0, 0), 0);
            assert_eq!(KeDeregisterBugCheckCallback(0x1000), 1);
            assert_eq!(world.resources.borrow().live().count(), 0);
        });
    }
}
