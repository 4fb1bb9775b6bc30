//! Event tracing: providers, one session that takes everything, thread activity ids.

use std::cell::Cell;
use std::rc::Rc;

use crate::door::call::{self, Control};
use crate::world::World;
use crate::world::signal;
use journal::KernelFact;
use journal::etw::{Descriptor, EtwWrite};

/// Level and keywords of the host's session: everything.
pub const LEVEL_ALL: u8 = 255;
/// See [`LEVEL_ALL`].
pub const KEYWORD_ALL: u64 = u64::MAX;

/// Registered providers and whether the session is on.
#[derive(Debug, Default)]
pub struct Etw {
    /// Level and keywords of the session that is on; 0 means all of them.
    session: Option<(u8, u64)>,
    /// Handles are indices plus one; an unregistered provider leaves its place.
    providers: Vec<Option<Provider>>,
    /// How many activity ids were made.
    ids: u32,
}

#[derive(Debug)]
struct Provider {
    guid: [u8; 16],
    traits: Vec<u8>,
    enable: Option<call::EnableCallback>,
    /// How many calls of `enable` are under way.
    running: Rc<Cell<u32>>,
}

/// A callback to make, and where to count it.
type EnabledProvider = ([u8; 16], call::EnableCallback, Rc<Cell<u32>>);

impl Etw {
    /// Every provider that wants to be told something.
    fn callbacks(&self) -> Vec<EnabledProvider> {
        let providers = self.providers.iter().flatten();
        providers
            .filter_map(|provider| {
                Some((provider.guid, provider.enable?, Rc::clone(&provider.running)))
            })
            .collect()
    }

    fn provider(&mut self, handle: u64) -> Option<&mut Provider> {
        let index = usize::try_from(handle).ok()?.checked_sub(1)?;
        self.providers.get_mut(index)?.as_mut()
    }

    /// Providers nobody has unregistered, by GUID.
    pub fn registered(&self) -> impl Iterator<Item = [u8; 16]> {
        self.providers.iter().flatten().map(|provider| provider.guid)
    }
}

/// Registers a provider. With a session on, the enable callback runs before this returns: the
/// documentation allows it, and a driver must bear it.
pub fn register(world: &World, guid: [u8; 16], enable: Option<call::EnableCallback>) -> u64 {
    let mut etw = world.of::<Etw>().borrow_mut();
    let running = Rc::new(Cell::new(0));
    let counted = Rc::clone(&running);
    etw.providers.push(Some(Provider { guid, traits: Vec::new(), enable, running }));
    let handle = etw.providers.len() as u64;
    let session = etw.session;
    drop(etw);
    world.record(KernelFact::Provider { registered: true, guid });
    if let (Some((level, keywords)), Some(enable)) = (session, enable) {
        tell(world, &(guid, enable, counted), Control::Enable, (level, keywords));
    }
    handle
}

/// Calls an enable callback.
fn tell(
    world: &World,
    (guid, enable, running): &EnabledProvider,
    control: Control,
    wanted: (u8, u64),
) {
    // The provider has the other one: it may have gone since somebody meant to tell it.
    if Rc::strong_count(running) < 2 {
        return;
    }
    running.set(running.get() + 1);
    enable.call(world, *guid, control, wanted.0, wanted.1);
    running.set(running.get() - 1);
    signal::notify(world, Rc::as_ptr(running).addr());
}

/// Ends a registration; false when the handle names none. Waits until no enable callback runs: the
/// image may go afterwards. That EtwUnregister does so is inferred; the reference does not say.
pub fn unregister(world: &World, handle: u64) -> bool {
    let mut etw = world.of::<Etw>().borrow_mut();
    let Some(provider) = etw.provider(handle) else { return false };
    let (guid, running) = (provider.guid, Rc::clone(&provider.running));
    if let Some(index) = usize::try_from(handle).ok().and_then(|h| h.checked_sub(1)) {
        etw.providers[index] = None;
    }
    drop(etw);
    while running.get() > 0 {
        signal::wait(world, Rc::as_ptr(&running).addr());
    }
    world.record(KernelFact::Provider { registered: false, guid });
    true
}

/// EventProviderSetTraits.
pub fn set_traits(world: &World, handle: u64, traits: Vec<u8>) -> bool {
    let mut etw = world.of::<Etw>().borrow_mut();
    let Some(provider) = etw.provider(handle) else { return false };
    provider.traits = traits;
    true
}

/// One event; its pieces by descriptor type.
pub struct EventWrite {
    /// The event's descriptor.
    pub descriptor: Descriptor,
    /// The activity id, if the writer passes one.
    pub activity: Option<[u8; 16]>,
    /// The related activity id, if the writer passes one.
    pub related: Option<[u8; 16]>,
    /// Type 1.
    pub metadata: Vec<u8>,
    /// Type 0.
    pub payload: Vec<u8>,
}

/// Records an event if the session is on; false when the handle names no provider.
pub fn write(world: &World, handle: u64, written: EventWrite) -> bool {
    let mut etw = world.of::<Etw>().borrow_mut();
    let session = etw.session;
    let Some(provider) = etw.provider(handle) else { return false };
    let (guid, traits) = (provider.guid, provider.traits.clone());
    drop(etw);
    let wants = |(level, keywords): (u8, u64)| {
        (level == 0 || written.descriptor.level <= level)
            && (keywords == 0 || written.descriptor.keyword & keywords != 0)
    };
    if session.is_some_and(wants) {
        let EventWrite { descriptor, activity, related, metadata, payload } = written;
        let activity = activity.unwrap_or_else(|| world.threads.current().activity.get());
        let write =
            EtwWrite { descriptor, activity, related, provider: guid, traits, metadata, payload };
        world.record(KernelFact::Etw(Box::new(write)));
    }
    true
}

/// Switches the session, which takes everything, and tells every provider.
pub fn set_session(world: &World, on: bool) {
    if on {
        start_session(world, LEVEL_ALL, KEYWORD_ALL);
    } else {
        switch(world, None);
    }
}

/// A session begins with that level and those keywords, as it says them: 0 is left to the provider
/// to understand (ddi:wdm/nc-wdm-etwenablecallback).
pub fn start_session(world: &World, level: u8, keywords: u64) {
    switch(world, Some((level, keywords)));
}

fn switch(world: &World, session: Option<(u8, u64)>) {
    let mut etw = world.of::<Etw>().borrow_mut();
    let on = session.is_some();
    if etw.session.is_some() == on {
        return;
    }
    etw.session = session;
    let callbacks = etw.callbacks();
    drop(etw);
    world.record(KernelFact::Session { on });
    for told in callbacks {
        let (control, wanted) =
            session.map_or((Control::Disable, (0, 0)), |wanted| (Control::Enable, wanted));
        tell(world, &told, control, wanted);
    }
}

/// The session asks every provider to tell its state.
pub fn capture_state(world: &World) {
    let etw = world.of::<Etw>().borrow();
    let session = etw.session;
    let callbacks = etw.callbacks();
    drop(etw);
    for told in callbacks {
        tell(world, &told, Control::CaptureState, session.unwrap_or_default());
    }
}

/// Whether the session takes events of this level and keyword from a provider; an event without a keyword
/// is always taken.
pub fn is_enabled(world: &World, handle: u64, level: u8, keyword: u64) -> bool {
    let mut etw = world.of::<Etw>().borrow_mut();
    let session = etw.session;
    let takes = |(most, wanted): (u8, u64)| {
        (most == 0 || level <= most) && (wanted == 0 || keyword == 0 || keyword & wanted != 0)
    };
    etw.provider(handle).is_some() && session.is_some_and(takes)
}

/// EVENT_ACTIVITY_CTRL_CREATE_ID, which leaves the thread alone.
pub const CREATE_ID: u32 = 3;

/// EtwActivityIdControl on the current thread, for the codes GET_ID (1), SET_ID (2), CREATE_ID (3),
/// GET_SET_ID (4) and CREATE_SET_ID (5). Returns the id to hand back; `None` for a code that does not
/// exist.
pub fn activity_control(world: &World, code: u32, given: [u8; 16]) -> Option<[u8; 16]> {
    let thread = world.threads.current();
    let before = thread.activity.get();
    match code {
        1 => Some(before),
        2 => {
            thread.activity.set(given);
            Some(given)
        }
        CREATE_ID => Some(fresh(world)),
        4 => {
            thread.activity.set(given);
            Some(before)
        }
        5 => {
            thread.activity.set(fresh(world));
            Some(before)
        }
        _ => None,
    }
}

/// An id that no thread has had.
fn fresh(world: &World) -> [u8; 16] {
    let mut etw = world.of::<Etw>().borrow_mut();
    etw.ids += 1;
    let mut id = *b"\0\0\0\0activity-id\0";
    id[..4].copy_from_slice(&etw.ids.to_le_bytes());
    id
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::sample::machine;

    #[test]
    fn every_control_code_of_activity_ids_does_what_wdm_h_says() {
        machine(0, |world| {
            let mine = [7; 16];
            assert_eq!(activity_control(world, 2, mine), Some(mine));
            let made = activity_control(world, CREATE_ID, [0; 16]);
            assert!(made.is_some_and(|made| made != mine && made != [0; 16]));
            assert_eq!(activity_control(world, 1, [0; 16]), Some(mine), "the thread keeps its own");
            assert_eq!(activity_control(world, 5, [0; 16]), Some(mine), "the one before");
            let set = activity_control(world, 1, [0; 16]);
            assert!(set.is_some() && set != Some(mine) && set != made, "a new one is the thread's");
            assert_eq!(activity_control(world, 4, mine), set);
            assert_eq!(activity_control(world, 6, mine), None);
        });
    }
}
