//! The states of a filter module and the legal ways between them, as one table.
//! Source: docs:network/filter-module-states-and-operations; contract b.

/// The state of a module, as NDIS sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum State {
    /// The module is on no stack.
    Detached = 0,
    /// The module is inside FilterAttach.
    Attaching = 1,
    /// The module is on a stack and must not originate anything.
    Paused = 2,
    /// The module is inside FilterRestart, or has answered PENDING and not called NdisFRestartComplete.
    Restarting = 3,
    /// The module is on a stack and works.
    Running = 4,
    /// The module is inside FilterPause, or has answered PENDING and not called NdisFPauseComplete.
    Pausing = 5,
}

impl State {
    /// Every state, in order of its number.
    pub const ALL: [Self; 6] = [
        Self::Detached,
        Self::Attaching,
        Self::Paused,
        Self::Restarting,
        Self::Running,
        Self::Pausing,
    ];

    /// The state with this number; None for a number that no state has.
    #[must_use]
    pub const fn from_raw(raw: u8) -> Option<Self> {
        Some(match raw {
            0 => Self::Detached,
            1 => Self::Attaching,
            2 => Self::Paused,
            3 => Self::Restarting,
            4 => Self::Running,
            5 => Self::Pausing,
            _ => return None,
        })
    }

    /// The name of the state in Microsoft's documentation.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Detached => "Detached",
            Self::Attaching => "Attaching",
            Self::Paused => "Paused",
            Self::Restarting => "Restarting",
            Self::Running => "Running",
            Self::Pausing => "Pausing",
        }
    }

    /// The state after `trigger`.
    ///
    /// # Errors
    ///
    /// [`IllegalTransition`] when the table has no such edge.
    pub fn after(self, trigger: Trigger) -> Result<Self, IllegalTransition> {
        TRANSITIONS
            .iter()
            .find(|(from, by, _)| *from == self && *by == trigger)
            .map(|(_, _, to)| *to)
            .ok_or(IllegalTransition { state: self, trigger })
    }

    /// The state of a module after `trigger`, whatever it was before.
    ///
    /// Each trigger leads to one state only, so an illegal one can be survived: NDIS evidently
    /// thinks that the module is there.
    #[must_use]
    pub const fn forced(trigger: Trigger) -> Self {
        match trigger {
            Trigger::AttachEntered => Self::Attaching,
            Trigger::AttachSucceeded | Trigger::RestartFailed | Trigger::PauseCompleted => {
                Self::Paused
            }
            Trigger::AttachFailed | Trigger::DetachEntered => Self::Detached,
            Trigger::RestartEntered => Self::Restarting,
            Trigger::RestartSucceeded => Self::Running,
            Trigger::PauseEntered => Self::Pausing,
        }
    }
}

/// An event that moves a module from state to state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trigger {
    /// NDIS called FilterAttach.
    AttachEntered,
    /// FilterAttach returns success.
    AttachSucceeded,
    /// FilterAttach returns a failure; no FilterDetach will follow.
    AttachFailed,
    /// NDIS called FilterRestart.
    RestartEntered,
    /// FilterRestart returns success, or NdisFRestartComplete said so.
    RestartSucceeded,
    /// FilterRestart failed, at once or later; NDIS will detach the module.
    RestartFailed,
    /// NDIS called FilterPause.
    PauseEntered,
    /// FilterPause returns success, or NdisFPauseComplete was called.
    PauseCompleted,
    /// NDIS called FilterDetach.
    DetachEntered,
}

impl Trigger {
    /// Every trigger, in the order of a module's life.
    pub const ALL: [Self; 9] = [
        Self::AttachEntered,
        Self::AttachSucceeded,
        Self::AttachFailed,
        Self::RestartEntered,
        Self::RestartSucceeded,
        Self::RestartFailed,
        Self::PauseEntered,
        Self::PauseCompleted,
        Self::DetachEntered,
    ];

    /// The name of the trigger in traces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AttachEntered => "AttachEntered",
            Self::AttachSucceeded => "AttachSucceeded",
            Self::AttachFailed => "AttachFailed",
            Self::RestartEntered => "RestartEntered",
            Self::RestartSucceeded => "RestartSucceeded",
            Self::RestartFailed => "RestartFailed",
            Self::PauseEntered => "PauseEntered",
            Self::PauseCompleted => "PauseCompleted",
            Self::DetachEntered => "DetachEntered",
        }
    }
}

/// Every legal transition: from, by, to.
pub const TRANSITIONS: [(State, Trigger, State); 9] = [
    (State::Detached, Trigger::AttachEntered, State::Attaching),
    (State::Attaching, Trigger::AttachSucceeded, State::Paused),
    (State::Attaching, Trigger::AttachFailed, State::Detached),
    (State::Paused, Trigger::RestartEntered, State::Restarting),
    (State::Restarting, Trigger::RestartSucceeded, State::Running),
    (State::Restarting, Trigger::RestartFailed, State::Paused),
    (State::Running, Trigger::PauseEntered, State::Pausing),
    (State::Pausing, Trigger::PauseCompleted, State::Paused),
    (State::Paused, Trigger::DetachEntered, State::Detached),
];

/// A trigger came in a state where the contract does not allow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IllegalTransition {
    /// The module's state before the trigger.
    pub state: State,
    /// The trigger that the table does not allow in that state.
    pub trigger: Trigger,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::vec::Vec;

    use super::*;

    /// The table of contract b, written out a second time.
    const CONTRACT_B: &str = "
        Detached   AttachEntered    Attaching
        Attaching  AttachSucceeded  Paused
        Attaching  AttachFailed     Detached
        Paused     RestartEntered   Restarting
        Restarting RestartSucceeded Running
        Restarting RestartFailed    Paused
        Running    PauseEntered     Pausing
        Pausing    PauseCompleted   Paused
        Paused     DetachEntered    Detached";

    #[test]
    fn the_table_has_the_edges_of_contract_b_and_no_other() {
        let mut edges: BTreeSet<Vec<&str>> = CONTRACT_B
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>())
            .filter(|edge| !edge.is_empty())
            .collect();
        for state in State::ALL {
            for trigger in Trigger::ALL {
                match state.after(trigger) {
                    Ok(to) => {
                        assert!(edges.remove(&[state.name(), trigger.name(), to.name()][..]));
                        assert_eq!(State::forced(trigger), to);
                    }
                    Err(illegal) => assert_eq!(illegal, IllegalTransition { state, trigger }),
                }
            }
        }
        assert!(edges.is_empty(), "not in the table: {edges:?}");
    }

    #[test]
    fn a_running_module_is_paused_before_it_is_detached() {
        assert!(State::Running.after(Trigger::DetachEntered).is_err());
        assert!(State::Pausing.after(Trigger::DetachEntered).is_err());
    }

    #[test]
    fn a_state_comes_back_from_its_number_and_no_other_number_is_one() {
        for raw in 0..=u8::MAX {
            let state = State::from_raw(raw);
            assert_eq!(state.map(|state| state as u8), (raw < 6).then_some(raw));
        }
    }
}
