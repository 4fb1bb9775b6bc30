//! WSK as the kernel sees it: what netio.sys exports, and what the kernel asks of it.

use journal::Leftover;
use journal::wsk::CLIENT;
use kernel::machine::export::ExportModule;
use kernel::world::World;
use kernel::world::subsystem::Subsystem;

use super::exports;
use crate::Wsk;

/// The library that exports WSK.
pub struct NetioSys;

impl Subsystem for NetioSys {
    fn modules(&self) -> &'static [ExportModule] {
        std::slice::from_ref(&exports::EXPORTS)
    }

    fn left_behind(&self, world: &World) -> Vec<Leftover> {
        let left = world.of::<Wsk>().borrow_mut().abandon();
        vec![Leftover::Registration(CLIENT); left]
    }

    fn things(&self, world: &World) -> u64 {
        world.of::<Wsk>().borrow().registrations() as u64
    }
}
