//! Requests of a module's own: its one NDIS_OID_REQUEST, and the gate it goes through.
//!
//! The memory is part of the module, taken at attach. The request belongs to whoever has the
//! [`Permit`]; while it is out, to the layers below. One round trip:
//!
//! ```text
//! module               layer                               layers below
//! Requests::ask -----> gate.want
//!                      | Permit: the request is ours
//!                      fill ------ NdisFOidRequest -------> answered at once, or PENDING
//!                                                              |
//!                      finish <-- status, or later FilterOidRequestComplete
//! answered <---------- |
//!                      gate.answered
//!                      | Send(permit): fill again, for the query that waited
//!                      | Drained: NdisFPauseComplete, then the event that PreDetach waits for
//!                      | Rest: the request stays here until the next ask
//! ```
//!
//! NdisFCancelOidRequest comes from `leave` at once, and from the timer of a pause after two seconds.

use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::ptr;
use core::slice;
use core::sync::atomic::{AtomicPtr, Ordering};

use driver_abi::ndis::object::{NDIS_HANDLE, NDIS_OBJECT_HEADER};
use driver_abi::ndis::oid::{
    NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST, NDIS_OID_REQUEST_DATA, NDIS_OID_REQUEST_QUERY,
    NDIS_OID_REQUEST_REVISION_1, NDIS_REQUEST_TYPE, NDIS_SIZEOF_OID_REQUEST_REVISION_1,
    OID_PM_HARDWARE_CAPABILITIES, OID_PM_PARAMETERS,
};
use driver_abi::ndis::status::{NDIS_STATUS, NDIS_STATUS_PENDING, NDIS_STATUS_SUCCESS};

use super::context::ModuleContext;
use super::filter::{AttachError, FilterModule};
use super::import::{NdisFCancelOidRequest, NdisFOidRequest, NdisFPauseComplete};
use super::pool::{Pool, PoolBox};
use crate::condition::Change;
use crate::gate::{AfterAnswer, Closed, Drain, Drained, Gate, Move, Permit, Query};
use crate::state::Trigger;
use driver_kit::kernel::event::Event;
use driver_kit::kernel::timer::Timer;

/// Time that FilterPause gives a request before it cancels it, in units of 100 ns: two seconds, of the ten
/// after which NDIS loses patience (contract g.8).
const PAUSE_TIMEOUT_100NS: u32 = 20_000_000;
/// Words of the answer's buffer; the longest answer, NDIS_PM_CAPABILITIES, has 60 bytes.
const ANSWER: usize = 16;
/// Bytes of the answer's buffer.
#[expect(clippy::cast_possible_truncation, reason = "64")]
const ANSWER_BYTES: u32 = size_of::<[u32; ANSWER]>() as u32;

/// A module's means to send requests of its own: one request, its gate, and those who wait for it.
pub(super) struct OwnRequest<M: FilterModule> {
    handle: NDIS_HANDLE,
    gate: Gate,
    request: UnsafeCell<Request>,
    /// RequestId of the foreign request that is passing; NULL when there is none. NDIS gives a module one
    /// at a time.
    passing: AtomicPtr<c_void>,
    /// The span of a pause that is not over. Written before the gate is told of the pause, taken by whoever
    /// the gate tells that the pause is over.
    pausing: UnsafeCell<Option<M::PauseSpan>>,
    /// The timer that cancels the request when a pause has waited long enough. None until the block is
    /// where it stays.
    timer: Option<Timer>,
    /// Set when no request is out and none will be.
    idle: Event,
}

struct Request {
    query: Query,
    raw: NDIS_OID_REQUEST,
    answer: [u32; ANSWER],
}

// SAFETY: `request` is reached by whoever has the gate's turn, `pausing` by FilterPause and then by the
// one whom the gate tells of its end; the gate's ordering hands both over. The handle is a name.
unsafe impl<M: FilterModule + Sync> Sync for OwnRequest<M> where M::PauseSpan: Send {}

/// The OID of a query.
const fn oid(query: Query) -> u32 {
    match query {
        Query::PmParameters => OID_PM_PARAMETERS,
        Query::PmHardwareCapabilities => OID_PM_HARDWARE_CAPABILITIES,
    }
}

impl<M: FilterModule> OwnRequest<M> {
    /// The module's own request, in a block of `pool`. PASSIVE_LEVEL, in FilterAttach.
    pub(super) fn new(handle: NDIS_HANDLE, pool: Pool) -> Result<PoolBox<Self>, AttachError> {
        let mut own = pool.place(Self {
            handle,
            gate: Gate::new(),
            request: UnsafeCell::new(Request::new()),
            passing: AtomicPtr::new(ptr::null_mut()),
            pausing: UnsafeCell::new(None),
            timer: None,
            idle: Event::new(),
        })?;
        let context = own.as_ptr().cast::<c_void>();
        // SAFETY: the block is where it stays, and nobody else knows it yet.
        unsafe { own.idle.initialize() };
        // SAFETY: the block outlives its timer, which is dropped with it.
        let timer =
            unsafe { Timer::new(pause_timeout::<M>, context) }.ok_or(AttachError::Memory)?;
        own.get_mut().timer = Some(timer);
        Ok(own)
    }

    /// Notes that the foreign request of this number goes below; NULL notes that it is back.
    pub(super) fn set_passing(&self, id: *mut c_void) {
        // Relaxed, here and below: a number that stands for itself.
        self.passing.store(id, Ordering::Relaxed);
    }

    /// Whether the foreign request of that number is below.
    pub(super) fn is_passing(&self, id: *mut c_void) -> bool {
        !id.is_null() && ptr::eq(self.passing.load(Ordering::Relaxed), id)
    }

    /// Whether a request that comes back is this one.
    pub(super) fn is_own(&self, request: *mut NDIS_OID_REQUEST) -> bool {
        ptr::eq(request, self.raw())
    }

    fn raw(&self) -> *mut NDIS_OID_REQUEST {
        // SAFETY: a place inside the block; no reference is made.
        unsafe { &raw mut (*self.request.get()).raw }
    }

    pub(super) fn close(&self, reason: Closed) {
        self.gate.close(reason);
    }

    pub(super) fn open(&self, reason: Closed) {
        self.gate.open(reason);
    }

    /// Applies the move that an event causes, waiting for nothing; true when `leave` is to follow.
    pub(super) fn apply_move(&self, what: Option<Move>) -> bool {
        match what {
            Some(Move::Open(reason)) => self.gate.open(reason),
            Some(Move::Close(reason)) => self.gate.close(reason),
            Some(Move::Leave) => {
                self.gate.close(Closed::GONE);
                return true;
            }
            None => {}
        }
        false
    }

    /// FilterPause: gives the span back when the pause is over; None when NdisFPauseComplete will end it.
    /// PASSIVE_LEVEL.
    pub(super) fn pause(&self, span: M::PauseSpan) -> Option<M::PauseSpan> {
        self.gate.close(Closed::PAUSED);
        if !self.gate.is_out() {
            return Some(span);
        }
        // SAFETY: NDIS pauses a module once at a time, and nobody is told of this pause yet.
        unsafe { *self.pausing.get() = Some(span) };
        // Before the gate is told: whoever ends the pause stops the timer.
        self.set_timer();
        match self.gate.pause() {
            Drain::Told => None,
            Drain::Empty => {
                self.cancel_timer();
                self.take_span()
            }
        }
    }

    fn take_span(&self) -> Option<M::PauseSpan> {
        // SAFETY: FilterPause, which wrote it, or the one whom the gate told that the pause is over:
        // one of the two.
        unsafe { (*self.pausing.get()).take() }
    }

    fn set_timer(&self) {
        if let Some(timer) = &self.timer {
            timer.set(PAUSE_TIMEOUT_100NS);
        }
    }

    fn cancel_timer(&self) {
        if let Some(timer) = &self.timer {
            timer.cancel();
        }
    }

    /// Cancels the request, if it is out. At most DISPATCH_LEVEL.
    /// Source: ddi:ndis/nf-ndis-ndisfcanceloidrequest.
    fn cancel(&self) {
        if self.gate.is_out() {
            // SAFETY: the module's handle, at most DISPATCH_LEVEL, no lock held. NDIS ignores the
            // number of a request that has come back meanwhile.
            unsafe { NdisFCancelOidRequest(self.handle, self.raw().cast()) };
        }
    }

    /// Closes the gate for good and waits until no request is out. PASSIVE_LEVEL.
    pub(super) fn leave(&self) {
        if self.gate.leave() == Drain::Told {
            self.cancel();
            // SAFETY: initialised at attach; PASSIVE_LEVEL: in PreDetach or FilterDetach.
            unsafe { self.idle.wait() };
        }
    }

    /// Fills the request in for a query.
    fn fill(&self, permit: Permit) -> *mut NDIS_OID_REQUEST {
        let id = self.raw();
        // SAFETY: the turn is the caller's, so the request is.
        let request = unsafe { &mut *self.request.get() };
        request.query = permit.0;
        request.answer = [0; ANSWER];
        let answer = (&raw mut request.answer).cast::<c_void>();
        request.raw = blank(id.cast());
        request.raw.DATA.query = NDIS_OID_REQUEST_QUERY {
            Oid: oid(permit.0),
            InformationBuffer: answer,
            InformationBufferLength: ANSWER_BYTES,
            BytesWritten: 0,
            BytesNeeded: 0,
        };
        id
    }
}

/// A query request without an OID, whose number is `id`.
const fn blank(id: *mut c_void) -> NDIS_OID_REQUEST {
    NDIS_OID_REQUEST {
        Header: NDIS_OBJECT_HEADER {
            Type: NDIS_OBJECT_TYPE_OID_REQUEST,
            Revision: NDIS_OID_REQUEST_REVISION_1,
            Size: NDIS_SIZEOF_OID_REQUEST_REVISION_1,
        },
        RequestType: NDIS_REQUEST_TYPE::NdisRequestQueryInformation,
        PortNumber: 0,
        Timeout: 0,
        RequestId: id,
        RequestHandle: ptr::null_mut(),
        DATA: NDIS_OID_REQUEST_DATA {
            query: NDIS_OID_REQUEST_QUERY {
                Oid: 0,
                InformationBuffer: ptr::null_mut(),
                InformationBufferLength: 0,
                BytesWritten: 0,
                BytesNeeded: 0,
            },
        },
        NdisReserved: [0; 128],
        MiniportReserved: [0; 16],
        SourceReserved: [ptr::null_mut(); 2],
        SupportedRevision: 0,
        Reserved1: 0,
        Reserved2: 0,
        SwitchId: 0,
        VPortId: 0,
        Flags: 0,
    }
}

impl Request {
    const fn new() -> Self {
        let raw = blank(ptr::null_mut());
        Self { query: Query::PmParameters, raw, answer: [0; ANSWER] }
    }

    /// The answer to the query: the bytes that the layers below claim to have written, or their status.
    fn outcome(&self, status: NDIS_STATUS) -> Result<&[u8], NDIS_STATUS> {
        if status != NDIS_STATUS_SUCCESS {
            return Err(status);
        }
        // SAFETY: the request is a query, as `fill` made it.
        let written = unsafe { self.raw.DATA.query.BytesWritten }.min(ANSWER_BYTES);
        let bytes = self.answer.as_ptr().cast::<u8>();
        // SAFETY: at most the bytes of `answer`, which are initialised.
        Ok(unsafe { slice::from_raw_parts(bytes, written as usize) })
    }
}

/// `EXT_CALLBACK`: a pause has waited long enough. DISPATCH_LEVEL.
///
/// # Safety
///
/// Called by the executive only, with the context given to ExAllocateTimer.
unsafe extern "system" fn pause_timeout<M: FilterModule>(
    _timer: *mut c_void,
    context: *mut c_void,
) {
    // SAFETY: `new` passed a block that outlives its timer.
    let own = unsafe { &*context.cast::<OwnRequest<M>>() };
    own.cancel();
}

/// Sends the request, and the next ones for as long as they come back at once. At most
/// DISPATCH_LEVEL. Source: ddi:ndis/nf-ndis-ndisfoidrequest.
fn send<M: FilterModule>(context: &ModuleContext<M>, own: &OwnRequest<M>, permit: Permit) {
    let mut permit = Some(permit);
    while let Some(now) = permit {
        let request = own.fill(now);
        // SAFETY: the module's handle, attached; a complete request in non-paged memory that stays
        // until it is back; no lock held.
        let status = unsafe { NdisFOidRequest(context.handle, request) };
        if status == NDIS_STATUS_PENDING {
            // It may be back already, and the block gone.
            return;
        }
        permit = finish(context, own, status);
    }
}

/// FilterOidRequestComplete of the module's own request. At most DISPATCH_LEVEL.
pub(super) fn completed<M: FilterModule>(
    context: &ModuleContext<M>,
    own: &OwnRequest<M>,
    status: NDIS_STATUS,
) {
    if let Some(permit) = finish(context, own, status) {
        send(context, own, permit);
    }
}

/// Tells the module and the gate that the request is back; gives the next permit. When it gives none, the
/// module may be gone: it is the last use of `context` and `own`.
fn finish<M: FilterModule>(
    context: &ModuleContext<M>,
    own: &OwnRequest<M>,
    status: NDIS_STATUS,
) -> Option<Permit> {
    {
        // SAFETY: the request came back, so it is ours until the gate is told.
        let request = unsafe { &*own.request.get() };
        context.module.answered(request.query, request.outcome(status), &context.condition);
    }
    match own.gate.answered() {
        AfterAnswer::Rest => None,
        AfterAnswer::Send(permit) => Some(permit),
        AfterAnswer::Drained(drained) => {
            tell_drained(context, own, drained);
            None
        }
    }
}

/// Wakes the pause and the waiting thread, in this order. Completing the pause allows NDIS to detach the
/// module, but only after the waiting thread has returned; so as long as that thread is not woken, `own`
/// stays valid.
fn tell_drained<M: FilterModule>(
    context: &ModuleContext<M>,
    own: &OwnRequest<M>,
    drained: Drained,
) {
    if drained.pause {
        own.cancel_timer();
        let handle = context.handle;
        if let Some(span) = own.take_span() {
            let done = context.condition.apply(Change::Lifecycle(Trigger::PauseCompleted));
            context.module.paused(span, done);
        }
        // SAFETY: FilterPause returned, or will return, PENDING; the gate tells this once. At most
        // DISPATCH_LEVEL (ddi:ndis/nf-ndis-ndisfpausecomplete).
        unsafe { NdisFPauseComplete(handle) };
    }
    if drained.thread {
        // SAFETY: initialised at attach; the thread that waits keeps the block until it wakes.
        unsafe { own.idle.set() };
    }
}

/// The way in which a module asks its adapter, handed to the callbacks in which it may. An answer comes in
/// [`FilterModule::answered`], before `ask` returns or later. None comes when the gate is closed
/// ([`crate::gate`]) or the driver registered without requests.
pub struct Requests<'a, M: FilterModule>(pub(super) &'a ModuleContext<M>);

impl<M: FilterModule> Requests<'_, M> {
    /// Whether the driver registered to send requests. Any IRQL.
    #[must_use]
    #[inline]
    pub fn are_possible(&self) -> bool {
        self.0.own.is_some()
    }

    /// Puts a query to the adapter. At most DISPATCH_LEVEL, no lock held; waits for nothing.
    pub fn ask(&self, query: Query) {
        if let Some(own) = &self.0.own
            && let Some(permit) = own.gate.want(query)
        {
            send(self.0, own, permit);
        }
    }
}

/// The module's own request, if the driver sends requests. PASSIVE_LEVEL, in FilterAttach.
pub(super) fn create_if_wanted<M: FilterModule>(
    wanted: bool,
    handle: NDIS_HANDLE,
    pool: Pool,
) -> Result<Option<PoolBox<OwnRequest<M>>>, AttachError> {
    if wanted { OwnRequest::new(handle, pool).map(Some) } else { Ok(None) }
}
