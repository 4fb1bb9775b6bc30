use std::cell::RefCell;

use super::*;
use crate::door::header;
use crate::door::layout::driver_object as drv;
use crate::door::structure::DriverObject;
use crate::machine::block::Block;
use crate::nt::dispatcher::{self, Kind};
use crate::nt::io::NewDevice;
use crate::world::sample::machine;
use crate::world::thread::Rest;
use crate::world::{self, World};
use journal::{Fact, IoFact, Journal, PoolFact};

const PENDING: i32 = 0x103;
const MORE_PROCESSING: i32 = 0xC000_0016_u32.cast_signed();
const FAILED: i32 = 0xC000_0001_u32.cast_signed();
/// CTL_CODE(FILE_DEVICE_NETWORK, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS).
const CODE: u32 = 0x12_2000;

/// What the sample driver does, and what it saw.
#[derive(Clone, Debug, Default)]
struct Sample {
    lower: usize,
    upper: usize,
    /// The lower device keeps the request.
    keeps: bool,
    /// The status with which it completes it otherwise.
    status: i32,
    /// The completion routine's answer, and whether it marks the request pending.
    answer: i32,
    propagates: bool,
    kept: usize,
    seen: Vec<&'static str>,
}

thread_local! {
    static SAMPLE: RefCell<Sample> = RefCell::default();
}

fn sample<R>(body: impl FnOnce(&mut Sample) -> R) -> R {
    SAMPLE.with_borrow_mut(body)
}

fn complete(irp: usize, status: i32) {
    raw::put(irp + at::IO_STATUS, status);
    raw::put(irp + at::IO_STATUS + 8, 3_usize);
    io::complete(&world::current(), irp);
}

extern "win64" fn dispatch(device: usize, irp: usize) -> i32 {
    let state = sample(|sample| sample.clone());
    if device == state.upper {
        sample(|sample| sample.seen.push("upper"));
        let (from, to) = (irp_stack::current(irp), irp_stack::next(irp));
        raw::write(to, &raw::bytes(from, loc::COMPLETION_ROUTINE));
        let routine = completed as *const () as usize;
        assert_eq!(IoSetCompletionRoutineEx(device, irp, routine, 7, 1, 1, 1), 0);
        return IofCallDriver(state.lower, irp);
    }
    sample(|sample| sample.seen.push("lower"));
    if state.keeps {
        crate::door::irp::mark_pending(irp);
        sample(|sample| sample.kept = irp);
        return PENDING;
    }
    let buffer: usize = raw::get(irp + at::SYSTEM_BUFFER);
    if buffer != 0 {
        raw::write(buffer, b"abc");
    }
    complete(irp, state.status);
    state.status
}

extern "win64" fn completed(device: usize, irp: usize, context: usize) -> i32 {
    let upper = sample(|sample| {
        sample.seen.push("completed");
        sample.upper
    });
    assert_eq!((device == upper || device == 0, context), (true, 7));
    if sample(|sample| sample.propagates) && irp_stack::pending_returned(irp) {
        crate::door::irp::mark_pending(irp);
    }
    sample(|sample| sample.answer)
}

/// A driver of two devices, one above the other, on a machine of its own.
fn with_stack(set: Sample, body: impl FnOnce(&World) + 'static) -> (Rest, Journal) {
    machine(0, move |world| {
        let driver = DriverObject::new();
        for major in 0..28 {
            raw::put(
                driver.address() + drv::MAJOR_FUNCTION + 8 * major,
                dispatch as *const () as usize,
            );
        }
        let device = |name: &str| {
            let wanted = NewDevice {
                name: name.to_owned(),
                kind: 0x12,
                characteristics: 0,
                extension_bytes: 0,
                driver: driver.address(),
                routines: None,
            };
            io::create_device(world, wanted).expect("a new name")
        };
        let (lower, upper) = (device("\\Device\\Lower"), device(""));
        io::driver_started(world);
        assert_eq!(irp_stack::attach(upper, lower), lower);
        assert_eq!(irp_stack::highest(lower), upper);
        SAMPLE.set(Sample { lower, upper, ..set });
        body(world);
        irp_stack::detach(lower);
        io::delete_device(world, upper);
        io::delete_device(world, lower);
        assert_eq!(world.resources.borrow().live().count(), 0);
    })
}

fn seen() -> Vec<&'static str> {
    sample(|sample| sample.seen.clone())
}

fn bugcheck(journal: &Journal) -> Option<u32> {
    journal.entries().iter().find_map(|entry| match entry.fact {
        Fact::Kernel(journal::KernelFact::Bugcheck { code, .. }) => Some(code),
        _ => None,
    })
}

fn tells(journal: &Journal, wanted: &IoFact) -> bool {
    let is_it =
        |fact: &Fact| matches!(fact, Fact::Kernel(journal::KernelFact::Io(io)) if io == wanted);
    journal.entries().iter().any(|entry| is_it(&entry.fact))
}

/// A control request to the highest device, and where it says what came of it: status block, event, output.
fn control(world: &World) -> (usize, [Block; 3]) {
    let (block, event, output) =
        (Block::of([9_usize, 9]), Block::new(24, 8), Block::with(b"....", false));
    dispatcher::initialise(world, event.address(), Kind::Event { synchronization: false }, 0);
    let irp = IoBuildDeviceIoControlRequest(
        CODE,
        sample(|sample| sample.upper),
        output.address(),
        2,
        output.address(),
        4,
        0,
        event.address(),
        block.address(),
    );
    assert_ne!(irp, 0);
    (irp, [block, event, output])
}

#[test]
fn a_request_goes_down_and_up_and_its_outcome_to_the_one_who_made_it() {
    let (rest, journal) = with_stack(Sample::default(), |world| {
        let (irp, [block, event, output]) = control(world);
        let locations: [i8; 2] = raw::get(irp + at::STACK_COUNT);
        assert_eq!(locations, [2, 3]);
        assert_eq!(IofCallDriver(sample(|sample| sample.upper), irp), 0);
        assert_eq!(seen(), ["upper", "lower", "completed"]);
        assert_eq!((raw::get(block.address()), raw::get(block.address() + 8)), (0_i32, 3_usize));
        assert_eq!(header::state(event.address()), 1);
        assert_eq!(output.bytes(), b"abc.");
        assert_eq!(world.of::<pool::Pool>().borrow().live().count(), 0, "the request is freed");
    });
    assert!(matches!(rest, Rest::Done), "{rest:?}\n{journal}");
}

#[test]
fn an_error_that_is_answered_at_once_is_in_the_answer_alone() {
    for (keeps, outcome) in [(false, (9, 0)), (true, (FAILED, 1))] {
        let set = Sample { status: FAILED, keeps, propagates: true, ..Sample::default() };
        let (rest, journal) = with_stack(set, move |world| {
            let (irp, [block, event, output]) = control(world);
            let status = IofCallDriver(sample(|sample| sample.upper), irp);
            assert_eq!(status, if keeps { PENDING } else { FAILED });
            if keeps {
                complete(sample(|sample| sample.kept), FAILED);
            }
            let found = (raw::get::<i32>(block.address()), header::state(event.address()));
            assert_eq!((found, output.bytes()), (outcome, b"....".to_vec()));
        });
        assert!(matches!(rest, Rest::Done), "{rest:?}\n{journal}");
    }
}

#[test]
fn a_driver_keeps_what_it_allocated_and_frees_it_once() {
    let set = Sample { answer: MORE_PROCESSING, ..Sample::default() };
    let (rest, journal) = with_stack(set, |world| {
        let (lower, upper) = sample(|sample| (sample.lower, sample.upper));
        let irp = IoAllocateIrp(raw::get(upper + dev::STACK_SIZE), 0);
        for _ in 0..2 {
            raw::put(irp_stack::next(irp) + loc::MAJOR_FUNCTION, io::DEVICE_CONTROL);
            assert_eq!(IofCallDriver(upper, irp), 0);
            assert_eq!(raw::get::<i32>(irp + at::IO_STATUS), 0);
            // The completion routine of the upper device stopped it there.
            assert_eq!(irp_stack::device(irp), upper);
            IoReuseIrp(irp, FAILED);
            assert_eq!(raw::get::<i32>(irp + at::IO_STATUS), FAILED);
            assert_eq!(irp_stack::current(irp), irp + irp_stack::size(2));
        }
        assert!(!irp_stack::is_with_a_driver(irp));
        // To a device without routines for it.
        raw::put(DeviceObject::driver(lower) + drv::MAJOR_FUNCTION + 8 * 14, 0_usize);
        raw::put(irp_stack::next(irp) + loc::MAJOR_FUNCTION, io::DEVICE_CONTROL);
        let routine = completed as *const () as usize;
        assert_eq!(IoSetCompletionRoutineEx(upper, irp, routine, 7, 0, 1, 0), 0);
        assert_eq!(IofCallDriver(lower, irp), 0xC000_0010_u32.cast_signed());
        IoFreeIrp(irp);
        IoFreeIrp(irp);
        assert_eq!(world.of::<pool::Pool>().borrow().live().count(), 0);
    });
    assert!(matches!(rest, Rest::Done), "{rest:?}\n{journal}");
    let frees = |fact: &Fact| matches!(fact, Fact::Kernel(journal::KernelFact::Pool(PoolFact::BadFree { what })) if what.contains("Irp"));
    assert_eq!(journal.entries().iter().filter(|entry| frees(&entry.fact)).count(), 1, "{journal}");
}

#[test]
fn misuse_stops_the_machine_as_windows_does_or_is_told() {
    let (rest, journal) = with_stack(Sample::default(), |_| {
        let irp = IoAllocateIrp(0, 0);
        IofCallDriver(sample(|sample| sample.upper), irp);
    });
    assert!(matches!(rest, Rest::Stopped), "{rest:?}\n{journal}");
    assert_eq!(bugcheck(&journal), Some(0x35));
    let (_, journal) = with_stack(Sample::default(), |_| {
        let irp = IoAllocateIrp(1, 0);
        raw::put(irp_stack::next(irp) + loc::MAJOR_FUNCTION, io::DEVICE_CONTROL);
        IofCallDriver(sample(|sample| sample.lower), irp);
    });
    assert_eq!(bugcheck(&journal), Some(0xA));
    let (rest, journal) = with_stack(Sample::default(), |world| {
        let (irp, _outcome) = control(world);
        IoFreeIrp(irp);
        assert_eq!(IofCallDriver(sample(|sample| sample.upper), irp), 0);
        io::complete(world, irp);
    });
    assert!(matches!(rest, Rest::Done), "{rest:?}\n{journal}");
    assert!(tells(&journal, &IoFact::NoSuchRequest), "{journal}");
    assert!(journal.to_string().contains("an IRP that the I/O manager frees"), "{journal}");
}

#[test]
fn a_user_sees_what_the_highest_driver_answers() {
    let set = Sample { keeps: true, propagates: true, ..Sample::default() };
    let mismatch = IoFact::PendingMismatch { irp: 1, marked: false, status: PENDING };
    for (propagates, is_told) in [(true, false), (false, true)] {
        let set = Sample { propagates, ..set.clone() };
        let (rest, journal) = with_stack(set, |world| {
            let asked = crate::door::irp::Parameters {
                major: io::DEVICE_CONTROL,
                code: CODE,
                input: vec![1; 8],
                output_length: 8,
            };
            let lower = sample(|sample| sample.lower);
            assert_eq!(io::request(world, lower, 0, &asked), PENDING);
            assert!(io::is_busy(world));
            complete(sample(|sample| sample.kept), 0);
            assert!(!io::is_busy(world));
        });
        assert!(matches!(rest, Rest::Done), "{rest:?}\n{journal}");
        assert_eq!(tells(&journal, &mismatch), is_told, "{journal}");
    }
}
