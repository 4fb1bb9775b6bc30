//! When a filter may send a request of its own: the gate of one module.
//!
//! A request of a filter's own is allowed only while the adapter is in D0, the module runs and the
//! stack stays. Whoever closes the gate waits for nothing: a request that is out when SetPower comes
//! comes back when it comes back (docs:network/summary-of-changes-required-to-port-a-protocol-or-filter-driver-to-ndis-6-30).
//! FilterPause and PreDetach ask to be told when the last one is back: they are told once.
//!
//! Everything is one word: why the gate is closed, whether the module's one request is out, which
//! queries wait for their turn, who waits for the end. It is changed by compare-exchange, so each
//! change is whole, and `tests/loom` tries every interleaving of them. The request's memory belongs to
//! whoever was told [`Permit`], until it says [`Gate::answered`].

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
    /// Why a gate is closed. Each reason is given and taken back by its own events, so the gate opens
    /// when the last one goes, in whatever order they come.
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

/// What a filter may ask its adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Query {
    /// OID_PM_HARDWARE_CAPABILITIES: what the hardware can be woken by.
    PmHardwareCapabilities = 0,
    /// OID_PM_PARAMETERS: what it will be woken by.
    PmParameters = 1,
}

impl Query {
    /// Every query, in the order in which they take turns.
    pub const ALL: [Self; 2] = [Self::PmHardwareCapabilities, Self::PmParameters];

    const fn bit(self) -> u32 {
        Word::WANTED << (self as u32)
    }
}

/// The module's request is the caller's: fill it, send it, and say [`Gate::answered`] when it is back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "nobody else will send it"]
pub struct Permit(pub Query);

/// Who must be told that no request is out. Each is told once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[must_use = "they wait"]
pub struct Drained {
    /// FilterPause, which returned PENDING.
    pub pause: bool,
    /// A thread that waits in PreDetach or FilterDetach.
    pub thread: bool,
}

/// What follows from the end of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterAnswer {
    /// Nothing.
    Rest,
    /// The next query's turn, at once.
    Send(Permit),
    /// No request is out, and none will be.
    Drained(Drained),
}

/// Whether a request is out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Drain {
    /// None is.
    Empty,
    /// One is; its end will be told.
    Told,
}

/// What a network event does to a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// [`Gate::open`].
    Open(Closed),
    /// [`Gate::close`].
    Close(Closed),
    /// [`Gate::leave`], after the event has been forwarded.
    Leave,
}

impl Move {
    /// Of this event. A power event whose state cannot be read closes the gate: it may be any state.
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
            // Control for, not decided: the adapter goes on working until it is detached.
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

/// The word. Closed reasons in bits 0 to 2, then:
struct Word;

impl Word {
    /// The request is out.
    const OUT: u32 = 1 << 4;
    /// FilterPause is to be completed when it is back.
    const PAUSE_WAITS: u32 = 1 << 5;
    /// A thread waits until it is back.
    const THREAD_WAITS: u32 = 1 << 6;
    const WAITS: u32 = Self::PAUSE_WAITS | Self::THREAD_WAITS;
    /// The first of the queries' bits: it waits for its turn.
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
    /// Of a module that is not running.
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

    /// Asks for a turn. None: the gate is closed and the query is forgotten, or a request is out
    /// and the query's turn comes after it.
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

    /// The request is back and its memory nobody's. To be said exactly once for each [`Permit`].
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

    /// Closes the gate and forgets what waits for its turn. A request that is out stays out.
    pub fn close(&self, reason: Closed) {
        self.apply(|word| ((word | reason.bits()) & !Word::ALL_WANTED, ()));
    }

    /// Takes a reason back.
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
