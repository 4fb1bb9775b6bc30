//! The header that every object one can wait for begins with, in the image's memory or in a block
//! of the host's: drivers read `SignalState` inline (KeReadStateEvent of older headers).

use crate::machine::block::Block;
use crate::machine::raw;

use super::layout::{dispatcher_header, kmutant, ksemaphore, ktimer};

/// Room for an object that the kernel makes: a thread, a timer, a work item. Opaque to drivers.
const OBJECT_BYTES: usize = 128;

fn state_of(object: usize) -> usize {
    object + dispatcher_header::SIGNAL_STATE
}

/// The kinds of DISPATCHER_HEADER.Type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names are the description")]
pub enum Type {
    NotificationEvent = 0,
    SynchronizationEvent = 1,
    Mutant = 2,
    Process = 3,
    Queue = 4,
    Semaphore = 5,
    Thread = 6,
    NotificationTimer = 8,
    SynchronizationTimer = 9,
}

impl Type {
    /// sizeof(KEVENT), sizeof(KMUTANT), sizeof(KSEMAPHORE), sizeof(KQUEUE) in units of four bytes. In a timer's header other
    /// things stand in this place, and thread and process are opaque.
    fn size(self) -> u8 {
        match self {
            Self::NotificationEvent | Self::SynchronizationEvent => 6,
            Self::Mutant => 14,
            Self::Semaphore => 8,
            Self::Queue => 16,
            Self::Process | Self::Thread | Self::NotificationTimer | Self::SynchronizationTimer => {
                0
            }
        }
    }
}

/// Says what an object is.
pub fn set_type(object: usize, kind: Type) {
    raw::put(object + dispatcher_header::TYPE, [kind as u8, 0, kind.size(), 0]);
}

/// Writes a header: not waited for by anyone.
pub fn initialise(object: usize, kind: Type, state: i32) {
    let list = object + dispatcher_header::WAIT_LIST_HEAD;
    set_type(object, kind);
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

/// The fields of a mutex beside its header: its owner, and that it holds APCs back.
pub fn initialise_mutex(object: usize) {
    raw::put(object + kmutant::OWNER_THREAD, 0_usize);
    raw::put(object + kmutant::ABANDONED, [0_u8, 1]);
}

/// The most that a semaphore counts.
pub fn set_limit(semaphore: usize, limit: i32) {
    raw::put(semaphore + ksemaphore::LIMIT, limit);
}

/// The fields of a KTIMER beside its header: due at no time, without a DPC. Windows keeps both encoded while
/// it is armed.
pub fn initialise_timer(timer: usize) {
    raw::put(timer + ktimer::DUE_TIME, 0_u64);
    raw::put(timer + ktimer::DPC, 0_usize);
    set_period(timer, 0);
}

/// Milliseconds between two expiries of a KTIMER, 0 for one alone.
pub fn set_period(timer: usize, period_ms: u32) {
    raw::put(timer + ktimer::PERIOD, period_ms);
}

/// Writes the thread that owns a mutex, 0 for none.
pub fn set_owner(mutex: usize, thread: usize) {
    raw::put(mutex + kmutant::OWNER_THREAD, thread);
}

/// Memory for an object of the kernel's own.
pub fn object() -> Block {
    Block::new(OBJECT_BYTES, 16)
}
