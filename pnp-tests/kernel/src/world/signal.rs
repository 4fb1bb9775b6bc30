//! Threads that wait for memory of the image's to change: locks, rundown references.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::World;

/// The waiting threads, by address.
#[derive(Debug, Default)]
pub struct Signals {
    waiting: BTreeMap<usize, Vec<Rc<Cell<bool>>>>,
}

/// Waits until somebody says that what is at `address` has changed.
pub fn wait(world: &World, address: usize) {
    let flag = Rc::new(Cell::new(false));
    world.signals.borrow_mut().waiting.entry(address).or_default().push(Rc::clone(&flag));
    world.wait_for(&flag);
}

/// Wakes the threads that wait for a change at `address`.
pub fn notify(world: &World, address: usize) {
    for flag in world.signals.borrow_mut().waiting.remove(&address).unwrap_or_default() {
        flag.set(true);
    }
}
