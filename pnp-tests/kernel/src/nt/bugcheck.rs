//! The end of the machine: what stopped it, and where.

use crate::door::emulate;
use crate::machine::fiber::{self, Wait};
use crate::machine::gate;
use crate::machine::trap::{FaultKind, HANG_SECONDS, Trap};
use crate::nt::pool::Pool;
use crate::nt::program::{DriverFile, Loaded};
use crate::world::World;
use crate::world::thread::Thread;
use journal::{KernelFact, PoolFact};
use std::rc::Rc;

/// PAGE_FAULT_IN_NONPAGED_AREA.
pub const PAGE_FAULT: u32 = 0x50;
/// DRIVER_IRQL_NOT_LESS_OR_EQUAL.
pub const IRQL_NOT_LESS_OR_EQUAL: u32 = 0xD1;
/// KMODE_EXCEPTION_NOT_HANDLED.
pub const KMODE_EXCEPTION: u32 = 0x1E;
/// KERNEL_SECURITY_CHECK_FAILURE.
pub const SECURITY_CHECK_FAILURE: u32 = 0x139;
/// UNEXPECTED_KERNEL_MODE_TRAP: here, a double fault for want of stack.
pub const UNEXPECTED_TRAP: u32 = 0x7F;
/// DPC_WATCHDOG_VIOLATION: here, no crossing of the door for a long time.
pub const WATCHDOG: u32 = 0x133;

/// TIMER_OR_DPC_INVALID: a timer or DPC in memory where none may be.
pub const TIMER_OR_DPC: u32 = 0xC7;
/// WORKER_INVALID: a work item in memory where none may be, or queued twice.
pub const WORKER: u32 = 0xE4;
/// DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS.
pub const UNLOADED: u32 = 0xCE;
/// IRQL_NOT_LESS_OR_EQUAL: here, a list head that was never initialised.
pub const NOT_LESS_OR_EQUAL: u32 = 0xA;
/// NO_MORE_IRP_STACK_LOCATIONS.
pub const NO_MORE_LOCATIONS: u32 = 0x35;
/// CANCEL_STATE_IN_COMPLETED_IRP.
pub const CANCELLED_TOO_LATE: u32 = 0x48;

/// MAXIMUM_WAIT_OBJECTS_EXCEEDED.
pub const TOO_MANY_OBJECTS: u32 = 0xC;
/// KERNEL_APC_PENDING_DURING_EXIT: here, a thread that ends with APCs disabled.
pub const APCS_DISABLED_AT_EXIT: u32 = 0x20;
/// THREAD_TERMINATE_HELD_MUTEX.
pub const MUTEX_HELD_AT_EXIT: u32 = 0x4000_008A;

/// Stops the machine because of what the driver asked of the kernel.
pub fn stop(world: &World, code: u32, what: &str) {
    let at = place(world, gate::caller());
    world.record(KernelFact::Bugcheck { code, what: what.to_owned(), at, freed: false });
    fiber::wait(Wait::Stop);
}

/// A place of the image as `name+0x12ab (function+0x1f, file:line)`.
pub fn place(world: &World, address: usize) -> String {
    let driver = world.of::<Loaded>().borrow();
    let Some(driver) = driver.as_ref() else { return "no image loaded".to_owned() };
    let name = driver.image.name();
    let Some(rva) = driver.image.rva_of(address) else {
        return match driver.image.rva_of(gate::caller()) {
            Some(_) => format!("in a kernel function, called by {}", place(world, gate::caller())),
            None => format!("outside {name}"),
        };
    };
    match world.of::<Rc<DriverFile>>().borrow().symbol(rva) {
        Some(symbol) => format!("{name}+{rva:#x} ({symbol})"),
        None => format!("{name}+{rva:#x}"),
    }
}

/// Records that nothing can move any more: each thread, what it waits for, and where the driver asked for that.
pub fn deadlock(world: &World, waiting: &[Rc<Thread>]) {
    let tell = |thread: &Rc<Thread>| {
        let name = &thread.name;
        let what = match thread.waits_for.get() {
            Some((import, on)) => format!("{name} in {import} ({on})"),
            None => name.clone(),
        };
        match thread.site.get() {
            0 => what,
            // The last byte of the call: the return address may be another line's.
            site => format!("{what}, called at {}", place(world, site - 1)),
        }
    };
    let waiting = waiting.iter().map(tell).collect();
    world.record(KernelFact::Deadlock { waiting });
}

/// Records the bugcheck that a trap amounts to on Windows.
pub fn from_trap(world: &World, thread: &Thread, trap: Trap) {
    let mut freed = false;
    let mut touched = None;
    let (code, what, instruction) = match trap {
        Trap::Fault { kind: FaultKind::Access, instruction, address } => {
            let given_away = world.given_away(address);
            freed = given_away.is_some() || world.of::<Pool>().borrow().was_freed(address);
            let target = given_away.or_else(|| world.of::<Pool>().borrow().describe(address));
            touched = world.of::<Pool>().borrow().block_at(address);
            let target = target.unwrap_or_else(|| match address {
                0..0x1_0000 => format!("address {address:#x}, close to NULL"),
                _ => "memory that is not there".to_owned(),
            });
            if world.of::<Pool>().borrow().is_paged(address) {
                let what = format!("access at DISPATCH_LEVEL or above to paged memory: {target}");
                (IRQL_NOT_LESS_OR_EQUAL, what, instruction)
            } else {
                (PAGE_FAULT, format!("access to {target}"), instruction)
            }
        }
        Trap::Fault { kind: FaultKind::Stack, instruction, .. } => {
            let what =
                "the kernel stack overflowed: recursion without end, or frames far too large";
            (UNEXPECTED_TRAP, what.to_owned(), instruction)
        }
        Trap::Fault { kind: FaultKind::Instruction, instruction, .. } => {
            (KMODE_EXCEPTION, "illegal or privileged instruction".to_owned(), instruction)
        }
        Trap::Fault { kind: FaultKind::FastFail, instruction, address } => {
            let what = format!("fail fast (__fastfail), code {address:#x}");
            (SECURITY_CHECK_FAILURE, what, instruction)
        }
        Trap::Fault { kind: FaultKind::Assertion, instruction, .. } => {
            (KMODE_EXCEPTION, "an assertion of the driver failed (int 2Ch)".to_owned(), instruction)
        }
        Trap::Fault { kind: FaultKind::Privileged, instruction, .. } => {
            let name = emulate::name(instruction);
            let what = format!("`{name}`, a kernel's instruction that this host does not emulate");
            (KMODE_EXCEPTION, what, instruction)
        }
        Trap::Fault { kind: FaultKind::Arithmetic, instruction, .. } => {
            (KMODE_EXCEPTION, "integer division".to_owned(), instruction)
        }
        Trap::Fault { kind: FaultKind::Breakpoint, instruction, .. } => {
            (KMODE_EXCEPTION, "breakpoint".to_owned(), instruction)
        }
        Trap::Hang { instruction } => (
            WATCHDOG,
            format!("no call of the kernel for {HANG_SECONDS} s of processor time"),
            instruction,
        ),
    };
    let at = place(world, instruction);
    let (base, end) = world.image.get();
    if (base..end).contains(&instruction) {
        thread.site.set(instruction);
    } else if thread.site.get() == 0 {
        // Not inside a crossing: the driver's call of a function that only computes.
        thread.site.set(gate::caller());
    }
    if let Some(block) = touched {
        world.record_for(thread, KernelFact::Pool(PoolFact::Touched { block }));
    }
    world.record_for(thread, KernelFact::Bugcheck { code, what, at, freed });
}
