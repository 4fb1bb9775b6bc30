//! Objects that threads wait for, and waiting.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::{Crossing, cross};
use crate::door::header;
use crate::machine::raw;
use crate::nt::dispatcher::{self, Kind, Limit, Refusal};
use crate::nt::{bugcheck, exception, object, time};

use crate::door::exports::exports;

exports! {
    IoCreateNotificationEvent: le PASSIVE, fails NULL by call, since 2195,
        "ddi:wdm/nf-wdm-iocreatenotificationevent";
    IoCreateSynchronizationEvent: le PASSIVE, fails NULL by call, since 2195,
        "ddi:wdm/nf-wdm-iocreatesynchronizationevent";
    KeClearEvent: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-keclearevent";
    KeDelayExecutionThread: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-kedelayexecutionthread";
    KeInitializeEvent: le ANY, since 2195, "ddi:wdm/nf-wdm-keinitializeevent";
    KeInitializeMutex: le ANY, since 2195, "ddi:wdm/nf-wdm-keinitializemutex";
    KeInitializeSemaphore: le ANY, since 2195, "ddi:wdm/nf-wdm-keinitializesemaphore";
    KePulseEvent: le DISPATCH, since 2195, "ddi:ntddk/nf-ntddk-kepulseevent";
    KeReadStateEvent: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-kereadstateevent";
    KeReadStateMutex = KeReadStateEvent: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-kereadstatemutex";
    KeReadStateSemaphore = KeReadStateEvent: le ANY, since 2195,
        "ddi:wdm/nf-wdm-kereadstatesemaphore";
    KeReleaseMutex: le DISPATCH, fails EXCEPTION, since 2195, "ddi:wdm/nf-wdm-kereleasemutex";
    KeReleaseSemaphore: le DISPATCH, fails EXCEPTION, since 2195,
        "ddi:wdm/nf-wdm-kereleasesemaphore";
    KeResetEvent: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-keresetevent";
    KeSetEvent: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-kesetevent";
    KeWaitForMultipleObjects: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-kewaitformultipleobjects";
    KeWaitForMutexObject = KeWaitForSingleObject: le DISPATCH, since inline,
        "ddi:wdm/nf-wdm-kewaitforsingleobject";
    KeWaitForSingleObject: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-kewaitforsingleobject";
}

const SUCCESS: i32 = 0;
const TIMEOUT: i32 = 0x102;
/// STATUS_MUTANT_NOT_OWNED.
const MUTANT_NOT_OWNED: u32 = 0xC000_0046;
/// STATUS_MUTANT_LIMIT_EXCEEDED.
const MUTANT_LIMIT_EXCEEDED: u32 = 0xC000_0191;
/// STATUS_SEMAPHORE_LIMIT_EXCEEDED.
const SEMAPHORE_LIMIT_EXCEEDED: u32 = 0xC000_0047;

/// The index of the object that ended a wait, as a status.
fn status(answer: Option<usize>) -> i32 {
    answer.map_or(TIMEOUT, |index| i32::try_from(index).unwrap_or(TIMEOUT))
}

/// Goes on with a wait unless Windows refuses it.
fn unless_refused(world: Crossing, objects: &[usize], has_blocks: bool) -> Crossing {
    match dispatcher::refuses(&world, objects, has_blocks) {
        None => {}
        Some(Refusal::TooMany) => {
            let count = objects.len();
            let what =
                format!("a wait for {count} objects, without wait blocks for as many or past 64");
            bugcheck::stop(&world, bugcheck::TOO_MANY_OBJECTS, &what);
        }
        Some(Refusal::MutexLimit) => {
            let what = "a mutex was taken more often than it can be";
            exception::raise(world, MUTANT_LIMIT_EXCEEDED, &[], what)
        }
    }
    world
}

/// A time limit passed by address: NULL is none.
pub fn limit(world: &Crossing, timeout: usize) -> Limit {
    Limit::new(world, (timeout != 0).then(|| raw::get(timeout)))
}

extern "win64" fn KeInitializeEvent(event: usize, kind: i32, state: u8) {
    /// EVENT_TYPE.
    const SYNCHRONIZATION_EVENT: i32 = 1;
    let world = cross();
    let kind = Kind::Event { synchronization: kind == SYNCHRONIZATION_EVENT };
    dispatcher::initialise(&world, event, kind, i32::from(state != 0));
}

extern "win64" fn KeSetEvent(event: usize, _increment: i32, _wait: u8) -> i32 {
    let world = cross();
    dispatcher::set(&world, event)
}

extern "win64" fn KeClearEvent(event: usize) {
    let world = cross();
    dispatcher::reset(&world, event);
}

extern "win64" fn KeResetEvent(event: usize) -> i32 {
    let world = cross();
    dispatcher::reset(&world, event)
}

extern "win64" fn KePulseEvent(event: usize, _increment: i32, _wait: u8) -> i32 {
    let world = cross();
    dispatcher::pulse(&world, event)
}

extern "win64" fn KeReadStateEvent(object: usize) -> i32 {
    let _world = cross();
    header::state(object)
}

extern "win64" fn KeInitializeMutex(mutex: usize, _level: u32) {
    let world = cross();
    dispatcher::initialise(&world, mutex, Kind::Mutex { owner: None }, 1);
}

extern "win64" fn KeReleaseMutex(mutex: usize, _wait: u8) -> i32 {
    let world = cross();
    if let Some(before) = dispatcher::release_mutex(&world, mutex) {
        before
    } else {
        let what = "KeReleaseMutex of a mutex that this thread does not own";
        exception::raise(world, MUTANT_NOT_OWNED, &[], what)
    }
}

extern "win64" fn KeInitializeSemaphore(semaphore: usize, count: i32, limit: i32) {
    let world = cross();
    dispatcher::initialise(&world, semaphore, Kind::Semaphore { limit }, count);
}

extern "win64" fn KeReleaseSemaphore(
    semaphore: usize,
    _increment: i32,
    adjustment: i32,
    _wait: u8,
) -> i32 {
    let world = cross();
    if let Some(before) = dispatcher::release_semaphore(&world, semaphore, adjustment) {
        before
    } else {
        let what = "KeReleaseSemaphore past the semaphore's limit";
        exception::raise(world, SEMAPHORE_LIMIT_EXCEEDED, &[], what)
    }
}

extern "win64" fn KeWaitForSingleObject(
    object: usize,
    _reason: i32,
    _mode: i8,
    _alertable: u8,
    timeout: usize,
) -> i32 {
    let world = cross();
    let limit = limit(&world, timeout);
    let world = unless_refused(world, &[object], true);
    status(dispatcher::wait(&world, world.import(), &[object], false, limit))
}

extern "win64" fn KeWaitForMultipleObjects(
    count: u32,
    objects: usize,
    kind: i32,
    _reason: i32,
    _mode: i8,
    _alertable: u8,
    timeout: usize,
    blocks: usize,
) -> i32 {
    /// WAIT_TYPE.
    const WAIT_ALL: i32 = 0;
    let world = cross();
    let limit = limit(&world, timeout);
    let objects: Vec<usize> =
        (0..count as usize).map(|index| raw::get(objects + 8 * index)).collect();
    let world = unless_refused(world, &objects, blocks != 0);
    status(dispatcher::wait(&world, world.import(), &objects, kind == WAIT_ALL, limit))
}

extern "win64" fn KeDelayExecutionThread(_mode: i8, _alertable: u8, interval: usize) -> i32 {
    // A delay at DISPATCH_LEVEL is told by the wait itself.
    let world = cross();
    let until = time::due(&world, raw::get(interval));
    dispatcher::delay(&world, world.import(), until);
    SUCCESS
}

/// Opens the event of this name, or makes it, signalled.
fn named_event(name: usize, handle: usize, synchronization: bool) -> usize {
    let world = cross();
    if world.fails().is_some() {
        return 0;
    }
    let name = raw::text(name).to_uppercase();
    let event = object::named(&world, &name).unwrap_or_else(|| {
        let event = object::memory(&world);
        dispatcher::initialise(&world, event, Kind::Event { synchronization }, 1);
        object::name(&world, name, event);
        event
    });
    raw::put(handle, object::open(&world, "event handle", event));
    event
}

extern "win64" fn IoCreateNotificationEvent(name: usize, handle: usize) -> usize {
    named_event(name, handle, false)
}

extern "win64" fn IoCreateSynchronizationEvent(name: usize, handle: usize) -> usize {
    named_event(name, handle, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::layout::ksemaphore;
    use crate::machine::block::Block;
    use crate::world::sample::machine;
    use crate::world::thread::{DISPATCH as RAISED, Rest};
    use crate::world::{self, World};
    use journal::{Fact, KernelFact, WaitFact};

    fn wait(object: usize, timeout: Option<i64>) -> i32 {
        let time = Block::of(timeout.unwrap_or(0));
        let address = if timeout.is_some() { time.address() } else { 0 };
        KeWaitForSingleObject(object, 0, 0, 0, address)
    }

    fn event(kind: i32, state: u8) -> Block {
        let block = Block::new(24, 8);
        KeInitializeEvent(block.address(), kind, state);
        block
    }

    fn both(all: bool, objects: [usize; 2], timeout: i64) -> i32 {
        let (list, time) = (Block::of(objects), Block::of(timeout));
        let kind = i32::from(!all);
        KeWaitForMultipleObjects(2, list.address(), kind, 0, 0, 0, time.address(), 0)
    }

    /// Runs `body` on another thread, after the current one waits.
    fn meanwhile(world: &World, body: impl FnOnce() + 'static) {
        world.threads.spawn("other".to_owned(), body);
    }

    fn runs(body: impl FnOnce(&World) + 'static) {
        let (rest, journal) = machine(0, body);
        assert!(matches!(rest, Rest::Done), "{rest:?}\n{journal}");
    }

    #[test]
    fn a_synchronization_event_lets_one_through_and_a_notification_event_all() {
        runs(|_| {
            let (one, all) = (event(1, 1), event(0, 1));
            assert_eq!([wait(one.address(), Some(0)), wait(one.address(), Some(0))], [0, TIMEOUT]);
            assert_eq!([wait(all.address(), Some(0)), wait(all.address(), Some(0))], [0, 0]);
            assert_eq!(KeResetEvent(all.address()), 1);
            assert_eq!(wait(all.address(), Some(0)), TIMEOUT);
        });
    }

    #[test]
    fn a_wait_ends_when_the_event_is_set_or_when_its_time_is_over() {
        runs(|world| {
            let event = event(0, 0);
            let address = event.address();
            assert_eq!(wait(address, Some(-500)), TIMEOUT);
            assert_eq!(world.clock.get(), 500);
            let absolute = i64::try_from(time::BOOT).expect("it fits") + 700;
            assert_eq!(wait(address, Some(absolute)), TIMEOUT);
            assert_eq!(world.clock.get(), 700);
            meanwhile(world, move || {
                world::current().sleep(50);
                KeSetEvent(address, 0, 0);
            });
            assert_eq!(wait(address, None), 0);
            assert_eq!(world.clock.get(), 750);
        });
    }

    #[test]
    fn a_wait_for_any_names_the_object_and_a_wait_for_all_takes_none_before_all_are_there() {
        runs(|world| {
            let (a, b) = (event(1, 0), event(1, 1));
            let objects = [a.address(), b.address()];
            assert_eq!(both(true, objects, -10), TIMEOUT);
            assert_eq!(header::state(b.address()), 1, "taken by a wait that failed");
            assert_eq!(both(false, objects, 0), 1);
            let [first, second] = objects;
            meanwhile(world, move || {
                KeSetEvent(first, 0, 0);
                KeSetEvent(second, 0, 0);
            });
            assert_eq!(both(true, objects, -1000), 0);
            assert_eq!([header::state(first), header::state(second)], [0, 0]);
        });
    }

    #[test]
    fn a_pulse_wakes_those_that_wait_and_leaves_nothing() {
        runs(|world| {
            let event = event(0, 0);
            let address = event.address();
            meanwhile(world, move || {
                KePulseEvent(address, 0, 0);
            });
            assert_eq!(wait(address, Some(-100)), 0);
            assert_eq!(wait(address, Some(0)), TIMEOUT);
        });
    }

    #[test]
    fn a_mutex_is_its_owners_as_often_as_it_took_it() {
        runs(|world| {
            let block = Block::new(56, 8);
            let mutex = block.address();
            KeInitializeMutex(mutex, 0);
            assert_eq!([wait(mutex, None), wait(mutex, None)], [0, 0]);
            meanwhile(world, move || {
                assert_eq!(wait(mutex, Some(0)), TIMEOUT);
                assert_eq!(wait(mutex, None), 0);
                KeReleaseMutex(mutex, 0);
            });
            world.sleep(5);
            KeReleaseMutex(mutex, 0);
            world.sleep(5);
            assert_eq!(KeReleaseMutex(mutex, 0), 0);
            world.sleep(5);
            assert_eq!(wait(mutex, Some(0)), 0);
        });
    }

    #[test]
    fn a_mutex_keeps_others_out_in_any_order_of_turns() {
        /// Reads, lets the others have their turns at a crossing, and writes one more.
        fn count(mutex: usize, counter: usize) {
            for _ in 0..5 {
                assert_eq!(wait(mutex, None), 0);
                let before: u64 = raw::get(counter);
                KeReadStateEvent(mutex);
                raw::put(counter, before + 1);
                KeReleaseMutex(mutex, 0);
            }
        }
        for seed in 1..40 {
            let (rest, journal) = machine(seed, |world| {
                let (mutex, counter) = (Block::new(56, 8), Block::of(0_u64));
                let (m, c) = (mutex.address(), counter.address());
                KeInitializeMutex(m, 0);
                let threads =
                    [(); 3].map(|()| world.threads.spawn("other".to_owned(), move || count(m, c)));
                for done in &threads {
                    world.wait_for(done);
                }
                assert_eq!(raw::get::<u64>(c), 15);
            });
            assert!(matches!(rest, Rest::Done), "{rest:?}\n{journal}");
        }
    }

    #[test]
    fn a_mutex_of_another_owner_cannot_be_released() {
        let (rest, journal) = machine(0, |_| {
            let block = Block::new(56, 8);
            KeInitializeMutex(block.address(), 0);
            KeReleaseMutex(block.address(), 0);
        });
        assert!(matches!(rest, Rest::Stopped), "{rest:?}");
        let stops = |fact: &Fact| matches!(fact, Fact::Kernel(KernelFact::Bugcheck { .. }));
        assert!(journal.entries().iter().any(|entry| stops(&entry.fact)), "{journal}");
    }

    #[test]
    fn a_semaphore_lets_as_many_through_as_it_counts() {
        runs(|_| {
            let block = Block::new(32, 8);
            let semaphore = block.address();
            KeInitializeSemaphore(semaphore, 0, 2);
            assert_eq!(raw::get::<i32>(semaphore + ksemaphore::LIMIT), 2);
            assert_eq!(KeReleaseSemaphore(semaphore, 0, 2, 0), 0);
            let waits = [0, 1, 2].map(|_| wait(semaphore, Some(0)));
            assert_eq!(waits, [0, 0, TIMEOUT]);
        });
    }

    #[test]
    fn a_wait_at_dispatch_level_is_told_unless_it_is_a_mere_look() {
        let told = |timeout| {
            let (_, journal) = machine(0, move |world| {
                let event = event(0, 1);
                world.threads.current().irql.set(RAISED);
                wait(event.address(), timeout);
            });
            let at = |fact: &Fact| {
                matches!(fact, Fact::Kernel(KernelFact::Wait(WaitFact::AtDispatch { .. })))
            };
            journal.entries().iter().any(|entry| at(&entry.fact))
        };
        assert!(told(None) && told(Some(-1)));
        assert!(!told(Some(0)));
    }

    #[test]
    fn an_event_that_nobody_initialised_stops_the_machine() {
        let (rest, _) = machine(0, |_| {
            KeSetEvent(Block::new(24, 8).address(), 0, 0);
        });
        assert!(matches!(rest, Rest::Stopped), "{rest:?}");
    }
}
