//! Filter modules in the journal.

/// As in the contract, section b.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModuleState {
    Detached,
    Attaching,
    Paused,
    Restarting,
    Running,
    Pausing,
}
