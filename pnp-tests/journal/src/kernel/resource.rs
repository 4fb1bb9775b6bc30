//! What else a driver owes back in the journal, numbered in order of taking.

/// A fact about a thing that is neither pool memory nor a registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceFact {
    /// `owner` names whose handle it was taken with.
    Taken {
        kind: &'static str,
        number: u32,
        owner: Option<String>,
    },
    Given {
        kind: &'static str,
        number: u32,
    },
    /// Given back or used though the driver does not hold it.
    NotHeld {
        kind: &'static str,
    },
}
