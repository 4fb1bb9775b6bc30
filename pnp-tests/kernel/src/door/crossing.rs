//! A crossing of the door: the image has called the kernel.
//!
//! - Every function that the image calls, except those that only compute, crosses once, before it
//!   does anything else.
//! - A crossing knows the row of its function; nobody writes a function's name a second time.

use std::ops::Deref;
use std::rc::Rc;

use crate::machine::export::{Failure, Fault, Row, Since};
use crate::machine::fiber::{self, Wait};
use crate::machine::{gate, trap};
use crate::nt::{dpc, pool};
use crate::world::{self, World, locks};
use journal::{KernelFact, LockFact};

pub use crate::machine::irql::{ANY, APC, DISPATCH, PASSIVE};

/// The row of a function that a test calls past its gate.
static PAST_THE_GATE: Row = Row {
    name: "(past the gate)",
    recorded: "(past the gate)",
    address: || 0,
    irql_max: ANY,
    irql_min: PASSIVE,
    failure: Failure { answers: &[], faults: &[Fault::Call, Fault::Allocation] },
    calls_back: false,
    since: Since::Unknown,
    page: "",
};

/// The image is inside an import; facts recorded meanwhile carry the place it called from.
pub struct Crossing {
    world: Rc<World>,
    row: &'static Row,
    /// The crossing that this one is nested in.
    outer: usize,
}

/// The image crossed the door through the row before which the gate stands.
///
/// # Panics
///
/// When no gate was passed: the host called an exported function, which it must not.
pub fn cross() -> Crossing {
    cross_at_most(ANY)
}

/// Like [`cross`], with arguments that are allowed up to an IRQL that may be lower than the row's.
///
/// # Panics
///
/// As [`cross`].
pub fn cross_at_most(irql: u8) -> Crossing {
    let row = gate::take_row().unwrap_or_else(|| {
        assert!(gate::is_open(), "an exported function called past its gate: a bug of the host");
        &PAST_THE_GATE
    });
    enter(row, row.irql_max.min(irql))
}

fn enter(row: &'static Row, allowed: u8) -> Crossing {
    trap::crossed();
    let site = gate::caller();
    let world = world::current();
    let thread = world.threads.current();
    let outer = thread.site.replace(site);
    thread.lowest.set(thread.lowest.get().min(gate::take_lowest()));
    let irql = thread.irql.get();
    let crossing = Crossing { world, row, outer };
    let import = crossing.import();
    crossing.record(KernelFact::Import { import });
    if irql > allowed {
        crossing.record(KernelFact::IrqlTooHigh { import, irql, allowed });
    }
    if irql < row.irql_min {
        let needed = row.irql_min;
        crossing.record(KernelFact::IrqlTooLow { import, irql, needed });
    }
    if row.calls_back && locks::held(&crossing) > 0 {
        crossing.record(KernelFact::Lock(LockFact::HeldAcross { import }));
    }
    if crossing.has_crossed_too_often() {
        crossing.record(KernelFact::Endless { import });
        fiber::wait(Wait::Stop);
    }
    if crossing.threads.loses_turn(crossing.clock.get()) {
        fiber::wait(Wait::Turn);
    }
    crossing
}

impl Crossing {
    /// The function's name, as the journal has it.
    pub fn import(&self) -> &'static str {
        self.row.recorded
    }

    /// Counts a call of this function; gives the status with which the run lets it fail.
    ///
    /// # Panics
    ///
    /// When the function's row does not name the fault.
    pub fn fails(&self) -> Option<i32> {
        let named = self.row.failure.faults.contains(&Fault::Call);
        assert!(named, "the row of {} does not say that its calls can fail", self.row.name);
        self.faults.next_call_fails(self.import())
    }
}

impl Deref for Crossing {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl Drop for Crossing {
    fn drop(&mut self) {
        let thread = self.world.threads.current();
        // What counts is the code that goes on, at the IRQL at which it does: a function that is not paged may
        // lower the IRQL with a jump to the kernel, which then returns to its paged caller.
        if thread.irql.get() >= DISPATCH && self.is_paged_code(thread.site.get()) {
            self.record(KernelFact::PagedCode { name: self.import() });
        }
        thread.site.set(self.outer);
        dpc::retire(&self.world);
        pool::page_for_irql(&self.world);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::exports::ExportTables;
    use crate::door::ntoskrnl::Ntoskrnl;
    use crate::world::sample::machine;
    use image::Exports;
    use journal::{Fact, KernelFact};

    const EXPORTED: ExportTables = ExportTables(&[&Ntoskrnl]);

    type Function = extern "win64" fn(usize, usize, usize) -> usize;

    /// Calls a function that takes at most these arguments, as the image does.
    fn call(module: &str, name: &str, [a, b, c]: [usize; 3]) -> usize {
        let address = EXPORTED.resolve(module, name).expect("it is exported");
        // SAFETY: the gate of a function of this convention that takes no more than this.
        let call = unsafe { std::mem::transmute::<usize, Function>(address) };
        call(a, b, c)
    }

    #[test]
    fn an_alias_is_recorded_by_the_name_of_its_function() {
        let (_, journal) = machine(0, |_| {
            call("hal.dll", "PsGetCurrentThread", [0; 3]);
        });
        assert_eq!(
            EXPORTED.find("HAL.DLL", "PsGetCurrentThread").map(|row| row.name),
            Some("PsGetCurrentThread")
        );
        let imports: Vec<_> = journal.entries().iter().map(|entry| &entry.fact).collect();
        let is_function = |fact: &&Fact| {
            matches!(fact, Fact::Kernel(KernelFact::Import { import: "KeGetCurrentThread" }))
        };
        assert!(imports.iter().any(is_function), "{journal}");
    }

    #[test]
    fn the_limit_is_that_of_the_row_or_a_lower_one_of_the_arguments() {
        let told = |name: &'static str, argument, irql| {
            let (_, journal) = machine(0, move |world| {
                world.threads.current().irql.set(irql);
                call("ntoskrnl.exe", name, [argument, 16, 7]);
            });
            journal.entries().iter().find_map(|entry| match entry.fact {
                Fact::Kernel(KernelFact::IrqlTooHigh { allowed, .. }) => Some(allowed),
                _ => None,
            })
        };
        assert_eq!(told("KeRevertToUserAffinityThreadEx", 0, DISPATCH), None);
        assert_eq!(told("KeRevertToUserAffinityThreadEx", 0, DISPATCH + 1), Some(DISPATCH));
        // POOL_FLAG_PAGED.
        assert_eq!(told("ExAllocatePool2", 0, DISPATCH), None);
        assert_eq!(told("ExAllocatePool2", 0x100, DISPATCH), Some(APC));
    }

    #[test]
    fn pageable_code_must_not_go_on_at_dispatch_level() {
        let is_told = |name: &'static str, arguments| {
            let (_, journal) = machine(0, move |world| {
                world.paged_code.borrow_mut().push(0..usize::MAX);
                world.threads.current().irql.set(DISPATCH);
                call("ntoskrnl.exe", name, arguments);
            });
            let is_paged = |fact: &Fact| matches!(fact, Fact::Kernel(KernelFact::PagedCode { .. }));
            journal.entries().iter().any(|entry| is_paged(&entry.fact))
        };
        assert!(is_told("KeQueryActiveProcessors", [0; 3]));
        assert!(!is_told("KeLowerIrql", [0; 3]), "it goes on at PASSIVE_LEVEL");
    }

    #[test]
    fn a_function_that_the_host_itself_calls_is_a_bug_of_the_host() {
        let called = std::thread::spawn(|| drop(cross())).join();
        assert!(called.is_err(), "no gate was passed");
    }
}
