//! On whose behalf a driver takes something: a filter module, a device, an instance.
//!
//! The kernel knows such a thing by number and name only; what it is, the subsystem knows that
//! registered it.

use std::cell::RefCell;

/// A thing of the driver's that can own pool memory, resources and calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner(usize);

/// The names of all owners that there ever were, in order of registration.
#[derive(Debug, Default)]
pub struct Owners {
    names: RefCell<Vec<String>>,
}

impl Owners {
    /// A new owner of this name.
    pub fn register(&self, name: String) -> Owner {
        let mut names = self.names.borrow_mut();
        names.push(name);
        Owner(names.len() - 1)
    }

    /// The name of an owner, as the journal has it: `eth0.1`.
    pub fn name(&self, owner: Owner) -> String {
        self.names.borrow()[owner.0].clone()
    }
}
