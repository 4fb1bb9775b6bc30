//! The header that every object one can wait for begins with, in the image's memory or in a block
//! of the host's: drivers read `SignalState` inline (KeReadStateEvent of older headers).

use driver_abi::nt::DISPATCHER_HEADER;

use crate::machine::block::Block;
use crate::machine::raw;

/// Room for an object that the kernel makes: a thread, a timer, a work item. Opaque to drivers.
const OBJECT_BYTES: usize = 128;

fn state_of(object: usize) -> usize {
    object + std::mem::offset_of!(DISPATCHER_HEADER, SignalState)
}

/// Writes a header: not waited for by anyone. `kind` is EVENT_TYPE for events, else the host's own.
pub fn initialise(object: usize, kind: u8, state: i32) {
    let list = object + std::mem::offset_of!(DISPATCHER_HEADER, WaitListHead);
    raw::put(object + std::mem::offset_of!(DISPATCHER_HEADER, Type), kind);
    raw::put(list, [list, list]);
    raw::put(state_of(object), state);
}

/// SignalState.
pub fn state(object: usize) -> i32 {
    raw::get(state_of(object))
}

/// Writes SignalState.
pub fn set_state(object: usize, state: i32) {
    raw::put(state_of(object), state);
}

/// Memory for an object of the kernel's own.
pub fn object() -> Block {
    Block::new(OBJECT_BYTES, 16)
}
