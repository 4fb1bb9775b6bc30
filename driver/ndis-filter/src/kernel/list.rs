//! The driver's modules, for whoever must visit each of them while others come and go.
//!
//! A module is put in at the end of its attach and taken out at the start of its detach, which waits for
//! visitors, at PASSIVE_LEVEL and for no longer than one visit.

use core::ptr::NonNull;

use super::context::ModuleContext;
use super::filter::FilterModule;
use crate::condition::ConditionCell;
use driver_kit::sync::list::{Link, List, Node};

/// Every attached module, in the order of attachment.
pub struct ModuleList<M: FilterModule>(List<ModuleContext<M>>);

impl<M: FilterModule> Node for ModuleContext<M> {
    fn link(&self) -> &Link<Self> {
        &self.link
    }
}

impl<M: FilterModule> ModuleList<M> {
    /// An empty list.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "for statics")]
    pub const fn new() -> Self {
        Self(List::new())
    }

    /// Puts a module in. At the end of FilterAttach.
    ///
    /// # Safety
    ///
    /// The conditions of [`List::insert`].
    pub(super) unsafe fn insert(&self, member: NonNull<ModuleContext<M>>) {
        // SAFETY: the same conditions.
        unsafe { self.0.insert(member) };
    }

    /// Takes a module out and waits until nobody visits it. PASSIVE_LEVEL, in FilterDetach.
    ///
    /// # Safety
    ///
    /// The conditions of [`List::remove`].
    pub(super) unsafe fn remove(&self, member: NonNull<ModuleContext<M>>) {
        // SAFETY: the same conditions.
        unsafe { self.0.remove(member) };
    }

    /// Calls `visit` for every module that is there all the time, and for some that come or go
    /// meanwhile; gives the number of calls. PASSIVE_LEVEL. No lock is held during a visit, and no
    /// module is freed under it.
    pub fn visit(&self, mut visit: impl FnMut(&M, &ConditionCell)) -> u32 {
        self.visit_contexts(|context| visit(&context.module, &context.condition))
    }

    /// [`ModuleList::visit`] with the layer's own part of each module.
    pub(super) fn visit_contexts(&self, visit: impl FnMut(&ModuleContext<M>)) -> u32 {
        self.0.visit(visit)
    }
}
