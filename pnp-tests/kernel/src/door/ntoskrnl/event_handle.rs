//! Events by handle, and waits for what a handle names.
#![allow(non_snake_case, reason = "Windows names")]

use super::wait::limit;
use crate::door::crossing::{Crossing, cross};
use crate::door::exports::exports;
use crate::machine::raw;
use crate::nt::dispatcher::{self, Kind};
use crate::nt::io::{NAME_COLLISION, NOT_FOUND};
use crate::nt::object;

exports! {
    ZwCreateEvent: le PASSIVE, fails NTSTATUS by call, since 2600, "ddi:ntifs/nf-ntifs-zwcreateevent";
    ZwOpenEvent: le PASSIVE, fails NTSTATUS by call, since 2195, "ddi:wdm/nf-wdm-zwopenevent";
    ZwSetEvent: le PASSIVE, fails STATUS_INVALID_HANDLE | STATUS_OBJECT_TYPE_MISMATCH, since 2600,
        "ddi:ntifs/nf-ntifs-zwsetevent";
    ZwWaitForSingleObject: le PASSIVE, fails STATUS_INVALID_HANDLE | STATUS_TIMEOUT, since 2600,
        "ddi:ntifs/nf-ntifs-zwwaitforsingleobject";
}

const NAME_EXISTS: i32 = 0x4000_0000;
const INVALID_HANDLE: i32 = 0xC000_0008_u32.cast_signed();
const OBJECT_TYPE_MISMATCH: i32 = 0xC000_0024_u32.cast_signed();
const TIMEOUT: i32 = 0x102;
/// How a leaked handle is told.
const EVENT: &str = "event handle";
const THREAD: &str = "thread handle";

/// OBJECT_ATTRIBUTES: ObjectName, Attributes. OBJ_OPENIF.
const NAME: usize = 16;
const ATTRIBUTES: usize = 24;
const OPEN_IF: u32 = 0x80;

/// The name that an OBJECT_ATTRIBUTES has, in capitals, and its attributes.
fn named(attributes: usize) -> (String, u32) {
    if attributes == 0 {
        return (String::new(), 0);
    }
    (raw::text(raw::get(attributes + NAME)).to_uppercase(), raw::get(attributes + ATTRIBUTES))
}

extern "win64" fn ZwCreateEvent(
    handle: usize,
    _access: u32,
    attributes: usize,
    kind: i32,
    state: u8,
) -> i32 {
    /// EVENT_TYPE.
    const SYNCHRONIZATION_EVENT: i32 = 1;
    let world = cross();
    if let Some(status) = world.fails() {
        return status;
    }
    let (name, attributes) = named(attributes);
    if let Some(event) = object::named(&world, &name) {
        if attributes & OPEN_IF == 0 {
            return NAME_COLLISION;
        }
        raw::put(handle, object::open(&world, EVENT, event));
        return NAME_EXISTS;
    }
    let event = object::memory(&world);
    let kind = Kind::Event { synchronization: kind == SYNCHRONIZATION_EVENT };
    dispatcher::initialise(&world, event, kind, i32::from(state != 0));
    object::name(&world, name, event);
    raw::put(handle, object::open(&world, EVENT, event));
    0
}

extern "win64" fn ZwOpenEvent(handle: usize, _access: u32, attributes: usize) -> i32 {
    let world = cross();
    if let Some(status) = world.fails() {
        return status;
    }
    let (name, _) = named(attributes);
    let Some(event) = object::named(&world, &name) else { return NOT_FOUND };
    raw::put(handle, object::open(&world, EVENT, event));
    0
}

/// The object of a handle of one of these kinds, or a status.
fn object_of(world: &Crossing, handle: usize, kinds: &[&str]) -> Result<usize, i32> {
    let named = object::lookup(world, handle).ok_or(INVALID_HANDLE)?;
    if kinds.contains(&named.kind) { Ok(named.data) } else { Err(OBJECT_TYPE_MISMATCH) }
}

extern "win64" fn ZwSetEvent(handle: usize, before: usize) -> i32 {
    let world = cross();
    match object_of(&world, handle, &[EVENT]) {
        Err(status) => status,
        Ok(event) => {
            let state = dispatcher::set(&world, event);
            if before != 0 {
                raw::put(before, state);
            }
            0
        }
    }
}

extern "win64" fn ZwWaitForSingleObject(handle: usize, _alertable: u8, timeout: usize) -> i32 {
    let world = cross();
    match object_of(&world, handle, &[EVENT, THREAD]) {
        Err(status) => status,
        Ok(object) => {
            let limit = limit(&world, timeout);
            let ended = dispatcher::wait(&world, world.import(), &[object], false, limit);
            if ended.is_some() { 0 } else { TIMEOUT }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::structure::unicode_string;
    use crate::machine::block::Block;
    use crate::world::sample::machine;
    use crate::world::thread::Rest;

    #[test]
    fn an_event_is_made_found_by_its_name_set_and_waited_for() {
        let (rest, journal) = machine(0, |world| {
            let (name, out, state) = (
                unicode_string("\\BaseNamedObjects\\Ready"),
                Block::of([0_usize; 2]),
                Block::of(7_i32),
            );
            let object =
                |attributes: usize| Block::of([48, 0, name[0].address(), attributes, 0, 0]);
            let (usual, open_if) = (object(0), object(OPEN_IF as usize));
            let (first, second) = (out.address(), out.address() + 8);
            assert_eq!(ZwOpenEvent(first, 0, usual.address()), NOT_FOUND);
            assert_eq!(ZwCreateEvent(first, 0, usual.address(), 1, 0), 0);
            assert_eq!(ZwCreateEvent(second, 0, usual.address(), 1, 0), NAME_COLLISION);
            assert_eq!(ZwCreateEvent(second, 0, open_if.address(), 1, 0), NAME_EXISTS);
            let [first, second]: [usize; 2] = raw::get(first);
            let zero = Block::of(0_i64);
            assert_eq!(ZwWaitForSingleObject(second, 0, zero.address()), TIMEOUT);
            assert_eq!(ZwSetEvent(first, state.address()), 0);
            assert_eq!(raw::get::<i32>(state.address()), 0);
            assert_eq!(ZwWaitForSingleObject(second, 0, 0), 0);
            assert_eq!(ZwWaitForSingleObject(second, 0, zero.address()), TIMEOUT, "it resets");
            assert_eq!(ZwWaitForSingleObject(8, 0, 0), INVALID_HANDLE);
            for handle in [first, second] {
                assert!(object::close(world, handle).is_some());
            }
            assert_eq!(ZwOpenEvent(out.address(), 0, usual.address()), NOT_FOUND, "it is gone");
        });
        assert!(matches!(rest, Rest::Done), "{rest:?}\n{journal}");
    }
}
