//! What a driver takes and owes back, beside pool memory: timers, work items, locks, pools of
//! packets, devices. One list, so that a leak of any kind is found in one place.

use std::collections::BTreeMap;

use journal::{KernelFact, ResourceFact};

use super::World;
use super::owner::Owner;

/// The things taken and not given back, by the address or handle that names them.
#[derive(Debug, Default)]
pub struct Resources {
    live: BTreeMap<(&'static str, usize), Resource>,
    next: u32,
}

/// One thing the driver holds.
#[derive(Clone, Copy, Debug)]
pub struct Resource {
    /// In order of taking, from 1.
    pub number: u32,
    /// The owner of the handle with which the thing was taken, if it was with one.
    pub owner: Option<Owner>,
}

impl Resources {
    /// The things still held: kind and number.
    pub fn live(&self) -> impl Iterator<Item = (&'static str, u32)> {
        self.live.iter().map(|((kind, _), resource)| (*kind, resource.number))
    }

    /// Whether `name` is a live `kind`.
    pub fn holds(&self, kind: &'static str, name: usize) -> bool {
        self.live.contains_key(&(kind, name))
    }
}

/// Notes that the driver holds a `kind` from here on; `name` is its address or handle.
pub fn take(world: &World, kind: &'static str, name: usize, owner: Option<Owner>) {
    let mut resources = world.resources.borrow_mut();
    resources.next += 1;
    let number = resources.next;
    resources.live.insert((kind, name), Resource { number, owner });
    drop(resources);
    let owner = owner.map(|owner| world.owners.name(owner));
    world.record(KernelFact::Resource(ResourceFact::Taken { kind, number, owner }));
}

/// Notes that the driver gave it back; false, and a fact, when it did not hold it.
pub fn give(world: &World, kind: &'static str, name: usize) -> bool {
    let given = world.resources.borrow_mut().live.remove(&(kind, name));
    let fact = match given {
        Some(resource) => ResourceFact::Given { kind, number: resource.number },
        None => ResourceFact::NotHeld { kind },
    };
    world.record(KernelFact::Resource(fact));
    given.is_some()
}
