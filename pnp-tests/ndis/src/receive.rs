//! Receives: from the miniport up through the filters to the protocol, and their return
//! (docs:network/receiving-data-in-a-filter-driver; contract a.5).

use crate::Ndis;
use crate::door::call_packet;
use crate::door::packet::{List, link};
use crate::switches::Completion;
use journal::Direction;
use kernel::world::thread::DISPATCH;
use kernel::world::{self, MS, World};

use super::packet::{self, Handover, Holder, Origin};
use super::send::{find, place};
use crate::id::{AdapterId, ModuleId};

/// NDIS_RECEIVE_FLAGS_RESOURCES.
pub const RESOURCES: u32 = 2;
/// What a protocol takes over what it has received.
const SOON: u64 = MS / 5;

/// Hands a chain up from `layer`. With RESOURCES everything is back when this returns.
pub fn up(world: &World, adapter: AdapterId, layer: usize, lists: &[List], flags: u32) {
    if lists.is_empty() {
        return;
    }
    let resources = flags & RESOURCES != 0;
    let top = world.of::<Ndis>().borrow().adapters[adapter].layers.len();
    let takes = |world: &World, id| call_packet::handlers(world, id).receive != 0;
    match find(world, adapter, layer..top, false, takes) {
        Some(module) => {
            packet::offer(world, module, lists, Direction::Receive, resources);
            let count = u32::try_from(lists.len()).unwrap_or(u32::MAX);
            call_packet::receive(world, module, link(lists), 0, count, flags);
        }
        None => to_protocol(world, adapter, lists, flags),
    }
}

/// NdisFIndicateReceiveNetBufferLists.
pub fn from_filter(world: &World, module: ModuleId, first: usize, count: u32, flags: u32) {
    let lists = packet::chain(world, first);
    let by = "NdisFIndicateReceiveNetBufferLists";
    if lists.len() != count as usize {
        let name = world.of::<Ndis>().borrow().modules[module].name.clone();
        let what = format!("{by} says {count} lists and passes {}", lists.len());
        let fact = journal::PacketFact::Misused { module: name, what };
        packet::record(world, fact);
    }
    let mine: Vec<List> =
        packet::release(world, module, &lists, Direction::Receive, Handover::Pass, by);
    if let Some((adapter, layer)) = place(world, module) {
        up(world, adapter, layer + 1, &mine, flags);
        if flags & RESOURCES != 0 {
            // Back with the module that indicated them, until its own caller takes them back.
            packet::hand_to(world, &mine, Holder::Module(module));
        }
    }
    packet::shut(world, &lists);
}

/// NdisFReturnNetBufferLists.
pub fn returned_by_filter(world: &World, module: ModuleId, first: usize, flags: u32) {
    let passed = packet::chain(world, first);
    let by = "NdisFReturnNetBufferLists";
    let lists = packet::release(world, module, &passed, Direction::Receive, Handover::Back, by);
    if let Some((adapter, layer)) = place(world, module) {
        down(world, adapter, layer, &lists, flags);
    }
    packet::shut(world, &passed);
}

/// Takes returned lists down from `layer`: to the module below that takes returns, or to whoever
/// made them.
fn down(world: &World, adapter: AdapterId, layer: usize, lists: &[List], flags: u32) {
    packet::reach(world, lists);
    if lists.is_empty() {
        return;
    }
    let takes = |world: &World, id| call_packet::handlers(world, id).return_lists != 0;
    if let Some(module) = find(world, adapter, 0..layer, true, takes) {
        packet::offer(world, module, lists, Direction::Receive, false);
        let first = link(lists);
        for list in lists {
            if packet::origin(world, *list) == Some(Origin::Module(module)) {
                packet::finish(world, *list);
            }
        }
        call_packet::give_back(world, module, first, flags);
        return;
    }
    for list in lists {
        packet::finish(world, *list);
    }
}

/// The protocol copies what it must give back at once, and keeps the rest for a moment.
fn to_protocol(world: &World, adapter: AdapterId, lists: &[List], flags: u32) {
    packet::hand_to(world, lists, Holder::Protocol);
    if flags & RESOURCES != 0 {
        return;
    }
    let top = world.of::<Ndis>().borrow().adapters[adapter].layers.len();
    let lists = lists.to_vec();
    if crate::switches::of(world).completion == Completion::Reentrant {
        down(world, adapter, top, &lists, flags & call_packet::AT_DISPATCH);
        return;
    }
    world.threads.spawn_at(DISPATCH, "protocol DPC".to_owned(), move || {
        let world = world::current();
        world.sleep(SOON);
        let top = world.of::<Ndis>().borrow().adapters[adapter].layers.len();
        down(&world, adapter, top, &lists, call_packet::AT_DISPATCH);
    });
}
