//! Sends: from the protocol down through the filters to the miniport, and their completion back up
//! (docs:network/sending-data-from-a-filter-driver; contract a.5).

use driver_abi::ndis::status::{
    NDIS_STATUS_LOW_POWER_STATE, NDIS_STATUS_PAUSED, NDIS_STATUS_SUCCESS,
};

use crate::Ndis;
use crate::door::call_packet::{self, AT_DISPATCH};
use crate::door::packet::{List, link};
use crate::switches::Completion;
use journal::{Direction, ModuleState};
use kernel::world::thread::DISPATCH;
use kernel::world::{self, MS, World};

use super::packet::{self, Handover, Holder, Origin};
use super::stack::Layer;
use crate::id::{AdapterId, ModuleId};

/// What a busy miniport takes.
const SOON: u64 = MS / 5;
const LATE: u64 = 11_000 * MS;
/// What a miniport takes that keeps a send until somebody asks for it.
const HELD: u64 = 3_000 * MS;
/// NDIS_STATUS_SEND_ABORTED, which is STATUS_NDIS_REQUEST_ABORTED.
const ABORTED: i32 = 0xC023_000C_u32.cast_signed();

/// The next module below `layer` that takes sends.
fn sender_below(world: &World, adapter: AdapterId, layer: usize) -> Option<ModuleId> {
    find(world, adapter, 0..layer, true, |world, id| call_packet::handlers(world, id).send != 0)
}

/// The next module from `layer` up that takes completions.
fn completer_above(world: &World, adapter: AdapterId, layer: usize) -> Option<ModuleId> {
    let top = world.of::<Ndis>().borrow().adapters[adapter].layers.len();
    let takes = |world: &World, id| call_packet::handlers(world, id).send_complete != 0;
    find(world, adapter, layer..top, false, takes)
}

/// A live module among some layers, from above or from below.
pub(super) fn find(
    world: &World,
    adapter: AdapterId,
    layers: std::ops::Range<usize>,
    from_above: bool,
    takes: impl Fn(&World, ModuleId) -> bool,
) -> Option<ModuleId> {
    let mut modules: Vec<ModuleId> = {
        let ndis = world.of::<Ndis>().borrow();
        let all = &ndis.adapters[adapter].layers;
        let range = layers.start..layers.end.min(all.len());
        all.get(range)
            .unwrap_or_default()
            .iter()
            .filter_map(|layer| match layer {
                Layer::Module(id) if ndis.modules[*id].is_open() => Some(*id),
                _ => None,
            })
            .collect()
    };
    if from_above {
        modules.reverse();
    }
    modules.into_iter().find(|id| takes(world, *id))
}

/// Hands a chain down from `layer`.
pub fn down(world: &World, adapter: AdapterId, layer: usize, lists: &[List], flags: u32) {
    if lists.is_empty() {
        return;
    }
    match sender_below(world, adapter, layer) {
        Some(module) => {
            packet::offer(world, module, lists, Direction::Send, false);
            packet::sent_to(world, module, lists);
            call_packet::send(world, module, link(lists), 0, flags);
        }
        None => to_miniport(world, adapter, lists),
    }
}

/// NdisFSendNetBufferLists.
pub fn from_filter(world: &World, module: ModuleId, first: usize, flags: u32) {
    let passed = packet::chain(world, first);
    let by = "NdisFSendNetBufferLists";
    let lists = packet::release(world, module, &passed, Direction::Send, Handover::Pass, by);
    if let Some((adapter, layer)) = place(world, module) {
        down(world, adapter, layer, &lists, flags);
    }
    packet::shut(world, &passed);
}

pub(super) fn place(world: &World, module: ModuleId) -> Option<(AdapterId, usize)> {
    let ndis = world.of::<Ndis>().borrow();
    Some((ndis.modules[module].adapter, ndis.layer_of(module)?))
}

/// NdisFSendNetBufferListsComplete.
pub fn completed_by_filter(world: &World, module: ModuleId, first: usize, flags: u32) {
    let passed = packet::chain(world, first);
    let by = "NdisFSendNetBufferListsComplete";
    let lists = packet::release(world, module, &passed, Direction::Send, Handover::Back, by);
    if let Some((adapter, layer)) = place(world, module) {
        up(world, adapter, layer + 1, &lists, flags);
    }
    packet::shut(world, &passed);
}

/// Takes completed lists up from `layer`: to the module above that takes completions, or to whoever
/// made them.
fn up(world: &World, adapter: AdapterId, layer: usize, lists: &[List], flags: u32) {
    if lists.is_empty() {
        return;
    }
    if let Some(module) = completer_above(world, adapter, layer) {
        // What a module further up made is not known to this one, but passes through it all the same.
        packet::offer(world, module, lists, Direction::Send, false);
        let first = link(lists);
        for list in lists {
            if packet::origin(world, *list) == Some(Origin::Module(module)) {
                packet::finish(world, *list);
            }
        }
        call_packet::send_complete(world, module, first, flags);
        return;
    }
    for list in lists {
        packet::finish(world, *list);
    }
}

/// What the miniport does with sends, by the switch `completion`.
fn to_miniport(world: &World, adapter: AdapterId, lists: &[List]) {
    packet::hand_to(world, lists, Holder::Miniport);
    let (running, asleep) = {
        let ndis = world.of::<Ndis>().borrow();
        let this = &ndis.adapters[adapter];
        (this.initialised && this.running, this.asleep.is_some_and(|asleep| !asleep.woken))
    };
    let refused = match (running, asleep) {
        (_, true) => Some(NDIS_STATUS_LOW_POWER_STATE.0),
        (false, _) => Some(NDIS_STATUS_PAUSED.0),
        _ => None,
    };
    if let Some(status) = refused {
        complete(world, adapter, lists, status);
        return;
    }
    let completions = {
        let packets = &mut world.of::<Ndis>().borrow_mut().packets;
        packets.completions += 1;
        packets.completions
    };
    match crate::switches::of(world).completion {
        Completion::Reentrant if completions % 2 == 1 => {
            complete(world, adapter, lists, NDIS_STATUS_SUCCESS.0);
        }
        Completion::Reentrant | Completion::Async => later(world, adapter, lists, Some(SOON)),
        Completion::Late => later(world, adapter, lists, Some(LATE)),
        Completion::Never => later(world, adapter, lists, None),
        Completion::Held => {
            let (own, others): (Vec<List>, Vec<List>) =
                lists.iter().partition(|list| maker(world, **list).is_some());
            later(world, adapter, &others, Some(SOON));
            for list in own {
                hold(world, adapter, list);
            }
        }
    }
}

/// The module that made a list.
fn maker(world: &World, list: List) -> Option<ModuleId> {
    match packet::origin(world, list) {
        Some(Origin::Module(module)) => Some(module),
        _ => None,
    }
}

/// Keeps a list until the module that made it pauses, or for a while.
fn hold(world: &World, adapter: AdapterId, list: List) {
    world.of::<Ndis>().borrow_mut().packets.at_miniport.push((list, adapter));
    world.threads.spawn("miniport".to_owned(), move || {
        let world = world::current();
        let until = world.clock.get() + HELD;
        let runs = |module: ModuleId| {
            world.of::<Ndis>().borrow().modules[module].state == ModuleState::Running
        };
        while world.clock.get() < until && maker(&world, list).is_some_and(runs) {
            world.sleep(MS);
        }
        world.sleep(SOON);
        let still = take(&world, &[list]);
        complete(&world, adapter, &still, NDIS_STATUS_SUCCESS.0);
    });
}

fn later(world: &World, adapter: AdapterId, lists: &[List], after: Option<u64>) {
    let entries = lists.iter().map(|list| (*list, adapter));
    world.of::<Ndis>().borrow_mut().packets.at_miniport.extend(entries);
    let Some(after) = after else { return };
    let lists = lists.to_vec();
    world.threads.spawn_at(DISPATCH, "miniport DPC".to_owned(), move || {
        let world = world::current();
        world.sleep(after);
        let still = take(&world, &lists);
        complete(&world, adapter, &still, NDIS_STATUS_SUCCESS.0);
    });
}

/// Those of the lists that the miniport still has; it has them no more.
fn take(world: &World, lists: &[List]) -> Vec<List> {
    let packets = &mut world.of::<Ndis>().borrow_mut().packets;
    let still: Vec<List> = lists
        .iter()
        .copied()
        .filter(|list| packets.at_miniport.iter().any(|(waiting, _)| waiting == list))
        .collect();
    packets.at_miniport.retain(|(waiting, _)| !still.contains(waiting));
    still
}

fn complete(world: &World, adapter: AdapterId, lists: &[List], status: i32) {
    if lists.is_empty() {
        return;
    }
    packet::reach(world, lists);
    for list in lists {
        list.set_status(status);
    }
    let at_dispatch = world.threads.current().irql.get() >= DISPATCH;
    up(world, adapter, 0, lists, if at_dispatch { AT_DISPATCH } else { 0 });
}

/// What the miniport has been given to send and has not completed.
fn at_miniport(world: &World, adapter: AdapterId) -> Vec<List> {
    let packets = &world.of::<Ndis>().borrow().packets;
    let of_adapter = packets.at_miniport.iter().filter(|(_, at)| *at == adapter);
    of_adapter.map(|(list, _)| *list).collect()
}

/// The miniport gives back everything it has: it is paused, halted or reset.
pub fn abort_all(world: &World, adapter: AdapterId) {
    let waiting = take(world, &at_miniport(world, adapter));
    complete(world, adapter, &waiting, ABORTED);
}

/// The protocol cancels what it has sent (ddi:ndis/nc-ndis-filter_cancel_send_net_buffer_lists).
pub fn cancel(world: &World, adapter: AdapterId, layer: usize, id: usize) {
    let takes = |world: &World, id| call_packet::handlers(world, id).cancel_send != 0;
    if let Some(module) = find(world, adapter, 0..layer, true, takes) {
        call_packet::cancel_send(world, module, id);
        return;
    }
    let waiting = at_miniport(world, adapter);
    packet::reach(world, &waiting);
    let (cancelled, kept): (Vec<List>, Vec<List>) =
        waiting.into_iter().partition(|list| list.cancel_id() == id);
    packet::shut(world, &kept);
    let cancelled = take(world, &cancelled);
    complete(world, adapter, &cancelled, ABORTED);
}
