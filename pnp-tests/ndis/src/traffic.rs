//! A source and a sink of packets on every adapter: the protocol on top sends, the miniport below
//! indicates, in whatever state the stack is.

use crate::Ndis;
use crate::door::call_packet::AT_DISPATCH;
use crate::door::packet::{self as raw, List, Shape};
use journal::Direction;
use kernel::world::thread::DISPATCH;
use kernel::world::{self, MS, World};

use super::packet::{self, Origin};
use super::receive::{self, RESOURCES};
use super::send;
use crate::id::AdapterId;

/// The identifier of sends that are cancelled while they are out: its high byte would be of
/// NdisGeneratePartialCancelId.
const CANCEL_ID: usize = 0x7F00_0001;
/// Longer than anything may take.
const PATIENCE: u64 = 12_000 * MS;

/// Whether the driver takes part in the data path, or may some time: one that sets its handlers at
/// restarts has packets pass it by until it does.
pub fn is_watched(world: &World) -> bool {
    let ndis = world.of::<Ndis>().borrow();
    let watches = |path: &crate::door::handlers::PathHandlers| {
        path.send != 0 || path.receive != 0 || path.send_complete != 0 || path.return_lists != 0
    };
    let may_watch = |handlers: &crate::door::handlers::Handlers| {
        handlers.set_module_options.is_some() || watches(&handlers.path)
    };
    ndis.filter.as_ref().is_some_and(|filter| may_watch(&filter.handlers))
        || ndis.modules.iter().filter_map(|module| module.path.as_ref()).any(watches)
}

/// Lists of different shapes: several net buffers, several MDLs, an offset, more than the MTU; then ones that a
/// header does not fit into the first MDL of.
const SHAPES: [Shape; 6] = [
    Shape { buffers: 1, mdls: 1, first: 0, offset: 0, length: 60 },
    Shape { buffers: 2, mdls: 2, first: 0, offset: 14, length: 1500 },
    Shape { buffers: 1, mdls: 3, first: 0, offset: 7, length: 9000 },
    Shape { buffers: 3, mdls: 1, first: 0, offset: 1, length: 64 },
    Shape { buffers: 1, mdls: 2, first: 13, offset: 0, length: 90 },
    Shape { buffers: 1, mdls: 3, first: 1, offset: 3, length: 61 },
];

/// The next shapes in turn, so many.
fn shapes(world: &World, count: usize) -> Vec<Shape> {
    let packets = &mut world.of::<Ndis>().borrow_mut().packets;
    let from = packets.shape;
    packets.shape = (from + count) % SHAPES.len();
    SHAPES.into_iter().cycle().skip(from).take(count).collect()
}

/// The protocol sends a chain of so many lists.
pub fn send(world: &World, adapter: AdapterId, count: usize, flags: u32) {
    send_marked(world, adapter, count, flags, 0);
}

/// The protocol sends a chain, the last list of which it may cancel by an identifier.
fn send_marked(world: &World, adapter: AdapterId, count: usize, flags: u32, id: usize) {
    let source = 0x5EED;
    let lists: Vec<List> = shapes(world, count)
        .into_iter()
        .map(|shape| {
            let made = raw::make(shape, source);
            packet::track(world, made, Origin::Protocol(adapter), Direction::Send, false)
        })
        .collect();
    if let Some(last) = lists.last() {
        last.set_cancel_id(id);
    }
    let top = world.of::<Ndis>().borrow().adapters[adapter].layers.len();
    send::down(world, adapter, top, &lists, flags);
}

/// The miniport indicates a chain of so many lists.
pub fn indicate(world: &World, adapter: AdapterId, count: usize, flags: u32) {
    let resources = flags & RESOURCES != 0;
    let lists: Vec<List> = shapes(world, count)
        .into_iter()
        .map(|shape| {
            let made = raw::make(Shape { buffers: 1, ..shape }, 0);
            packet::track(world, made, Origin::Miniport(adapter), Direction::Receive, resources)
        })
        .collect();
    receive::up(world, adapter, 0, &lists, flags);
    if resources {
        for list in lists {
            packet::finish(world, list);
        }
    }
}

/// A small mix, without waiting for it: sends and receives at PASSIVE_LEVEL and, on a thread of
/// their own, at DISPATCH_LEVEL.
pub fn probe(world: &World, adapter: AdapterId) {
    if !is_watched(world) {
        return;
    }
    send_marked(world, adapter, 3, 0, CANCEL_ID);
    let top = world.of::<Ndis>().borrow().adapters[adapter].layers.len();
    send::cancel(world, adapter, top, CANCEL_ID);
    receive_if_up(world, adapter, 2, RESOURCES);
    let name = world.of::<Ndis>().borrow().adapters[adapter].name.clone();
    world.threads.spawn_at(DISPATCH, format!("traffic {name}"), move || {
        let world = world::current();
        send(&world, adapter, 1, AT_DISPATCH);
        receive_if_up(&world, adapter, 3, AT_DISPATCH);
    });
}

/// A miniport that is paused, asleep or halted indicates nothing.
fn receive_if_up(world: &World, adapter: AdapterId, count: usize, flags: u32) {
    let up = {
        let ndis = world.of::<Ndis>().borrow();
        let this = &ndis.adapters[adapter];
        this.initialised && this.running && this.asleep.is_none() && !this.gone
    };
    if up {
        indicate(world, adapter, count, flags);
    }
}

/// Waits until everything of a way is back; a miniport that keeps sends is reset.
pub fn drain(world: &World, adapter: AdapterId, way: Direction) {
    let until = world.clock.get() + PATIENCE;
    while packet::outstanding(world, adapter, way) > 0 {
        if world.clock.get() >= until {
            if way == Direction::Send {
                send::abort_all(world, adapter);
            }
            return;
        }
        world.sleep(MS);
    }
}
