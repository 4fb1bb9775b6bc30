//! Who has which packet. Ownership is followed list by list, whatever chains they travel in
//! (docs:network/net-buffer-list-structure, docs:network/filter-module-send-and-receive-operations).

use crate::Ndis;
use crate::door::packet::{self as raw, List, NewPackets};
use driver_abi::ndis::status::NDIS_STATUS_LOW_POWER_STATE;
use journal::{Direction, ModuleState, NdisFact, PacketFact};
use kernel::world::World;

use crate::id::{AdapterId, ModuleId};

use state::Tracked;
pub use state::{Holder, Origin, Packets};

pub mod state;

/// How long a handler may take to pass on what it has, as NDIS's watchdogs allow.
const PASSING: u64 = 12_000 * kernel::world::MS;
/// How many lists are kept after they have come back.
const REMEMBERED: usize = 512;

pub(super) fn record(world: &World, fact: PacketFact) {
    world.record(NdisFact::Packet(fact));
}

/// Begins to follow a list of the host's.
pub fn track(
    world: &World,
    made: NewPackets,
    origin: Origin,
    way: Direction,
    resources: bool,
) -> List {
    let list = made.list();
    let holder = if way == Direction::Send { Holder::Protocol } else { Holder::Miniport };
    begin(world, list, origin, holder, way, resources, Some(made));
    list
}

fn begin(
    world: &World,
    list: List,
    origin: Origin,
    holder: Holder,
    way: Direction,
    resources: bool,
    made: Option<NewPackets>,
) {
    let (fingerprint, members) = (list.fingerprint(), list.members());
    let mut ndis = world.of::<Ndis>().borrow_mut();
    ndis.packets.next += 1;
    let number = ndis.packets.next;
    let sent = Vec::new();
    let tracked =
        Tracked { number, origin, holder, way, resources, sent, fingerprint, members, made };
    ndis.packets.lists.insert(list, tracked);
}

/// Brings lists of the host's into reach, whoever has them: somebody whose turn it is looks at them.
pub fn reach(world: &World, lists: &[List]) {
    let packets = &world.of::<Ndis>().borrow().packets;
    NewPackets::open(lists.iter().filter_map(|list| packets.made(*list)));
}

/// The lists of a chain that the image passes, in order, brought into reach until [`shut`].
pub fn chain(world: &World, first: usize) -> Vec<List> {
    raw::chain(first, |list| reach(world, &[list]))
}

/// Control goes back to the image: lists that none of its modules has go out of bounds. A touch of one is a touch
/// of what it gave away (ddi:ndis/nf-ndis-ndisfsendnetbufferlists, ddi:ndis/nf-ndis-ndisfreturnnetbufferlists).
pub fn shut(world: &World, lists: &[List]) {
    let packets = &world.of::<Ndis>().borrow().packets;
    for list in lists {
        if !packets.is_held_by_a_module(*list)
            && let Some(made) = packets.made(*list)
        {
            made.close();
        }
    }
}

/// The list of the host's that lies at `address` and is out of bounds, for a person to read.
pub fn describe(ndis: &Ndis, address: usize) -> Option<String> {
    ndis.packets.given_away(address).map(|number| {
        format!("a NET_BUFFER_LIST that the driver passed on or gave back (list {number})")
    })
}

/// Hands lists to a module.
pub fn offer(world: &World, module: ModuleId, lists: &[List], way: Direction, resources: bool) {
    reach(world, lists);
    let (name, state, numbers, foreign) = {
        let mut ndis = world.of::<Ndis>().borrow_mut();
        let (name, state) = (ndis.modules[module].name.clone(), ndis.modules[module].state);
        let mut numbers = Vec::new();
        let mut foreign = false;
        for list in lists {
            if let Some(tracked) = ndis.packets.lists.get_mut(list) {
                tracked.holder = Holder::Module(module);
                numbers.push(tracked.number);
                foreign |= tracked.origin != Origin::Module(module);
            }
        }
        (name, state, numbers, foreign)
    };
    if foreign {
        let sizes = lists.iter().map(|list| list.size());
        let (packets, bytes) =
            sizes.fold((0, 0), |(packets, bytes), (p, b)| (packets + p, bytes + b));
        let lists = numbers;
        record(
            world,
            PacketFact::Offered { lists, module: name, way, state, resources, packets, bytes },
        );
    }
}

/// Notes that a module's FilterSendNetBufferLists is about to get lists: its state now is what it answers for,
/// whenever they come back (docs:network/pausing-a-filter-module: new send requests).
pub fn sent_to(world: &World, module: ModuleId, lists: &[List]) {
    let mut ndis = world.of::<Ndis>().borrow_mut();
    let state = ndis.modules[module].state;
    for list in lists {
        if let Some(tracked) = ndis.packets.lists.get_mut(list) {
            tracked.sent.push((module, state));
        }
    }
}

/// The state in which a module's FilterSendNetBufferLists got a list that it has not passed on until
/// now, when it hands it over.
fn handed_over(world: &World, module: ModuleId, list: List) -> Option<ModuleState> {
    let mut ndis = world.of::<Ndis>().borrow_mut();
    let sent = &mut ndis.packets.lists.get_mut(&list)?.sent;
    let at = sent.iter().position(|(known, _)| *known == module)?;
    Some(sent.remove(at).1)
}

/// The way in which a module hands a list over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handover {
    /// Sends or indicates it on.
    Pass,
    /// Completes or returns it.
    Back,
}

/// A module passes lists on or gives them back: those it may are given, misuse is recorded. A list
/// that nobody follows is of its own making when it passes it on.
pub fn release(
    world: &World,
    module: ModuleId,
    lists: &[List],
    way: Direction,
    deed: Handover,
    by: &str,
) -> Vec<List> {
    let mut released = Vec::new();
    for &list in lists {
        if may(world, module, list, way, deed, by) {
            released.push(list);
        }
    }
    released
}

fn may(
    world: &World,
    module: ModuleId,
    list: List,
    way: Direction,
    deed: Handover,
    by: &str,
) -> bool {
    let (name, state) = {
        let ndis = world.of::<Ndis>().borrow();
        (ndis.modules[module].name.clone(), ndis.modules[module].state)
    };
    let known = {
        let ndis = world.of::<Ndis>().borrow();
        ndis.packets.lists.get(&list).map(|t| (t.number, t.origin, t.holder, t.way, t.resources))
    };
    let misused = |what: String| {
        record(world, PacketFact::Misused { module: name.clone(), what });
        false
    };
    let Some((number, origin, holder, its_way, resources)) = known else {
        if deed == Handover::Back {
            return misused(format!("{by} of a list that is nobody's"));
        }
        begin(world, list, Origin::Module(module), Holder::Module(module), way, false, None);
        record(world, PacketFact::Originated { module: name, way, state });
        return true;
    };
    if holder != Holder::Module(module) {
        return misused(format!("{by} of list {number}, which the filter does not hold"));
    }
    if its_way != way {
        return misused(format!("{by} of list {number}, which goes the other way"));
    }
    let came = handed_over(world, module, list);
    let came_while_paused = came == Some(ModuleState::Paused);
    if origin != Origin::Module(module) {
        compare_members(world, &name, list, number);
    }
    match (deed, way) {
        (Handover::Pass, Direction::Send)
            if state == ModuleState::Paused
                && came_while_paused
                && origin != Origin::Module(module) =>
        {
            record(world, PacketFact::PassedWhilePaused { list: number, module: name });
        }
        // What it has passed down is the miniport's to end, whatever the status.
        (Handover::Back, Direction::Send) if came_while_paused => {
            let status = list.status();
            record(world, PacketFact::RejectedWhilePaused { list: number, module: name, status });
        }
        (Handover::Back, Direction::Send)
            if came == Some(ModuleState::Running)
                && list.status() == NDIS_STATUS_LOW_POWER_STATE.0 =>
        {
            record(world, PacketFact::RefusedForPower { list: number, module: name });
        }
        (Handover::Back, Direction::Receive) if resources => {
            record(world, PacketFact::ReturnedResources { list: number, module: name });
            return false;
        }
        _ => {}
    }
    true
}

/// What belongs to others is as it was when the list was first seen; each change is told once.
fn compare_members(world: &World, module: &str, list: List, number: u32) {
    let now = list.members();
    let before = {
        let mut ndis = world.of::<Ndis>().borrow_mut();
        let Some(tracked) = ndis.packets.lists.get_mut(&list) else { return };
        std::mem::replace(&mut tracked.members, now.clone())
    };
    for ((member, _, _), (before, now)) in raw::MEMBERS.into_iter().zip(before.iter().zip(&now)) {
        if before != now {
            let module = module.to_owned();
            record(world, PacketFact::Overwrote { list: number, module, member });
        }
    }
}

/// Notes who has lists now.
pub fn hand_to(world: &World, lists: &[List], holder: Holder) {
    let mut ndis = world.of::<Ndis>().borrow_mut();
    for list in lists {
        if let Some(tracked) = ndis.packets.lists.get_mut(list) {
            tracked.holder = holder;
        }
    }
}

/// Where a list comes from.
pub fn origin(world: &World, list: List) -> Option<Origin> {
    world.of::<Ndis>().borrow().packets.lists.get(&list).map(|tracked| tracked.origin)
}

/// A list is back where it came from.
pub fn finish(world: &World, list: List) {
    reach(world, &[list]);
    let tracked = world.of::<Ndis>().borrow_mut().packets.lists.remove(&list);
    if let Some(mut tracked) = tracked {
        let changed = tracked.fingerprint != list.fingerprint();
        let (number, way, status) = (tracked.number, tracked.way, list.status());
        // The memory stays for a while: whoever completes it again is told so.
        if let Some(made) = tracked.made.take() {
            made.close();
            let done = &mut world.of::<Ndis>().borrow_mut().packets.done;
            done.push_back((number, made));
            if done.len() > REMEMBERED {
                done.pop_front();
            }
        }
        record(world, PacketFact::Finished { list: number, way, status, changed });
    }
}

/// Lists of the protocols' that have not come back, or of the miniport's.
pub fn outstanding(world: &World, adapter: AdapterId, way: Direction) -> usize {
    let origin = match way {
        Direction::Send => Origin::Protocol(adapter),
        Direction::Receive => Origin::Miniport(adapter),
    };
    let ndis = world.of::<Ndis>().borrow();
    ndis.packets.lists.values().filter(|tracked| tracked.origin == origin).count()
}

/// A module has paused, or is gone: says what it owes, if it owes anything.
pub fn settle_account(world: &World, module: ModuleId, at_detach: bool) {
    // What is just passing through a handler on another processor is not held; what stays in one is.
    let until = world.clock.get() + PASSING;
    let is_passing = || world.of::<Ndis>().borrow().modules[module].inside_path > 0;
    while is_passing() && world.clock.get() < until {
        world.sleep(kernel::world::MS);
    }
    let (name, mut owed) = {
        let ndis = world.of::<Ndis>().borrow();
        let lists = ndis.packets.lists.values();
        let owed = lists.filter_map(|tracked| {
            let is_own = tracked.origin == Origin::Module(module);
            let is_held = tracked.holder == Holder::Module(module);
            (is_own != is_held).then_some((tracked.number, is_own))
        });
        (ndis.modules[module].name.clone(), owed.collect::<Vec<_>>())
    };
    // By number: addresses differ from run to run.
    owed.sort_unstable();
    for &(list, own) in &owed {
        record(world, PacketFact::Held { module: name.clone(), list, own });
    }
    if !owed.is_empty() {
        let own = owed.iter().filter(|(_, own)| *own).count();
        let foreign = owed.len() - own;
        record(world, PacketFact::Owed { module: name, own, foreign, at_detach });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::packet::{Shape, make};
    use crate::sample::machine;

    #[test]
    fn a_list_is_out_of_bounds_from_when_it_is_given_away_until_its_turn_comes() {
        machine(0, |world| {
            let shape = Shape { buffers: 2, mdls: 3, first: 13, offset: 2, length: 100 };
            let made = make(shape, 0);
            assert_eq!(made.list().size(), (2, 201));
            let sent = [track(world, made, Origin::Protocol(0), Direction::Send, false)];
            let told = || describe(&world.of::<Ndis>().borrow(), sent[0].0 + 8);
            assert_eq!(told(), None);
            shut(world, &sent);
            assert_eq!(
                told().as_deref(),
                Some("a NET_BUFFER_LIST that the driver passed on or gave back (list 1)")
            );
            assert_eq!(chain(world, sent[0].0), sent);
            assert_eq!(told(), None, "whoever looks at it has it in reach");
            finish(world, sent[0]);
            assert!(told().is_some(), "it is back where it came from");
        });
    }
}
