//! A crossing of the door: the image has called the kernel.

use std::ops::Deref;
use std::rc::Rc;

use crate::journal::{KernelFact, LockFact};
use crate::machine::fiber::{self, Wait};
use crate::machine::{gate, trap};
use crate::nt::pool;
use crate::world::{self, World, locks};

/// HIGH_LEVEL: callable at any IRQL.
pub const ANY: u8 = 15;
/// DISPATCH_LEVEL.
pub const DISPATCH: u8 = 2;
/// APC_LEVEL.
pub const APC: u8 = 1;
/// PASSIVE_LEVEL.
pub const PASSIVE: u8 = 0;

/// The image is inside an import; facts recorded meanwhile carry the place it called from.
pub struct Crossing {
    world: Rc<World>,
    /// The crossing that this one is nested in.
    outer: usize,
}

/// The image crossed the door through `import`, which is allowed up to an IRQL.
pub fn cross(import: &'static str, allowed: u8) -> Crossing {
    trap::crossed();
    let site = gate::caller();
    let world = world::current();
    let thread = world.threads.current();
    let outer = thread.site.replace(site);
    thread.lowest.set(thread.lowest.get().min(gate::take_lowest()));
    let irql = thread.irql.get();
    let crossing = Crossing { world, outer };
    crossing.record(KernelFact::Import { import });
    if irql > allowed {
        crossing.record(KernelFact::IrqlTooHigh { import, irql, allowed });
    }
    if calls_back(import) && locks::held(&crossing) > 0 {
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

/// Functions of NDIS in which other layers run, and with them perhaps the driver itself.
fn calls_back(import: &str) -> bool {
    import.starts_with("NdisF") && !import.starts_with("NdisFree") && import != "NdisFSetAttributes"
}

impl Deref for Crossing {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl Drop for Crossing {
    fn drop(&mut self) {
        self.world.threads.current().site.set(self.outer);
        pool::page_for_irql(&self.world);
    }
}
