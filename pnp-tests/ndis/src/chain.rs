//! Changing a running stack: pause, change, tell, restart (docs:network/modifying-a-running-driver-stack).

use crate::Ndis;
use crate::given::ChainPosition;
use crate::switches::{Predetach, StackChange};
use kernel::world::World;

use super::attach;
use super::device_pnp;
use super::pause;
use super::stack::{self, Foreign, Layer};
use crate::id::AdapterId;

/// Pauses the stack if it runs, does `change`, and restarts it. `before` runs ahead of the pause.
pub fn change(
    world: &World,
    adapter: AdapterId,
    before: fn(&World, AdapterId),
    change: impl FnOnce(&World, AdapterId),
) {
    stack::exclusively(world, adapter, || {
        perform(world, adapter, before, change);
    });
}

fn perform(
    world: &World,
    adapter: AdapterId,
    before: fn(&World, AdapterId),
    change: impl FnOnce(&World, AdapterId),
) {
    before(world, adapter);
    let was_running = world.of::<Ndis>().borrow().adapters[adapter].running;
    pause::pause(world, adapter);
    change(world, adapter);
    world.of::<Ndis>().borrow_mut().adapters[adapter].attributes_changed = true;
    // Which notice a stack change gives is not documented; FilterListChanged is the candidate.
    if crate::switches::of(world).stack_change == StackChange::DeviceEvent {
        device_pnp::filter_list_changed(world, adapter);
    }
    if was_running {
        pause::restart(world, adapter);
    }
}

/// A step that does nothing, for flows without one before the pause.
pub fn nothing(_: &World, _: AdapterId) {}

/// A modifying filter is installed: it and one more module of ours over it are attached
/// (contract e23, e24).
pub fn gain(world: &World, adapter: AdapterId, filter: &str, place: &ChainPosition) {
    change(world, adapter, nothing, |world, adapter| {
        insert_foreign(world, adapter, filter, place);
        attach::attach_missing(world, adapter);
    });
}

/// Puts a foreign filter in its place among the layers. Our module over the layer below stays with
/// that layer, so the new filter goes above it.
pub fn insert_foreign(world: &World, adapter: AdapterId, filter: &str, place: &ChainPosition) {
    let mut ndis = world.of::<Ndis>().borrow_mut();
    let key = format!("{}:{filter}", ndis.adapters[adapter].name);
    let interface = ndis.interface(&key);
    let layers = &mut ndis.adapters[adapter].layers;
    let find = |name: &str| {
        layers
            .iter()
            .position(|layer| matches!(layer, Layer::Foreign(f) if f.name == name))
            .expect("the parser checks names of filters")
    };
    let past_ours = |mut at: usize| {
        while matches!(layers.get(at), Some(Layer::Module(_))) {
            at += 1;
        }
        at
    };
    let at = match place {
        ChainPosition::Above(name) => past_ours(find(name) + 1),
        ChainPosition::Below(name) => find(name),
        ChainPosition::Bottom => past_ours(0),
        ChainPosition::Top => layers.len(),
    };
    let foreign = Foreign { name: filter.to_owned(), interface, habits: Vec::new() };
    layers.insert(at, Layer::Foreign(foreign));
}

/// A modifying filter is uninstalled: our module over it goes too (contract e25; nmap/npcap#250).
pub fn lose(world: &World, adapter: AdapterId, filter: &str) {
    let over = {
        let ndis = world.of::<Ndis>().borrow();
        let over = |id: &usize| ndis.modules[*id].over.as_deref() == Some(filter);
        ndis.modules_of(adapter).into_iter().find(over)
    };
    change(world, adapter, nothing, |world, adapter| {
        if let Some(module) = over {
            if crate::switches::of(world).predetach != Predetach::Absent {
                attach::predetach(world, module);
            }
            attach::detach(world, module);
        }
        let foreign = |layer: &Layer| matches!(layer, Layer::Foreign(f) if f.name == filter);
        world.of::<Ndis>().borrow_mut().adapters[adapter].layers.retain(|layer| !foreign(layer));
    });
}
