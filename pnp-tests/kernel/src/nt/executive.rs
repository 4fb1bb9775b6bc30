//! Executive resources: locks with many readers or one writer, which a thread may take again.

use std::collections::BTreeMap;

use crate::world::World;
use crate::world::signal;

/// Every resource that was initialised, by address.
#[derive(Debug, Default)]
pub struct Executive {
    resources: BTreeMap<usize, Resource>,
}

/// Who has a resource, and how often.
#[derive(Debug, Default)]
struct Resource {
    writer: Option<(u32, u32)>,
    readers: BTreeMap<u32, u32>,
    /// Threads that wait to write.
    writers_waiting: u32,
}

/// How a resource is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Alone.
    Exclusive,
    /// With other readers, behind a writer that waits.
    Shared,
    /// With other readers, before a writer that waits.
    SharedStarveExclusive,
}

/// A resource that nobody has.
pub fn initialise(world: &World, resource: usize) {
    world.of::<Executive>().borrow_mut().resources.insert(resource, Resource::default());
}

/// Takes a resource away; false when there is none.
pub fn delete(world: &World, resource: usize) -> bool {
    world.of::<Executive>().borrow_mut().resources.remove(&resource).is_some()
}

/// Takes it if it is to be had at once. `None` for what is no resource.
fn try_acquire(world: &World, resource: usize, access: Access) -> Option<bool> {
    let thread = world.threads.current_id();
    let mut executive = world.of::<Executive>().borrow_mut();
    let found = executive.resources.get_mut(&resource)?;
    if let Some((writer, count)) = &mut found.writer {
        let own = *writer == thread;
        *count += u32::from(own);
        return Some(own);
    }
    let free = match access {
        Access::Exclusive => found.readers.is_empty(),
        Access::Shared => found.writers_waiting == 0 || found.readers.contains_key(&thread),
        Access::SharedStarveExclusive => true,
    };
    if free {
        match access {
            Access::Exclusive => found.writer = Some((thread, 1)),
            _ => *found.readers.entry(thread).or_default() += 1,
        }
    }
    Some(free)
}

fn count_writer(world: &World, resource: usize, more: bool) {
    if let Some(found) = world.of::<Executive>().borrow_mut().resources.get_mut(&resource) {
        let waiting = found.writers_waiting;
        found.writers_waiting = if more { waiting + 1 } else { waiting.saturating_sub(1) };
    }
}

/// Takes a resource, waiting for it if that is allowed; says whether it has it. `None` for what is no resource.
pub fn acquire(world: &World, resource: usize, access: Access, wait: bool) -> Option<bool> {
    if try_acquire(world, resource, access)? || !wait {
        return Some(has(world, resource, access == Access::Exclusive));
    }
    let writes = access == Access::Exclusive;
    if writes {
        count_writer(world, resource, true);
    }
    while !try_acquire(world, resource, access)? {
        signal::wait(world, resource);
    }
    if writes {
        count_writer(world, resource, false);
    }
    Some(true)
}

/// Whether the current thread has it: alone, or in any way.
pub fn has(world: &World, resource: usize, exclusive: bool) -> bool {
    held(world, resource, exclusive) > 0
}

/// How often the current thread has it: alone, or in any way.
pub fn held(world: &World, resource: usize, exclusive: bool) -> u32 {
    let thread = world.threads.current_id();
    let executive = world.of::<Executive>().borrow();
    let Some(found) = executive.resources.get(&resource) else { return 0 };
    match found.writer {
        Some((writer, count)) if writer == thread => count,
        _ if exclusive => 0,
        _ => found.readers.get(&thread).copied().unwrap_or(0),
    }
}

/// Gives a resource back once; false when the current thread has not got it.
pub fn release(world: &World, resource: usize) -> bool {
    let thread = world.threads.current_id();
    {
        let mut executive = world.of::<Executive>().borrow_mut();
        let Some(found) = executive.resources.get_mut(&resource) else { return false };
        match &mut found.writer {
            Some((writer, count)) if *writer == thread && *count > 1 => *count -= 1,
            Some((writer, _)) if *writer == thread => found.writer = None,
            Some(_) => return false,
            None => {
                let Some(count) = found.readers.get_mut(&thread) else { return false };
                *count -= 1;
                if *count == 0 {
                    found.readers.remove(&thread);
                }
            }
        }
    }
    signal::notify(world, resource);
    true
}

/// The writer becomes a reader; false when the current thread is not the writer.
pub fn share(world: &World, resource: usize) -> bool {
    let thread = world.threads.current_id();
    {
        let mut executive = world.of::<Executive>().borrow_mut();
        let Some(found) = executive.resources.get_mut(&resource) else { return false };
        let Some((_, count)) = found.writer.take_if(|(writer, _)| *writer == thread) else {
            return false;
        };
        found.readers.insert(thread, count);
    }
    signal::notify(world, resource);
    true
}
