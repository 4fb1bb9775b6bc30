//! Queue objects (KQUEUE): threads wait for entries that others put in.
#![allow(non_snake_case, reason = "Windows names")]

use super::wait::limit;
use crate::door::crossing::cross;
use crate::door::exports::exports;
use crate::door::header::{self, Type};
use crate::machine::raw;
use crate::nt::dispatcher::{self, Kind, Limit};
use crate::world::World;

exports! {
    KeInitializeQueue: le DISPATCH, since 2195, "ddi:ntifs/nf-ntifs-keinitializequeue";
    KeInsertHeadQueue: le DISPATCH, since 2195, "ddi:ntifs/nf-ntifs-keinsertheadqueue";
    KeInsertQueue: le DISPATCH, since 2195, "ddi:ntifs/nf-ntifs-keinsertqueue";
    KeReadStateQueue: le DISPATCH, since 2195, "ddi:ntifs/nf-ntifs-kereadstatequeue";
    KeRemoveQueue: le DISPATCH, fails STATUS_TIMEOUT | STATUS_ABANDONED, since 2195,
        "ddi:ntifs/nf-ntifs-keremovequeue";
    KeRemoveQueueEx: le DISPATCH, fails STATUS_TIMEOUT | STATUS_ABANDONED, since 6000,
        "undocumented:ntifs.h";
    KeRundownQueue: le DISPATCH, since 2195, "ddi:ntifs/nf-ntifs-kerundownqueue";
}

/// KQUEUE (ntifs.h).
const ENTRIES: usize = 24;
const CURRENT: usize = 40;
const MAXIMUM: usize = 44;
const THREADS: usize = 48;
/// Answers in the place of an entry.
const TIMEOUT: usize = 0x102;
const ABANDONED: usize = 0x80;
/// More than any queue has threads that wait.
const EVERYBODY: i32 = i32::MAX / 2;

/// A count of 0 stands for one thread for each processor: it is not looked at here, where one thread runs at a time.
extern "win64" fn KeInitializeQueue(queue: usize, most: u32) {
    let world = cross();
    dispatcher::initialise(&world, queue, Kind::Semaphore { limit: i32::MAX }, 0);
    header::set_type(queue, Type::Queue);
    raw::put(queue + ENTRIES, [queue + ENTRIES; 2]);
    raw::put(queue + CURRENT, 0_u32);
    raw::put(queue + MAXIMUM, most.max(1));
    raw::put(queue + THREADS, [queue + THREADS; 2]);
}

/// Puts an entry behind `before`; how many there were.
fn insert(world: &World, queue: usize, entry: usize, before: usize) -> i32 {
    let after: usize = raw::get(before);
    raw::put(entry, [after, before]);
    raw::put(after + 8, entry);
    raw::put(before, entry);
    dispatcher::release_semaphore(world, queue, 1).unwrap_or(0)
}

extern "win64" fn KeInsertQueue(queue: usize, entry: usize) -> i32 {
    let world = cross();
    insert(&world, queue, entry, raw::get(queue + ENTRIES + 8))
}

extern "win64" fn KeInsertHeadQueue(queue: usize, entry: usize) -> i32 {
    let world = cross();
    insert(&world, queue, entry, queue + ENTRIES)
}

extern "win64" fn KeReadStateQueue(queue: usize) -> i32 {
    let _ = cross();
    header::state(queue)
}

/// The first entry, when the queue's count said that there is one; of a queue that was run down there is none.
fn take(queue: usize) -> Option<usize> {
    let head = queue + ENTRIES;
    let entry: usize = raw::get(head);
    if entry == head {
        return None;
    }
    let after: usize = raw::get(entry);
    raw::put(head, after);
    raw::put(after + 8, head);
    raw::put(entry, 0_usize);
    Some(entry)
}

fn remove(world: &World, import: &'static str, queue: usize, limit: Limit) -> usize {
    match dispatcher::wait(world, import, &[queue], false, limit) {
        Some(_) => take(queue).unwrap_or(ABANDONED),
        None => TIMEOUT,
    }
}

extern "win64" fn KeRemoveQueue(queue: usize, _mode: i8, timeout: usize) -> usize {
    let world = cross();
    remove(&world, world.import(), queue, limit(&world, timeout))
}

/// As many entries as there are at once, at least one; how many, or a status.
extern "win64" fn KeRemoveQueueEx(
    queue: usize,
    _mode: i8,
    _alertable: u8,
    timeout: usize,
    entries: usize,
    count: u32,
) -> u32 {
    let world = cross();
    let mut limit = limit(&world, timeout);
    for taken in 0..count {
        let entry = remove(&world, world.import(), queue, limit);
        if [TIMEOUT, ABANDONED].contains(&entry) {
            return if taken > 0 { taken } else { u32::try_from(entry).unwrap_or(0) };
        }
        raw::put(entries + 8 * taken as usize, entry);
        limit = Limit::Zero;
    }
    count
}

/// The entries, linked with one another; whoever waits is told that the queue is gone.
extern "win64" fn KeRundownQueue(queue: usize) -> usize {
    let world = cross();
    let head = queue + ENTRIES;
    let [first, last]: [usize; 2] = raw::get(head);
    raw::put(head, [head, head]);
    dispatcher::release_semaphore(&world, queue, EVERYBODY);
    if first == head {
        return 0;
    }
    raw::put(last, first);
    raw::put(first + 8, last);
    first
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::block::Block;
    use crate::world::sample::machine;
    use crate::world::thread::Rest;

    #[test]
    fn entries_come_out_in_order_and_a_thread_waits_for_the_next() {
        let (rest, journal) = machine(0, |world| {
            let (queue, zero) = (Block::with(&[0xAA; 64], false), Block::of(0_i64));
            let (queue, zero) = (queue.address(), zero.address());
            let blocks = [(); 4].map(|()| Block::of([0_usize; 2]));
            let [a, b, c, d] = blocks.each_ref().map(Block::address);
            KeInitializeQueue(queue, 0);
            assert_eq!(raw::get::<u8>(queue), 4);
            assert_eq!(KeRemoveQueue(queue, 0, zero), TIMEOUT);
            assert_eq!([KeInsertQueue(queue, a), KeInsertQueue(queue, b)], [0, 1]);
            assert_eq!(KeInsertHeadQueue(queue, c), 2);
            assert_eq!(KeReadStateQueue(queue), 3);
            assert_eq!(KeRemoveQueue(queue, 0, zero), c);
            let out = Block::of([0_usize; 4]);
            assert_eq!(KeRemoveQueueEx(queue, 0, 0, zero, out.address(), 4), 2);
            assert_eq!(raw::get::<[usize; 2]>(out.address()), [a, b]);
            let got = Block::of([0_usize; 2]);
            let at = got.address();
            for place in [at, at + 8] {
                world.threads.spawn("worker".to_owned(), move || {
                    raw::put(place, KeRemoveQueue(queue, 0, 0));
                });
            }
            world.sleep(5);
            KeInsertQueue(queue, d);
            world.sleep(5);
            assert_eq!(raw::get::<[usize; 2]>(at), [d, 0]);
            assert_eq!(KeRundownQueue(queue), 0);
            world.sleep(5);
            assert_eq!(raw::get::<[usize; 2]>(at), [d, ABANDONED]);
            KeInitializeQueue(queue, 1);
            KeInsertQueue(queue, a);
            KeInsertQueue(queue, b);
            assert_eq!(KeRundownQueue(queue), a);
            assert_eq!((raw::get::<usize>(a), raw::get::<usize>(b)), (b, a));
            assert_eq!(KeRemoveQueue(queue, 0, 0), ABANDONED);
        });
        assert!(matches!(rest, Rest::Done), "{rest:?}\n{journal}");
    }
}
