//! NDIS as the kernel sees it: what it exports, and what the kernel asks of it.

use crate::{Ndis, packet, register};
use journal::{Leftover, ndis::FILTER_DRIVER};
use kernel::machine::export::ExportModule;
use kernel::world::World;
use kernel::world::owner::Owner;
use kernel::world::subsystem::Subsystem;

use super::exports;

/// NDIS.
pub struct NdisSys;

impl Subsystem for NdisSys {
    fn modules(&self) -> &'static [ExportModule] {
        std::slice::from_ref(&exports::EXPORTS)
    }

    fn driver_started(&self, world: &World) {
        register::settle(world);
    }

    fn left_behind(&self, world: &World) -> Vec<Leftover> {
        let is_registered = world.of::<Ndis>().borrow().filter.is_some();
        is_registered.then_some(Leftover::Registration(FILTER_DRIVER)).into_iter().collect()
    }

    fn driver_gone(&self, world: &World) {
        register::forget(world);
    }

    fn things(&self, world: &World) -> u64 {
        world.of::<Ndis>().borrow().modules.len() as u64
    }

    fn subject_hash(&self, world: &World, address: usize) -> Option<u64> {
        let ndis = world.of::<Ndis>().borrow();
        let flight = ndis.in_flight.iter().find(|flight| flight.raw.address() == address);
        flight.map(|flight| flight.raw.hash())
    }

    fn given_away(&self, world: &World, address: usize) -> Option<String> {
        // The trap may have come while somebody had it.
        let ndis = world.of::<Ndis>().try_borrow().ok()?;
        packet::describe(&ndis, address)
    }

    fn entered(&self, world: &World, owner: Owner) {
        let mut ndis = world.of::<Ndis>().borrow_mut();
        if let Some(module) = ndis.module_of(owner) {
            ndis.modules[module].inside += 1;
        }
    }

    fn left(&self, world: &World, owner: Owner) {
        let mut ndis = world.of::<Ndis>().borrow_mut();
        if let Some(module) = ndis.module_of(owner) {
            let this = &mut ndis.modules[module];
            this.inside -= 1;
            this.empty.set(this.inside == 0);
        }
    }
}
