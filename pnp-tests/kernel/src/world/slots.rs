//! The state of everything that runs in a world, by its type.
//!
//! The world cannot name what lives in it: each service of the kernel and each subsystem brings a
//! type of its own and asks for it by that type. All slots are there before the first step.

use std::any::{Any, TypeId, type_name};
use std::cell::RefCell;

/// State by type, in the order in which it was put here.
#[derive(Default)]
pub struct Slots(Vec<(TypeId, Box<dyn Slot>)>);

/// A state that can be borrowed.
trait Slot: Any {
    /// Nobody borrows it.
    fn is_free(&self) -> bool;
}

impl<S: 'static> Slot for RefCell<S> {
    fn is_free(&self) -> bool {
        self.try_borrow_mut().is_ok()
    }
}

impl Slots {
    /// Adds a slot. A second slot of the same type replaces the first.
    #[must_use]
    pub fn with<S: 'static>(mut self, state: S) -> Self {
        let id = TypeId::of::<S>();
        let slot: Box<dyn Slot> = Box::new(RefCell::new(state));
        match self.0.iter_mut().find(|(known, _)| *known == id) {
            Some((_, old)) => *old = slot,
            None => self.0.push((id, slot)),
        }
        self
    }

    /// Whether nobody borrows a state.
    pub fn are_free(&self) -> bool {
        self.0.iter().all(|(_, slot)| slot.is_free())
    }

    /// The state of this type. That there is none is a bug of the host.
    pub fn of<S: 'static>(&self) -> &RefCell<S> {
        let id = TypeId::of::<S>();
        let slot = self.0.iter().find(|(known, _)| *known == id).map(|(_, slot)| slot);
        slot.and_then(|slot| (&**slot as &dyn Any).downcast_ref())
            .unwrap_or_else(|| panic!("no slot for {}: a bug of the host", type_name::<S>()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_is_found_by_its_type() {
        let slots = Slots::default().with(7_u32).with("seven".to_owned());
        *slots.of::<u32>().borrow_mut() += 1;
        assert_eq!(*slots.of::<u32>().borrow(), 8);
        assert_eq!(*slots.of::<String>().borrow(), "seven");
    }

    #[test]
    #[should_panic(expected = "no slot for u8")]
    fn state_that_nobody_put_there_is_a_bug_of_the_host() {
        let _ = Slots::default().of::<u8>();
    }
}
