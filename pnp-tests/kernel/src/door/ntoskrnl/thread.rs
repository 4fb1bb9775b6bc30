//! Threads, handles and references.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::{Crossing, cross};
use crate::machine::raw;
use crate::nt::{io, object, thread};

use super::data;
use crate::door::exports::exports;
use journal::KernelFact;

exports! {
    IoGetCurrentProcess = PsGetCurrentProcess: le ANY, since 2195,
        "ddi:wdm/nf-wdm-iogetcurrentprocess";
    KeAreAllApcsDisabled: le DISPATCH, since 3790, "ddi:wdm/nf-wdm-keareallapcsdisabled";
    KeAreApcsDisabled: le DISPATCH, since 2600, "ddi:wdm/nf-wdm-keareapcsdisabled";
    KeEnterCriticalRegion: le APC, since 2195, "ddi:wdm/nf-wdm-keentercriticalregion";
    KeEnterGuardedRegion: le APC, since 3790, "ddi:wdm/nf-wdm-keenterguardedregion";
    KeGetCurrentThread: le ANY, since 2195, "ddi:wdm/nf-wdm-kegetcurrentthread";
    KeLeaveCriticalRegion: le APC, since 2195, "ddi:wdm/nf-wdm-keleavecriticalregion";
    KeLeaveGuardedRegion: le APC, since 3790, "ddi:wdm/nf-wdm-keleaveguardedregion";
    KeQueryPriorityThread: le PASSIVE, since 2195, "ddi:wdm/nf-wdm-kequeryprioritythread";
    KeSetPriorityThread: le PASSIVE, since 2195, "ddi:wdm/nf-wdm-kesetprioritythread";
    ObReferenceObjectByHandle: le PASSIVE,
        fails STATUS_OBJECT_TYPE_MISMATCH | STATUS_ACCESS_DENIED | STATUS_INVALID_HANDLE,
        since 2195, "ddi:wdm/nf-wdm-obreferenceobjectbyhandle";
    ObfDereferenceObject: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-obdereferenceobject";
    ObfDereferenceObjectWithTag: le DISPATCH, since 7600,
        "ddi:wdm/nf-wdm-obdereferenceobjectwithtag";
    ObfReferenceObject: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-obfreferenceobject";
    ObfReferenceObjectWithTag: le DISPATCH, since 7600, "ddi:wdm/nf-wdm-obreferenceobjectwithtag";
    PsCreateSystemThread: le PASSIVE, fails NTSTATUS by call, since 2195,
        "ddi:wdm/nf-wdm-pscreatesystemthread";
    PsGetCurrentProcess: le ANY, since inline, "ddi:wdm/nf-wdm-iogetcurrentprocess";
    PsGetCurrentProcessId: le ANY, since 2195, "ddi:ntddk/nf-ntddk-psgetcurrentprocessid";
    PsGetCurrentThread = KeGetCurrentThread: le ANY, since 2195,
        "ddi:wdm/nf-wdm-psgetcurrentthread";
    PsGetCurrentThreadId: le ANY, since 2195, "ddi:ntddk/nf-ntddk-psgetcurrentthreadid";
    PsTerminateSystemThread: le PASSIVE, fails NTSTATUS, since 2195,
        "ddi:wdm/nf-wdm-psterminatesystemthread";
    ZwClose: le PASSIVE, fails STATUS_INVALID_HANDLE | STATUS_HANDLE_NOT_CLOSABLE, since 2195,
        "ddi:wdm/nf-wdm-zwclose";
}

const SUCCESS: i32 = 0;
const INVALID_HANDLE: i32 = 0xC000_0008_u32.cast_signed();
const INVALID_PARAMETER: i32 = 0xC000_000D_u32.cast_signed();
const INSUFFICIENT_RESOURCES: i32 = 0xC000_009A_u32.cast_signed();
const OBJECT_TYPE_MISMATCH: i32 = 0xC000_0024_u32.cast_signed();

extern "win64" fn PsCreateSystemThread(
    handle: usize,
    _access: u32,
    _attributes: usize,
    _process: usize,
    _client: usize,
    start: usize,
    context: usize,
) -> i32 {
    let world = cross();
    if let Some(status) = world.fails() {
        return status;
    }
    if !world.threads.has_room() {
        return INSUFFICIENT_RESOURCES;
    }
    raw::put(handle, thread::create(&world, start, context));
    SUCCESS
}

extern "win64" fn PsTerminateSystemThread(_status: i32) -> i32 {
    let world = cross();
    if !thread::terminates(&world) {
        return INVALID_PARAMETER;
    }
    // What is on the stack from here on is never dropped.
    drop(world);
    thread::exit();
    SUCCESS
}

extern "win64" fn ObReferenceObjectByHandle(
    handle: usize,
    _access: u32,
    kind: usize,
    _mode: i8,
    object: usize,
    _information: usize,
) -> i32 {
    const CURRENT_THREAD: usize = usize::MAX - 1;
    let world = cross();
    let (named, address) = if handle == CURRENT_THREAD {
        ("thread handle", thread::with_current(&world, |thread| thread.object))
    } else {
        match object::lookup(&world, handle) {
            Some(named) => (named.kind, named.data),
            None => return INVALID_HANDLE,
        }
    };
    if kind != 0 && data::kind_of(kind) != Some(named) {
        return OBJECT_TYPE_MISMATCH;
    }
    // For a right handle of the kernel's it does not fail on any Windows: nobody lets it fail.
    object::reference(&world, address);
    raw::put(object, address);
    SUCCESS
}

fn referenced(object: usize) -> isize {
    let world = cross();
    // The system holds one of its own.
    isize::try_from(object::reference(&world, object)).unwrap_or(isize::MAX) + 1
}

fn dereferenced(object: usize) -> isize {
    let world = cross();
    let left = object::dereference(&world, object);
    if left == 0 {
        io::unreferenced(&world, object);
    }
    isize::try_from(left).unwrap_or(isize::MAX) + 1
}

extern "win64" fn ObfReferenceObject(object: usize) -> isize {
    referenced(object)
}

extern "win64" fn ObfDereferenceObject(object: usize) -> isize {
    dereferenced(object)
}

extern "win64" fn ObfReferenceObjectWithTag(object: usize, _tag: u32) -> isize {
    referenced(object)
}

extern "win64" fn ObfDereferenceObjectWithTag(object: usize, _tag: u32) -> isize {
    dereferenced(object)
}

extern "win64" fn ZwClose(handle: usize) -> i32 {
    let world = cross();
    if object::close(&world, handle).is_some() { SUCCESS } else { INVALID_HANDLE }
}

extern "win64" fn KeGetCurrentThread() -> usize {
    let world = cross();
    thread::with_current(&world, |thread| thread.object)
}

extern "win64" fn KeSetPriorityThread(object: usize, priority: i32) -> i32 {
    let world = cross();
    thread::set_priority(&world, object, priority)
}

extern "win64" fn KeQueryPriorityThread(object: usize) -> i32 {
    let world = cross();
    thread::priority(&world, object)
}

extern "win64" fn PsGetCurrentThreadId() -> usize {
    let world = cross();
    // Thread ids are multiples of four on Windows, apart from process ids.
    object::SYSTEM + 4 * world.threads.current_id() as usize
}

extern "win64" fn PsGetCurrentProcessId() -> usize {
    let _world = cross();
    object::SYSTEM
}

extern "win64" fn PsGetCurrentProcess() -> usize {
    let world = cross();
    object::process(&world)
}

/// One region less; one that nobody has entered is told.
fn leave(world: &Crossing, regions: fn(&mut thread::State) -> &mut i32) {
    let left = thread::with_current(world, |thread| {
        let count = regions(thread);
        *count = count.wrapping_sub(1);
        *count
    });
    if left < 0 {
        world.record(KernelFact::RegionNotEntered { import: world.import() });
    }
}

extern "win64" fn KeEnterCriticalRegion() {
    let world = cross();
    thread::with_current(&world, |thread| thread.critical += 1);
}

extern "win64" fn KeLeaveCriticalRegion() {
    let world = cross();
    leave(&world, |thread| &mut thread.critical);
}

extern "win64" fn KeEnterGuardedRegion() {
    let world = cross();
    thread::with_current(&world, |thread| thread.guarded += 1);
}

extern "win64" fn KeLeaveGuardedRegion() {
    let world = cross();
    leave(&world, |thread| &mut thread.guarded);
}

extern "win64" fn KeAreAllApcsDisabled() -> u8 {
    let world = cross();
    u8::from(thread::apcs_are_held(&world, true))
}

extern "win64" fn KeAreApcsDisabled() -> u8 {
    let world = cross();
    u8::from(thread::apcs_are_held(&world, false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::block::Block;
    use crate::nt::dispatcher::{self, Limit};
    use crate::nt::later;
    use crate::world::sample::machine;
    use crate::world::thread::Rest;
    use crate::world::{self, World};
    use journal::Fact;

    /// Sleeps, writes to its context, ends itself.
    extern "win64" fn ends_itself(context: usize) {
        world::current().sleep(100);
        raw::put(context, 1_u64);
        PsTerminateSystemThread(0);
        raw::put(context, 2_u64);
    }

    extern "win64" fn returns(context: usize) {
        world::current().sleep(100);
        raw::put(context, 3_u64);
    }

    fn create(start: extern "win64" fn(usize), context: usize) -> usize {
        let handle = Block::of(0_usize);
        let start = start as *const () as usize;
        assert_eq!(PsCreateSystemThread(handle.address(), 0, 0, 0, 0, start, context), SUCCESS);
        raw::get(handle.address())
    }

    /// Waits for the thread of a handle, and gives everything back.
    fn join(world: &World, handle: usize) {
        let object = Block::of(0_usize);
        let kind: usize = raw::get(data::address("PsThreadType").expect("it is exported"));
        let out = object.address();
        assert_eq!(ObReferenceObjectByHandle(handle, 0, kind, 0, out, 0), SUCCESS);
        assert_eq!(ZwClose(handle), SUCCESS);
        let thread: usize = raw::get(out);
        assert_eq!(dispatcher::wait(world, "test", &[thread], false, Limit::None), Some(0));
        ObfDereferenceObject(thread);
    }

    #[test]
    fn a_thread_is_signalled_when_it_ends_itself_or_returns() {
        let (rest, journal) = machine(0, |world| {
            for (start, left) in [(ends_itself as extern "win64" fn(usize), 1_u64), (returns, 3)] {
                let context = Block::of(0_u64);
                join(world, create(start, context.address()));
                assert_eq!(raw::get::<u64>(context.address()), left);
            }
            assert_eq!(world.resources.borrow().live().count(), 0);
            assert_eq!(world.clock.get(), 200);
        });
        assert!(matches!(rest, Rest::Done), "{rest:?}\n{journal}");
        let leaves = |fact: &Fact| {
            matches!(fact, Fact::Kernel(KernelFact::Leave { callback: "SystemThread", .. }))
        };
        assert_eq!(journal.entries().iter().filter(|entry| leaves(&entry.fact)).count(), 2);
    }

    /// Waits for the event that it is given.
    extern "win64" fn waits(event: usize) {
        let world = world::current();
        dispatcher::wait(&world, "test", &[event], false, Limit::None);
    }

    #[test]
    fn there_may_be_twenty_thousand_threads_and_one_too_many_is_refused() {
        let (rest, _) = machine(0, |world| {
            world.recording.set(false);
            let event = Block::new(24, 8);
            let event = event.address();
            dispatcher::initialise(
                world,
                event,
                dispatcher::Kind::Event { synchronization: false },
                0,
            );
            for _ in 0..20_000 {
                create(waits, event);
            }
            world.sleep(10);
            let (handle, start) = (Block::of(0_usize), waits as *const () as usize);
            let more = || PsCreateSystemThread(handle.address(), 0, 0, 0, 0, start, event);
            let refused = (0..100_000).map(|_| more()).find(|status| *status != SUCCESS);
            assert_eq!(refused, Some(INSUFFICIENT_RESOURCES));
            dispatcher::set(world, event);
            world.sleep(10);
            assert!(world.threads.others_inside().is_empty(), "all have ended");
        });
        assert!(matches!(rest, Rest::Done), "{rest:?}");
    }

    #[test]
    fn the_systems_own_threads_cannot_be_ended() {
        let (rest, _) = machine(0, |_| {
            assert_eq!(PsTerminateSystemThread(0), INVALID_PARAMETER);
        });
        assert!(matches!(rest, Rest::Done));
    }

    #[test]
    fn a_driver_that_goes_while_its_thread_runs_stops_the_machine() {
        let (rest, journal) = machine(0, |world| {
            let context = Block::of(0_u64);
            create(returns, context.address());
            world.sleep(10);
            later::abandon(world);
        });
        assert!(matches!(rest, Rest::Stopped), "{rest:?}\n{journal}");
    }

    #[test]
    fn a_handle_is_closed_once_and_names_one_kind_of_object() {
        let (rest, _) = machine(0, |world| {
            let handle = create(returns, Block::of(0_u64).address());
            let kind: usize = raw::get(data::address("ExEventObjectType").expect("exported"));
            let out = Block::of(0_usize);
            let status = ObReferenceObjectByHandle(handle, 0, kind, 0, out.address(), 0);
            assert_eq!(status, OBJECT_TYPE_MISMATCH);
            assert_eq!([ZwClose(handle), ZwClose(handle)], [SUCCESS, INVALID_HANDLE]);
            later::abandon(world);
        });
        drop(rest);
    }

    #[test]
    fn regions_hold_apcs_back() {
        machine(0, |_| {
            KeEnterCriticalRegion();
            assert_eq!([KeAreApcsDisabled(), KeAreAllApcsDisabled()], [1, 0]);
            KeLeaveCriticalRegion();
            KeEnterGuardedRegion();
            assert_eq!([KeAreApcsDisabled(), KeAreAllApcsDisabled()], [1, 1]);
            KeLeaveGuardedRegion();
            assert_eq!([KeAreApcsDisabled(), KeAreAllApcsDisabled()], [0, 0]);
        });
    }
}
