//! The requests that are under way, and who waits for which.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use driver_abi::ndis::status::NDIS_STATUS;

use crate::door::handlers::Lane;
use crate::door::oid::{NewRequest, Request, Results};
use crate::id::{AdapterId, ModuleId};

/// NDIS's state of all requests.
#[derive(Debug, Default)]
pub struct Oids {
    pub(super) next: u32,
    /// Requests under way, by address: who gets the answer.
    pub(super) senders: BTreeMap<Request, Sender>,
    /// Clones that are not freed: what they are of.
    pub(super) clones: BTreeMap<usize, CloneRequest>,
    /// Requests that a module was handed and has not completed.
    pub(super) held: Vec<HeldRequest>,
    /// What the miniport has and has not answered.
    pub(super) at_miniport: Vec<(Request, Lane, AdapterId)>,
    /// Of the miniport's answers, for those that alternate.
    pub(super) answers: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Sender {
    pub(super) lane: Lane,
    pub(super) adapter: AdapterId,
    pub(super) kind: SenderKind,
    /// RequestId, by which it is cancelled.
    pub(super) id: usize,
}

#[derive(Clone, Debug)]
pub(super) enum SenderKind {
    Ndis(Rc<Issue>),
    /// A module.
    Module {
        module: ModuleId,
        /// Of its own accord: the request is nobody else's, and no clone of anybody's.
        own: bool,
        /// The request of NDIS's that it passes on.
        number: Option<u32>,
    },
}

/// A request of NDIS's.
#[derive(Debug)]
pub(super) struct Issue {
    pub(super) number: u32,
    pub(super) made: NewRequest,
    pub(super) information: Vec<u8>,
    pub(super) done: Rc<Cell<bool>>,
    /// Set when the thread that began it has its answer and has left.
    pub(super) left: Rc<Cell<bool>>,
    pub(super) status: Cell<i32>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct CloneRequest {
    pub(super) source: Request,
    /// What came back for it.
    pub(super) results: Option<Results>,
}

#[derive(Clone, Debug)]
pub(super) struct HeldRequest {
    pub(super) module: ModuleId,
    pub(super) request: Request,
    pub(super) number: Option<u32>,
    pub(super) lane: Lane,
    /// What came back from below on its behalf.
    pub(super) results: Option<Results>,
    /// The handler has not returned yet.
    pub(super) inside: bool,
    /// Completed while the handler had not returned.
    pub(super) completed: Option<NDIS_STATUS>,
}
