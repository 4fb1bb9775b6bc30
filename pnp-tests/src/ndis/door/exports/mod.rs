//! Exports of ndis.sys, a file for each conversation: thunks under their Windows names.

mod configuration;
mod device;
mod event;
mod later;
mod lock;
mod memory;
mod oid;
mod options;
mod packet;
mod packet_pool;
mod register;

use crate::door::exports::Export;
use crate::journal::KernelFact;
use crate::ndis::ModuleId;
use crate::ndis::Ndis;
use crate::ndis::register::DRIVER_HANDLE;
use crate::world::World;
use crate::world::owner::Owner;

/// Everything ndis.sys exports here.
pub(super) fn exports() -> Vec<Export> {
    [
        configuration::exports(),
        device::exports(),
        lock::exports(),
        packet_pool::exports(),
        event::exports(),
        later::exports(),
        memory::exports(),
        oid::exports(),
        options::exports(),
        packet::exports(),
        register::exports(),
    ]
    .concat()
}

/// The live module behind a handle; a handle that names none is recorded.
fn module(world: &World, import: &'static str, handle: usize) -> Option<ModuleId> {
    let id = world.handles.index(handle).filter(|&id| {
        let ndis = world.of::<Ndis>().borrow();
        id < ndis.modules.len() && ndis.layer_of(id).is_some()
    });
    if id.is_none() {
        world.record(KernelFact::BadHandle { import });
    }
    id
}

/// Whose handle it is: a module's, or (None) the filter driver's. Any other handle is recorded.
fn owner(world: &World, import: &'static str, handle: usize) -> Result<Option<Owner>, ()> {
    if world.handles.index(handle) == Some(DRIVER_HANDLE) {
        return Ok(None);
    }
    let module = module(world, import, handle).ok_or(())?;
    Ok(Some(world.of::<Ndis>().borrow().modules[module].owner))
}
