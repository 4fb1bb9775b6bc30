//! Memory that a driver hangs on its driver object, and that goes with the object.

use std::collections::BTreeMap;

use crate::machine::block::Block;
use crate::world::World;

/// The extensions of the driver object that is loaded, by the driver's identifiers.
#[derive(Debug, Default)]
pub struct Extensions {
    blocks: BTreeMap<usize, Block>,
}

/// A zeroed extension of this size; `None` when there is one of this identifier.
pub fn allocate(world: &World, id: usize, bytes: usize) -> Option<usize> {
    let mut extensions = world.of::<Extensions>().borrow_mut();
    if extensions.blocks.contains_key(&id) {
        return None;
    }
    let block = Block::with(&vec![0; bytes], false);
    let address = block.address();
    extensions.blocks.insert(id, block);
    Some(address)
}

/// The extension of this identifier.
pub fn find(world: &World, id: usize) -> Option<usize> {
    world.of::<Extensions>().borrow().blocks.get(&id).map(Block::address)
}

/// The driver object goes, and its extensions with it.
pub fn forget(world: &World) {
    world.of::<Extensions>().borrow_mut().blocks.clear();
}
