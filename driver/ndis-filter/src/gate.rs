//! When a filter may send a request of its own: the gate of one module.
//!
//! A request of a filter's own is allowed only while the adapter is in D0, the module runs and the
//! stack stays. Whoever closes the gate waits for nothing: a request that is outstanding when SetPower
//! arrives may complete at any later time
//! (docs:network/summary-of-changes-required-to-port-a-protocol-or-filter-driver-to-ndis-6-30).
//! FilterPause and PreDetach ask to be told when the last request is back, and each is told once.
//!
//! All of it is one word:
//!
//! ```text
//! bit  0     1      2     4    5            6             8, 9
//!      POWER PAUSED GONE  OUT  PAUSE_WAITS  THREAD_WAITS  WANTED, one bit a query
//!      `-- closed if any -'
//! ```
//!
//! | Move | Called by | Changes | Tells |
//! |---|---|---|---|
//! | [`Gate::want`] | whoever asks | sets OUT; or WANTED if OUT is set; nothing if closed | a [`Permit`], or none |
//! | [`Gate::answered`] | whoever had the permit | clears a WANTED; or OUT, both WAITS, all WANTED | [`AfterAnswer`] |
//! | [`Gate::close`] | SetPower, QueryPower, surprise removal | sets the reason, clears all WANTED | |
//! | [`Gate::open`] | SetPower(D0), FilterRestart | clears the reason | |
//! | [`Gate::pause`] | FilterPause | close(PAUSED), sets PAUSE_WAITS if OUT is set | [`Drain`] |
//! | [`Gate::leave`] | PreDetach, FilterDetach | close(GONE), sets THREAD_WAITS if OUT is set | [`Drain`] |
//!
//! Each move is one compare-exchange, so it is whole, and `models/gate.rs` tries every interleaving of
//! them. The request's memory belongs to whoever was given the [`Permit`], until that one calls
//! [`Gate::answered`].

use driver_kit::order::unless_weakened;

use crate::event::{DecodeError, DevicePowerState, EventCode, NetPnpEvent};
#[cfg(not(loom))]
use core::sync::atomic::{AtomicU32, Ordering};
#[cfg(loom)]
use loom::sync::atomic::{AtomicU32, Ordering};

/// The last user's writes to the request are seen by the next one, and by whoever waits for the drain: the
/// ordering that the model of the gate proves.
const HANDOVER: Ordering = unless_weakened(cfg!(weakened = "gate"), Ordering::AcqRel);

bitflags::bitflags! {
    /// The reasons for which a gate is closed. Each reason is given and taken back by its own events, so
    /// the gate opens when the last one goes, in whatever order they come.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Closed: u32 {
        /// SetPower to a low-power state, or QueryPower: until SetPower(D0).
        const POWER = 1;
        /// The module is not running: until FilterRestart.
        const PAUSED = 1 << 1;
        /// PreDetach or surprise removal: for good.
        const GONE = 1 << 2;
    }
}

/// A question that a filter may put to its adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Query {
    /// OID_PM_HARDWARE_CAPABILITIES: by what the hardware can be woken.
    PmHardwareCapabilities = 0,
    /// OID_PM_PARAMETERS: by what the adapter will be woken.
    PmParameters = 1,
}

impl Query {
    /// Every query, in the order in which they take turns.
    pub const ALL: [Self; 2] = [Self::PmHardwareCapabilities, Self::PmParameters];

    const fn bit(self) -> u32 {
        Word::WANTED << (self as u32)
    }
}

/// The permission to use the module's one request for this query: fill the request, send it, and call
/// [`Gate::answered`] when it is back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "nobody else will send it"]
pub struct Permit(pub Query);

/// The waiters that must be told that no request is out. Each is told once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[must_use = "they wait"]
pub struct Drained {
    /// FilterPause waits: it returned PENDING and owes NdisFPauseComplete.
    pub pause: bool,
    /// A thread waits in PreDetach or FilterDetach.
    pub thread: bool,
}

/// The task of whoever has told the gate that a request is back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterAnswer {
    /// Nothing is to be done.
    Rest,
    /// Another query was waiting: send it at once.
    Send(Permit),
    /// No request is out, none will be, and these waiters must be told.
    Drained(Drained),
}

/// The answer to a caller that wants no request to be out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Drain {
    /// No request is out.
    Empty,
    /// A request is out; the caller will be told when it is back.
    Told,
}

/// The move of a gate that a network event causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// [`Gate::open`] with this reason.
    Open(Closed),
    /// [`Gate::close`] with this reason.
    Close(Closed),
    /// [`Gate::leave`], after the event has been forwarded.
    Leave,
}

impl Move {
    /// The move that this event causes. A power event whose state cannot be read closes the gate, because
    /// it may be any state.
    #[must_use]
    pub const fn of(event: &Result<NetPnpEvent<'_>, DecodeError>) -> Option<Self> {
        use NetPnpEvent as E;
        let event = match event {
            Ok(event) => event,
            Err(DecodeError::Malformed {
                code: EventCode::SetPower | EventCode::QueryPower,
                ..
            }) => {
                return Some(Self::Close(Closed::POWER));
            }
            Err(_) => return None,
        };
        match event {
            E::SetPower(DevicePowerState::D0) => Some(Self::Open(Closed::POWER)),
            E::SetPower(_) | E::QueryPower(_) => Some(Self::Close(Closed::POWER)),
            E::FilterPreDetach => Some(Self::Leave),
            // Asked for, not decided: the adapter goes on working until it is detached.
            E::QueryRemoveDevice
            | E::CancelRemoveDevice
            | E::Pause(_)
            | E::Restart(_)
            | E::Reconfigure(_)
            | E::BindList(_)
            | E::BindsComplete
            | E::PnpCapabilities(_)
            | E::PortActivation(_)
            | E::PortDeactivation(_)
            | E::ImReEnableDevice(_)
            | E::NdkEnable
            | E::NdkDisable
            | E::BindFailed(_)
            | E::SwitchActivate
            | E::AllowBindsAbove
            | E::InhibitBindsAbove
            | E::AllowStart
            | E::RequirePause
            | E::UploadGftFlowEntries(_) => None,
        }
    }
}

/// The bits of the word; the module's doc has them as a table.
struct Word;

impl Word {
    /// The request is out.
    const OUT: u32 = 1 << 4;
    /// FilterPause is to be completed when the request is back.
    const PAUSE_WAITS: u32 = 1 << 5;
    /// A thread waits until the request is back.
    const THREAD_WAITS: u32 = 1 << 6;
    const WAITS: u32 = Self::PAUSE_WAITS | Self::THREAD_WAITS;
    /// The first of the queries' bits: the query waits until the request is back.
    const WANTED: u32 = 1 << 8;
    const ALL_WANTED: u32 = Self::WANTED | Self::WANTED << 1;

    const fn is_open(word: u32) -> bool {
        word & Closed::all().bits() == 0
    }

    fn next_wanted(word: u32) -> Option<Query> {
        Query::ALL.into_iter().find(|query| word & query.bit() != 0)
    }
}

/// The gate of one module. Any IRQL; nothing here waits.
#[derive(Debug)]
pub struct Gate(AtomicU32);

impl Gate {
    /// The gate of a module that is not running: closed.
    #[must_use]
    pub fn new() -> Self {
        Self(AtomicU32::new(Closed::PAUSED.bits()))
    }

    /// Changes the word by `change`, which may be tried several times; gives what the last try gave.
    fn apply<T>(&self, change: impl Fn(u32) -> (u32, T)) -> T {
        let mut word = self.0.load(Ordering::Relaxed);
        loop {
            let (after, result) = change(word);
            match self.0.compare_exchange_weak(word, after, HANDOVER, Ordering::Relaxed) {
                Ok(_) => return result,
                Err(now) => word = now,
            }
        }
    }

    /// Asks for a permit. None: the gate is closed and the query is forgotten; or a request is out, and the
    /// query waits for it to come back.
    pub fn want(&self, query: Query) -> Option<Permit> {
        self.apply(|word| {
            if !Word::is_open(word) {
                (word, None)
            } else if word & Word::OUT == 0 {
                (word | Word::OUT, Some(Permit(query)))
            } else {
                (word | query.bit(), None)
            }
        })
    }

    /// The request is back and its memory free. To be called exactly once for each [`Permit`].
    #[must_use]
    pub fn answered(&self) -> AfterAnswer {
        self.apply(|word| {
            if let Some(query) = Word::next_wanted(word)
                && Word::is_open(word)
            {
                return (word & !query.bit(), AfterAnswer::Send(Permit(query)));
            }
            let drained = Drained {
                pause: word & Word::PAUSE_WAITS != 0,
                thread: word & Word::THREAD_WAITS != 0,
            };
            let next = if drained == Drained::default() {
                AfterAnswer::Rest
            } else {
                AfterAnswer::Drained(drained)
            };
            (word & !(Word::OUT | Word::WAITS | Word::ALL_WANTED), next)
        })
    }

    /// Closes the gate and forgets the queries that wait. A request that is out stays out.
    pub fn close(&self, reason: Closed) {
        self.apply(|word| ((word | reason.bits()) & !Word::ALL_WANTED, ()));
    }

    /// Takes a reason back; the gate is open when no reason is left.
    pub fn open(&self, reason: Closed) {
        self.apply(|word| (word & !reason.bits(), ()));
    }

    /// Closes the gate for a pause. [`Drain::Told`]: the pause must be completed by whoever is given
    /// [`Drained::pause`], perhaps before this returns.
    pub fn pause(&self) -> Drain {
        self.drain(Closed::PAUSED, Word::PAUSE_WAITS)
    }

    /// Closes the gate for good. [`Drain::Told`]: whoever is given [`Drained::thread`] wakes the
    /// caller, who waits for it.
    pub fn leave(&self) -> Drain {
        self.drain(Closed::GONE, Word::THREAD_WAITS)
    }

    fn drain(&self, reason: Closed, waits: u32) -> Drain {
        self.apply(|word| {
            let closed = (word | reason.bits()) & !Word::ALL_WANTED;
            if word & Word::OUT == 0 {
                (closed, Drain::Empty)
            } else {
                (closed | waits, Drain::Told)
            }
        })
    }

    /// Whether a request is out: to cancel it, which does no harm to one that has just come back.
    #[must_use]
    pub fn is_out(&self) -> bool {
        self.0.load(Ordering::Relaxed) & Word::OUT != 0
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn running() -> Gate {
        let gate = Gate::new();
        gate.open(Closed::PAUSED);
        gate
    }

    const ASK: Query = Query::PmParameters;

    #[test]
    fn nothing_passes_before_the_first_restart() {
        assert_eq!(Gate::new().want(ASK), None);
        assert_eq!(running().want(ASK), Some(Permit(ASK)));
    }

    #[test]
    fn a_restart_does_not_open_what_set_power_closed() {
        let gate = running();
        gate.close(Closed::POWER);
        assert_eq!(gate.pause(), Drain::Empty);
        gate.open(Closed::PAUSED);
        assert_eq!(gate.want(ASK), None);
        gate.open(Closed::POWER);
        assert_eq!(gate.want(ASK), Some(Permit(ASK)));
    }

    #[test]
    fn set_power_d0_does_not_open_what_a_pause_closed() {
        let gate = running();
        gate.close(Closed::POWER);
        assert_eq!(gate.pause(), Drain::Empty);
        gate.open(Closed::POWER);
        assert_eq!(gate.want(ASK), None);
    }

    #[test]
    fn a_second_query_takes_its_turn_after_the_first() {
        let gate = running();
        assert_eq!(
            gate.want(Query::PmHardwareCapabilities),
            Some(Permit(Query::PmHardwareCapabilities))
        );
        assert_eq!(gate.want(ASK), None);
        assert_eq!(gate.answered(), AfterAnswer::Send(Permit(ASK)));
        assert_eq!(gate.answered(), AfterAnswer::Rest);
        assert!(!gate.is_out());
    }

    #[test]
    fn what_waits_for_its_turn_is_forgotten_when_the_gate_closes() {
        let gate = running();
        let _ = gate.want(Query::PmHardwareCapabilities);
        let _ = gate.want(ASK);
        gate.close(Closed::POWER);
        gate.open(Closed::POWER);
        assert_eq!(gate.answered(), AfterAnswer::Rest);
    }

    #[test]
    fn a_pause_with_a_request_out_is_told_once() {
        let gate = running();
        let _ = gate.want(ASK);
        assert_eq!(gate.pause(), Drain::Told);
        assert_eq!(gate.answered(), AfterAnswer::Drained(Drained { pause: true, thread: false }));
        gate.open(Closed::PAUSED);
        assert_eq!(gate.want(ASK), Some(Permit(ASK)));
        assert_eq!(gate.answered(), AfterAnswer::Rest);
    }

    #[test]
    fn a_pause_and_a_leave_are_told_by_the_same_end() {
        let gate = running();
        let _ = gate.want(ASK);
        assert_eq!(gate.pause(), Drain::Told);
        assert_eq!(gate.leave(), Drain::Told);
        assert_eq!(gate.answered(), AfterAnswer::Drained(Drained { pause: true, thread: true }));
    }

    #[test]
    fn a_power_event_that_cannot_be_read_closes_the_gate() {
        use crate::event::Malformed;
        let error =
            |code| Err(DecodeError::Malformed { code, length: 0, reason: Malformed::Unreadable });
        let closes = Some(Move::Close(Closed::POWER));
        assert_eq!(Move::of(&error(EventCode::SetPower)), closes);
        assert_eq!(Move::of(&error(EventCode::BindList)), None);
        assert_eq!(Move::of(&Ok(NetPnpEvent::QueryPower(DevicePowerState::D0))), closes);
        let opens = Some(Move::Open(Closed::POWER));
        assert_eq!(Move::of(&Ok(NetPnpEvent::SetPower(DevicePowerState::D0))), opens);
    }

    #[test]
    fn who_left_does_not_come_back() {
        let gate = running();
        assert_eq!(gate.leave(), Drain::Empty);
        gate.open(Closed::PAUSED | Closed::POWER);
        assert_eq!(gate.want(ASK), None);
    }
}
