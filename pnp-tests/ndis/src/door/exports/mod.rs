//! Exports of ndis.sys, a file for each conversation: thunks under their Windows names.

mod configuration;
mod derived;
mod device;
mod event;
mod generic;
mod inline;
mod interface;
mod later;
mod lock;
mod memory;
mod oid;
mod options;
mod packet;
mod packet_context;
mod packet_info;
mod packet_pool;
mod register;
mod routine;

use crate::ModuleId;
use crate::Ndis;
use crate::register::DRIVER_HANDLE;
use journal::KernelFact;
use kernel::machine::export::ExportModule;
use kernel::world::World;
use kernel::world::owner::Owner;

/// Everything that ndis.sys exports here.
pub(super) static EXPORTS: ExportModule = ExportModule {
    names: &["ndis.sys"],
    tables: &[
        configuration::ROWS,
        device::ROWS,
        lock::ROWS,
        derived::ROWS,
        generic::ROWS,
        interface::ROWS,
        packet_context::ROWS,
        packet_info::ROWS,
        packet_pool::ROWS,
        event::ROWS,
        later::ROWS,
        memory::ROWS,
        oid::ROWS,
        options::ROWS,
        packet::ROWS,
        register::ROWS,
        routine::ROWS,
    ],
    inline: inline::INLINE,
};

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
    if world.of::<Ndis>().borrow().generic.contains(&handle) {
        return Ok(None);
    }
    let module = module(world, import, handle).ok_or(())?;
    Ok(Some(world.of::<Ndis>().borrow().modules[module].owner))
}
