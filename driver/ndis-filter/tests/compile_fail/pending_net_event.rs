//! FilterNetPnPEvent cannot be pended: its answer is a type that cannot say so.
#![no_std]
mod support;
use support::*;

struct Module;

impl FilterModule for Module {
    quiet!(spans, restarted, paused, detached, net_pnp_event);
    quiet!(device_pnp_event, device_pnp_event_forwarded, status);

    fn net_pnp_event_forwarded(
        &self,
        _: (),
        from_above: NDIS_STATUS,
        _: &ConditionCell,
        _: &Requests<'_, Self>,
    ) -> Completion {
        let _ = Completion::Pending; //~- E0599
        NDIS_STATUS_PENDING //~- E0308
        //= Completion::from_above(from_above)
    }
}
