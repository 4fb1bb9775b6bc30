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

use super::exports::ExportModule;
use crate::journal::Fact;
use crate::ndis::ModuleId;
use crate::ndis::register::DRIVER_HANDLE;
use crate::world::World;

/// Everything that ndis.sys exports here.
pub(super) static EXPORTS: ExportModule = ExportModule {
    names: &["ndis.sys"],
    tables: &[
        configuration::ROWS,
        device::ROWS,
        lock::ROWS,
        packet_pool::ROWS,
        event::ROWS,
        later::ROWS,
        memory::ROWS,
        oid::ROWS,
        options::ROWS,
        packet::ROWS,
        register::ROWS,
    ],
};

/// The live module behind a handle; a handle that names none is recorded.
fn module(world: &World, import: &'static str, handle: usize) -> Option<ModuleId> {
    let id = world.handles.index(handle).filter(|&id| {
        let ndis = world.ndis.borrow();
        id < ndis.modules.len() && ndis.layer_of(id).is_some()
    });
    if id.is_none() {
        world.record(Fact::BadHandle { import });
    }
    id
}

/// Whose handle it is: a module's, or (None) the filter driver's. Any other handle is recorded.
fn owner(world: &World, import: &'static str, handle: usize) -> Result<Option<ModuleId>, ()> {
    if world.handles.index(handle) == Some(DRIVER_HANDLE) {
        return Ok(None);
    }
    module(world, import, handle).map(Some).ok_or(())
}
