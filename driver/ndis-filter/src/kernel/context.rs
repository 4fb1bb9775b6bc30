//! The FilterModuleContext: what NDIS hands back at every callback of a module.

use core::ptr::NonNull;

use driver_abi::ndis::object::NDIS_HANDLE;

use super::filter::FilterModule;
use super::list::ModuleList;
use super::own_request::OwnRequest;
use super::pool::{Pool, PoolBox};
use crate::condition::ConditionCell;
use driver_kit::sync::list::Link;

/// One filter module, in one block of pool memory.
pub(super) struct ModuleContext<M: FilterModule> {
    /// The module's NDIS handle, valid from FilterAttach until FilterDetach returns.
    pub(super) handle: NDIS_HANDLE,
    /// The pool that the block itself came from, to give it back.
    pub(super) pool: Pool,
    pub(super) condition: ConditionCell,
    /// The list that the module is in, and its place there.
    pub(super) modules: &'static ModuleList<M>,
    pub(super) link: Link<Self>,
    /// The module's own request; None when the module sends none.
    pub(super) own: Option<PoolBox<OwnRequest<M>>>,
    pub(super) module: M,
}

// SAFETY: the handle is a name for NDIS, which takes it on any processor; the rest is `Sync` by itself.
unsafe impl<M: FilterModule + Sync> Sync for ModuleContext<M> {}

impl<M: FilterModule> ModuleContext<M> {
    /// The context behind a callback's first parameter.
    ///
    /// # Safety
    ///
    /// `context` is what this crate gave to NdisFSetAttributes for a module of type `M`, and
    /// FilterDetach of that module has not returned; the reference must not outlive the callback.
    pub(super) unsafe fn of<'a>(context: NDIS_HANDLE) -> &'a Self {
        // SAFETY: the caller's word: a live, shared block. Nobody holds `&mut` to it: callbacks
        // run concurrently and get shared references only.
        unsafe { &*context.cast::<Self>() }
    }

    /// Takes the block back at the end of a module.
    ///
    /// # Safety
    ///
    /// The conditions of [`ModuleContext::of`], and no other reference exists: called in FilterDetach only.
    pub(super) unsafe fn take_back(context: NDIS_HANDLE) -> Option<PoolBox<Self>> {
        let memory = NonNull::new(context.cast::<Self>())?;
        // SAFETY: live until this call (caller).
        let pool = unsafe { (*memory.as_ptr()).pool };
        // SAFETY: NdisFSetAttributes was given the result of `into_raw` of a box of this pool, and
        // FilterDetach comes once per attach.
        Some(unsafe { PoolBox::from_raw(memory, pool) })
    }
}
