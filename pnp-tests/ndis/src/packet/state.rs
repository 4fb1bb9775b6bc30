//! The lists that are under way, and who has which.

use std::collections::{BTreeMap, VecDeque};

use journal::{Direction, ModuleState};

use crate::door::packet::{List, NewPackets};
use crate::id::{AdapterId, ModuleId};

/// Every list that is on its way.
#[derive(Debug, Default)]
pub struct Packets {
    pub(super) next: u32,
    pub(super) lists: BTreeMap<List, Tracked>,
    /// Lists that have come back, the last ones.
    pub(super) done: VecDeque<NewPackets>,
    /// The lists that the miniport has been given to send and has not completed.
    pub at_miniport: Vec<(List, AdapterId)>,
    /// The count of the miniport's completions, for completions that alternate.
    pub completions: u32,
}

/// Where a list comes from and goes back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the description")]
pub enum Origin {
    Protocol(AdapterId),
    Miniport(AdapterId),
    Module(ModuleId),
}

/// The component that has a list now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the description")]
pub enum Holder {
    Protocol,
    Module(ModuleId),
    Miniport,
    /// On its way back to a module that made it.
    Maker,
}

#[derive(Debug)]
pub(super) struct Tracked {
    pub(super) number: u32,
    pub(super) origin: Origin,
    pub(super) holder: Holder,
    pub(super) way: Direction,
    /// The indication's owner wants it back when the call returns.
    pub(super) resources: bool,
    /// The modules whose FilterSendNetBufferLists has it and has not passed it on, each with the state
    /// in which it got it.
    pub(super) sent: Vec<(ModuleId, ModuleState)>,
    pub(super) fingerprint: u64,
    /// The host's own memory of it.
    pub(super) made: Option<NewPackets>,
}
