//! Timers and deferred procedure calls. KTIMER and KDPC are opaque: their state is kept by address.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::call_later::Routine;
use crate::door::crossing::cross;
use crate::door::ntoskrnl::processor;
use crate::nt::timer::{self, DueTime, Firing};
use crate::nt::{dpc, object, time};
use crate::world::{World, resource};

use crate::door::exports::exports;
use crate::door::header::{self, Type};
use crate::door::layout::kdpc;
use crate::machine::raw;

exports! {
    ExAllocateTimer: le DISPATCH, fails NULL by call, since 9600, "ddi:wdm/nf-wdm-exallocatetimer";
    ExCancelTimer: le DISPATCH, since 9600, "ddi:wdm/nf-wdm-excanceltimer";
    ExDeleteTimer: le DISPATCH, since 9600, "ddi:wdm/nf-wdm-exdeletetimer";
    ExSetTimer: le DISPATCH, since 9600, "ddi:wdm/nf-wdm-exsettimer";
    KeCancelTimer: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-kecanceltimer";
    KeFlushQueuedDpcs: le PASSIVE, since 2600, "ddi:wdm/nf-wdm-keflushqueueddpcs";
    KeInitializeDpc: le ANY, since 2195, "ddi:wdm/nf-wdm-keinitializedpc";
    KeInitializeThreadedDpc: le ANY, since 6000, "ddi:wdm/nf-wdm-keinitializethreadeddpc";
    KeInitializeTimer: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-keinitializetimer";
    KeInitializeTimerEx: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-keinitializetimerex";
    KeInsertQueueDpc: le ANY, since 2195, "ddi:wdm/nf-wdm-keinsertqueuedpc";
    KeReadStateTimer: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-kereadstatetimer";
    KeRemoveQueueDpc: le ANY, since 2195, "ddi:wdm/nf-wdm-keremovequeuedpc";
    KeSetCoalescableTimer: le DISPATCH, since 7600, "ddi:wdm/nf-wdm-kesetcoalescabletimer";
    KeSetImportanceDpc: le ANY, since 2195, "ddi:wdm/nf-wdm-kesetimportancedpc";
    KeSetTargetProcessorDpc: le ANY, since 2195, "ddi:wdm/nf-wdm-kesettargetprocessordpc";
    KeSetTargetProcessorDpcEx: le ANY, fails STATUS_INVALID_PARAMETER, since 7600,
        "ddi:wdm/nf-wdm-kesettargetprocessordpcex";
    KeSetTimer: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-kesettimer";
    KeSetTimerEx: le DISPATCH, since 2195, "ddi:wdm/nf-wdm-kesettimerex";
}

/// The resource that an allocated timer is.
const ALLOCATED: &str = "timer";
/// Milliseconds in units of 100 ns.
const MS: u64 = 10_000;

extern "win64" fn KeInitializeTimer(timer: usize) {
    let world = cross();
    timer::initialise(&world, timer, false, Firing::Nothing);
    header::set_type(timer, Type::NotificationTimer);
    header::initialise_timer(timer);
}

extern "win64" fn KeInitializeTimerEx(timer: usize, kind: i32) {
    /// TIMER_TYPE.
    const SYNCHRONIZATION_TIMER: i32 = 1;
    let world = cross();
    let synchronization = kind == SYNCHRONIZATION_TIMER;
    timer::initialise(&world, timer, synchronization, Firing::Nothing);
    let is_one = if synchronization { Type::SynchronizationTimer } else { Type::NotificationTimer };
    header::set_type(timer, is_one);
    header::initialise_timer(timer);
}

fn set(world: &World, timer: usize, due: i64, period_ms: u32, dpc: usize) -> u8 {
    let fires = if dpc == 0 { Firing::Nothing } else { Firing::Dpc(dpc) };
    let due = DueTime { at_100ns: time::due(world, due), period_100ns: u64::from(period_ms) * MS };
    let was_armed = timer::set(world, timer, due, Some(fires));
    header::set_period(timer, period_ms);
    u8::from(was_armed)
}

extern "win64" fn KeSetTimer(timer: usize, due: i64, dpc: usize) -> u8 {
    let world = cross();
    set(&world, timer, due, 0, dpc)
}

extern "win64" fn KeSetTimerEx(timer: usize, due: i64, period_ms: u32, dpc: usize) -> u8 {
    let world = cross();
    set(&world, timer, due, period_ms, dpc)
}

extern "win64" fn KeSetCoalescableTimer(
    timer: usize,
    due: i64,
    period_ms: u32,
    _tolerable: u32,
    dpc: usize,
) -> u8 {
    let world = cross();
    set(&world, timer, due, period_ms, dpc)
}

extern "win64" fn KeCancelTimer(timer: usize) -> u8 {
    let world = cross();
    u8::from(timer::cancel(&world, timer))
}

extern "win64" fn KeReadStateTimer(timer: usize) -> u8 {
    let _world = cross();
    u8::from(header::state(timer) > 0)
}

extern "win64" fn ExAllocateTimer(callback: usize, context: usize, attributes: u32) -> usize {
    /// EX_TIMER_NOTIFICATION.
    const NOTIFICATION: u32 = 1 << 31;
    let world = cross();
    if world.fails().is_some() {
        return 0;
    }
    let timer = object::memory(&world);
    let fires = if callback == 0 {
        Firing::Nothing
    } else {
        let arguments = [timer, context, 0, 0];
        Firing::Routine(Routine { callback: "Timer", address: callback, arguments, owner: None })
    };
    timer::initialise(&world, timer, attributes & NOTIFICATION == 0, fires);
    resource::take(&world, ALLOCATED, timer, None);
    timer
}

extern "win64" fn ExSetTimer(timer: usize, due: i64, period: i64, _parameters: usize) -> u8 {
    let world = cross();
    let due = DueTime { at_100ns: time::due(&world, due), period_100ns: period.unsigned_abs() };
    u8::from(timer::set(&world, timer, due, None))
}

extern "win64" fn ExCancelTimer(timer: usize, _parameters: usize) -> u8 {
    let world = cross();
    u8::from(timer::cancel(&world, timer))
}

/// The driver may delete a timer inside its own callback, if it does not wait
/// (ddi:wdm/nf-wdm-exdeletetimer).
extern "win64" fn ExDeleteTimer(timer: usize, _cancel: u8, wait: u8, _parameters: usize) -> u8 {
    let world = cross();
    let was_armed = timer::is_armed(&world, timer);
    if resource::give(&world, ALLOCATED, timer) {
        timer::delete(&world, timer, wait != 0);
    }
    u8::from(was_armed)
}

/// Fills a KDPC as Windows does: of middle importance, for the processor that queues it.
fn fill(dpc: usize, routine: usize, context: usize, threaded: bool) {
    /// DpcObject, ThreadedDpcObject (KOBJECTS); MediumImportance.
    const KINDS: [u8; 2] = [19, 26];
    const MEDIUM: u8 = 1;
    raw::put(dpc + kdpc::TYPE, [KINDS[usize::from(threaded)], MEDIUM]);
    raw::put(dpc + kdpc::NUMBER, 0_u16);
    raw::put(dpc + kdpc::DEFERRED_ROUTINE, [routine, context]);
    raw::put(dpc + kdpc::DPC_DATA, 0_usize);
}

extern "win64" fn KeInitializeDpc(dpc: usize, routine: usize, context: usize) {
    let world = cross();
    dpc::initialise(&world, dpc, routine, context, false);
    fill(dpc, routine, context, false);
}

/// The system may run a threaded DPC at either level; here it is PASSIVE_LEVEL, which shows more
/// (ddi:wdm/nf-wdm-keinitializethreadeddpc).
extern "win64" fn KeInitializeThreadedDpc(dpc: usize, routine: usize, context: usize) {
    let world = cross();
    dpc::initialise(&world, dpc, routine, context, true);
    fill(dpc, routine, context, true);
}

extern "win64" fn KeInsertQueueDpc(dpc: usize, first: usize, second: usize) -> u8 {
    let world = cross();
    let arguments = raw::get::<[usize; 2]>(dpc + kdpc::SYSTEM_ARGUMENT1);
    // Before it is queued: it may have run when that returns.
    raw::put(dpc + kdpc::SYSTEM_ARGUMENT1, [first, second]);
    let queued = dpc::insert(&world, dpc, [first, second]);
    if !queued {
        raw::put(dpc + kdpc::SYSTEM_ARGUMENT1, arguments);
    }
    u8::from(queued)
}

extern "win64" fn KeRemoveQueueDpc(dpc: usize) -> u8 {
    let world = cross();
    u8::from(dpc::remove(&world, dpc))
}

extern "win64" fn KeFlushQueuedDpcs() {
    let world = cross();
    dpc::flush(&world);
}

/// Every DPC runs on a thread of its own, so importance and processor change nothing.
extern "win64" fn KeSetImportanceDpc(_dpc: usize, _importance: i32) {
    let _world = cross();
}

extern "win64" fn KeSetTargetProcessorDpc(dpc: usize, number: u8) {
    let world = cross();
    dpc::set_target(&world, dpc, u32::from(number));
}

extern "win64" fn KeSetTargetProcessorDpcEx(dpc: usize, number: usize) -> i32 {
    let world = cross();
    let status = processor::check(&world, number);
    if let Some(index) = processor::index(raw::get(number)).filter(|_| status == 0) {
        dpc::set_target(&world, dpc, index);
    }
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::exports::ExportTables;
    use crate::door::layout::ktimer;
    use crate::door::ntoskrnl::Ntoskrnl;
    use crate::machine::block::Block;
    use crate::nt::{later, pool};
    use crate::world;
    use crate::world::sample::machine;
    use crate::world::thread::Rest;
    use image::Exports as _;
    use journal::{Fact, Journal, KernelFact};

    /// Counts at its context, and notes the time and the IRQL behind the count.
    extern "win64" fn routine(_object: usize, context: usize) {
        let world = world::current();
        raw::put(context, raw::get::<u64>(context) + 1);
        raw::put(context + 8, world.clock.get());
        raw::put(context + 16, u64::from(world.threads.current().irql.get()));
    }

    /// Calls a function of another family, as the image does.
    fn kernel(name: &str, [a, b]: [usize; 2]) -> usize {
        type Function = extern "win64" fn(usize, usize) -> usize;
        let gate =
            ExportTables(&[&Ntoskrnl]).resolve("ntoskrnl.exe", name).expect("it is exported");
        // SAFETY: the gate of a function of this convention that takes no more than this.
        let function = unsafe { std::mem::transmute::<usize, Function>(gate) };
        // An IRQL is one byte of the register.
        function(a, b) & 0xFF
    }

    fn address() -> usize {
        routine as *const () as usize
    }

    fn counter() -> Block {
        Block::of([0_u64; 3])
    }

    fn counted(block: &Block) -> [u64; 3] {
        raw::get(block.address())
    }

    fn runs(body: impl FnOnce(&World) + 'static) -> Journal {
        let (rest, journal) = machine(0, body);
        assert!(matches!(rest, Rest::Done), "{rest:?}\n{journal}");
        journal
    }

    fn stops(body: impl FnOnce(&World) + 'static, code: u32) {
        let (rest, journal) = machine(0, body);
        assert!(matches!(rest, Rest::Stopped), "{rest:?}\n{journal}");
        let found = journal.entries().iter().any(
            |entry| matches!(&entry.fact, Fact::Kernel(KernelFact::Bugcheck { code: found, .. }) if *found == code),
        );
        assert!(found, "{journal}");
    }

    #[test]
    fn a_timer_runs_its_dpc_at_dispatch_level_when_its_time_has_come() {
        let journal = runs(|world| {
            let (timer, dpc, count) = (Block::new(64, 8), Block::new(64, 8), counter());
            KeInitializeDpc(dpc.address(), address(), count.address());
            KeInitializeTimer(timer.address());
            assert_eq!(KeSetTimer(timer.address(), -300, dpc.address()), 0);
            assert_eq!(KeSetTimer(timer.address(), -400, dpc.address()), 1);
            world.sleep(1000);
            assert_eq!(counted(&count), [1, 400, 2]);
            assert_eq!(KeReadStateTimer(timer.address()), 1);
            assert_eq!(KeCancelTimer(timer.address()), 0);
        });
        let enters =
            |fact: &Fact| matches!(fact, Fact::Kernel(KernelFact::Enter { callback: "DPC", .. }));
        assert!(journal.entries().iter().any(|entry| enters(&entry.fact)), "{journal}");
    }

    #[test]
    fn a_periodic_timer_goes_on_until_it_is_cancelled() {
        runs(|world| {
            let (timer, dpc, count) = (Block::new(64, 8), Block::new(64, 8), counter());
            KeInitializeDpc(dpc.address(), address(), count.address());
            KeInitializeTimerEx(timer.address(), 1);
            let period = || raw::get::<u32>(timer.address() + ktimer::PERIOD);
            let dpc_of = || raw::get::<usize>(timer.address() + ktimer::DPC);
            assert_eq!((dpc_of(), period()), (0, 0));
            KeSetTimerEx(timer.address(), -10, 1, dpc.address());
            assert_eq!(period(), 1);
            world.sleep(35_000);
            assert_eq!(counted(&count), [4, 30_010, 2]);
            assert_eq!(KeCancelTimer(timer.address()), 1);
            world.sleep(100_000);
            assert_eq!(counted(&count)[0], 4);
        });
    }

    #[test]
    fn a_dpc_is_queued_once_and_flushed_and_removed() {
        runs(|_| {
            let (dpc, count) = (Block::new(64, 8), counter());
            KeInitializeDpc(dpc.address(), address(), count.address());
            let irql = kernel("KeRaiseIrqlToDpcLevel", [0; 2]);
            assert_eq!(KeInsertQueueDpc(dpc.address(), 0, 0), 1);
            assert_eq!(KeInsertQueueDpc(dpc.address(), 0, 0), 0);
            kernel("KeLowerIrql", [irql, 0]);
            KeFlushQueuedDpcs();
            assert_eq!(counted(&count)[0], 1);
            let irql = kernel("KeRaiseIrqlToDpcLevel", [0; 2]);
            assert_eq!(KeInsertQueueDpc(dpc.address(), 0, 0), 1);
            assert_eq!(KeRemoveQueueDpc(dpc.address()), 1);
            kernel("KeLowerIrql", [irql, 0]);
            KeFlushQueuedDpcs();
            assert_eq!(counted(&count)[0], 1);
        });
    }

    #[test]
    fn a_dpc_has_run_when_its_processor_goes_on_below_dispatch_level() {
        runs(|world| {
            let (dpc, count, lock) = (Block::new(64, 8), counter(), Block::of(0_usize));
            KeInitializeDpc(dpc.address(), address(), count.address());
            KeInsertQueueDpc(dpc.address(), 0, 0);
            assert_eq!(counted(&count), [1, 0, 2], "inserted at PASSIVE_LEVEL");
            assert_eq!(world.threads.irql(), 0);

            let irql = kernel("KeRaiseIrqlToDpcLevel", [0; 2]);
            KeInsertQueueDpc(dpc.address(), 0, 0);
            assert_eq!(counted(&count)[0], 1, "inserted at DISPATCH_LEVEL");
            kernel("KeLowerIrql", [irql, 0]);
            assert_eq!(counted(&count)[0], 2, "KeLowerIrql has returned");

            let irql = kernel("KeAcquireSpinLockRaiseToDpc", [lock.address(), 0]);
            KeInsertQueueDpc(dpc.address(), 0, 0);
            assert_eq!(counted(&count)[0], 2);
            kernel("KeReleaseSpinLock", [lock.address(), irql]);
            assert_eq!(counted(&count)[0], 3, "KeReleaseSpinLock has returned");
        });
    }

    #[test]
    fn a_dpc_of_a_thread_that_ends_at_dispatch_level_runs_after_it() {
        runs(|world| {
            let (dpc, count) = (Block::new(64, 8), counter());
            let (at, context) = (dpc.address(), count.address());
            KeInitializeDpc(at, address(), context);
            let body = move || assert_eq!(KeInsertQueueDpc(at, 0, 0), 1);
            let done = world.threads.spawn_at(2, "miniport".to_owned(), body);
            world.wait_for(&done);
            world.sleep(1);
            assert_eq!(counted(&count), [1, 0, 2]);
        });
    }

    #[test]
    fn a_dpc_of_the_other_processor_does_not_interrupt() {
        runs(|world| {
            let (dpc, count) = (Block::new(64, 8), counter());
            KeInitializeDpc(dpc.address(), address(), count.address());
            let here = processor::current(world);
            KeSetTargetProcessorDpc(dpc.address(), u8::from(here == 0));
            KeInsertQueueDpc(dpc.address(), 0, 0);
            assert_eq!(counted(&count)[0], 0);
            KeFlushQueuedDpcs();
            assert_eq!(counted(&count)[0], 1);
            KeSetTargetProcessorDpc(dpc.address(), u8::from(here != 0));
            KeInsertQueueDpc(dpc.address(), 0, 0);
            assert_eq!(counted(&count)[0], 2);
        });
    }

    #[test]
    fn a_hundred_thousand_timers_go_off_in_the_order_of_their_times() {
        const TIMERS: i64 = 100_000;
        runs(|world| {
            world.recording.set(false);
            let (dpc, count) = (Block::new(64, 8), counter());
            KeInitializeDpc(dpc.address(), address(), count.address());
            let memory = Block::new(100_000 * 64, 8);
            for index in 0..TIMERS {
                let timer =
                    memory.address() + 64 * usize::try_from(index).expect("it is none below 0");
                KeInitializeTimer(timer);
                // All times, in no order.
                KeSetTimer(timer, -1 - index * 77_773 % TIMERS, dpc.address());
            }
            world.sleep(50_000);
            // This thread stands in line before the timer of the same time.
            assert_eq!(counted(&count), [49_999, 49_999, 2]);
            world.sleep(100_000);
            assert_eq!(counted(&count), [100_000, 100_000, 2]);
        });
    }

    #[test]
    fn a_timer_of_the_executive_calls_back_and_must_be_deleted() {
        runs(|world| {
            let count = counter();
            let timer = ExAllocateTimer(address(), count.address(), 0);
            ExSetTimer(timer, -50, 0, 0);
            world.sleep(100);
            assert_eq!(counted(&count), [1, 50, 2]);
            assert_eq!(world.resources.borrow().live().count(), 1);
            ExDeleteTimer(timer, 1, 1, 0);
            assert_eq!(world.resources.borrow().live().count(), 0);
        });
    }

    #[test]
    fn an_armed_timer_is_held_and_one_in_freed_memory_stops_the_machine() {
        stops(
            |world| {
                let ask = pool::PoolRequest {
                    bytes: 64,
                    tag: *b"test",
                    zeroed: true,
                    paged: false,
                    owner: None,
                };
                let timer = pool::allocate(world, ask).expect("no faults");
                KeInitializeTimer(timer);
                KeSetTimer(timer, -10, 0);
                let held: Vec<_> = world.resources.borrow().live().collect();
                assert_eq!(held, [("armed timer", 1)]);
                pool::free(world, timer, None);
                world.sleep(100);
            },
            0xC7,
        );
    }

    #[test]
    fn what_is_pending_cannot_be_initialised_again() {
        stops(
            |_| {
                let timer = Block::new(64, 8);
                KeInitializeTimer(timer.address());
                KeSetTimer(timer.address(), -10, 0);
                KeInitializeTimer(timer.address());
            },
            0xC7,
        );
        stops(
            |_| {
                let (dpc, count) = (Block::new(64, 8), counter());
                KeInitializeDpc(dpc.address(), address(), count.address());
                kernel("KeRaiseIrqlToDpcLevel", [0; 2]);
                KeInsertQueueDpc(dpc.address(), 0, 0);
                KeInitializeDpc(dpc.address(), address(), count.address());
            },
            0xC7,
        );
    }

    #[test]
    fn nothing_goes_off_after_the_driver_is_gone() {
        runs(|world| {
            let (timer, dpc, count) = (Block::new(64, 8), Block::new(64, 8), counter());
            KeInitializeDpc(dpc.address(), address(), count.address());
            KeInitializeTimer(timer.address());
            KeSetTimerEx(timer.address(), -10, 1, dpc.address());
            later::drain(world);
            later::abandon(world);
            world.sleep(100_000);
            assert_eq!(counted(&count)[0], 0);
        });
    }
}
