//! Exports of ndis.sys, a file for each conversation: thunks under their Windows names.

mod event;
mod later;
mod memory;
mod register;

use super::exports::Export;
use crate::journal::Fact;
use crate::ndis::ModuleId;
use crate::world::World;

/// Everything ndis.sys exports here.
pub(super) fn exports() -> Vec<Export> {
    [event::exports(), later::exports(), memory::exports(), register::exports()].concat()
}

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
