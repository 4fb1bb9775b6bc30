//! Registration of the filter driver, and its end.

use driver_abi::ndis::filter as abi;
use driver_abi::ndis::object::NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS;
use driver_abi::ndis::status::{
    NDIS_STATUS, NDIS_STATUS_BAD_CHARACTERISTICS, NDIS_STATUS_BAD_VERSION, NDIS_STATUS_SUCCESS,
};

use crate::Ndis;
use crate::door::call_oid;
use crate::door::handlers::Characteristics;
use crate::switches::{Attach, Work};
use journal::{NdisFact, RegisterFact};
use kernel::nt::work;
use kernel::world::{self, MS, World};

use super::attach;
use super::chain;
use super::oid;
use super::stack::{self, Filter};

/// How long the system's threads are busy, by the switch `work`.
const BUSY: u64 = 2_000 * MS;
/// The number behind the filter driver's handle: past every module's.
pub const DRIVER_HANDLE: usize = kernel::machine::handle::CAPACITY - 1;

/// Characteristics revision and size that a declared NDIS version needs
/// (docs:network/introduction-to-ndis-6-*; contract a.0).
fn needed(minor: u8) -> (u8, u16) {
    match minor {
        0 => (1, abi::NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_1),
        1..80 => (2, abi::NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2),
        80.. => (3, abi::NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_3),
    }
}

/// What NDIS says to these characteristics.
fn judge(runtime: (u8, u8), c: &Characteristics) -> NDIS_STATUS {
    let (revision, size) = needed(c.version.1);
    if c.version.0 != 6 || c.version > runtime {
        return NDIS_STATUS_BAD_VERSION;
    }
    let complete = c.handlers.attach.is_some()
        && c.handlers.detach.is_some()
        && c.handlers.restart.is_some()
        && c.handlers.pause.is_some();
    let fits = c.header.Type == NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS
        && c.header.Revision >= revision
        && c.header.Size >= size;
    if fits && complete { NDIS_STATUS_SUCCESS } else { NDIS_STATUS_BAD_CHARACTERISTICS }
}

/// The answer of NDIS to a registration, before anything of it is done. `injected` is the status with
/// which the run lets it fail.
pub fn admit(world: &World, c: &Characteristics, injected: Option<i32>) -> NDIS_STATUS {
    let runtime = world.of::<Ndis>().borrow().runtime;
    let status = injected.map_or_else(|| judge(runtime, c), NDIS_STATUS);
    world.record(NdisFact::Register(Box::new(RegisterFact {
        kind: c.header.Type,
        revision: c.header.Revision,
        size: c.header.Size,
        major: c.version.0,
        minor: c.version.1,
        runtime,
        flags: c.flags,
        handlers: c.handlers.names(),
        unique_name: c.unique_name.clone(),
        service_name: c.service_name.clone(),
        status: status.0,
    })));
    status
}

/// The rest of NdisFRegisterFilterDriver, once the driver's variable holds the handle: Microsoft's own
/// sample compares it in FilterSetOptions. Live adapters are attached on threads of their own; by the
/// switch `attach`, before this returns (docs:network/initializing-a-filter-driver) or after.
pub fn begin(world: &World, context: usize, c: &Characteristics) -> NDIS_STATUS {
    let handle = world.handles.of(DRIVER_HANDLE);
    let options = call_oid::set_options(world, c.handlers.set_options, handle, context);
    if options != NDIS_STATUS_SUCCESS {
        return options;
    }
    if crate::switches::of(world).work == Work::Late {
        work::delay(world, BUSY);
    }
    let filter = Filter { handlers: c.handlers, context, version: c.version };
    world.of::<Ndis>().borrow_mut().filter = Some(filter);
    let live: Vec<_> = {
        let ndis = world.of::<Ndis>().borrow();
        (0..ndis.adapters.len()).filter(|&id| ndis.adapters[id].initialised).collect()
    };
    let mut attached = Vec::new();
    for adapter in live {
        let name = world.of::<Ndis>().borrow().adapters[adapter].name.clone();
        attached.push(world.threads.spawn(format!("NDIS {name}"), move || {
            chain::change(&world::current(), adapter, chain::nothing, attach::attach_missing);
        }));
    }
    world.of::<Ndis>().borrow_mut().attaching = attached;
    if crate::switches::of(world).attach == Attach::DuringRegister {
        settle(world);
    }
    NDIS_STATUS_SUCCESS
}

/// Waits until every adapter that was there at registration has its modules.
pub fn settle(world: &World) {
    let attaching = std::mem::take(&mut world.of::<Ndis>().borrow_mut().attaching);
    for done in attaching {
        world.wait_for(&done);
    }
}

/// The driver's image goes without a deregistration: its modules are in no stack any more, and nobody
/// calls their handlers.
pub fn forget(world: &World) {
    let adapters = world.of::<Ndis>().borrow().adapters.len();
    for adapter in 0..adapters {
        // What is under way on a stack comes to its end first: it would go on into the image.
        stack::exclusively(world, adapter, || {
            let modules = world.of::<Ndis>().borrow().modules_of(adapter);
            for module in modules {
                stack::close(world, module);
                attach::remove(world, module);
            }
        });
    }
    world.of::<Ndis>().borrow_mut().filter = None;
    oid::abandon(world);
}

/// NdisFDeregisterFilterDriver: detaches every module, one stack after the other
/// (ddi:ndis/nf-ndis-ndisfderegisterfilterdriver; contract e28).
pub fn deregister(world: &World) {
    let adapters = world.of::<Ndis>().borrow().adapters.len();
    for adapter in 0..adapters {
        if !world.of::<Ndis>().borrow().modules_of(adapter).is_empty() {
            chain::change(world, adapter, attach::predetach_before, attach::detach_all);
        }
    }
    world.of::<Ndis>().borrow_mut().filter = None;
}
