//! The lists that are under way, and who has which.

use std::collections::{BTreeMap, VecDeque};

use journal::{Direction, ModuleState};

use crate::door::packet::{List, Members, NewPackets};
use crate::id::{AdapterId, ModuleId};

/// Every list that is on its way.
#[derive(Debug, Default)]
pub struct Packets {
    pub(super) next: u32,
    pub(super) lists: BTreeMap<List, Tracked>,
    /// Lists that have come back, the last ones, with their numbers.
    pub(super) done: VecDeque<(u32, NewPackets)>,
    /// The lists that the miniport has been given to send and has not completed.
    pub at_miniport: Vec<(List, AdapterId)>,
    /// The count of the miniport's completions, for completions that alternate.
    pub completions: u32,
    /// The shape that the next list of the host's has.
    pub shape: usize,
}

impl Packets {
    /// The host's own memory of a list that is under way or back.
    pub(super) fn made(&self, list: List) -> Option<&NewPackets> {
        match self.lists.get(&list) {
            Some(tracked) => tracked.made.as_ref(),
            None => self.done.iter().rev().map(|(_, made)| made).find(|made| made.list() == list),
        }
    }

    /// Whether a module of the image has the list.
    pub(super) fn is_held_by_a_module(&self, list: List) -> bool {
        let holder = self.lists.get(&list).map(|tracked| tracked.holder);
        matches!(holder, Some(Holder::Module(_)))
    }

    /// The number of the list around `address` that is out of bounds, if one is.
    pub(super) fn given_away(&self, address: usize) -> Option<u32> {
        let under_way = self.lists.values().filter_map(|t| Some((t.number, t.made.as_ref()?)));
        let done = self.done.iter().map(|(number, made)| (*number, made));
        let mut all = under_way.chain(done);
        all.find(|(_, made)| !made.is_open() && made.is_at(address)).map(|(number, _)| number)
    }
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
    /// What belongs to others than the modules that it passes through.
    pub(super) members: Members,
    /// The host's own memory of it.
    pub(super) made: Option<NewPackets>,
}
