//! Numbers of what is on the machine.

/// Index into [`Ndis::adapters`](crate::Ndis::adapters).
pub type AdapterId = usize;
/// Index into [`Ndis::modules`](crate::Ndis::modules); also the number behind the module's NDIS handle.
pub type ModuleId = usize;
