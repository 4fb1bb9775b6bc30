//! The condition of a module, state, power and removal, in one word that is changed without a lock.
//!
//! NDIS serialises attach, restart, pause and detach of a module, but network events, device events
//! and status come at any time, on any processor. The whole condition fits 32 bits, so a
//! compare-exchange keeps it whole where a lock would have to raise the IRQL
//! (`docs/decisions/0001-condition-is-one-word.md`).

use core::sync::atomic::{AtomicU32, Ordering};

use crate::event::DevicePowerState;
use crate::state::{State, Trigger};

/// A module's situation. The parts are independent of each other (contract b).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The module's state in NDIS's table of states.
    pub state: State,
    /// The adapter's power state, as the last SetPower said.
    pub power: DevicePowerState,
    /// Whether D0 is an assumption: no SetPower came yet, and a module is attached to an initialised
    /// miniport.
    pub power_assumed: bool,
    /// Whether QueryPower came, and no SetPower since.
    pub query_pending: bool,
    /// Whether the adapter is about to go.
    pub removal: Removal,
    /// Whether NetEventFilterPreDetach came since the attach.
    pub pre_detached: bool,
}

/// The progress of a removal of the adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Removal {
    /// No removal is under way.
    None = 0,
    /// QueryRemoveDevice came. Whether the device is removed, stopped or gone shows later.
    QueryPending = 1,
    /// The hardware is gone.
    SurpriseGone = 2,
}

impl Removal {
    /// The name of this stage in traces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::QueryPending => "query-pending",
            Self::SurpriseGone => "surprise",
        }
    }
}

/// A change of a module's condition, by the event that brings it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A callback of the module's life: attach, restart, pause or detach.
    Lifecycle(Trigger),
    /// NetEventSetPower, with the new state.
    SetPower(DevicePowerState),
    /// NetEventQueryPower, with the state that is asked about.
    QueryPower(DevicePowerState),
    /// NetEventQueryRemoveDevice.
    QueryRemove,
    /// NetEventCancelRemoveDevice.
    CancelRemove,
    /// NdisDevicePnPEventSurpriseRemoved.
    SurpriseRemoved,
    /// NetEventFilterPreDetach.
    PreDetach,
}

/// A change that should not have come like this. It is recorded and survived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anomaly {
    /// A transition that the table of states has not ([`crate::state::TRANSITIONS`]).
    IllegalTransition {
        /// The module's state before the trigger.
        state: State,
        /// The trigger that is not allowed in that state.
        trigger: Trigger,
    },
    /// A second QueryRemoveDevice with nothing in between. PnP may ask again.
    RepeatedQueryRemove,
    /// CancelRemoveDevice without a query that this layer saw, or after the hardware went: a
    /// surprise removal is not cancelled.
    CancelWithoutQuery,
    /// A second FilterPreDetach for one attach.
    RepeatedPreDetach,
    /// An event for a module that is detached.
    AfterDetach,
}

impl Anomaly {
    /// The name of this anomaly in traces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::IllegalTransition { .. } => "illegal-transition",
            Self::RepeatedQueryRemove => "repeated-query-remove",
            Self::CancelWithoutQuery => "cancel-without-query",
            Self::RepeatedPreDetach => "repeated-pre-detach",
            Self::AfterDetach => "after-detach",
        }
    }
}

impl Condition {
    /// The condition of a module that does not exist yet.
    pub const NEW: Self = Self {
        state: State::Detached,
        power: DevicePowerState::D0,
        power_assumed: true,
        query_pending: false,
        removal: Removal::None,
        pre_detached: false,
    };

    /// The condition after `change`, and the anomaly if the change should not have come.
    #[must_use]
    pub fn after(self, change: Change) -> (Self, Option<Anomaly>) {
        let (after, anomaly) = self.pack().after(change);
        (after.condition(), anomaly)
    }

    /// The condition as one word.
    #[must_use]
    pub const fn pack(self) -> ConditionWord {
        ConditionWord(
            (self.state as u32)
                | ConditionWord::power(self.power)
                | ConditionWord::removal(self.removal)
                | (self.power_assumed as u32 * ConditionWord::ASSUMED)
                | (self.query_pending as u32 * ConditionWord::QUERY)
                | (self.pre_detached as u32 * ConditionWord::PRE_DETACHED),
        )
    }
}

/// A [`Condition`] as one word: state in bits 0 to 2, power in 3 to 5, removal in 6 and 7, then three
/// flags. Changes work on the word itself: no session is told of most events, and taking the word apart and
/// putting it together again for each cost more than the rest of a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConditionWord(u32);

impl ConditionWord {
    const STATE: u32 = 7;
    const POWER_SHIFT: u32 = 3;
    const REMOVAL_SHIFT: u32 = 6;
    const ASSUMED: u32 = 1 << 8;
    const QUERY: u32 = 1 << 9;
    const PRE_DETACHED: u32 = 1 << 10;

    const POWER: u32 = 7 << Self::POWER_SHIFT;
    const REMOVAL: u32 = 3 << Self::REMOVAL_SHIFT;

    /// The word with these bits. A part whose bits have no meaning is read as Detached, Unspecified or
    /// None.
    #[must_use]
    pub const fn from_word(word: u32) -> Self {
        Self(word)
    }

    /// The bits of the word, for [`ConditionWord::from_word`].
    #[must_use]
    pub const fn word(self) -> u32 {
        self.0
    }

    const fn power(power: DevicePowerState) -> u32 {
        power.raw().cast_unsigned() << Self::POWER_SHIFT
    }

    const fn removal(removal: Removal) -> u32 {
        (removal as u32) << Self::REMOVAL_SHIFT
    }

    #[inline]
    fn after(self, change: Change) -> (Self, Option<Anomaly>) {
        let word = self.0;
        let mut anomaly = None;
        let after = match change {
            Change::Lifecycle(trigger) => return self.after_trigger(trigger),
            Change::SetPower(power) => {
                (word & !(Self::POWER | Self::ASSUMED | Self::QUERY)) | Self::power(power)
            }
            Change::QueryPower(_) => word | Self::QUERY,
            Change::QueryRemove => match word & Self::REMOVAL {
                0 => word | Self::removal(Removal::QueryPending),
                pending => {
                    let again = pending == Self::removal(Removal::QueryPending);
                    anomaly = again.then_some(Anomaly::RepeatedQueryRemove);
                    word
                }
            },
            Change::CancelRemove => {
                if word & Self::REMOVAL == Self::removal(Removal::QueryPending) {
                    word & !Self::REMOVAL
                } else {
                    anomaly = Some(Anomaly::CancelWithoutQuery);
                    word
                }
            }
            Change::SurpriseRemoved => {
                (word & !Self::REMOVAL) | Self::removal(Removal::SurpriseGone)
            }
            Change::PreDetach => {
                let again = word & Self::PRE_DETACHED != 0;
                anomaly = again.then_some(Anomaly::RepeatedPreDetach);
                word | Self::PRE_DETACHED
            }
        };
        if word & Self::STATE == State::Detached as u32 {
            anomaly = Some(Anomaly::AfterDetach);
        }
        (Self(after), anomaly)
    }

    #[cold]
    fn after_trigger(self, trigger: Trigger) -> (Self, Option<Anomaly>) {
        let state = self.condition().state;
        let base = if trigger == Trigger::AttachEntered { Condition::NEW.pack().0 } else { self.0 };
        let after = (base & !Self::STATE) | State::forced(trigger) as u32;
        let anomaly = state.after(trigger).err().map(|illegal| Anomaly::IllegalTransition {
            state: illegal.state,
            trigger: illegal.trigger,
        });
        (Self(after), anomaly)
    }

    /// The inverse of [`Condition::pack`]; any other word gives some condition, never a panic.
    #[must_use]
    pub const fn condition(self) -> Condition {
        let word = self.0;
        let state = match State::from_raw((word & 7) as u8) {
            Some(state) => state,
            None => State::Detached,
        };
        let power = ((word >> Self::POWER_SHIFT) & 7).cast_signed();
        let power = match DevicePowerState::from_raw(power) {
            Some(power) => power,
            None => DevicePowerState::Unspecified,
        };
        let removal = match (word >> Self::REMOVAL_SHIFT) & 3 {
            1 => Removal::QueryPending,
            2 => Removal::SurpriseGone,
            _ => Removal::None,
        };
        Condition {
            state,
            power,
            power_assumed: word & Self::ASSUMED != 0,
            query_pending: word & Self::QUERY != 0,
            removal,
            pre_detached: word & Self::PRE_DETACHED != 0,
        }
    }
}

/// The condition of one module, which several processors may change at the same time.
#[derive(Debug)]
pub struct ConditionCell(AtomicU32);

/// The outcome of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The condition before the change.
    pub before: ConditionWord,
    /// The condition after the change.
    pub after: ConditionWord,
    /// The anomaly, if the change should not have come in that condition.
    pub anomaly: Option<Anomaly>,
}

impl ConditionCell {
    /// A cell that holds [`Condition::NEW`].
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicU32::new(Condition::NEW.pack().0))
    }

    /// The condition at this moment. Any IRQL.
    #[must_use]
    pub fn load(&self) -> Condition {
        self.packed().condition()
    }

    /// The condition at this moment as one word. Any IRQL.
    #[must_use]
    pub fn packed(&self) -> ConditionWord {
        // Relaxed, here and below: the word stands for itself and orders no other memory.
        ConditionWord(self.0.load(Ordering::Relaxed))
    }

    /// Applies a change and gives its outcome. Any IRQL.
    ///
    /// Repeats only when another processor changed the word in between, which needs an event of its
    /// own each time; NDIS has a handful of those under way for one module, never a stream.
    #[must_use = "an anomaly wants a record"]
    #[inline]
    pub fn apply(&self, change: Change) -> Applied {
        let mut word = self.0.load(Ordering::Relaxed);
        loop {
            let before = ConditionWord(word);
            let (after, anomaly) = before.after(change);
            match self.0.compare_exchange_weak(word, after.0, Ordering::Relaxed, Ordering::Relaxed)
            {
                Ok(_) => return Applied { before, after, anomaly },
                Err(now) => word = now,
            }
        }
    }
}

impl Default for ConditionCell {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use std::string::String;
    use std::vec::Vec;
    use std::{format, thread};

    use super::*;

    /// A module after each of `changes`: the anomalies on the way, and where it ends.
    fn check(changes: &[Change], expected: &str) {
        let cell = ConditionCell::new();
        let mut said = String::new();
        for change in changes {
            let applied = cell.apply(*change);
            assert_eq!(cell.packed(), applied.after);
            if let Some(anomaly) = applied.anomaly {
                said.push_str(anomaly.name());
                said.push(' ');
            }
        }
        let end = cell.load();
        let flags = [
            (end.power_assumed, "assumed"),
            (end.query_pending, "query"),
            (end.pre_detached, "pre-detached"),
        ];
        let flags: Vec<_> = flags.iter().filter(|(set, _)| *set).map(|(_, name)| *name).collect();
        let (state, power) = (end.state.name(), end.power.name());
        let said = format!("{said}-> {state} {power} {} {}", end.removal.name(), flags.join(" "));
        assert_eq!(said.trim_end(), expected);
    }

    const ATTACH: [Change; 2] =
        [Change::Lifecycle(Trigger::AttachEntered), Change::Lifecycle(Trigger::AttachSucceeded)];

    fn attached_then(changes: &[Change], expected: &str) {
        check(&[&ATTACH[..], changes].concat(), expected);
    }

    #[test]
    fn a_fresh_module_is_paused_and_assumed_to_be_in_d0() {
        attached_then(&[], "-> Paused D0 none assumed");
    }

    #[test]
    fn a_query_is_pending_until_set_power_whatever_state_that_names() {
        use DevicePowerState::{D0, D3};
        attached_then(&[Change::QueryPower(D3)], "-> Paused D0 none assumed query");
        attached_then(&[Change::QueryPower(D3), Change::SetPower(D3)], "-> Paused D3 none");
        attached_then(&[Change::QueryPower(D3), Change::SetPower(D0)], "-> Paused D0 none");
        attached_then(&[Change::SetPower(D3), Change::SetPower(D3)], "-> Paused D3 none");
    }

    #[test]
    fn a_removal_is_asked_about_and_withdrawn() {
        use Change::{CancelRemove, QueryRemove};
        attached_then(&[QueryRemove], "-> Paused D0 query-pending assumed");
        attached_then(&[QueryRemove, CancelRemove], "-> Paused D0 none assumed");
    }

    #[test]
    fn a_second_query_and_an_unasked_cancel_are_recorded_and_survived() {
        use Change::{CancelRemove, QueryRemove};
        attached_then(
            &[QueryRemove, QueryRemove],
            "repeated-query-remove -> Paused D0 query-pending assumed",
        );
        attached_then(&[CancelRemove], "cancel-without-query -> Paused D0 none assumed");
    }

    #[test]
    fn nothing_brings_surprise_removed_hardware_back_but_a_new_attach() {
        use Change::{CancelRemove, QueryRemove, SurpriseRemoved};
        attached_then(&[QueryRemove, SurpriseRemoved], "-> Paused D0 surprise assumed");
        attached_then(&[SurpriseRemoved, QueryRemove], "-> Paused D0 surprise assumed");
        attached_then(
            &[SurpriseRemoved, CancelRemove],
            "cancel-without-query -> Paused D0 surprise assumed",
        );
        attached_then(
            &[SurpriseRemoved, Change::Lifecycle(Trigger::DetachEntered), ATTACH[0]],
            "-> Attaching D0 none assumed",
        );
    }

    #[test]
    fn pre_detach_comes_once_for_an_attach() {
        use Change::PreDetach;
        attached_then(&[PreDetach], "-> Paused D0 none assumed pre-detached");
        attached_then(
            &[PreDetach, PreDetach],
            "repeated-pre-detach -> Paused D0 none assumed pre-detached",
        );
    }

    #[test]
    fn an_illegal_transition_is_recorded_and_followed() {
        attached_then(
            &[Change::Lifecycle(Trigger::PauseEntered)],
            "illegal-transition -> Pausing D0 none assumed",
        );
    }

    #[test]
    fn an_event_for_a_detached_module_is_recorded_as_that_and_nothing_else() {
        check(&[Change::PreDetach], "after-detach -> Detached D0 none assumed pre-detached");
        check(&[Change::CancelRemove], "after-detach -> Detached D0 none assumed");
    }

    #[test]
    fn of_many_pre_detaches_at_once_exactly_one_is_the_first() {
        let cell = ConditionCell::new();
        for change in ATTACH {
            assert_eq!(cell.apply(change).anomaly, None);
        }
        let firsts = thread::scope(|scope| {
            let threads: Vec<_> =
                (0..8).map(|_| scope.spawn(|| cell.apply(Change::PreDetach).anomaly)).collect();
            let anomalies = threads.into_iter().map(thread::ScopedJoinHandle::join);
            anomalies.filter(|anomaly| matches!(anomaly, Ok(None))).count()
        });
        assert_eq!(firsts, 1);
    }
}
