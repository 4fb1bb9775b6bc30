//! Faults as parameters: which allocation and which call is to fail.

use std::cell::{Cell, RefCell};

/// The failures of a run, decided before it starts.
#[derive(Debug, Default)]
pub struct Faults {
    /// Pool allocations that fail, counted from 1.
    pub allocations: Vec<u32>,
    /// Calls that fail: import, n-th call from 1, status.
    pub calls: Vec<(String, u32, i32)>,
    allocations_made: Cell<u32>,
    calls_made: RefCell<Vec<(String, u32)>>,
}

impl Faults {
    /// Whether anything is to fail.
    pub fn are_asked_for(&self) -> bool {
        !self.allocations.is_empty() || !self.calls.is_empty()
    }

    /// How many allocations were made, and calls of each import that can be made to fail.
    pub fn made(&self) -> (u32, Vec<(String, u32)>) {
        (self.allocations_made.get(), self.calls_made.borrow().clone())
    }

    /// Counts an allocation; says whether it is to fail.
    pub fn next_allocation_fails(&self) -> bool {
        let nth = self.allocations_made.get() + 1;
        self.allocations_made.set(nth);
        self.allocations.contains(&nth)
    }

    /// Counts a call of `import`; gives the status with which it is to fail.
    pub fn next_call_fails(&self, import: &str) -> Option<i32> {
        let mut made = self.calls_made.borrow_mut();
        let nth = if let Some((_, count)) = made.iter_mut().find(|(name, _)| name == import) {
            *count += 1;
            *count
        } else {
            made.push((import.to_owned(), 1));
            1
        };
        self.calls
            .iter()
            .find(|(name, wanted, _)| name == import && *wanted == nth)
            .map(|(_, _, status)| *status)
    }
}
