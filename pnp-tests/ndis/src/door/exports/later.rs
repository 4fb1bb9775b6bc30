//! Events, timers, work items, time and processors of NDIS.
#![allow(non_snake_case, reason = "Windows names")]

use driver_abi::ndis::status::{
    NDIS_STATUS_FAILURE, NDIS_STATUS_INVALID_PARAMETER, NDIS_STATUS_RESOURCES, NDIS_STATUS_SUCCESS,
};

use super::owner;
use kernel::door::call_later::Routine;
use kernel::door::crossing::cross;
use kernel::door::ntoskrnl::processor;
use kernel::machine::raw;
use kernel::nt::dispatcher::{self, Kind, Limit};
use kernel::nt::timer::{self, DueTime, Firing};
use kernel::nt::{bugcheck, object, time, work};
use kernel::world::{MS, World, resource};

use kernel::door::exports::exports;

exports! {
    NdisAllocateIoWorkItem: le DISPATCH, fails NULL by call, since 6000,
        "ddi:ndis/nf-ndis-ndisallocateioworkitem";
    NdisAllocateTimerObject: le DISPATCH,
        fails NDIS_STATUS_RESOURCES | NDIS_STATUS_BAD_CHARACTERISTICS | NDIS_STATUS_FAILURE by call,
        since 6000, "ddi:ndis/nf-ndis-ndisallocatetimerobject";
    NdisCancelTimerObject: le DISPATCH, since 6000, "ddi:ndis/nf-ndis-ndiscanceltimerobject";
    NdisCurrentGroupAndProcessor: ge DISPATCH, since 7600,
        "ddi:ndis/nf-ndis-ndiscurrentgroupandprocessor";
    NdisCurrentProcessorIndex: ge DISPATCH, since inline,
        "ddi:ndis/nf-ndis-ndiscurrentprocessorindex";
    NdisFreeIoWorkItem: le DISPATCH, since 6000, "ddi:ndis/nf-ndis-ndisfreeioworkitem";
    NdisFreeTimerObject: le DISPATCH, since 6000, "ddi:ndis/nf-ndis-ndisfreetimerobject";
    NdisGetCurrentSystemTime: le ANY, since inline, "ddi:ndis/nf-ndis-ndisgetcurrentsystemtime";
    NdisGetSystemUpTime: le ANY, since 2195, "undocumented:ndis.h";
    NdisGetSystemUpTimeEx: le ANY, since 6000, "ddi:ndis/nf-ndis-ndisgetsystemuptimeex";
    NdisGroupActiveProcessorCount: le ANY, since 7600,
        "ddi:ndis/nf-ndis-ndisgroupactiveprocessorcount";
    NdisGroupMaxProcessorCount = NdisGroupActiveProcessorCount: le ANY, since 7600,
        "ddi:ndis/nf-ndis-ndisgroupmaxprocessorcount";
    NdisInitializeEvent: le ANY, since 2600, "ddi:ndis/nf-ndis-ndisinitializeevent";
    NdisMSleep: le DISPATCH, since 2600, "ddi:ndis/nf-ndis-ndismsleep";
    NdisProcessorIndexToNumber: le ANY, fails STATUS_INVALID_PARAMETER, since 7600,
        "undocumented:ndis.h";
    NdisProcessorNumberToIndex: le ANY, fails INVALID_PROCESSOR_INDEX, since 7600,
        "undocumented:ndis.h";
    NdisQueueIoWorkItem: le DISPATCH, since 6000, "ddi:ndis/nf-ndis-ndisqueueioworkitem";
    NdisResetEvent: le DISPATCH, since 2600, "ddi:ndis/nf-ndis-ndisresetevent";
    NdisSetCoalescableTimerObject: le DISPATCH, since 7600,
        "ddi:ndis/nf-ndis-ndissetcoalescabletimerobject";
    NdisSetEvent: le DISPATCH, since 2600, "ddi:ndis/nf-ndis-ndissetevent";
    NdisSetTimerObject: le DISPATCH, since 6000, "ddi:ndis/nf-ndis-ndissettimerobject";
    NdisSystemProcessorCount: le ANY, since 7600, "ddi:ndis/nf-ndis-ndissystemprocessorcount";
    NdisWaitEvent: le DISPATCH, since 2600, "ddi:ndis/nf-ndis-ndiswaitevent";
}

/// The resource that a timer object is.
const TIMER: &str = "NDIS timer";

/// An NDIS_EVENT is a KEVENT that stays set until it is reset.
extern "win64" fn NdisInitializeEvent(event: usize) {
    let world = cross();
    dispatcher::initialise(&world, event, Kind::Event { synchronization: false }, 0);
}

extern "win64" fn NdisSetEvent(event: usize) {
    let world = cross();
    dispatcher::set(&world, event);
}

extern "win64" fn NdisResetEvent(event: usize) {
    let world = cross();
    dispatcher::reset(&world, event);
}

/// Zero milliseconds is no limit (ddi:ndis/nf-ndis-ndiswaitevent).
extern "win64" fn NdisWaitEvent(event: usize, milliseconds: u32) -> u8 {
    let world = cross();
    let limit = match milliseconds {
        0 => Limit::None,
        _ => Limit::Until(world.clock.get() + u64::from(milliseconds) * MS),
    };
    u8::from(dispatcher::wait(&world, world.import(), &[event], false, limit).is_some())
}

extern "win64" fn NdisMSleep(microseconds: u32) {
    let world = cross();
    dispatcher::delay(&world, world.import(), world.clock.get() + u64::from(microseconds) * 10);
}

/// NDIS_TIMER_CHARACTERISTICS (ddi:ndis/ns-ndis-_ndis_timer_characteristics): a header and a tag of
/// four bytes each, the function, its context.
extern "win64" fn NdisAllocateTimerObject(
    handle: usize,
    characteristics: usize,
    out: usize,
) -> i32 {
    let world = cross();
    let Ok(owner) = owner(&world, world.import(), handle) else { return NDIS_STATUS_FAILURE.0 };
    if characteristics == 0 || out == 0 {
        return NDIS_STATUS_INVALID_PARAMETER.0;
    }
    if world.fails().is_some() {
        return NDIS_STATUS_RESOURCES.0;
    }
    let address: usize = raw::get(characteristics + 8);
    let context: usize = raw::get(characteristics + 16);
    let timer = object::memory(&world);
    let routine = Routine { callback: "Timer", address, arguments: [0, context, 0, 0], owner };
    timer::initialise(&world, timer, false, Firing::Routine(routine));
    resource::take(&world, TIMER, timer, owner);
    raw::put(out, timer);
    NDIS_STATUS_SUCCESS.0
}

/// A context that is not NULL stands in for the one of the characteristics.
/// It may fire later than due, within the tolerance; here it fires when it is due.
extern "win64" fn NdisSetCoalescableTimerObject(
    timer: usize,
    due: i64,
    period_ms: u32,
    context: usize,
    _tolerance: u32,
) -> u8 {
    let world = cross();
    set_timer(&world, timer, due, period_ms, context)
}

extern "win64" fn NdisSetTimerObject(timer: usize, due: i64, period_ms: u32, context: usize) -> u8 {
    let world = cross();
    set_timer(&world, timer, due, period_ms, context)
}

fn set_timer(world: &World, timer: usize, due: i64, period_ms: u32, context: usize) -> u8 {
    let mut fires = timer::fires(world, timer);
    if let Some(Firing::Routine(routine)) = &mut fires
        && context != 0
    {
        routine.arguments[1] = context;
    }
    let period_100ns = u64::from(period_ms) * MS;
    let due = DueTime { at_100ns: time::due(world, due), period_100ns };
    u8::from(timer::set(world, timer, due, fires))
}

extern "win64" fn NdisCancelTimerObject(timer: usize) -> u8 {
    let world = cross();
    u8::from(timer::cancel(&world, timer))
}

/// The timer must not be armed (ddi:ndis/nf-ndis-ndisfreetimerobject).
extern "win64" fn NdisFreeTimerObject(timer: usize) {
    let world = cross();
    if timer::is_armed(&world, timer) {
        let what = "NdisFreeTimerObject of a timer that is armed";
        bugcheck::stop(&world, bugcheck::TIMER_OR_DPC, what);
    }
    if resource::give(&world, TIMER, timer) {
        timer::delete(&world, timer, false);
    }
}

extern "win64" fn NdisAllocateIoWorkItem(handle: usize) -> usize {
    let world = cross();
    let Ok(owner) = owner(&world, world.import(), handle) else { return 0 };
    work::allocate(&world, world.import(), 0, owner).unwrap_or(0)
}

extern "win64" fn NdisQueueIoWorkItem(item: usize, function: usize, context: usize) {
    let world = cross();
    let (_, owner) = work::of(&world, item);
    let arguments = [context, item, 0, 0];
    let routine = Routine { callback: "WorkItem", address: function, arguments, owner };
    work::queue(&world, item, routine);
}

extern "win64" fn NdisFreeIoWorkItem(item: usize) {
    let world = cross();
    work::free(&world, item);
}

extern "win64" fn NdisGetCurrentSystemTime(out: usize) {
    let world = cross();
    raw::put(out, time::system(&world));
}

/// Milliseconds since boot.
extern "win64" fn NdisGetSystemUpTime(out: usize) {
    let world = cross();
    let up = time::read(&world) / MS;
    // The count wraps after 49 days, as on Windows.
    raw::put(out, u32::try_from(up & u64::from(u32::MAX)).unwrap_or(0));
}

extern "win64" fn NdisGetSystemUpTimeEx(out: usize) {
    let world = cross();
    raw::put(out, time::read(&world) / MS);
}

extern "win64" fn NdisSystemProcessorCount() -> u32 {
    let _world = cross();
    processor::COUNT
}

extern "win64" fn NdisGroupActiveProcessorCount(group: u16) -> u32 {
    let _world = cross();
    processor::count(group)
}

extern "win64" fn NdisCurrentProcessorIndex() -> u32 {
    processor::asked(&cross())
}

/// A PROCESSOR_NUMBER is four bytes and travels in a register.
extern "win64" fn NdisCurrentGroupAndProcessor() -> u32 {
    let world = cross();
    u32::from_le_bytes(processor::number(processor::asked(&world)))
}

extern "win64" fn NdisProcessorNumberToIndex(number: u32) -> u32 {
    let _world = cross();
    processor::index(number.to_le_bytes()).unwrap_or(processor::INVALID_INDEX)
}

extern "win64" fn NdisProcessorIndexToNumber(index: u32, out: usize) -> i32 {
    let _world = cross();
    if index >= processor::COUNT {
        return NDIS_STATUS_INVALID_PARAMETER.0;
    }
    raw::put(out, processor::number(index));
    NDIS_STATUS_SUCCESS.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::DRIVER_HANDLE;
    use crate::sample::machine;
    use kernel::machine::block::Block;
    use kernel::world;
    use kernel::world::World;
    use kernel::world::thread::Rest;

    extern "win64" fn fires(_one: usize, context: usize) {
        raw::put(context, raw::get::<u64>(context) + 1);
    }

    extern "win64" fn works(context: usize, item: usize) {
        raw::put(context, world::current().clock.get());
        NdisFreeIoWorkItem(item);
    }

    fn runs(body: impl FnOnce(&World) + 'static) {
        let (rest, journal) = machine(0, body);
        assert!(matches!(rest, Rest::Done), "{rest:?}\n{journal}");
    }

    #[test]
    fn a_timer_object_fires_with_the_context_it_was_set_with() {
        runs(|world| {
            let (own, other, out) = (Block::of(0_u64), Block::of(0_u64), Block::of(0_usize));
            let fires = fires as *const () as usize;
            let characteristics = Block::of([0, fires, own.address()]);
            let driver = world.handles.of(DRIVER_HANDLE);
            let status = NdisAllocateTimerObject(driver, characteristics.address(), out.address());
            assert_eq!(status, NDIS_STATUS_SUCCESS.0);
            let timer: usize = raw::get(out.address());
            assert_eq!(NdisSetTimerObject(timer, -10, 0, 0), 0);
            world.sleep(20);
            assert_eq!(NdisSetTimerObject(timer, -10, 1, other.address()), 0);
            world.sleep(25_000);
            assert_eq!(NdisCancelTimerObject(timer), 1);
            let counts: [u64; 2] = [raw::get(own.address()), raw::get(other.address())];
            assert_eq!(counts, [1, 3]);
            NdisFreeTimerObject(timer);
            assert_eq!(world.resources.borrow().live().count(), 0);
        });
    }

    #[test]
    fn a_work_item_may_free_itself() {
        runs(|world| {
            let context = Block::of(0_u64);
            let item = NdisAllocateIoWorkItem(world.handles.of(DRIVER_HANDLE));
            world.sleep(5);
            NdisQueueIoWorkItem(item, works as *const () as usize, context.address());
            world.sleep(5);
            assert_eq!(raw::get::<u64>(context.address()), 5);
            assert_eq!(world.resources.borrow().live().count(), 0);
        });
    }

    #[test]
    fn a_wait_of_zero_milliseconds_has_no_limit_and_one_of_ten_ends() {
        runs(|world| {
            let event = Block::new(24, 8);
            let address = event.address();
            NdisInitializeEvent(address);
            assert_eq!(NdisWaitEvent(address, 10), 0);
            assert_eq!(world.clock.get(), 10 * MS);
            world.threads.spawn("other".to_owned(), move || {
                NdisMSleep(1000);
                NdisSetEvent(address);
            });
            assert_eq!(NdisWaitEvent(address, 0), 1);
            assert_eq!(world.clock.get(), 11 * MS);
        });
    }
}
