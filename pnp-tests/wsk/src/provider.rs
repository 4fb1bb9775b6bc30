//! Registrations of WSK clients, and the instances of the provider NPI that they have captured
//! (contract a.1).

use std::cell::Cell;
use std::rc::Rc;

use driver_abi::nt::{NTSTATUS, STATUS_SUCCESS};
use driver_abi::wsk::STATUS_DEVICE_NOT_READY;
use journal::{KernelFact, WskFact};
use kernel::world::World;

use crate::door::tables::ProviderTable;

/// The state of WSK: every registration that there ever was, in the order in which they were made.
#[derive(Default)]
pub struct Wsk {
    registrations: Vec<Registration>,
    /// The functions that a captured NPI leads to; made when one is captured first.
    table: Option<ProviderTable>,
}

/// A successful WskRegister.
struct Registration {
    /// Of the client's WSK_REGISTRATION.
    address: usize,
    stage: Stage,
    captured: u32,
    /// Nothing is captured.
    released: Rc<Cell<bool>>,
}

/// How far a registration has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Registered,
    /// WskDeregister waits for what is captured.
    Deregistering,
    Deregistered,
}

impl Wsk {
    /// The registration that was made last with the block at this address.
    fn find(&self, address: usize) -> Option<usize> {
        self.registrations.iter().rposition(|known| known.address == address)
    }

    /// How many registrations there ever were.
    pub fn registrations(&self) -> usize {
        self.registrations.len()
    }

    /// How many registrations are left when the image goes; nobody will end them any more.
    pub fn abandon(&mut self) -> usize {
        let is_left = |known: &&mut Registration| known.stage != Stage::Deregistered;
        let mut left = 0;
        for known in self.registrations.iter_mut().filter(is_left) {
            known.stage = Stage::Deregistered;
            left += 1;
        }
        left
    }
}

/// The number of a registration in the journal.
fn number(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}

/// WskRegister with the block at `address`, by a client of this version; gives the registration's
/// number, or the status with which the run lets it fail.
pub fn register(
    world: &World,
    address: usize,
    version: u16,
    injected: Option<i32>,
) -> Result<u32, NTSTATUS> {
    if let Some(status) = injected {
        world.record(WskFact::RegisterFailed { status });
        return Err(NTSTATUS(status));
    }
    let mut wsk = world.of::<Wsk>().borrow_mut();
    let registration = number(wsk.registrations.len());
    let (stage, released) = (Stage::Registered, Rc::new(Cell::new(true)));
    wsk.registrations.push(Registration { address, stage, captured: 0, released });
    world.record(WskFact::Registered { registration, version });
    Ok(registration)
}

/// WskCaptureProviderNPI. The provider is there, so that nobody waits; after WskDeregister has begun
/// it is not any more (ddi:wsk/nf-wsk-wskcaptureprovidernpi). Gives the client's handle and the
/// address of the provider's table.
pub fn capture(
    world: &World,
    import: &'static str,
    address: usize,
    injected: Option<i32>,
) -> Result<(u32, usize), NTSTATUS> {
    let mut wsk = world.of::<Wsk>().borrow_mut();
    let Some(index) = wsk.find(address) else {
        world.record(KernelFact::BadHandle { import });
        return Err(STATUS_DEVICE_NOT_READY);
    };
    let registration = number(index);
    let known = &mut wsk.registrations[index];
    let not_ready = (known.stage != Stage::Registered).then_some(STATUS_DEVICE_NOT_READY);
    let failure = injected.map(NTSTATUS).or(not_ready);
    let status = failure.unwrap_or(STATUS_SUCCESS);
    world.record(WskFact::Captured { registration, status: status.0 });
    if let Some(status) = failure {
        return Err(status);
    }
    known.captured += 1;
    known.released.set(false);
    Ok((registration, wsk.table.get_or_insert_with(ProviderTable::new).address()))
}

/// WskReleaseProviderNPI (ddi:wsk/nf-wsk-wskreleaseprovidernpi).
pub fn release(world: &World, import: &'static str, address: usize) {
    let mut wsk = world.of::<Wsk>().borrow_mut();
    let index = wsk.find(address).filter(|&index| wsk.registrations[index].captured > 0);
    let Some(index) = index else {
        world.record(KernelFact::BadHandle { import });
        return;
    };
    let known = &mut wsk.registrations[index];
    known.captured -= 1;
    known.released.set(known.captured == 0);
    world.record(WskFact::Released { registration: number(index) });
}

/// WskDeregister: waits until everything captured is released (ddi:wsk/nf-wsk-wskderegister).
pub fn deregister(world: &World, import: &'static str, address: usize) {
    let found = {
        let mut wsk = world.of::<Wsk>().borrow_mut();
        let is_live = |&index: &usize| wsk.registrations[index].stage == Stage::Registered;
        wsk.find(address).filter(is_live).map(|index| {
            let known = &mut wsk.registrations[index];
            known.stage = Stage::Deregistering;
            (index, known.captured, Rc::clone(&known.released))
        })
    };
    let Some((index, captured, released)) = found else {
        world.record(KernelFact::BadHandle { import });
        return;
    };
    let registration = number(index);
    if captured > 0 {
        world.record(WskFact::DeregisterWaits { registration, captured });
    }
    world.wait_for(&released);
    world.of::<Wsk>().borrow_mut().registrations[index].stage = Stage::Deregistered;
    world.record(WskFact::Deregistered { registration });
}
