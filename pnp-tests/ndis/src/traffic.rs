//! A source and a sink of packets on every adapter: the protocol on top sends, the miniport below
//! indicates, in whatever state the stack is.

use crate::Ndis;
use crate::door::call_packet::AT_DISPATCH;
use crate::door::packet::{self as raw, List, Shape};
use crate::door::restart::LOOKAHEAD;
use journal::Direction;
use kernel::world::thread::DISPATCH;
use kernel::world::{self, MS, World};

use super::packet::{self, Origin};
use super::receive::{self, RESOURCES};
use super::send;
use crate::id::AdapterId;
use crate::switches::{self, MacHeader};

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

/// Lists of different shapes: several net buffers, several MDLs, an offset, more than the MTU; then ones whose
/// first MDL has the header of the frame and no more.
const SHAPES: [Shape; 6] = [
    Shape { buffers: 1, mdls: 1, first: 0, offset: 0, length: 60 },
    Shape { buffers: 2, mdls: 2, first: 0, offset: 14, length: 1500 },
    Shape { buffers: 1, mdls: 3, first: 0, offset: 7, length: 9000 },
    Shape { buffers: 3, mdls: 1, first: 0, offset: 1, length: 64 },
    Shape { buffers: 1, mdls: 2, first: MAC_HEADER, offset: 0, length: 90 },
    Shape { buffers: 1, mdls: 3, first: MAC_HEADER, offset: 3, length: 61 },
];
/// Bytes of an Ethernet header without a tag, which is not split (docs:network/sending-ethernet-frames).
const MAC_HEADER: usize = 14;

/// The next shapes in turn, so many, as packets of one way have them.
fn shapes(world: &World, count: usize, way: Direction) -> Vec<Shape> {
    let split = switches::of(world).mac_header == MacHeader::Split;
    let packets = &mut world.of::<Ndis>().borrow_mut().packets;
    let from = packets.shape;
    packets.shape = (from + count) % SHAPES.len();
    let next = SHAPES.into_iter().cycle().skip(from).take(count);
    next.map(|shape| cut(shape, way, split)).collect()
}

/// A shape as packets of one way have it.
///
/// - What is received has one net buffer (docs:network/indicating-received-ethernet-frames), and in its first MDL
///   the lookahead or, if that is less, the whole frame
///   (docs:network/cases-where-header-data-split-is-not-used).
/// - With `split` neither holds, and the header is in two MDLs: behind its first byte or before its last.
fn cut(shape: Shape, way: Direction, split: bool) -> Shape {
    let buffers = if way == Direction::Receive { 1 } else { shape.buffers };
    let shape = Shape { buffers, ..shape };
    if shape.first > 0 && split {
        return Shape { first: if shape.offset == 0 { MAC_HEADER - 1 } else { 1 }, ..shape };
    }
    let has_lookahead = shape.first() >= shape.length.min(MAC_HEADER + LOOKAHEAD as usize);
    if way == Direction::Receive && !has_lookahead {
        return Shape { mdls: 1, first: 0, ..shape };
    }
    shape
}

/// The protocol sends a chain of so many lists.
pub fn send(world: &World, adapter: AdapterId, count: usize, flags: u32) {
    send_marked(world, adapter, count, flags, 0);
}

/// The protocol sends a chain, the last list of which it may cancel by an identifier.
fn send_marked(world: &World, adapter: AdapterId, count: usize, flags: u32, id: usize) {
    let source = 0x5EED;
    let lists: Vec<List> = shapes(world, count, Direction::Send)
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
    let lists: Vec<List> = shapes(world, count, Direction::Receive)
        .into_iter()
        .map(|shape| {
            let made = raw::make(shape, 0);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_header_is_split_and_what_is_received_has_its_lookahead_in_the_first_mdl() {
        for shape in SHAPES {
            assert!(cut(shape, Direction::Send, false).first() >= MAC_HEADER, "{shape:?}");
            let received = cut(shape, Direction::Receive, false);
            assert_eq!(received.buffers, 1);
            assert!(received.first() >= received.length.min(1514), "{shape:?}");
        }
        assert_eq!(cut(SHAPES[2], Direction::Receive, false).mdls, 3, "some have more than that");
    }

    #[test]
    fn the_reading_splits_headers_behind_the_first_byte_and_before_the_last() {
        for way in [Direction::Send, Direction::Receive] {
            let firsts = SHAPES.map(|shape| cut(shape, way, true).first());
            assert_eq!(firsts[4..], [MAC_HEADER - 1, 1]);
        }
    }
}
