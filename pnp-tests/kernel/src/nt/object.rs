//! Kernel objects as a driver sees them: handles it opened, references it took.

use std::collections::BTreeMap;

use crate::door::header::{self, Type};
use crate::machine::block::Block;
use crate::world::World;
use crate::world::resource;

use super::dispatcher::{self, Kind};

/// The resource that references to one object are.
const REFERENCE: &str = "reference to an object";
/// Kernel handles are negative on Windows, and multiples of four.
const FIRST_HANDLE: usize = 0xFFFF_FFFF_8000_0004;

/// The process id of the system process.
pub const SYSTEM: usize = 4;

/// Open handles, references, and the memory of objects that the kernel makes.
#[derive(Debug, Default)]
pub struct Objects {
    handles: BTreeMap<usize, Handle>,
    opened: usize,
    /// References that the driver owes, by object.
    references: BTreeMap<usize, u32>,
    /// Objects of the kernel's own stay until the run is over.
    memory: Vec<Block>,
    pub(super) threads: BTreeMap<u32, super::thread::State>,
    /// Objects of threads that the driver has made and that have not begun.
    pub(super) unborn: Vec<usize>,
    process: Option<usize>,
    /// Objects with a name, for as long as a handle to them is open.
    names: BTreeMap<String, usize>,
}

/// The thing that a handle names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handle {
    /// `thread handle`, `registry key`: how a leak of it is told.
    pub kind: &'static str,
    /// A number for the handle's owner: an object's address, an index.
    pub data: usize,
}

/// Opens a handle that the driver must close.
pub fn open(world: &World, kind: &'static str, data: usize) -> usize {
    let mut objects = world.of::<Objects>().borrow_mut();
    let handle = FIRST_HANDLE + 4 * objects.opened;
    objects.opened += 1;
    objects.handles.insert(handle, Handle { kind, data });
    drop(objects);
    resource::take(world, kind, handle, None);
    handle
}

/// The thing that an open handle names; `None` for a handle that is not open.
pub fn lookup(world: &World, handle: usize) -> Option<Handle> {
    world.of::<Objects>().borrow().handles.get(&handle).copied()
}

/// Closes a handle and says what it named; None when it names nothing.
pub fn close(world: &World, handle: usize) -> Option<Handle> {
    let mut objects = world.of::<Objects>().borrow_mut();
    let closed = objects.handles.remove(&handle);
    if let Some(closed) = closed
        && !objects.handles.values().any(|open| *open == closed)
    {
        objects.names.retain(|_, object| *object != closed.data);
    }
    drop(objects);
    let kind = closed.map_or("handle", |closed| closed.kind);
    resource::give(world, kind, handle);
    closed
}

/// The object of this name, in capitals.
pub fn named(world: &World, name: &str) -> Option<usize> {
    world.of::<Objects>().borrow().names.get(name).copied()
}

/// Names an object, unless the name is empty.
pub fn name(world: &World, name: String, object: usize) {
    if !name.is_empty() {
        world.of::<Objects>().borrow_mut().names.insert(name, object);
    }
}

/// ObReferenceObject and what gives out references: one more that the driver owes.
pub fn reference(world: &World, object: usize) -> u32 {
    let count = {
        let mut objects = world.of::<Objects>().borrow_mut();
        let count = objects.references.entry(object).or_default();
        *count += 1;
        *count
    };
    if count == 1 {
        resource::take(world, REFERENCE, object, None);
    }
    count
}

/// ObDereferenceObject; how many the driver still owes.
pub fn dereference(world: &World, object: usize) -> u32 {
    let left = {
        let mut objects = world.of::<Objects>().borrow_mut();
        let left = objects.references.get(&object).map_or(0, |count| count.saturating_sub(1));
        if left == 0 {
            objects.references.remove(&object);
        } else {
            objects.references.insert(object, left);
        }
        left
    };
    if left == 0 {
        resource::give(world, REFERENCE, object);
    }
    left
}

/// Memory for an object of the kernel's own, for the rest of the run.
pub fn memory(world: &World) -> usize {
    let block = header::object();
    let address = block.address();
    world.of::<Objects>().borrow_mut().memory.push(block);
    address
}

/// The system process, in which every thread here runs.
pub fn process(world: &World) -> usize {
    let known = world.of::<Objects>().borrow().process;
    known.unwrap_or_else(|| {
        let address = memory(world);
        // Signalled when the process has ended, which this one never does.
        dispatcher::initialise(world, address, Kind::Event { synchronization: false }, 0);
        header::set_type(address, Type::Process);
        world.of::<Objects>().borrow_mut().process = Some(address);
        address
    })
}

/// The process that a process id names; there is the system's only.
pub fn process_by_id(world: &World, id: usize) -> Option<usize> {
    (id == SYSTEM).then(|| process(world))
}
